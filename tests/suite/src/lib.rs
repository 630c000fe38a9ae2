//! Test guests, and a host that runs them.

pub mod guests;
pub mod host;
