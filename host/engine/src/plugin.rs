//! A component with a company's settings, grants and limits, and its leases.

mod active_plugin;
mod admission;
mod lease;

pub use active_plugin::{Plugin, PluginSpec};
pub(crate) use admission::Admission;
pub use lease::Lease;
