//! Reads conversations from the journal, for display and for the next pass.

use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, Input, Journal, JournalError, Ordinal,
    Purpose, SealError,
};
use patchbay_model::interaction::Interaction;
use serde_json::Value;

use crate::outbox_payload::{self, Payload};
use crate::snapshot::Snapshot;

/// A stored interaction.
#[derive(Clone, Debug)]
pub struct StoredInteraction {
    /// Number of its input, in order of acceptance.
    pub ordinal: Ordinal,
    /// The interaction; absent if its author was erased.
    pub interaction: Option<Interaction>,
}

/// Parses a conversation's snapshot.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is not a valid snapshot.
pub fn read_snapshot(row: &Conversation) -> Result<Snapshot, JournalError> {
    let mut snapshot: Snapshot = serde_json::from_slice(&row.snapshot).map_err(|error| {
        JournalError::Corrupt(format!("snapshot of conversation {}: {error}", row.id))
    })?;
    snapshot.list_unlisted_message();
    Ok(snapshot)
}

/// A company's unresolved conversations with an id greater than `after`, sorted
/// by id.
pub fn open_conversations(
    journal: &dyn Journal,
    company: CompanyId,
    after: Option<ConversationId>,
    limit: usize,
) -> Result<Vec<Conversation>, JournalError> {
    let after = after.unwrap_or(ConversationId([0; 16]));
    let mut rows = journal.unresolved_conversations(Some((company, after)), limit)?;
    rows.retain(|row| row.company == company);
    Ok(rows)
}

/// The interactions that the snapshot lists as recent, newest first.
pub fn recent_interactions(
    journal: &dyn Journal,
    row: &Conversation,
) -> Result<Vec<StoredInteraction>, JournalError> {
    let recent = read_snapshot(row)?.recent;
    let ordinals: Vec<Ordinal> = recent.iter().copied().map(Ordinal).collect();
    let mut interactions = Vec::new();
    for input in journal.inputs(row.company, &ordinals)? {
        interactions.push(StoredInteraction {
            ordinal: input.ordinal,
            interaction: open_input(journal, &input)?,
        });
    }
    // An edited one has a newer ordinal in its old place.
    let place = |stored: &StoredInteraction| recent.iter().position(|at| *at == stored.ordinal.0);
    interactions.sort_by_key(place);
    Ok(interactions)
}

/// The text of the draft in a history entry; `None` if the customer was erased
/// or the entry is gone.
pub fn read_draft_text(
    journal: &dyn Journal,
    row: &Conversation,
    entry: u64,
) -> Result<Option<String>, JournalError> {
    let payload = Payload::Entry(row.id, entry);
    let Ok(body) = outbox_payload::open_payload(journal, row.company, payload)? else {
        return Ok(None);
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(body.get("text").and_then(Value::as_str).map(str::to_owned))
}

/// Opens and parses an input; `None` if its author was erased.
///
/// # Errors
/// [`JournalError::Corrupt`] if it is not a valid interaction.
pub fn open_input(
    journal: &dyn Journal,
    input: &Input,
) -> Result<Option<Interaction>, JournalError> {
    let plain = match input.contact {
        None => Some(input.body.clone()),
        Some(contact) => open_sealed(
            journal,
            input.company,
            contact,
            Purpose::Message,
            &input.body,
        )?,
    };
    let Some(plain) = plain else {
        return Ok(None);
    };
    let corrupt =
        |error: String| JournalError::Corrupt(format!("input {}: {error}", input.ordinal));
    let value = serde_json::from_slice(&plain).map_err(|error| corrupt(error.to_string()))?;
    Interaction::from_own(value)
        .map(Some)
        .map_err(|error| corrupt(error.to_string()))
}

/// `None` for what is stored wrongly: one bad message must not hide the others.
pub(crate) fn readable<T>(read: Result<T, JournalError>) -> Result<Option<T>, JournalError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(JournalError::Corrupt(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens bytes sealed for a contact; `None` if the contact was erased.
pub(crate) fn open_sealed(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
    purpose: Purpose,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, JournalError> {
    match journal.open(company, contact, purpose, sealed) {
        Ok(plain) => Ok(Some(plain)),
        Err(SealError::Erased(_)) => Ok(None),
        Err(SealError::Journal(error)) => Err(error),
        Err(error) => Err(JournalError::Corrupt(error.to_string())),
    }
}
