//! Files that agents uploaded for replies: sealed pieces, and what is known of each.

use jiff::Timestamp;
use patchbay_model::codes;

use crate::{CompanyId, ContactId, ConversationId, Result};

codes! {
    /// State of an uploaded file.
    pub enum FileState {
        /// Its pieces come in. A crash leaves it so until it expires.
        Writing = "writing",
        /// Whole and acknowledged; no entry of the history names it yet. It expires.
        Waiting = "waiting",
        /// An entry of the history names it: it is kept with its conversation.
        Kept = "kept",
        /// It is deleted; its pieces leave the disk in steps. No call returns it.
        Removed = "removed",
    }
}

/// A file whose pieces are about to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// The company.
    pub company: CompanyId,
    /// The conversation whose replies may have it.
    pub conversation: ConversationId,
    /// Id given by the client, unique in the conversation; at most
    /// [`CODE_BYTES`](patchbay_model::input::CODE_BYTES).
    pub id: String,
    /// Number of this upload: random, so that a late piece of an upload that was replaced
    /// finds nothing.
    pub upload: UploadId,
    /// The customer, whose key seals it.
    pub contact: ContactId,
    /// Id of the person who uploads it.
    pub by: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is deleted unless it is whole by then.
    pub expires_at: Timestamp,
    /// Bytes that the client announces; 0: not known.
    pub announced: u64,
}

/// A whole file of a conversation that an entry of its history names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Id in the conversation.
    pub id: String,
    /// Number of its upload: another file may have the id later.
    pub upload: UploadId,
}

/// Number of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(pub u64);

/// Most bytes of files that no entry of a history names. Their number is bounded too:
/// [`WAITING_FILES`](crate::limits::WAITING_FILES) and the two limits after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingLimits {
    /// Of a conversation.
    pub conversation: u64,
    /// Of a person in a company.
    pub person: u64,
    /// Of a company.
    pub company: u64,
}

/// Which of the limits is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingLimit {
    /// That of the conversation.
    Conversation,
    /// That of the person.
    Person,
    /// That of the company.
    Company,
}

/// Whether an upload may begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileBegin {
    /// The pieces may come.
    Begun,
    /// The conversation has a whole file with this id.
    Known(StoredFile),
    /// Too much waits.
    Full(WaitingLimit),
    /// The company has no such conversation.
    NoConversation,
}

/// Whether a piece was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceStatus {
    /// It is on disk.
    Stored,
    /// Too much waits.
    Full(WaitingLimit),
    /// The upload is not going on: it expired, was removed, or another one replaced it.
    Gone,
}

/// A whole file, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The conversation.
    pub conversation: ConversationId,
    /// Id in the conversation.
    pub id: String,
    /// Number of its upload.
    pub upload: UploadId,
    /// The customer, whose key sealed it.
    pub contact: ContactId,
    /// Id of the person who uploaded it.
    pub by: String,
    /// [`FileState::Waiting`] or [`FileState::Kept`].
    pub state: FileState,
    /// Bytes of the file.
    pub size: u64,
    /// When the upload began.
    pub created_at: Timestamp,
    /// When it is deleted; absent where it is kept.
    pub expires_at: Option<Timestamp>,
    /// Name, type and digest, sealed for [`Purpose::File`](crate::Purpose::File).
    pub sealed: Vec<u8>,
}

/// Stores uploaded files piece by piece, so that no whole file is in memory.
///
/// [`Commit::files`](crate::Commit::files) keeps those that a reply names,
/// [`delete_expired`](crate::Maintenance::delete_expired) deletes the others,
/// [`Commit::removed_files`](crate::Commit::removed_files) those that an entry removes,
/// [`compact`](crate::Maintenance::compact) deletes those of a conversation with it, and
/// the erasure of a contact those of the contact.
pub trait Files {
    /// Begin an upload. One of the same id that is not whole, or that expired by the time of
    /// the new one, is replaced.
    fn begin_file(&self, new: NewFile, limits: WaitingLimits) -> Result<FileBegin>;

    /// Store the next piece of an upload: sealed for [`Purpose::File`](crate::Purpose::File),
    /// and its length before. Pieces are numbered from 0 without gaps.
    fn append_file_piece(
        &self,
        company: CompanyId,
        upload: UploadId,
        piece: u32,
        content: (Vec<u8>, u64),
        limits: WaitingLimits,
    ) -> Result<PieceStatus>;

    /// Make an upload whole: from then on it is acknowledged. `false`: the upload is not
    /// going on any more.
    fn finish_file(
        &self,
        company: CompanyId,
        upload: UploadId,
        sealed: Vec<u8>,
        expires_at: Timestamp,
    ) -> Result<bool>;

    /// Delete an upload that is not whole.
    fn discard_file(&self, company: CompanyId, upload: UploadId) -> Result<()>;

    /// Delete an upload or a whole file, unless it is kept. Returns whether there was one.
    fn remove_file(&self, company: CompanyId, upload: UploadId) -> Result<bool>;

    /// A whole file of a conversation.
    fn file(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        id: &str,
    ) -> Result<Option<StoredFile>>;

    /// A sealed piece of a file; `None` after the last one, and of a file that was deleted.
    fn file_piece(
        &self,
        company: CompanyId,
        upload: UploadId,
        piece: u32,
    ) -> Result<Option<Vec<u8>>>;

    /// The whole files that are sealed under a contact's key, the oldest first.
    fn files_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<StoredFile>>;
}
