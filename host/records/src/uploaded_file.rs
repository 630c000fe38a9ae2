//! What the host knows of an uploaded file, and its bytes in sealed pieces.

use patchbay_files::{FileReference, file_type};
use patchbay_journal::limits::FILE_PIECE;
use patchbay_journal::{
    CompanyId, ContactId, Journal, JournalError, Purpose, SealError, StoredFile, UploadId,
};
use patchbay_model::interaction::Attachment;
use serde::{Deserialize, Serialize};

use crate::conversation_reader::open_sealed;

/// Bytes before those of the file in a piece: upload and number.
const HEAD: usize = 12;

/// The sealed description of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDescription {
    /// Name.
    pub name: String,
    /// Media type, by the bytes.
    pub media_type: String,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
}

/// A whole file of a conversation, with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedFile {
    /// What the journal stores.
    pub stored: StoredFile,
    /// Its description.
    pub description: FileDescription,
}

impl UploadedFile {
    /// The file as an attachment of a draft, which policies read.
    pub fn attachment(&self) -> Attachment {
        let media_type = &self.description.media_type;
        Attachment {
            kind: file_type(media_type)
                .map_or("other", |it| it.kind)
                .to_owned(),
            name: Some(self.description.name.clone()),
            media_type: Some(media_type.clone()),
            size: Some(self.stored.size),
            url: Some(self.reference().to_string()),
        }
    }

    /// The reference to exactly these bytes.
    pub fn reference(&self) -> FileReference {
        FileReference {
            id: self.stored.id.clone(),
            upload: self.stored.upload.0,
            sha256: self.description.sha256.clone(),
        }
    }

    /// How many pieces it has.
    pub fn pieces(&self) -> u32 {
        let pieces = self.stored.size.div_ceil(FILE_PIECE as u64);
        u32::try_from(pieces).unwrap_or(u32::MAX)
    }
}

/// Opens the description of a file; `None` if the contact was erased.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is not valid.
pub fn describe(
    journal: &dyn Journal,
    company: CompanyId,
    stored: StoredFile,
) -> Result<Option<UploadedFile>, JournalError> {
    let plain = open_sealed(
        journal,
        company,
        stored.contact,
        Purpose::File,
        &stored.sealed,
    )?;
    let Some(plain) = plain else {
        return Ok(None);
    };
    let description = serde_json::from_slice(&plain).map_err(|error| {
        JournalError::Corrupt(format!("description of an uploaded file: {error}"))
    })?;
    Ok(Some(UploadedFile {
        stored,
        description,
    }))
}

/// Seals the description of a file.
///
/// # Errors
/// The contact was erased, or the journal failed.
pub fn seal_description(
    journal: &dyn Journal,
    (company, contact): (CompanyId, ContactId),
    description: &FileDescription,
) -> Result<Vec<u8>, SealError> {
    // Serialization of this type cannot fail.
    let plain = serde_json::to_vec(description).unwrap_or_default();
    journal.seal(company, contact, Purpose::File, &plain)
}

/// Seals a piece together with its place, so that pieces cannot be exchanged.
///
/// # Errors
/// As [`seal_description`].
pub fn seal_piece(
    journal: &dyn Journal,
    (company, contact): (CompanyId, ContactId),
    (upload, number): (UploadId, u32),
    bytes: &[u8],
) -> Result<Vec<u8>, SealError> {
    let plain = [&head(upload, number)[..], bytes].concat();
    journal.seal(company, contact, Purpose::File, &plain)
}

/// The bytes of a piece of a file; `None` after the last one, and if the file was deleted
/// or the contact erased.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is not the piece of this place.
pub fn read_piece(
    journal: &dyn Journal,
    company: CompanyId,
    file: &StoredFile,
    number: u32,
) -> Result<Option<Vec<u8>>, JournalError> {
    let Some(sealed) = journal.file_piece(company, file.upload, number)? else {
        return Ok(None);
    };
    let plain = open_sealed(journal, company, file.contact, Purpose::File, &sealed)?;
    let Some(mut plain) = plain else {
        return Ok(None);
    };
    match plain.starts_with(&head(file.upload, number)) {
        true => {
            plain.drain(..HEAD);
            Ok(Some(plain))
        }
        false => Err(JournalError::Corrupt(
            "a piece of an uploaded file is in the place of another".to_owned(),
        )),
    }
}

fn head(upload: UploadId, number: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&upload.0.to_le_bytes());
    head[8..].copy_from_slice(&number.to_le_bytes());
    head
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use patchbay_journal::{ConversationId, FileState};
    use patchbay_model::interaction::Draft;
    use serde_json::json;

    use super::*;
    use crate::reply::draft_digest;

    fn file(upload: u64, sha256: &str) -> UploadedFile {
        UploadedFile {
            stored: StoredFile {
                conversation: ConversationId([1; 16]),
                id: "f".to_owned(),
                upload: UploadId(upload),
                contact: ContactId([2; 16]),
                by: "ana".to_owned(),
                state: FileState::Waiting,
                size: 27,
                created_at: Timestamp::UNIX_EPOCH,
                expires_at: None,
                sealed: Vec::new(),
            },
            description: FileDescription {
                name: "a.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
                sha256: sha256.repeat(64),
            },
        }
    }

    #[test]
    fn the_digest_of_a_draft_is_that_of_its_files_bytes() {
        let digest = |file: &UploadedFile| {
            let draft =
                json!({"id": "r", "channel": "email", "text": "See", "written_by": "human"});
            let draft: Draft = serde_json::from_value(draft).expect("a draft");
            draft_digest(&Draft {
                attachments: vec![file.attachment()],
                ..draft
            })
        };
        let first = file(1, "a");
        assert_eq!(digest(&first), digest(&file(1, "a")));
        assert_ne!(digest(&first), digest(&file(1, "b")));
        assert_ne!(digest(&first), digest(&file(2, "a")));
    }
}
