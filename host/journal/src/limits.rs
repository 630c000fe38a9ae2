//! Limits of what a caller may store, in bytes or items. Every backend checks
//! them before it writes anything.

use jiff::SignedDuration;

use crate::{JournalError, Result};

/// Bytes of the key of a thread.
pub const THREAD: usize = 1024;
/// Lists of words that are read at once.
pub const WORD_LISTS: usize = 256;
/// Bytes of an input. An interaction within its limits has at most 3.5 MiB as JSON.
pub const INPUT_BODY: usize = 4 << 20;
/// Crashes at which an input is quarantined.
pub const CRASHES: u32 = 3;

/// Entries of a commit.
pub const COMMIT_ENTRIES: usize = 1000;
/// Items of the outbox that a commit marks as sent, or as failed.
pub const COMMIT_SENT: usize = 1000;
/// Bytes of a snapshot, a head, a sealed part or a payload of a commit.
pub const COMMIT_PART: usize = 16 << 20;
/// Bytes of the name of a queue, an agent or a target, and a key of the outbox.
pub const COMMIT_NAME: usize = 1024;
/// Longer problems of outbox items are cut.
pub const OUTBOX_PROBLEM: usize = 4096;

/// Most parts of a reply, and so receipts of an outbox item.
pub const RECEIPT_PARTS: u32 = 1000;
/// Bytes of the sealed part of a receipt.
pub const RECEIPT_SEALED: usize = 16 << 10;
/// Bytes of the provider's code of a state.
pub const DELIVERY_REASON: usize = 64;
/// Messages of a company whose state is kept before their receipt comes.
pub const EARLY_STATES: u64 = 1000;
/// How long it is kept.
pub const EARLY_STATE_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Deliveries in a company's quarantine.
pub const QUARANTINE_ITEMS: u64 = 1000;
/// Sealed bytes of them.
pub const QUARANTINE_BYTES: u64 = 64 << 20;
/// Longer places and reasons are cut.
pub const QUARANTINE_TEXT: usize = 1024;
/// How long they are kept.
pub const QUARANTINE_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Bytes of a sealed delivery that is kept as it came.
pub const ORIGINAL: usize = 64 << 20;
/// How long it is kept.
pub const ORIGINAL_AGE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// People whose marks a conversation keeps; beyond, the oldest marks go.
pub const SEEN_MARKS: u32 = 64;
/// Entries of the audit trail that a search reads for a page.
pub const AUDIT_SEARCHED_ENTRIES: usize = 20_000;
/// Bytes of their details, likewise.
pub const AUDIT_SEARCHED_BYTES: usize = 8 << 20;

/// Bytes of a piece of an uploaded file, before it is sealed.
pub const FILE_PIECE: usize = 256 << 10;
/// Bytes that sealing adds to a piece, and more.
pub const FILE_SEALING: usize = 256;
/// Bytes of the sealed description of an uploaded file.
pub const FILE_SEALED: usize = 4 << 10;
/// Uploaded files of a conversation that no entry of its history names.
pub const WAITING_FILES: u64 = 64;
/// Uploaded files of a person in a company that no entry of a history names.
pub const WAITING_FILES_OF_PERSON: u64 = 256;
/// Uploaded files of a company that no entry of a history names. Each piece of an upload
/// sums their bytes.
pub const WAITING_FILES_OF_COMPANY: u64 = 1024;
/// Files that a commit keeps.
pub const COMMIT_FILES: usize = 100;

/// Records of people, or entries of a list of opt-outs, in one call.
pub const CONTACT_RECORDS: usize = 1000;
/// What a record says, as JSON.
pub const CONTACT_RECORD: usize = 64 << 10;
/// Records of one kind of a company's connections.
pub const CONNECTION_RECORDS: u64 = 1000;
/// Bytes of a sealed record of a connection.
pub const CONNECTION_RECORD: usize = 16 << 10;

/// Notes of one change.
pub const NOTES: usize = 10_000;
/// Bytes of the head of a note.
pub const NOTE_HEAD: usize = 64 << 10;

/// Bytes of the code of an action in the audit trail.
pub const AUDIT_ACT: usize = 64;
/// Bytes of the details of an action in the audit trail.
pub const AUDIT_DETAILS: usize = 8 << 10;

/// Agents of a company.
pub const AGENTS: usize = 10_000;
/// Bytes of the profile of an agent, or the desk's state of it.
pub const AGENT_PART: usize = 64 << 10;
/// Bytes of a directive.
pub const DIRECTIVE_BODY: usize = 64 << 10;

/// Bytes of the company file of a generation.
pub const GENERATION_SOURCE: usize = 16 << 20;
/// Bytes of another part of a generation.
pub const GENERATION_PART: usize = 64 << 20;
/// Bytes of the name of the creator of a generation, a plugin or a queue.
pub const GENERATION_NAME: usize = 256;
/// Queues whose conversations an activation moves.
pub const QUEUES_MOVED: usize = 1000;
/// Bytes of the terms of a rollout.
pub const ROLLOUT_TERMS: usize = 4 << 10;
/// Bytes of the tally of a rollout.
pub const ROLLOUT_TALLY: usize = 64 << 10;

/// Refuse a text or bytes above a limit.
///
/// # Errors
/// [`JournalError::Invalid`].
pub fn check_length(
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
///
/// # Errors
/// [`JournalError::Invalid`].
pub fn check_count(what: &'static str, count: usize, most: usize) -> Result<()> {
    if count > most {
        return Err(JournalError::invalid(
            what,
            format!("must be at most {most}"),
        ));
    }
    Ok(())
}
