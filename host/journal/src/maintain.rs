//! What keeps a journal sound, and what is reported of it.

use std::fmt;
use std::path::PathBuf;

use patchbay_model::histogram::{COUNTS, Histogram, MICROS};

use crate::audit::AuditBreak;
use crate::id::{CompanyId, Ordinal};

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The file; it needs the master key to be of use, which is not in it.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Last arrival it holds.
    pub newest: Ordinal,
}

/// A backup that is a journal again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Its size.
    pub bytes: u64,
    /// Last arrival it holds.
    pub newest: Ordinal,
    /// Where the journal is that was there before, or its log where only that
    /// was left.
    pub set_aside: Option<PathBuf>,
}

/// One thing [`check`](crate::Journal::check) found wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The file is damaged, in the database's own words, or contradicts itself.
    Damaged(String),
    /// A row refers to one that is not there.
    Orphan {
        /// Table with the row.
        table: String,
        /// How many rows.
        rows: u64,
    },
    /// A conversation's entries are not 1, 2, 3 … up to its own number.
    Sequence {
        /// Whose.
        company: CompanyId,
        /// Id of the conversation.
        conversation: String,
        /// Sequence number the conversation says it has.
        says: u64,
        /// Entries there are.
        entries: u64,
    },
    /// A company's feed has gaps above its oldest kept number.
    FeedGap {
        /// Whose.
        company: CompanyId,
        /// Numbers missing.
        missing: u64,
    },
    /// The audit trail is not what was written.
    Audit(AuditBreak),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Damaged(what) => f.write_str(what),
            Finding::Orphan { table, rows } => {
                write!(f, "{rows} rows of {table} refer to what is not there")
            }
            Finding::Sequence {
                conversation,
                says,
                entries,
                ..
            } => write!(
                f,
                "conversation {conversation} says it has {says} entries and has {entries}"
            ),
            Finding::FeedGap { company, missing } => {
                write!(
                    f,
                    "company {} lacks {missing} numbers of its feed",
                    company.0
                )
            }
            Finding::Audit(AuditBreak { number, why }) => {
                write!(f, "act {number} of the audit trail: {}", why.message())
            }
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What is wrong; empty: nothing. At most 1000.
    pub findings: Vec<Finding>,
    /// Sealed values that open.
    pub seals: u64,
    /// Sealed values whose contact was erased; that is as it should be.
    pub erased: u64,
    /// Sealed values that do not open though the contact's key is there.
    pub unopenable: u64,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn sound(&self) -> bool {
        self.findings.is_empty() && self.unopenable == 0
    }
}

/// What a compaction let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Resolved conversations, with all their entries.
    pub conversations: u64,
    /// Entries.
    pub entries: u64,
    /// Inputs, with their bodies. A channel that delivers one of them again
    /// is no longer recognised.
    pub inputs: u64,
    /// Items of the outbox that were done.
    pub outbox: u64,
    /// Memories of policies that had expired or whose conversation went.
    pub state: u64,
}

/// How a journal fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Last arrival taken in.
    pub newest: Ordinal,
    /// Inputs nobody has dealt with.
    pub pending: u64,
    /// The same by company, those without any left out.
    pub pending_by_company: Vec<(CompanyId, u64)>,
    /// Conversations that are not resolved.
    pub unresolved: u64,
    /// Items of the outbox still to go out.
    pub outbox_waiting: u64,
    /// Items of the outbox that were given up.
    pub outbox_dead: u64,
    /// Size of the store's files.
    pub bytes: u64,
    /// Transactions committed since it was opened.
    pub commits: u64,
    /// Operations those made durable; divided by `commits`, the mean size of
    /// a group.
    pub operations: u64,
}

/// How long writing took, and how much went together.
#[derive(Debug)]
pub struct Writes {
    /// Microseconds from the beginning of a group to its being durable.
    pub micros: Histogram,
    /// Operations of a group.
    pub operations: Histogram,
}

impl Default for Writes {
    fn default() -> Writes {
        Writes {
            micros: Histogram::new(MICROS),
            operations: Histogram::new(COUNTS),
        }
    }
}
