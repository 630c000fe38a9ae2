//! Export of a person's data, on their request.

use patchbay_events::EventKind;
use patchbay_journal::{
    CompanyId, ContactId, Conversation, Entry, EntryPage, InputKind, Journal, JournalError,
    MessagePage, Ordinal, Purpose,
};
use serde_json::{Value, json};

use crate::conversation_reader::open_input;
use crate::{notes, uploaded_file};

/// Most conversations of one export: the newest; `complete` says whether those are all.
const CONVERSATIONS: usize = 10_000;
/// Most bytes of messages of one export, as the journal stores them: the newest. Of the
/// history as many, the oldest. The export needs a few times as much memory.
const BYTES: usize = 64 << 20;
/// Most uploaded files of each contact in one export.
const FILES: usize = 10_000;
/// Entries read at once.
const ENTRIES: usize = 1_000;
/// Messages read at once: one may have some megabytes.
const MESSAGES: usize = 100;

/// Exports the stored data of the person behind a contact: addresses,
/// records of the CRM, opt-outs, interactions, replies, internal notes and history.
/// `complete` says whether it has all: it has at most 10,000 conversations, 64 MiB of
/// messages and 64 MiB of history.
///
/// Of an uploaded file it has the description, its `state` (`waiting` for a reply, or `kept`
/// because a reply names it; the history says whether that reply was sent), and in `download`
/// the path of its bytes below the path of the company; of each contact at most 10,000.
///
/// # Errors
/// [`JournalError::NoContact`] if there is no such contact.
pub fn export(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
) -> Result<Value, JournalError> {
    export_within(journal, company, contact, BYTES)
}

/// [`export`], with another bound on the bytes of messages, and on those of the history.
///
/// # Errors
/// As [`export`].
pub fn export_within(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
    bytes: usize,
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
    let mut rows = journal.conversations_of_contact(company, contact, CONVERSATIONS + 1)?;
    let has_all_conversations = rows.len() <= CONVERSATIONS;
    // The oldest comes first.
    rows.drain(..rows.len().saturating_sub(CONVERSATIONS));
    let mut of_messages = ByteBudget::new(bytes);
    for row in rows.iter().rev() {
        conversations.push(json!({
            "id": row.id.to_string(),
            "state": row.state.as_str(),
            "opened_at": row.opened_at,
            "said": interactions(journal, row, &mut of_messages)?,
        }));
    }
    conversations.reverse();
    let mut of_history = ByteBudget::new(bytes);
    let history = history(journal, company, contact, &mut of_history)?;
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
    let is_complete =
        has_all_conversations && !of_messages.is_spent && !of_history.is_spent && !files_left_out;
    let contacts: Vec<String> = contacts.iter().map(ToString::to_string).collect();
    Ok(json!({
        "person": person.to_string(),
        "contacts": contacts,
        "addresses": addresses,
        "records": records,
        "opt_outs": opt_outs,
        "conversations": conversations,
        "complete": is_complete,
        "files": files,
        "history": history,
    }))
}

/// Counts down the bytes that an export may still take.
struct ByteBudget {
    left: usize,
    /// Whether something did not fit.
    is_spent: bool,
}

impl ByteBudget {
    fn new(left: usize) -> ByteBudget {
        ByteBudget {
            left,
            is_spent: false,
        }
    }

    /// Take bytes; `false`, also from then on: so many are not left.
    fn take(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) if !self.is_spent => self.left = left,
            _ => self.is_spent = true,
        }
        !self.is_spent
    }
}

/// The messages of a conversation that are not deleted, in their newest wording; newest
/// first, as many as fit.
fn interactions(
    journal: &dyn Journal,
    row: &Conversation,
    budget: &mut ByteBudget,
) -> Result<Vec<Value>, JournalError> {
    let mut all = Vec::new();
    let mut before = Ordinal(u64::MAX);
    // Where the bytes are spent, the export is known to be incomplete.
    while !budget.is_spent {
        let page = MessagePage::Before(before);
        let page = journal.messages(row.company, row.id, page, MESSAGES)?;
        for message in page.iter().rev() {
            before = message.place;
            let input = &message.input;
            if input.kind == InputKind::Delete {
                continue;
            }
            if !budget.take(input.body.len()) {
                break;
            }
            let interaction = open_input(journal, input)?;
            all.push(json!({"ordinal": input.ordinal.0, "interaction": interaction}));
        }
        if page.len() < MESSAGES {
            break;
        }
    }
    Ok(all)
}

/// The entries of all conversations of the person; oldest first, as many as fit.
fn history(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
    budget: &mut ByteBudget,
) -> Result<Vec<Value>, JournalError> {
    let mut history = Vec::new();
    let mut after = 0;
    loop {
        let page = journal.journey(company, contact, EntryPage::After(after), ENTRIES)?;
        let Some(last) = page.last() else {
            return Ok(history);
        };
        after = last.feed;
        for entry in &page {
            if !budget.take(entry.head.len() + entry.sealed.len()) {
                return Ok(history);
            }
            history.push(export_entry(journal, company, entry));
        }
    }
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
