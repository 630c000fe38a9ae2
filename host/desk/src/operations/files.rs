//! Files that agents upload for replies.

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use patchbay_files::{FileReference, FileRefusal, FileRules, InspectedFile, SentFile};
use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, FileBegin, FileState, JournalError,
    NewFile, PieceStatus, SealError, StoredFile, UploadId, WaitingLimit, WaitingLimits,
};
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::PassError;
use patchbay_pass::agent_action::ActionError;
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::uploaded_file::{self, FileDescription, UploadedFile};
use ring::digest::{SHA256, digest};
use thiserror::Error;

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::dispatch::requests::busy;

/// How long an upload may take, with what a crash left.
const UPLOAD_AGE: SignedDuration = SignedDuration::from_hours(1);
/// How long a file waits for a reply that names it.
const WAITING_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Files that agents upload for replies.
pub struct FileService<'a>(pub(crate) &'a DeskCore);

/// A file to upload.
#[derive(Clone, Copy, Debug)]
pub struct FileUpload<'a> {
    /// Name of the company.
    pub company: &'a str,
    /// Id of the conversation.
    pub conversation: ConversationId,
    /// Id of the file, from the client.
    pub id: &'a str,
    /// Who uploads it.
    pub by: &'a Actor,
    /// Bytes that the client announces; 0: not known.
    pub announced: u64,
    /// How much may wait.
    pub limits: WaitingLimits,
    /// Number of the upload: random.
    pub upload: UploadId,
}

/// An upload that has begun.
#[derive(Clone, Debug)]
pub struct BegunUpload {
    company: CompanyId,
    contact: ContactId,
    conversation: ConversationId,
    id: String,
    upload: UploadId,
    pieces: u32,
    limits: WaitingLimits,
    rules: &'static FileRules,
}

impl BegunUpload {
    /// Most bytes of the file that the channel takes.
    pub fn most_bytes(&self) -> u64 {
        self.rules.most_bytes()
    }
}

/// How an upload begins.
#[derive(Debug)]
pub enum UploadBegin {
    /// Its pieces may come.
    Begun(BegunUpload),
    /// The conversation has a file of this id.
    Known(UploadedFile),
}

/// Why a file is not taken or removed. Nothing of it is stored.
#[derive(Clone, Debug, Error)]
pub enum FileError {
    /// Who may do what with the conversation.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// So much waits that it must be sent, removed or expire first.
    #[error("{}", full(.0))]
    Full(WaitingLimit),
    /// Another upload with the same id replaced this one, or it took too long.
    #[error("another upload of this file has begun, or it took more than an hour; upload it again")]
    Replaced,
    /// The channel does not take it.
    #[error("{0}")]
    Refused(FileRefusal),
    /// There is no such file.
    #[error("the conversation has no such file")]
    Unknown,
    /// A reply has it.
    #[error(
        "a reply of the conversation has this file: it is kept with the conversation, and only a supervisor removes it"
    )]
    Kept,
}

fn full(limit: &WaitingLimit) -> &'static str {
    match limit {
        WaitingLimit::Conversation => {
            "too many or too large files of this conversation wait for a reply; send or remove some"
        }
        WaitingLimit::Person => {
            "too large files of this person wait for replies; send or remove some"
        }
        WaitingLimit::Company => {
            "too large files of this company wait for replies; unused ones are deleted after a day"
        }
    }
}

type Outcome<T> = Result<Result<T, FileError>, DeskError>;

