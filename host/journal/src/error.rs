//! What can go wrong, one variant for each thing a caller may do differently.

use std::io;
use std::path::{Path, PathBuf};

use crate::id::{ContactId, Ordinal, TokenId};

/// Why the store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has it open.
    #[error(
        "{path} is in use by another process{}; stop it, or go through its API",
        .holder.map(|id| format!(" ({id})")).unwrap_or_default()
    )]
    InUse {
        /// The lock file.
        path: PathBuf,
        /// Process that holds it, where that could be read.
        holder: Option<u32>,
    },
    /// A newer version of Patchbay wrote it. Nothing was touched.
    #[error(
        "{path} has schema {found}, this version knows up to {known}; use the newer version that wrote it"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Schema it has.
        found: u32,
        /// Newest schema known here.
        known: u32,
    },
    /// There is a journal already. Nothing was touched.
    #[error("{path} exists; it is replaced only with --force, which sets it aside")]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// The file is a database, but no journal. Nothing was touched.
    #[error("{path} is not a journal of Patchbay; name another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The master key is not the one the journal was made with.
    #[error("{key} is not the master key of {path}; restore the key file kept with it")]
    WrongKey {
        /// The key file.
        key: PathBuf,
        /// The database.
        path: PathBuf,
    },
    /// Somebody else could read or write a file of ours.
    #[error(
        "{path} must belong to this user and be closed to others (found owner {owner}, mode {mode:o}); run `chmod go-rwx` on it"
    )]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Its mode.
        mode: u32,
    },
    /// A file beside the database could not be read or written.
    #[error("{what} {path}: {error}")]
    File {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// No space is left. Nothing was written; it goes on when there is space.
    #[error("no space is left for the journal; free some, it then goes on by itself")]
    Full,
    /// The disk could not be read or written. Nothing was acknowledged.
    #[error("the journal's disk failed: {0}")]
    Disk(String),
    /// Somebody else holds the database locked, for longer than we wait.
    #[error("the journal's database is locked by another program; close it")]
    Locked,
    /// The database is damaged.
    #[error("the journal is damaged: {0}; restore a backup")]
    Corrupt(String),
    /// A value of the caller is out of bounds. Nothing was written.
    #[error("{what} {problem}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// What it must be.
        problem: String,
    },
    /// No contact of that id.
    #[error("there is no contact {0}")]
    NoContact(ContactId),
    /// The contact was erased: it has no key and takes no more.
    #[error("contact {0} was erased")]
    Erased(ContactId),
    /// Both are one person already.
    #[error("contacts {0} and {1} are one person already")]
    SamePerson(ContactId, ContactId),
    /// The contact was not merged into another.
    #[error("contact {0} is not merged into another")]
    NotMerged(ContactId),
    /// The change cannot be undone: it is unknown, was undone, or later
    /// changes stand on it.
    #[error(
        "change {0} of contacts is unknown, was undone already or was overtaken by a later one"
    )]
    NotUndoable(u64),
    /// The address belongs to another contact.
    #[error("the address belongs to contact {0}")]
    AddressTaken(ContactId),
    /// No item of that key, or not in a state in which that is possible.
    #[error("the outbox has no such item {0:?}, or it is already done")]
    NoItem(String),
    /// Somebody else made a generation meanwhile.
    #[error("the newest generation is {newest} by now; look at what changed, and try again")]
    GenerationTaken {
        /// The newest.
        newest: u64,
    },
    /// The company decides by another generation than was expected.
    #[error("{}; look at what changed, and try again", match active {
        Some(active) => format!("the company decides by generation {active} by now"),
        None => "the company decides by no generation yet".to_owned(),
    })]
    GenerationMoved {
        /// The one it decides by.
        active: Option<u64>,
    },
    /// No generation of that number.
    #[error("there is no generation {0}")]
    NoGeneration(u64),
    /// No agent of that id is on the company's roster.
    #[error("there is no agent {0:?} on the roster; import them first")]
    NoAgent(String),
    /// No token of that id.
    #[error("there is no token {0}")]
    NoToken(TokenId),
    /// The journal is being closed.
    #[error("the journal is closed")]
    Closed,
    /// The database refused in a way nobody foresaw.
    #[error("the journal's database: {0}")]
    Database(String),
}

impl JournalError {
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
        let path = path.to_owned();
        move |error| JournalError::File { what, path, error }
    }

    pub(crate) fn invalid(what: &'static str, problem: impl Into<String>) -> JournalError {
        JournalError::Invalid {
            what,
            problem: problem.into(),
        }
    }

    /// Whether the store failed, so that its transaction is not to be trusted.
    /// Every other error was found before anything was written.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(
            self,
            JournalError::Full
                | JournalError::Disk(_)
                | JournalError::Locked
                | JournalError::Corrupt(_)
                | JournalError::File { .. }
                | JournalError::Database(_)
        )
    }
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> JournalError {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => JournalError::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => JournalError::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                JournalError::Corrupt(text)
            }
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied,
            ) => JournalError::Disk(text),
            Some(_) => JournalError::Database(text),
            None if matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) => {
                JournalError::Database(text)
            }
            // A value that does not read back is not what we wrote.
            None => JournalError::Corrupt(text),
        }
    }
}

/// Why a commit wrote nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// It was decided on something that is no longer so: decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The store could not.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What a commit was wrong about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The conversation has moved on.
    #[error("the conversation is at sequence {found}, not {expected}")]
    Sequence {
        /// What the commit expected; 0: no conversation.
        expected: u64,
        /// What there is; 0: no conversation.
        found: u64,
    },
    /// An input was dealt with before.
    #[error("input {0} is done already")]
    InputDone(Ordinal),
    /// An input the company never had.
    #[error("there is no input {0}")]
    InputUnknown(Ordinal),
    /// The outbox has an item of that key with another target, conversation or
    /// other bytes.
    #[error("the outbox holds another item under the key {0:?}")]
    OutboxDiffers(String),
}

/// Why sealed bytes cannot be opened, or a text not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The contact was erased and its key destroyed.
    #[error("contact {0} was erased")]
    Erased(ContactId),
    /// No contact of that id.
    #[error("there is no contact {0}")]
    NoContact(ContactId),
    /// The bytes were not sealed by this journal, for this contact and
    /// purpose, or were changed since.
    #[error("not sealed for this contact and purpose, or changed since")]
    Broken,
    /// The key could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}
