//! What the author of a reply wrote, read back from its entry.

use patchbay_events::{Event, EventKind};
use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, Purpose};
use patchbay_model::actor::Actor;
use patchbay_model::interaction::{Attachment, WrittenBy};
use serde::Deserialize;

use crate::conversation_reader::open_sealed;

/// A stored reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReply {
    /// Who sends it.
    pub by: Actor,
    /// What they wrote; absent if the customer was erased.
    pub written: Option<WrittenReply>,
}

/// What the author of a reply wrote.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WrittenReply {
    /// The text, also that of a filled template.
    pub text: String,
    /// The template that it was made of.
    #[serde(default)]
    pub template: Option<SentTemplate>,
    /// Attached files.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// Author: human or policy.
    pub written_by: WrittenBy,
}

/// A filled template, as its channel gets it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SentTemplate {
    /// Its name at the provider.
    pub name: String,
    /// Its language as the provider writes it.
    pub language: String,
    /// The parameters, in the order of their numbers.
    pub parameters: Vec<String>,
}

/// Reads the reply whose text is in an entry; `None` if the entry is no drafted reply, or
/// was deleted.
///
/// # Errors
/// [`JournalError::Corrupt`] if the entry is not valid.
pub fn read(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    entry: u64,
) -> Result<Option<StoredReply>, JournalError> {
    let found = journal.entries(company, conversation, entry.saturating_sub(1), 1)?;
    let is_draft = EventKind::ReplyDrafted as u16;
    let mut found = found.into_iter();
    let found = found.find(|found| found.sequence == entry && found.kind == is_draft);
    let Some(found) = found else {
        return Ok(None);
    };
    let corrupt = |problem: String| {
        JournalError::Corrupt(format!("entry {entry} of {conversation}: {problem}"))
    };
    let event = Event::from_head(EventKind::ReplyDrafted, &found.head);
    let by = match event.map_err(|error| corrupt(error.to_string()))? {
        Event::ReplyDrafted(event) => event.by,
        _ => return Ok(None),
    };
    let plain = match found.contact {
        Some(contact) => open_sealed(journal, company, contact, Purpose::Entry, &found.sealed)?,
        None => None,
    };
    let written = plain
        .map(|plain| serde_json::from_slice(&plain))
        .transpose();
    Ok(Some(StoredReply {
        by,
        written: written.map_err(|error| corrupt(error.to_string()))?,
    }))
}
