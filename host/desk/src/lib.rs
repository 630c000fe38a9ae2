//! The desk: conversations, in order, on a durable journal. Deliveries come in,
//! are decided about by a company's policies, and what came of it is kept.
//!
//! ```text
//!  delivery ─▶ Desk::accept ─▶ journal ─▶ work, by lane ─▶ Pass ─▶ one commit
//!                (durable)      inbox      fair, in order    policies   entries, conversation,
//!                                             ▲                          state, outbox
//!                                             └── Timers ── clocks that ring
//! ```
//!
//! A lane is a share of a company's threads: lanes go in parallel, each strictly
//! in the order of durable acceptance. A pass decides outside any transaction
//! and commits against the sequence number it began with; whoever was overtaken
//! decides again.
//!
//! [`floor`] is who works on what, between a route and an answer: agents, their
//! capacity, offers. It keeps nothing on disk and reads no clock.

pub mod action;
mod assignment;
mod clock;
pub mod decisions;
mod desk;
pub mod export;
pub mod floor;
pub mod history;
mod intake;
pub mod load;
mod memory;
pub mod observer;
mod outgoing;
mod pass;
pub mod reading;
pub mod reply;
mod rollout;
pub mod roster;
pub mod setups;
pub mod snapshot;
mod surge;
mod timers;
mod work;

pub use assignment::Incident;
pub use clock::Clock;
pub use desk::{
    ActivateError, AgentStatus, BypassError, Change, Desk, DeskError, DeskSettings, Drain, Left,
    News, Obstacle, OnTrial, QueueStatus, Receipt, ReceiptStatus, RolloutError, Waiting,
};
pub use intake::Delivery;
pub use load::{Load, LoadBounds};
pub use outgoing::Outgoing;
pub use rollout::{
    ArmReport, Bound, Breach, Compared, Example, FieldReport, Latency, Resumed, RolloutReport,
};
