//! Everything that is kept of a person, for that person.

use patchbay_journal::{CompanyId, ContactId, Entry, Journal, JournalError, Purpose};
use serde_json::{Value, json};

use crate::reading;
use patchbay_model::event::EventKind;

/// Conversations of one export.
const CONVERSATIONS: usize = 10_000;
/// Entries read at once.
const PAGE: usize = 1_000;

/// Everything that is kept of the person behind a contact: addresses, what was
/// said and answered, and what happened.
///
/// # Errors
/// [`JournalError`], [`JournalError::NoContact`] where there is none.
pub fn export(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
) -> Result<Value, JournalError> {
    let (person, contacts) = journal.person_contacts(company, contact)?;
    let addresses: Vec<Value> = journal
        .addresses(company, contact)?
        .into_iter()
        .map(|(channel, address)| json!({"channel": channel, "address": address}))
        .collect();
    let mut conversations = Vec::new();
    for row in journal.conversations_of_contact(company, contact, CONVERSATIONS)? {
        let said: Vec<Value> = reading::said(journal, &row)?
            .into_iter()
            .map(|held| json!({"ordinal": held.ordinal.0, "interaction": held.interaction}))
            .collect();
        conversations.push(json!({
            "id": row.id.to_string(),
            "state": row.state.as_str(),
            "opened_at": row.opened_at,
            "said": said,
        }));
    }
    let mut history = Vec::new();
    let mut after = 0;
    loop {
        let page = journal.journey(company, contact, after, PAGE)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.feed;
        for entry in &page {
            history.push(told(journal, company, entry));
        }
    }
    let contacts: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    Ok(json!({
        "person": person.to_string(),
        "contacts": contacts,
        "addresses": addresses,
        "conversations": conversations,
        "history": history,
    }))
}

fn told(journal: &dyn Journal, company: CompanyId, entry: &Entry) -> Value {
    let head: Value = serde_json::from_str(&entry.head).unwrap_or(Value::Null);
    let kind = EventKind::from_number(entry.kind);
    let mut told = json!({
        "feed": entry.feed,
        "conversation": entry.conversation.map(|id| id.to_string()),
        "kind": kind.map(EventKind::as_str),
        "at": entry.at,
        "data": head,
    });
    // What they were answered is theirs as well; what policies noted is in
    // the codes beside it.
    if kind == Some(EventKind::ReplyDrafted)
        && let Some(contact) = entry.contact
        && let Ok(reply) = journal.open(company, contact, Purpose::Entry, &entry.sealed)
        && let Ok(reply) = serde_json::from_slice::<Value>(&reply)
        && let Some(told) = told.as_object_mut()
    {
        told.insert("reply".to_owned(), reply);
    }
    told
}