impl FileService<'_> {
    /// What replies in a conversation may have of files; `None`: none, or there is no such
    /// conversation.
    pub fn rules(
        &self,
        company: &str,
        channel: &str,
    ) -> Result<Option<&'static FileRules>, DeskError> {
        let (_, state) = self.0.company(company)?;
        Ok(state.active().generation.file_rules(channel))
    }

    /// Begins an upload by an agent or supervisor who may reply. The file is for the customer
    /// to whom a reply goes now: their key seals it.
    pub fn begin(&self, file: FileUpload<'_>) -> Outcome<UploadBegin> {
        let (company, state) = self.0.company(file.company)?;
        let row = match self.conversation(company, file.conversation, file.by)? {
            Ok(row) => row,
            Err(error) => return Ok(Err(error)),
        };
        if row.state == ConversationState::Resolved {
            return Ok(Err(ActionError::NotNow { state: row.state }.into()));
        }
        let channel = read_snapshot(&row)?.channel;
        let Some(rules) = state.active().generation.file_rules(&channel) else {
            return Ok(Err(ActionError::TextOnly { channel }.into()));
        };
        let contact = match self.recipient(&state, company, file.conversation)? {
            Ok(contact) => contact,
            Err(error) => return Ok(Err(error)),
        };
        let now = self.0.now();
        let new = NewFile {
            company,
            conversation: file.conversation,
            id: file.id.to_owned(),
            upload: file.upload,
            contact,
            by: file.by.id.clone(),
            created_at: now,
            expires_at: later(now, UPLOAD_AGE),
            announced: file.announced,
        };
        Ok(match self.0.journal.begin_file(new, file.limits)? {
            FileBegin::Begun => Ok(UploadBegin::Begun(BegunUpload {
                company,
                contact,
                conversation: file.conversation,
                id: file.id.to_owned(),
                upload: file.upload,
                pieces: 0,
                limits: file.limits,
                rules,
            })),
            FileBegin::Known(stored) => self.describe(company, stored)?.map(UploadBegin::Known),
            FileBegin::Full(limit) => Err(FileError::Full(limit)),
            FileBegin::NoConversation => Err(ActionError::UnknownConversation.into()),
        })
    }

    /// Stores the next piece of an upload; at most
    /// [`FILE_PIECE`](patchbay_journal::limits::FILE_PIECE) bytes, and as many unless it is
    /// the last one.
    pub fn append(&self, upload: &mut BegunUpload, bytes: &[u8]) -> Outcome<()> {
        let journal = &*self.0.journal;
        let (of, place) = (
            (upload.company, upload.contact),
            (upload.upload, upload.pieces),
        );
        let sealed = uploaded_file::seal_piece(journal, of, place, bytes);
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => return erased(error),
        };
        let content = (sealed, bytes.len() as u64);
        let stored = journal.append_file_piece(
            upload.company,
            upload.upload,
            upload.pieces,
            content,
            upload.limits,
        )?;
        Ok(match stored {
            PieceStatus::Stored => {
                upload.pieces += 1;
                Ok(())
            }
            PieceStatus::Full(limit) => Err(FileError::Full(limit)),
            PieceStatus::Gone => Err(FileError::Replaced),
        })
    }

    /// Acknowledges an upload whose pieces are stored.
    pub fn finish(&self, upload: &BegunUpload, file: &InspectedFile) -> Outcome<UploadedFile> {
        let journal = &*self.0.journal;
        let sent = SentFile {
            media_type: file.file_type.media_type,
            size: file.size,
        };
        if let Err(refusal) = upload.rules.check(&[sent]) {
            return Ok(Err(FileError::Refused(refusal)));
        }
        let description = FileDescription {
            name: file.name.clone(),
            media_type: file.file_type.media_type.to_owned(),
            sha256: hex(&file.sha256),
        };
        let of = (upload.company, upload.contact);
        let sealed = match uploaded_file::seal_description(journal, of, &description) {
            Ok(sealed) => sealed,
            Err(error) => return erased(error),
        };
        let expires_at = later(self.0.now(), WAITING_AGE);
        let (company, number) = (upload.company, upload.upload);
        if !journal.finish_file(company, number, sealed, expires_at)? {
            return Ok(Err(FileError::Replaced));
        }
        self.stored(company, upload.conversation, &upload.id)
    }

    /// Deletes the pieces of an upload that does not go on; a whole file stays.
    pub fn discard(&self, upload: &BegunUpload) -> Result<(), DeskError> {
        self.0.journal.discard_file(upload.company, upload.upload)?;
        Ok(())
    }

    /// A file of a conversation.
    pub fn file(
        &self,
        company: &str,
        conversation: ConversationId,
        id: &str,
    ) -> Outcome<UploadedFile> {
        let company = self.0.company_id(company)?;
        self.stored(company, conversation, id)
    }

    /// Whether a reply has a file. Such a file is removed by an action of a supervisor
    /// ([`AgentAction::RemoveFile`](patchbay_pass::agent_action::AgentAction::RemoveFile)),
    /// which the history records.
    pub fn is_kept(
        &self,
        company: &str,
        conversation: ConversationId,
        id: &str,
    ) -> Result<bool, DeskError> {
        let company = self.0.company_id(company)?;
        let stored = self.0.journal.file(company, conversation, id)?;
        Ok(stored.is_some_and(|stored| stored.state == FileState::Kept))
    }

    /// Removes a file that no reply has, by an agent or supervisor who may reply.
    pub fn remove(
        &self,
        company: &str,
        conversation: ConversationId,
        by: &Actor,
        id: &str,
    ) -> Outcome<()> {
        let company = self.0.company_id(company)?;
        if let Err(error) = self.conversation(company, conversation, by)? {
            return Ok(Err(error));
        }
        let Some(stored) = self.unexpired(company, conversation, id)? else {
            return Ok(Err(FileError::Unknown));
        };
        let is_removed = stored.state != FileState::Kept
            && self.0.journal.remove_file(company, stored.upload)?;
        Ok(match is_removed {
            true => Ok(()),
            false => Err(FileError::Kept),
        })
    }

    /// The bytes of a piece of a file; `None` after the last one, and if it was deleted.
    pub fn piece(
        &self,
        company: &str,
        file: &StoredFile,
        number: u32,
    ) -> Result<Option<Vec<u8>>, DeskError> {
        let company = self.0.company_id(company)?;
        let piece = uploaded_file::read_piece(&*self.0.journal, company, file, number)?;
        Ok(piece)
    }

    /// The file that a reply names; `None` if it was deleted, also where another file has its
    /// id.
    pub fn named(
        &self,
        company: &str,
        conversation: ConversationId,
        reference: &FileReference,
    ) -> Result<Option<UploadedFile>, DeskError> {
        let found = self.file(company, conversation, &reference.id)?.ok();
        Ok(found.filter(|file| file.reference() == *reference))
    }

    /// All bytes of a file that a reply names, which are those that were uploaded; `None` if
    /// it was deleted. The whole file is in memory: the caller bounds how many are at once.
    pub fn read(
        &self,
        company: &str,
        conversation: ConversationId,
        reference: &FileReference,
    ) -> Result<Option<(UploadedFile, Vec<u8>)>, DeskError> {
        let Some(file) = self.named(company, conversation, reference)? else {
            return Ok(None);
        };
        let size = usize::try_from(file.stored.size).unwrap_or_default();
        let mut bytes = Vec::with_capacity(size);
        for number in 0..file.pieces() {
            match self.piece(company, &file.stored, number)? {
                Some(piece) => bytes.extend_from_slice(&piece),
                None => return Ok(None),
            }
        }
        let found = digest(&SHA256, &bytes);
        if hex(found.as_ref()) != file.description.sha256 {
            let problem = "an uploaded file is not as it was uploaded".to_owned();
            return Err(JournalError::Corrupt(problem).into());
        }
        Ok(Some((file, bytes)))
    }

    /// A conversation in which this agent or supervisor may reply.
    fn conversation(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        by: &Actor,
    ) -> Outcome<Conversation> {
        if !by.is_valid() {
            return Ok(Err(ActionError::InvalidActor.into()));
        }
        let Some(row) = self.0.journal.conversation(company, conversation)? else {
            return Ok(Err(ActionError::UnknownConversation.into()));
        };
        let may = by.role == ActorRole::Supervisor || row.owner.as_ref() == Some(&by.id);
        Ok(match may {
            true => Ok(row),
            false => Err(ActionError::NotYours { owner: row.owner }.into()),
        })
    }

    fn stored(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        id: &str,
    ) -> Outcome<UploadedFile> {
        match self.unexpired(company, conversation, id)? {
            Some(stored) => self.describe(company, stored),
            None => Ok(Err(FileError::Unknown)),
        }
    }

    /// A whole file that has not expired. The journal deletes an expired one within the hour.
    fn unexpired(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        id: &str,
    ) -> Result<Option<StoredFile>, DeskError> {
        let now = self.0.now();
        let stored = self.0.journal.file(company, conversation, id)?;
        Ok(stored.filter(|stored| stored.expires_at.is_none_or(|end| end > now)))
    }

    /// The customer to whom a reply in a conversation goes now.
    fn recipient(
        &self,
        state: &CompanyState,
        company: CompanyId,
        conversation: ConversationId,
    ) -> Outcome<ContactId> {
        let active = state.active();
        let pass = self.0.pass(state, &active.generation, None, company);
        match pass.recipient(conversation) {
            Ok(found) => Ok(found.map_err(Into::into)),
            Err(PassError::Journal(error)) => Err(error.into()),
            Err(PassError::NothingToDo) => Ok(Err(ActionError::UnknownConversation.into())),
            Err(_) => Ok(Err(busy().into())),
        }
    }

    fn describe(&self, company: CompanyId, stored: StoredFile) -> Outcome<UploadedFile> {
        let described = uploaded_file::describe(&*self.0.journal, company, stored)?;
        Ok(described.ok_or(FileError::Unknown))
    }
}

fn erased<T>(error: SealError) -> Outcome<T> {
    match error {
        SealError::Erased(_) => Ok(Err(ActionError::CustomerErased.into())),
        SealError::Journal(error) => Err(error.into()),
        other => Err(JournalError::Corrupt(other.to_string()).into()),
    }
}

fn later(now: Timestamp, age: SignedDuration) -> Timestamp {
    now.checked_add(age).unwrap_or(Timestamp::MAX)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
