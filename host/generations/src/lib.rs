//! Generations: immutable versions of a company's configuration, from a
//! company file to the generation that decides.
//!
//! ```text
//! company file ── assemble ──▶ Generation ── service ──▶ activation ──▶ decide
//!                                               │        (active generation)
//!                                               └──────▶ rollout
//!                                                        (candidate: shadow run or canary)
//! ```

pub mod activation;
pub mod article_index;
pub mod assemble;
mod connection_settings;
pub mod decide;
mod environment;
mod generation;
pub mod inquiry;
pub mod replay;
pub mod rollout;
mod secret_variables;
pub mod service;
mod target_settings;

pub use connection_settings::{ConnectionProblem, ConnectionSettings, UnreadSecret};
pub use environment::Environment;
pub use generation::{Generation, Publishers, QueueSettings};
pub use secret_variables::{SecretVariables, VariableProblem};
pub use target_settings::{SigningKeyProblem, TargetSettings};
