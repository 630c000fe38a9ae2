//! Internal notes of a conversation: what the company's people write for each other. Their
//! texts are sealed under the key of the conversation's customer, and erased with it.

use jiff::Timestamp;
use patchbay_events::{EventKind, NotedEvent};
use patchbay_journal::{
    CompanyId, ConversationId, Entry, Journal, JournalError, Purpose, WrittenId,
};
use patchbay_model::actor::Actor;
use serde::{Deserialize, Serialize};

use crate::conversation_reader::open_sealed;

/// A note to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    /// Id, unique in the conversation; a repeated id is the same note.
    pub id: String,
    /// Text.
    pub text: String,
}

/// A stored note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredNote {
    /// Number of its entry in the conversation.
    pub sequence: u64,
    /// Id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it.
    pub by: Actor,
    /// Text; absent if the customer was erased.
    pub text: Option<String>,
}

/// The sealed part of a note's entry. With the id, so that equal texts are sealed
/// differently.
#[derive(Serialize, Deserialize)]
struct SealedNote {
    note: String,
    text: String,
}

impl NewNote {
    /// The bytes to seal for the note's entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let sealed = SealedNote {
            note: self.id.clone(),
            text: self.text.clone(),
        };
        // Serialization of this type cannot fail.
        serde_json::to_vec(&sealed).unwrap_or_default()
    }
}

/// The newest notes of a conversation before a sequence number, oldest first; at most
/// `limit`.
pub fn read(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<StoredNote>, JournalError> {
    let kind = EventKind::Noted as u16;
    let entries = journal.newest_entries(company, conversation, kind, before, limit)?;
    let entries = entries.iter();
    entries.map(|entry| open(journal, company, entry)).collect()
}

/// The note of a conversation with an id.
pub fn find(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    id: &str,
) -> Result<Option<StoredNote>, JournalError> {
    let kinds = [EventKind::Noted as u16];
    let entry = journal.newest_entry_about(company, conversation, &kinds, WrittenId::Note(id))?;
    entry
        .map(|entry| open(journal, company, &entry))
        .transpose()
}

/// Opens a note.
///
/// # Errors
/// [`JournalError::Corrupt`] if the entry is not a note.
pub(crate) fn open(
    journal: &dyn Journal,
    company: CompanyId,
    entry: &Entry,
) -> Result<StoredNote, JournalError> {
    let corrupt = |error: serde_json::Error| {
        let (conversation, sequence) = (entry.conversation, entry.sequence);
        let conversation = conversation.map_or_else(String::new, |id| id.to_string());
        JournalError::Corrupt(format!("note {sequence} of {conversation}: {error}"))
    };
    let head: NotedEvent = serde_json::from_str(&entry.head).map_err(corrupt)?;
    let text = match entry.contact {
        None => None,
        Some(contact) => open_sealed(journal, company, contact, Purpose::Entry, &entry.sealed)?,
    };
    let text = text
        .map(|plain| serde_json::from_slice::<SealedNote>(&plain))
        .transpose()
        .map_err(corrupt)?;
    Ok(StoredNote {
        sequence: entry.sequence,
        id: head.note,
        at: entry.at,
        by: head.by,
        text: text.map(|sealed| sealed.text),
    })
}
