//! Export of a person's data, on their request.

use patchbay_events::EventKind;
use patchbay_journal::{CompanyId, ContactId, Entry, Journal, JournalError, Purpose};
use serde_json::{Value, json};

use crate::conversation_reader::recent_interactions;
use crate::{notes, uploaded_file};

/// Most conversations of one export.
const CONVERSATIONS: usize = 10_000;
/// Most uploaded files of each contact in one export.
const FILES: usize = 10_000;
/// Entries read at once.
const PAGE: usize = 1_000;

/// Exports the stored data of the person behind a contact: addresses,
/// records of the CRM, opt-outs, interactions, replies, internal notes and history.
///
/// Of an uploaded file it has the description, its `state` (`waiting` for a reply, or `kept`
/// because a reply names it; the history says whether that reply was sent), and in `download`
/// the path of its bytes below the path of the company. `files_left_out`: a contact has more
/// files than the export.
///
/// # Errors
/// [`JournalError::NoContact`] if there is no such contact.
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
    let records: Vec<Value> = journal
        .contact_records(company, contact)?
        .into_iter()
        .map(|record| {
            json!({
                "id": record.id,
                "verified": record.content.verified,
                "addresses": record.content.addresses,
                "attributes": record.content.attributes,
                "updated_at": record.updated_at,
            })
        })
        .collect();
    let mut opt_outs = Vec::new();
    for contact in &contacts {
        let said = journal.opt_outs(company, *contact)?.into_iter();
        opt_outs.extend(said.map(|said| {
            json!({
                "channel": said.channel,
                "account": said.account,
                "purpose": said.purpose,
                "opted_out": said.is_opted_out,
                "source": said.source,
                "at": said.at,
            })
        }));
    }
    let mut conversations = Vec::new();
    for row in journal.conversations_of_contact(company, contact, CONVERSATIONS)? {
        let interactions: Vec<Value> = recent_interactions(journal, &row)?
            .into_iter()
            .map(|stored| json!({"ordinal": stored.ordinal.0, "interaction": stored.interaction}))
            .collect();
        conversations.push(json!({
            "id": row.id.to_string(),
            "state": row.state.as_str(),
            "opened_at": row.opened_at,
            "said": interactions,
        }));
    }
    let mut files = Vec::new();
    let mut files_left_out = false;
    for contact in &contacts {
        let mut found = journal.files_of_contact(company, *contact, FILES + 1)?;
        files_left_out |= found.len() > FILES;
        found.truncate(FILES);
        for stored in found {
            let Some(file) = uploaded_file::describe(journal, company, stored)? else {
                continue;
            };
            let (conversation, id) = (file.stored.conversation, &file.stored.id);
            files.push(json!({
                "conversation": conversation.to_string(),
                "id": id,
                "name": file.description.name,
                "media_type": file.description.media_type,
                "size": file.stored.size,
                "sha256": file.description.sha256,
                "state": file.stored.state.as_str(),
                "download": format!("conversations/{conversation}/files/{id}"),
            }));
        }
    }
    let mut history = Vec::new();
    let mut after = 0;
    loop {
        let page = journal.journey(company, contact, after, PAGE)?;
        let Some(last) = page.last() else {
            break;
        };
        after = last.feed;
        history.extend(
            page.iter()
                .map(|entry| export_entry(journal, company, entry)),
        );
    }
    let contacts: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    Ok(json!({
        "person": person.to_string(),
        "contacts": contacts,
        "addresses": addresses,
        "records": records,
        "opt_outs": opt_outs,
        "conversations": conversations,
        "files": files,
        "files_left_out": files_left_out,
        "history": history,
    }))
}

/// An entry's public part, and the text of a reply or a note. The sealed records of
/// decisions are not exported.
fn export_entry(journal: &dyn Journal, company: CompanyId, entry: &Entry) -> Value {
    let head: Value = serde_json::from_str(&entry.head).unwrap_or(Value::Null);
    let kind = EventKind::from_number(entry.kind);
    let mut exported = json!({
        "feed": entry.feed,
        "conversation": entry.conversation.map(|id| id.to_string()),
        "kind": kind.map(EventKind::as_str),
        "at": entry.at,
        "data": head,
    });
    if kind == Some(EventKind::ReplyDrafted)
        && let Some(contact) = entry.contact
        && let Ok(reply) = journal.open(company, contact, Purpose::Entry, &entry.sealed)
        && let Ok(reply) = serde_json::from_slice::<Value>(&reply)
    {
        exported["reply"] = reply;
    }
    if kind == Some(EventKind::Noted)
        && let Ok(note) = notes::open(journal, company, entry)
    {
        exported["note"] = json!({"text": note.text});
    }
    exported
}
