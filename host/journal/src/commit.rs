//! Commits: everything one decision writes, whole or not at all.

use jiff::Timestamp;
use patchbay_model::state::{Change, Memory, Scope};

use crate::{
    CommitError, CompanyId, Conflict, ContactId, Conversation, EntryScope, JournalError, NamedFile,
    NewOutbox, NewWordList, Ordinal, Result,
};

/// Everything one pass over a conversation writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Sequence number of the conversation's last entry when the pass read it;
    /// 0: the conversation must not exist yet.
    pub expected: u64,
    /// The conversation after the pass; its `sequence` is ignored.
    pub conversation: Conversation,
    /// Entries to append, in order; 1 to 1000.
    pub entries: Vec<NewEntry>,
    /// Whom the entries concern.
    pub scope: EntryScope,
    /// Writes to policy memory, in order.
    pub state: Vec<StateChange>,
    /// Items to put into the outbox.
    pub outbox: Vec<NewOutbox>,
    /// Lists with the words of its new texts.
    pub words: Vec<NewWordList>,
    /// Whether a text was replaced or deleted: the stored words of the conversation are
    /// collected again later.
    pub has_outdated_words: bool,
    /// Keys of outbox items that the target has: waiting or dead, they become
    /// done with this commit, as do items of this commit. Unknown keys and
    /// items already done are no error, so that a repeated pass writes the
    /// same. At most 1000.
    pub sent: Vec<String>,
    /// Outbox items that the target refused for good: those that wait become
    /// dead with this commit, so that the history and the outbox agree. Others
    /// are no error. At most 1000.
    pub failed: Vec<FailedDelivery>,
    /// Keys of outbox items that leave the outbox because nothing of them was sent. The
    /// commit is refused unless each of them can be taken back. At most 1000.
    pub taken_back: Vec<String>,
    /// Uploaded files of the conversation that its new entries name: they are kept from now
    /// on. The commit is refused unless each of them is whole and of this upload. At most
    /// 100.
    pub files: Vec<NamedFile>,
    /// Uploaded files of the conversation that are deleted with this commit, kept or not. The
    /// commit is refused unless each of them is whole and of this upload. At most 100.
    pub removed_files: Vec<NamedFile>,
    /// Time of the commit; policy memory that expired earlier is dropped.
    pub at: Timestamp,
}

/// An outbox item that is not sent again unless an operator retries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDelivery {
    /// Key of the item.
    pub key: String,
    /// Why; cut to the length that the outbox stores.
    pub problem: String,
}

/// One entry of a conversation's history, before it has its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Event code; the desk defines the codes.
    pub kind: u16,
    /// When it happened.
    pub at: Timestamp,
    /// The input it records, decided once the entry is durable. No other entry
    /// may name it. The entry need not repeat the input's body.
    pub input: Option<Ordinal>,
    /// JSON without personal data, or empty.
    pub head: String,
    /// Bytes sealed for [`Purpose::Entry`](crate::Purpose::Entry), or empty.
    pub sealed: Vec<u8>,
    /// Contact whose key sealed them; `None` if nothing is sealed.
    pub contact: Option<ContactId>,
}

/// One write to policy memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Name of the plugin.
    pub plugin: String,
    /// Its state version; each version has a memory of its own.
    pub version: u32,
    /// Scope of the memory.
    pub scope: Scope,
    /// The 16 bytes of the conversation's or contact's id; empty for the
    /// company. An erasure finds the memories of a person by it.
    pub owner: Vec<u8>,
    /// Key to change.
    pub key: String,
    /// The change.
    pub change: Change,
}

/// Numbers the journal assigned to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitReceipt {
    /// Sequence number of its last entry; the next commit expects it.
    pub sequence: u64,
    /// Feed number of its first entry; the others follow without gaps.
    pub first_feed: u64,
    /// Whether its lists of words are stored. `false`: they were made from lists that were
    /// replaced meanwhile, and the words of the conversation are outdated.
    pub are_words_stored: bool,
}

/// Writes decisions, and reads the policy memory they change.
pub trait Commits {
    /// Write what a pass decided.
    ///
    /// # Errors
    /// [`CommitError::Conflict`] when the conversation, an input or the outbox
    /// changed since the pass read it; nothing was written.
    fn commit(&self, commit: Commit) -> Result<CommitReceipt, CommitError> {
        match self.commit_all(vec![commit])?.pop() {
            Some(answer) => Ok(answer?),
            None => Err(JournalError::Closed.into()),
        }
    }

    /// Write what several passes decided, in order and in one transaction, and
    /// answer each: a conflict of one leaves the others alone. Cheaper than as
    /// many calls.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] if one is out of bounds; then none is written.
    fn commit_all(&self, commits: Vec<Commit>) -> Result<Vec<Result<CommitReceipt, Conflict>>>;

    /// The memory that one state version of a plugin has of these owners,
    /// joined. The owner of [`Scope::Company`] is empty.
    fn memory(
        &self,
        company: CompanyId,
        plugin: &str,
        version: u32,
        owners: &[(Scope, &[u8])],
    ) -> Result<Memory>;
}
