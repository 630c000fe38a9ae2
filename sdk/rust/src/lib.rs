//! Write Patchbay policies in Rust: classify interactions, route conversations, check the tone of
//! replies, and escalate.
//!
//! A policy is a type that is prepared once with a company's settings ([`Policy`]) and implements
//! some of four decisions: [`Classify`], [`Route`], [`CheckTone`], [`Escalate`]. [`export!`] makes
//! it a component. Outside of WebAssembly the builders in [`testing`] make the values a policy
//! reads, so the same code runs in a plain `#[test]`. A complete policy, and a test of it:
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
//! [`agents`], [`contacts`], [`interactions`], [`knowledge`] and [`state`] need a grant, requested in `pack.toml`
//! and given in the company file; a call without it ends the decision with the outcome `denied`.
//! [`data`], [`clock`], [`random`], [`settings`](mod@settings) and [`log`] need none.
//!
//! [`TriggerCode`], [`RouteCause`], [`ActionKind`] and the other enums of codes name what this
//! version of the contract defines.

#![warn(missing_docs, unreachable_pub, unused_qualifications)]
#![warn(
    clippy::dbg_macro,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::todo
)]
#![deny(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

// `settings!` names the crate by this name, and this crate uses it too.
extern crate self as patchbay_sdk;

mod answers;
mod assessment;
mod attachment;
mod codes;
mod contact;
mod conversation;
mod draft;
mod duration;
mod error;
mod handle;
mod interaction;
mod policy;
mod problems;
mod source;
mod trigger;

pub mod agents;
pub mod clock;
pub mod contacts;
pub mod data;
pub mod interactions;
pub mod knowledge;
pub mod log;
pub mod prelude;
pub mod random;
pub mod references;
pub mod settings;
pub mod state;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

// For the code `export!` generates.
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod export;

/// Words, comparing without regard to case and accents, look-alike characters, and mail.
pub use patchbay_text as text;
pub use schemars;
pub use serde;

pub use agents::{Agent, AgentSummary, Query, Queue, Skill, SummaryPage};
pub use answers::{
    Action, Classification, Escalation, Finding, PersonalData, Preference, Review, RoutePlan,
    Severity, SlaTarget, Step, Target, Verdict,
};
pub use assessment::{Assessment, Intent};
pub use attachment::Attachment;
pub use codes::{
    ActionKind, AttachmentKind, Channel, ConversationState, Direction, PersonalDataKind, Presence,
    RouteCause, SlaClock, TargetKind, TriggerCode, Visibility, WrittenBy,
};
pub use contact::Contact;
pub use conversation::Conversation;
pub use draft::Draft;
pub use duration::{Duration, ParseDurationError};
pub use error::Error;
pub use interaction::Interaction;
pub use knowledge::Article;
pub use policy::{Answer, CheckTone, Classify, Escalate, Policy, Route};
pub use problems::{Problem, Problems};
pub use settings::NoSettings;
pub use trigger::Trigger;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
pub type Timestamp = u64;
