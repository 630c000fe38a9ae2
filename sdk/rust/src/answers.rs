//! What a policy answers: the contract's records, made by builders. Scores
//! outside of their range are brought to its nearest end.

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

/// A byte offset as the contract has it. Texts are at most 64 KiB; whatever is
/// beyond is no offset into one, and the host says so.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
