//! What the descriptions of routes share: names of schemas, headers, and error answers.

mod schema_names;
mod shared;

pub use schema_names::{
    AfterReply, Attachment, DOCUMENTS, DecideRequest, Decision, Finding, Interaction, Presence,
    Review, Role, RolloutKind, Stage, ToneRequest, WrittenBy,
};
pub use shared::{
    ActionErrors, DeadlineHeader, DecisionErrors, PublicErrors, ReadErrors, TraceparentHeader,
};
