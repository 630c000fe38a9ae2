//! Limits of what a caller may store, in bytes or items. Every backend checks
//! them before it writes anything.

use jiff::SignedDuration;

use crate::{JournalError, Result};

pub(crate) const THREAD: usize = 1024;
/// An interaction within its limits has at most 3.5 MiB as JSON.
pub(crate) const INPUT_BODY: usize = 4 << 20;
/// Crashes at which an input is quarantined.
pub(crate) const CRASHES: u32 = 3;

pub(crate) const COMMIT_ENTRIES: usize = 1000;
pub(crate) const COMMIT_SENT: usize = 1000;
/// A snapshot, a head, a sealed part or a payload of a commit.
pub(crate) const COMMIT_PART: usize = 16 << 20;
/// The name of a queue, an agent or a target, and a key of the outbox.
pub(crate) const COMMIT_NAME: usize = 1024;
/// Longer problems of outbox items are cut.
pub(crate) const OUTBOX_PROBLEM: usize = 4096;

/// Most parts of a reply, and so receipts of an outbox item.
pub(crate) const RECEIPT_PARTS: u32 = 1000;
pub(crate) const RECEIPT_SEALED: usize = 16 << 10;
/// The provider's code of a state.
pub(crate) const DELIVERY_REASON: usize = 64;
/// Messages of a company whose state is kept before their receipt comes.
pub(crate) const EARLY_STATES: u64 = 1000;
/// How long it is kept.
pub(crate) const EARLY_STATE_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Deliveries in a company's quarantine.
pub const QUARANTINE_ITEMS: u64 = 1000;
/// Sealed bytes of them.
pub(crate) const QUARANTINE_BYTES: u64 = 64 << 20;
/// Longer places and reasons are cut.
pub(crate) const QUARANTINE_TEXT: usize = 1024;
/// How long they are kept.
pub(crate) const QUARANTINE_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A sealed delivery that is kept as it came.
pub(crate) const ORIGINAL: usize = 64 << 20;
/// How long it is kept.
pub(crate) const ORIGINAL_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

pub(crate) const NOTES: usize = 10_000;
pub(crate) const NOTE_HEAD: usize = 64 << 10;

pub(crate) const AUDIT_ACT: usize = 64;
pub(crate) const AUDIT_DETAILS: usize = 64 << 10;

pub(crate) const AGENTS: usize = 10_000;
/// The profile of an agent, or the desk's state of it.
pub(crate) const AGENT_PART: usize = 64 << 10;
pub(crate) const DIRECTIVE_BODY: usize = 64 << 10;

pub(crate) const GENERATION_SOURCE: usize = 16 << 20;
pub(crate) const GENERATION_PART: usize = 64 << 20;
/// The creator of a generation, a plugin or a queue.
pub(crate) const GENERATION_NAME: usize = 256;
pub(crate) const QUEUES_MOVED: usize = 1000;
pub(crate) const ROLLOUT_TERMS: usize = 4 << 10;
pub(crate) const ROLLOUT_TALLY: usize = 64 << 10;

/// Refuse a text or bytes above a limit.
pub(crate) fn check_length(
    what: &'static str,
    value: &(impl AsRef<[u8]> + ?Sized),
    most: usize,
) -> Result<()> {
    let length = value.as_ref().len();
    if length > most {
        let problem = format!("has {length} bytes, at most {most} are allowed");
        return Err(JournalError::invalid(what, problem));
    }
    Ok(())
}

/// Refuse a list above a limit.
pub(crate) fn check_count(what: &'static str, count: usize, most: usize) -> Result<()> {
    if count > most {
        return Err(JournalError::invalid(
            what,
            format!("must be at most {most}"),
        ));
    }
    Ok(())
}
