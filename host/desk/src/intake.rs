//! Intake: from a delivery to a durable input in its lane.

pub(crate) mod acceptance;
pub(crate) mod delivery;
pub(crate) mod receipt;
pub(crate) mod transcript;
