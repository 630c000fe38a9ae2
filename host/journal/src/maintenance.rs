//! Maintenance: metrics, backup, check and compaction, and their reports.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchbay_model::histogram::{COUNTS, Histogram, MICROS};

use crate::{AuditBreak, CompanyId, Ordinal, Result, StorageState};

/// Is told that removed files have pieces to delete. Must not block.
pub type RemovalListener = Box<dyn Fn() + Send + Sync>;

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Its file. It is useless without the master key, which is not in it.
    pub path: PathBuf,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// Ordinal of the last input in it.
    pub newest: Ordinal,
}

/// A finished restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreReport {
    /// Size of the restored database in bytes.
    pub bytes: u64,
    /// Ordinal of the last input in it.
    pub newest: Ordinal,
    /// New path of the journal that was there before, or of its log if only
    /// that was left.
    pub set_aside: Option<PathBuf>,
}

/// A defect found by [`check`](Maintenance::check).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckFinding {
    /// The file is damaged or contradicts itself; text of the database.
    #[error("{0}")]
    Damaged(String),
    /// Rows refer to rows that do not exist.
    #[error("{rows} rows of {table} refer to rows that do not exist")]
    Orphan {
        /// Their table.
        table: String,
        /// Number of rows.
        rows: u64,
    },
    /// A conversation's entries are not numbered from 1 to its sequence number.
    #[error("conversation {conversation} has {entries} entries, its sequence number is {expected}")]
    Sequence {
        /// The company.
        company: CompanyId,
        /// Id of the conversation.
        conversation: String,
        /// Its sequence number.
        expected: u64,
        /// Number of its entries.
        entries: u64,
    },
    /// A company's feed has gaps above its oldest stored number.
    #[error("the feed of company {} lacks {missing} numbers", .company.0)]
    FeedGap {
        /// The company.
        company: CompanyId,
        /// How many numbers are missing.
        missing: u64,
    },
    /// A company's count of stored bytes is not what its rows amount to.
    #[error("company {} stores {found} bytes, but {counted} are counted", .company.0)]
    StoredBytes {
        /// The company.
        company: CompanyId,
        /// The count.
        counted: i64,
        /// What its rows amount to.
        found: i64,
    },
    /// The audit trail was changed.
    #[error("entry {} of the audit trail: {}", .0.number, .0.flaw.message())]
    Audit(AuditBreak),
}

/// Result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Defects, at most 1000.
    pub findings: Vec<CheckFinding>,
    /// Sealed values that open.
    pub seals: u64,
    /// Sealed values whose contact was erased; no defect.
    pub erased: u64,
    /// Sealed values that do not open although the contact's key exists.
    pub unopenable: u64,
}

impl CheckReport {
    /// Whether the check found no defect.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty() && self.unopenable == 0
    }
}

/// What a compaction deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompactReport {
    /// Resolved conversations, with all their entries.
    pub conversations: u64,
    /// Entries.
    pub entries: u64,
    /// Inputs, with their bodies. If a channel delivers one of them again, it
    /// is accepted as new.
    pub inputs: u64,
    /// Outbox items that were done.
    pub outbox: u64,
    /// Policy memory that had expired or whose conversation was deleted.
    pub state: u64,
    /// Receipts of deleted conversations, and old ones without a conversation.
    pub receipts: u64,
    /// Deliveries in quarantine.
    pub quarantined: u64,
    /// Deliveries that were kept as they came.
    pub originals: u64,
    /// Uploaded files.
    pub files: u64,
}

/// What was deleted because it is kept for a fixed time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpiryReport {
    /// Reported states of messages without a receipt.
    pub early_states: u64,
    /// Deliveries in quarantine.
    pub quarantined: u64,
    /// Deliveries that were kept as they came.
    pub originals: u64,
    /// Uploaded files that no reply named.
    pub files: u64,
}

/// Metrics of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Ordinal of the last accepted input.
    pub newest: Ordinal,
    /// Undecided inputs.
    pub pending: u64,
    /// The same by company, without the companies that have none.
    pub pending_by_company: Vec<(CompanyId, u64)>,
    /// Unresolved conversations.
    pub unresolved: u64,
    /// Outbox items to be delivered.
    pub outbox_waiting: u64,
    /// Outbox items given up.
    pub outbox_dead: u64,
    /// Conversations whose words are outdated: a search does not find them by all of their
    /// texts yet.
    pub outdated_words: u64,
    /// Size of the store's files.
    pub bytes: u64,
    /// Transactions committed since it was opened.
    pub commits: u64,
    /// Operations in them; `operations / commits` is the mean size of a group.
    pub operations: u64,
}

/// Distribution of write times and group sizes since the journal was opened.
#[derive(Debug)]
pub struct WriteStats {
    /// Microseconds from the start of a group until it is durable.
    pub micros: Histogram,
    /// Operations in a group.
    pub operations: Histogram,
}

impl Default for WriteStats {
    fn default() -> WriteStats {
        WriteStats {
            micros: Histogram::new(MICROS),
            operations: Histogram::new(COUNTS),
        }
    }
}

/// Metrics and upkeep of the store.
pub trait Maintenance {
    // Host-wide.

    /// Write times and group sizes. Never blocks.
    fn write_stats(&self) -> &WriteStats;

    /// Size of the store's files. Never blocks.
    fn bytes(&self) -> u64;

    /// Whether the store can write, as of the last write. Never blocks.
    fn storage(&self) -> StorageState;

    /// Write a little to find out whether the store can write, and undo it.
    ///
    /// # Errors
    /// It cannot.
    fn probe(&self) -> Result<()>;

    /// Counts of the store. Reads the database, and waits for the writer.
    fn status(&self) -> Result<Status>;

    /// Copy the store into a new file while it is in use, and check the copy.
    ///
    /// # Errors
    /// `JournalError::File` when `to` exists.
    fn backup(&self, to: &Path) -> Result<Backup>;

    /// Look for damage. Reads everything; other work continues.
    fn check(&self) -> Result<CheckReport>;

    /// Delete data that was last changed before a time: resolved conversations
    /// with their entries, inputs and policy memory, unless the outbox still
    /// holds a waiting or dead item of them; outbox items that are done;
    /// notes; expired policy memory; receipts with their conversation;
    /// deliveries in quarantine. Works in small steps; other work continues.
    fn compact(&self, before: Timestamp) -> Result<CompactReport>;

    /// Delete what is kept for a fixed time, whatever the company's retention:
    /// states of messages without a receipt after a day, deliveries in quarantine
    /// after 30 days, uploaded files that no reply named when they expire. To be called every hour.
    fn delete_expired(&self, now: Timestamp) -> Result<ExpiryReport>;

    /// Delete some pieces of removed files: at most 128 MiB, in steps between which other
    /// writes run. Returns whether there are more. To be called by one task of the host, at
    /// its start and when [`on_removed_files`](Maintenance::on_removed_files) tells it.
    fn delete_removed_files(&self) -> Result<bool>;

    /// Call this from now on when an operation has left pieces of files that it removed:
    /// there were many, or deleting them failed. Replaces an earlier one.
    fn on_removed_files(&self, listener: RemovalListener);
}
