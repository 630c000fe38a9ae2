//! A pass: one piece of work on a conversation, from what is stored to one commit.
//!
//! ```text
//!  load ─▶ decide ─▶ act ─▶ place ─▶ commit
//! ```
//!
//! [`Pass`] writes nothing: it returns a [`PlannedCommit`], which the desk writes against
//! the sequence number that the pass loaded. It works with the state of the company's
//! floor ([`CompanyFloor`]), which the commit and the floor's own events change, and
//! reports to an [`Observer`](observer::Observer).

pub mod agent_action;
mod clock_rules;
mod floor_state;
pub mod observer;
mod pass;
mod receipt_status;
mod surge;

pub use clock_rules::{ClockRules, ClockRulesHistory};
pub use floor_state::{
    CompanyFloor, ConversationPlace, FloorEvent, FloorState, FollowUp, Incident, IncidentPlace,
    Overview, PresenceUpdate, WaitingApproval, queues_of,
};
pub use pass::{ActionOutcome, AfterCommit, Pass, PassError, PlannedCommit};
pub use receipt_status::ReceiptStatus;
pub use surge::SurgeDetector;
