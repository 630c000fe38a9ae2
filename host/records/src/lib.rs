//! The records of a company: the documents that the journal holds about
//! conversations, replies and decisions, and reading them back.

pub mod decisions;
pub mod export;
pub mod history;
pub mod outgoing;
pub mod reading;
pub mod reply;
pub mod snapshot;
