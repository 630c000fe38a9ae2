#![doc = include_str!("../README.md")]

pub mod address_space;
pub mod breaker;
pub mod cache;
mod call;
mod cancel;
mod care;
pub mod compile_worker;
pub mod component;
pub mod config;
mod contract;
pub mod contract_use;
pub mod contract_version;
pub mod data_layer;
pub mod decision;
pub mod engine;
mod gate;
mod instance;
mod instance_pool;
mod limits;
mod linked;
mod loader;
pub mod pipeline;
pub mod plugin;
pub mod replay;
mod runtime;
mod snapshot;

pub use call::{PluginAnswer, Trace};
pub use cancel::CancelSignal;
pub use care::log_buffer::LogLine;
pub use care::recorder::Recording;
pub use care::transcript::{HostCall, Transcript};
pub use contract::{CONTRACT_PACKAGES, CONTRACT_VERSION};
pub use limits::cpu::thread_time;
