//! Errors: one variant for each case a caller may handle differently.

use std::io;
use std::path::{Path, PathBuf};

use crate::{ContactId, Ordinal, TokenId};

/// Result of a journal call.
pub type Result<T, E = JournalError> = std::result::Result<T, E>;

/// Failure of a journal call. The call wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the journal open.
    #[error(
        "{path} is in use by another process{}; stop it, or use its API",
        .holder.map(|id| format!(" ({id})")).unwrap_or_default()
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// Process id of the holder, if known.
        holder: Option<u32>,
    },
    /// A newer version of Patchbay wrote the database. No file was changed.
    #[error(
        "{path} has schema {found}, but this version supports up to {known}; use the newer version that wrote it"
    )]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// Newest schema version of this program.
        known: u32,
    },
    /// A journal exists at the destination. No file was changed.
    #[error("{path} exists; use --force to rename it and put the backup in its place")]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// The file is not a journal. No file was changed.
    #[error("{path} is not a Patchbay journal; name another file")]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The journal was created with another master key.
    #[error("{key} is not the master key of {path}; restore the key file that belongs to it")]
    WrongKey {
        /// The key file.
        key: PathBuf,
        /// The database.
        path: PathBuf,
    },
    /// Other users can read or write a private file.
    #[error(
        "{path} must belong to this user and be closed to others (owner is {owner}, mode is {mode:o}); run `chmod go-rwx` on it"
    )]
    InsecureFile {
        /// The file or directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its mode.
        mode: u32,
    },
    /// A file could not be read or written.
    #[error("{what} {path}: {error}")]
    File {
        /// The failed action, such as "cannot open".
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The disk is full. Writes succeed again once there is space.
    #[error("the journal's disk is full; free some space, then writes continue")]
    DiskFull,
    /// The disk could not be read or written.
    #[error("the journal's disk failed: {0}")]
    Disk(String),
    /// Another program held a lock on the database for longer than 5 s.
    #[error("another program holds a lock on the journal's database; stop it")]
    Locked,
    /// The database is damaged.
    #[error("the journal is damaged: {0}; restore a backup")]
    Corrupt(String),
    /// An argument is out of bounds.
    #[error("{what} {problem}")]
    Invalid {
        /// Name of the argument.
        what: &'static str,
        /// What is wrong with it, or what it must be.
        problem: String,
    },
    /// The company stores as many bytes as it may.
    #[error("the company stores {limit} bytes, as many as it may")]
    CompanyFull {
        /// How many it may store.
        limit: u64,
    },
    /// The contact does not exist.
    #[error("there is no contact {0}")]
    NoContact(ContactId),
    /// The contact was erased: it has no key and accepts no changes.
    #[error("contact {0} was erased")]
    Erased(ContactId),
    /// The contacts are one person already.
    #[error("contacts {0} and {1} are one person already")]
    SamePerson(ContactId, ContactId),
    /// The contact is not merged into another.
    #[error("contact {0} is not merged into another")]
    NotMerged(ContactId),
    /// The change is unknown, was undone, or a later change depends on it.
    #[error("contact change {0} is unknown, was undone already, or a later change depends on it")]
    NotUndoable(u64),
    /// The address belongs to another contact.
    #[error("the address belongs to contact {0}")]
    AddressTaken(ContactId),
    /// The item does not exist, or its state does not allow the call.
    #[error("the outbox has no item {0:?} in a state that allows this")]
    NoOutboxItem(String),
    /// The number of a new generation is not the next one.
    #[error("the newest generation is {newest} now; review the change, then try again")]
    GenerationTaken {
        /// Number of the newest.
        newest: u64,
    },
    /// Another generation than expected is active.
    #[error("{}; review the change, then try again", match active {
        Some(active) => format!("generation {active} is active now"),
        None => "no generation is active yet".to_owned(),
    })]
    GenerationMoved {
        /// Number of the active one.
        active: Option<u64>,
    },
    /// The generation is active, or the candidate of a rollout: its number.
    #[error("generation {0} is in use: it is active, or the candidate of a shadow run or canary")]
    GenerationInUse(u64),
    /// The generation does not exist.
    #[error("there is no generation {0}")]
    NoGeneration(u64),
    /// The agent is not on the company's roster.
    #[error("there is no agent {0:?} on the roster; import the agent first")]
    NoAgent(String),
    /// The token does not exist.
    #[error("there is no token {0}")]
    NoToken(TokenId),
    /// The journal is closing.
    #[error("the journal is closed")]
    Closed,
    /// Any other error of the database.
    #[error("the journal's database: {0}")]
    Database(String),
}

impl JournalError {
    /// An error of the operating system on a file; `what` is the failed action, such as
    /// "cannot open".
    pub fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        let path = path.to_owned();
        move |error| JournalError::File { what, path, error }
    }

    /// An argument that is out of bounds.
    pub fn invalid(what: &'static str, problem: impl Into<String>) -> JournalError {
        JournalError::Invalid {
            what,
            problem: problem.into(),
        }
    }

    /// Whether the store failed in the middle of an operation, so that its
    /// transaction must be rolled back. Other errors occur before any write.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            JournalError::DiskFull
                | JournalError::Disk(_)
                | JournalError::Locked
                | JournalError::Corrupt(_)
                | JournalError::File { .. }
                | JournalError::Database(_)
        )
    }
}

/// Failure of a commit. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The pass read outdated data: decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Outdated data of a commit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The conversation has changed.
    #[error("the conversation is at sequence {found}, not {expected}")]
    Sequence {
        /// Sequence number in the commit; 0: no conversation.
        expected: u64,
        /// Sequence number in the journal; 0: no conversation.
        found: u64,
    },
    /// The input is decided already.
    #[error("input {0} is decided already")]
    InputDone(Ordinal),
    /// The company has no such input.
    #[error("there is no input {0}")]
    InputUnknown(Ordinal),
    /// The outbox has another item with this key.
    #[error("the outbox has another item with the key {0:?}")]
    OutboxDiffers(String),
    /// The outbox item cannot be taken back: its first attempt has begun, it is not in
    /// the outbox, or it was never meant to be.
    #[error("the outbox item {0:?} cannot be taken back")]
    OutboxBegun(String),
    /// The conversation has no whole file of this id, or one of another upload.
    #[error("an uploaded file that an entry names is not there, or is another one")]
    NoFile(String),
}

/// Failure to seal or open bytes.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The contact was erased and its key destroyed.
    #[error("contact {0} was erased")]
    Erased(ContactId),
    /// The contact does not exist.
    #[error("there is no contact {0}")]
    NoContact(ContactId),
    /// The bytes were not sealed for this owner and purpose, or were changed.
    #[error("the bytes were not sealed for this contact or company and purpose, or were changed")]
    NotAuthentic,
    /// The key could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
