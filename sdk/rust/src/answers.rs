//! Builders for what a policy returns. A score outside of its range is moved to the nearest end. An
//! answer that exceeds a bound of the contract is rejected as a whole: the decision ends with the
//! outcome `bad-output`.

mod classification;
mod escalation;
mod review;
mod route_plan;

pub use crate::bindings::classification::exports::patchbay::classification::classification::{
    Classification, PersonalData,
};
pub use crate::bindings::escalation::exports::patchbay::escalation::escalation::{
    Action, Escalation,
};
pub use crate::bindings::routing::exports::patchbay::routing::routing::{
    Preference, RoutePlan, SlaTarget, Step, Target,
};
pub use crate::bindings::tone::exports::patchbay::tone::tone::{
    Finding, Review, Severity, Verdict,
};

/// The highest priority, urgency and preference.
const HIGHEST: u8 = 100;

/// A byte offset of the contract. Texts have at most 64 KiB; the host rejects an offset beyond.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
