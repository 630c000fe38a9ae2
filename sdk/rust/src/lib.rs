//! Write Patchbay policies in Rust: decide what an interaction is, who handles
//! it, whether the drafted reply may go out, and when more people must know.
//!
//! A policy is a type that is prepared once with a company's settings
//! ([`Policy`]) and makes some of four decisions ([`Classify`], [`Route`],
//! [`CheckTone`], [`Escalate`]). [`export!`] makes it a component. Outside of
//! WebAssembly the things a policy reads are plain data, made with the builders
//! in [`testing`], so the same code runs in a plain `#[test]`. A complete
//! policy, and what a test of it says:
//!
//! ```
#![doc = include_str!("../examples/refunds.rs")]
//! // In a test:
//! use patchbay_sdk::testing::*;
//!
//! let policy: Refunds = prepare(json!({"words": ["money back"]})).unwrap();
//! let answer = policy.classify(&Interaction::example("x", "I want my money back!")).unwrap();
//! assert_eq!(answer.unwrap().intents[0].name, "refund");
//! ```
//!
//! What a policy calls for more than it was given ([`agents`],
//! [`interactions`], [`knowledge`], [`state`]) needs a grant of the operator,
//! asked for in the pack's manifest; [`clock`], [`random`], [`settings`](mod@settings) and
//! [`log`] need none.

#![warn(missing_docs, unreachable_pub, unused_qualifications)]
#![warn(
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::todo
)]
#![deny(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

// `settings!` names the crate as its users do, and is used here too.
extern crate self as patchbay_sdk;

mod answers;
mod assessment;
mod attachment;
mod contact;
mod conversation;
mod draft;
mod error;
mod interaction;
mod policy;
mod problems;
mod source;
mod trigger;

pub mod agents;
pub mod clock;
pub mod interactions;
pub mod knowledge;
pub mod log;
pub mod prelude;
pub mod random;
pub mod settings;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

// Used by the code `export!` writes.
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;

pub use schemars;
pub use serde;

pub use agents::{Agent, AgentSummary, Query, Queue, Skill, SummaryPage};
pub use answers::{
    Action, Classification, Escalation, Finding, PersonalData, Preference, Review, RoutePlan,
    Severity, SlaTarget, Step, Target, Verdict,
};
pub use assessment::{Assessment, Intent};
pub use attachment::Attachment;
pub use contact::Contact;
pub use conversation::Conversation;
pub use draft::Draft;
pub use error::Error;
pub use interaction::Interaction;
pub use knowledge::Article;
pub use policy::{Answer, CheckTone, Classify, Escalate, Policy, Route};
pub use problems::{Problem, Problems};
pub use settings::NoSettings;
pub use trigger::Trigger;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
pub type Timestamp = u64;
