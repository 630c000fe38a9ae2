//! The durable store of Patchbay, behind one trait.
//!
//! A [`Journal`] takes arrivals in (once each, in one order), keeps what is
//! decided about them (with the input they answer, or not at all), what
//! policies remember, who wrote, and what must still go out. What a
//! conversation *means* is the desk's business: its snapshot is opaque here,
//! with a few columns beside it to find it by.
//!
//! It is synchronous: a call that writes returns when its effect is on disk.
#![forbid(unsafe_code)]

mod agent;
mod arrival;
mod audit;
mod commit;
mod contact;
mod directive;
mod entry;
mod error;
mod generation;
mod id;
mod journal;
mod lanes;
mod maintain;
mod outbox;
mod rollout;
mod sqlite;
mod token;
mod vault;

pub use agent::AgentRow;
pub use arrival::{Accepted, Arrival, Kind, Message, Pending, Queued};
pub use audit::{AuditBreak, AuditChain, AuditEntry, AuditFlaw, AuditHash, Audited, NotAHash};
pub use commit::{Commit, Committed, Conversation, NewEntry, StateChange};
pub use contact::{ContactChange, ContactChangeKind, Erased, Found};
pub use directive::Directive;
pub use entry::{Entry, Feed, Note};
pub use error::{CommitError, Conflict, JournalError, SealError};
pub use generation::{Activation, ActiveGeneration, GenerationRow, NewGeneration, StateCopy};
pub use id::{CompanyId, ContactId, ConversationId, NotAnId, Ordinal, SLOTS, Slot, TokenId};
pub use journal::{InOrder, Journal};
pub use maintain::{Backup, CheckReport, Compacted, Finding, Restored, Status, Writes};
pub use outbox::{NewOutbox, OutboxCount, OutboxItem, OutboxState};
pub use rollout::RolloutRow;
pub use sqlite::{Options, SqliteJournal, restore};
pub use token::{Secret, SecretHash, Token, TokenState};
pub use vault::Purpose;
