#![doc = include_str!("../README.md")]

mod answers;
pub mod breaker;
pub mod cache;
mod care;
pub mod component;
pub mod config;
mod contract;
pub mod cpu;
mod deadline;
pub mod decision;
pub mod engine;
pub mod gate;
mod instance;
mod limiter;
pub mod pipeline;
pub mod plugin;
mod prepare;
pub mod replay;
mod shelf;
mod stop;
mod ticker;
mod wasi;

pub use answers::Answered;
pub use care::recorder::{HostCall, LogLine, Recording, Transcript};
pub use contract::CONTRACT_VERSION;
pub use instance::Trace;
