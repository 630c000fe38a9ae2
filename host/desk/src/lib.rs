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

pub mod action;
mod assignment;
mod clock;
mod desk;
mod intake;
pub mod load;
mod memory;
pub mod observer;
mod pass;
pub mod roster;
mod surge;
mod timers;
mod work;

pub use assignment::Incident;
pub use clock::Clock;
pub use desk::{
    AgentStatus, BypassError, Desk, DeskError, DeskSettings, Drain, Left, News, OnTrial,
    QueueStatus, Receipt, ReceiptStatus, Waiting,
};
pub use intake::Delivery;
pub use load::{Load, LoadBounds};
