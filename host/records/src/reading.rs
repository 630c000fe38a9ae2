//! Reading what the desk keeps: for whoever looks, not for decisions.

use patchbay_journal::{
    CompanyId, Conversation, ConversationId, Journal, JournalError, Ordinal, Purpose, SealError,
};
use patchbay_model::interaction::Interaction;
use serde_json::Value;

use crate::outgoing::{self, Payload};
use crate::snapshot::Snapshot;

/// An interaction as the journal holds it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its place in the order of acceptance.
    pub ordinal: Ordinal,
    /// The interaction; absent where its author was erased.
    pub interaction: Option<Interaction>,
}

/// What the desk keeps of a conversation.
///
/// # Errors
/// [`JournalError::Corrupt`] where it does not read.
pub fn snapshot(row: &Conversation) -> Result<Snapshot, JournalError> {
    serde_json::from_slice(&row.snapshot).map_err(|error| {
        JournalError::Corrupt(format!("conversation {} does not read: {error}", row.id))
    })
}

/// A company's conversations that are not resolved, in the order of their
/// ids, after one.
///
/// # Errors
/// [`JournalError`].
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

/// The newest interactions of a conversation, newest first.
///
/// # Errors
/// [`JournalError`].
pub fn said(journal: &dyn Journal, row: &Conversation) -> Result<Vec<Held>, JournalError> {
    let ordinals: Vec<Ordinal> = snapshot(row)?.recent.into_iter().map(Ordinal).collect();
    let mut said = journal
        .inputs(row.company, &ordinals)?
        .into_iter()
        .map(|message| {
            Ok(Held {
                ordinal: message.ordinal,
                interaction: open(journal, &message)?,
            })
        })
        .collect::<Result<Vec<_>, JournalError>>()?;
    said.sort_by_key(|held| std::cmp::Reverse(held.ordinal));
    Ok(said)
}

/// The text of a drafted reply, by its entry; none where its customer was
/// erased.
///
/// # Errors
/// [`JournalError`].
pub fn drafted(
    journal: &dyn Journal,
    row: &Conversation,
    entry: u64,
) -> Result<Option<String>, JournalError> {
    let payload = Payload::Entry(row.id, entry);
    let Ok(body) = outgoing::open(journal, row.company, payload)? else {
        return Ok(None);
    };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(body.get("text").and_then(Value::as_str).map(str::to_owned))
}

/// The interaction of an input; none if its author was erased.
pub fn open(
    journal: &dyn Journal,
    message: &patchbay_journal::Input,
) -> Result<Option<Interaction>, JournalError> {
    let plain = match message.contact {
        None => message.body.clone(),
        Some(contact) => {
            match journal.open(message.company, contact, Purpose::Message, &message.body) {
                Ok(plain) => plain,
                Err(SealError::Erased(_)) => return Ok(None),
                Err(SealError::Journal(error)) => return Err(error),
                Err(error) => return Err(JournalError::Corrupt(error.to_string())),
            }
        }
    };
    let corrupt =
        |error: String| JournalError::Corrupt(format!("input {}: {error}", message.ordinal));
    let value = serde_json::from_slice(&plain).map_err(|error| corrupt(error.to_string()))?;
    Interaction::from_own(value)
        .map(Some)
        .map_err(|error| corrupt(error.to_string()))
}
