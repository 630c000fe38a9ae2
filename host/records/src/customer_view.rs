//! What a customer may see of their own conversations: what they wrote, what reached
//! them, and that an agent takes care of it. Never drafts, notes, checks, queues or
//! names.

use jiff::Timestamp;
use patchbay_events::{AssignedEvent, EventKind, InputKind, ReplyDeliveredEvent};
use patchbay_files::FileReference;
use patchbay_journal::{
    CompanyId, ContactId, ConversationId, Entry, EntryPage, Journal, JournalError, Ordinal, Purpose,
};
use patchbay_model::interaction::{Attachment, Direction, WrittenBy};
use serde::Deserialize;
use serde_json::Value;

use crate::conversation_reader::{open_input, open_sealed};
use crate::reply::outbox_key_entry;

/// Kinds of the entries that a customer sees something of.
const KINDS: [EventKind; 5] = [
    EventKind::Received,
    EventKind::Quarantined,
    EventKind::Accepted,
    EventKind::Assigned,
    EventKind::ReplyDelivered,
];

/// A customer, on one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerThread {
    /// The company.
    pub company: CompanyId,
    /// The contact whose messages and replies they see. Others of the same person
    /// wrote from elsewhere.
    pub contact: ContactId,
    /// Key of the thread.
    pub thread: Vec<u8>,
}

/// One thing that a customer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerItem {
    /// Number of its entry in the company's feed.
    pub feed: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What it is.
    pub content: CustomerContent,
}

/// What a customer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerContent {
    /// They wrote.
    Message {
        /// The channel's own id of the message: the attribute `provider_id`.
        provider_id: Option<String>,
        /// Text.
        text: String,
    },
    /// The company answered.
    Reply {
        /// An agent or a policy.
        written_by: WrittenBy,
        /// Text.
        text: String,
        /// Uploaded files.
        files: Vec<CustomerFile>,
    },
    /// An agent owns the conversation now.
    AgentJoined,
}

/// A file of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerFile {
    /// Conversation of the reply.
    pub conversation: ConversationId,
    /// Which file it is there.
    pub reference: FileReference,
    /// The file, as the reply names it.
    pub attachment: Attachment,
}

/// A part of what a customer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerPage {
    /// In order. There may be fewer than entries were read.
    pub items: Vec<CustomerItem>,
    /// Feed number of the first entry read; `None` if none was.
    pub first: Option<u64>,
    /// Feed number of the last entry read; `None` if none was.
    pub last: Option<u64>,
    /// Whether as many entries as allowed were read: there may be more.
    pub is_full: bool,
}

/// Reads a page of at most `limit` entries.
///
/// # Errors
/// [`JournalError::Corrupt`] if a stored document is not valid.
pub fn read_page(
    journal: &dyn Journal,
    customer: &CustomerThread,
    page: EntryPage,
    limit: usize,
) -> Result<CustomerPage, JournalError> {
    let kinds = KINDS.map(|kind| kind as u16);
    let (company, thread) = (customer.company, &customer.thread);
    let entries = journal.thread_entries(company, thread, &kinds, page, limit)?;
    let ordinals: Vec<Ordinal> = entries.iter().filter_map(|entry| entry.input).collect();
    let inputs = journal.inputs(company, &ordinals)?;
    let mut items = Vec::with_capacity(entries.len());
    for entry in &entries {
        let content = match EventKind::from_number(entry.kind) {
            Some(EventKind::Received | EventKind::Quarantined) => {
                let mut inputs = inputs.iter();
                let input = inputs.find(|input| Some(input.ordinal) == entry.input);
                let own = input.filter(|input| {
                    input.contact == Some(customer.contact) && input.kind == InputKind::Message
                });
                match own {
                    Some(input) => message(journal, input)?,
                    None => None,
                }
            }
            Some(EventKind::Accepted | EventKind::Assigned) => joined(entry),
            Some(EventKind::ReplyDelivered) => reply(journal, customer, entry)?,
            _ => None,
        };
        items.extend(content.map(|content| CustomerItem {
            feed: entry.feed,
            at: entry.at,
            content,
        }));
    }
    Ok(CustomerPage {
        items,
        first: entries.first().map(|entry| entry.feed),
        last: entries.last().map(|entry| entry.feed),
        is_full: entries.len() == limit,
    })
}

fn message(
    journal: &dyn Journal,
    input: &patchbay_journal::Input,
) -> Result<Option<CustomerContent>, JournalError> {
    let interaction = open_input(journal, input)?;
    let inbound = interaction.filter(|it| it.direction == Direction::Inbound);
    Ok(inbound.map(|interaction| CustomerContent::Message {
        provider_id: interaction
            .attributes
            .get("provider_id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        text: match interaction.rest {
            None => interaction.text,
            Some(rest) => interaction.text + &rest,
        },
    }))
}

/// The customer is told once: not when an agent hands over to another.
fn joined(entry: &Entry) -> Option<CustomerContent> {
    let event: AssignedEvent = serde_json::from_str(&entry.head).ok()?;
    event
        .previous
        .is_none()
        .then_some(CustomerContent::AgentJoined)
}

/// What the customer sees of a stored reply.
#[derive(Deserialize)]
struct StoredReply {
    text: String,
    written_by: WrittenBy,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

fn reply(
    journal: &dyn Journal,
    customer: &CustomerThread,
    entry: &Entry,
) -> Result<Option<CustomerContent>, JournalError> {
    let event: Option<ReplyDeliveredEvent> = serde_json::from_str(&entry.head).ok();
    let draft = entry
        .conversation
        .zip(event)
        .and_then(|(conversation, event)| {
            Some((conversation, outbox_key_entry(conversation, &event.key)?))
        });
    let Some((conversation, number)) = draft else {
        return Ok(None);
    };
    let Some(plain) = open_draft(journal, customer, conversation, number)? else {
        return Ok(None);
    };
    let stored: StoredReply = serde_json::from_slice(&plain).map_err(|error| {
        JournalError::Corrupt(format!(
            "reply {number} of conversation {conversation}: {error}"
        ))
    })?;
    let files = stored.attachments.into_iter().filter_map(|attachment| {
        let reference = FileReference::parse(attachment.url.as_deref()?)?;
        Some(CustomerFile {
            conversation,
            reference,
            attachment,
        })
    });
    Ok(Some(CustomerContent::Reply {
        written_by: stored.written_by,
        text: stored.text,
        files: files.collect(),
    }))
}

/// The draft of a reply to this very contact; `None` if it was to another, was deleted,
/// or the contact was erased.
fn open_draft(
    journal: &dyn Journal,
    customer: &CustomerThread,
    conversation: ConversationId,
    number: u64,
) -> Result<Option<Vec<u8>>, JournalError> {
    let company = customer.company;
    let after = number.saturating_sub(1);
    let drafts = journal.entries(company, conversation, after, 1)?;
    let draft = drafts.into_iter().find(|draft| {
        draft.sequence == number
            && draft.kind == EventKind::ReplyDrafted as u16
            && draft.contact == Some(customer.contact)
    });
    match draft {
        Some(draft) => {
            let contact = customer.contact;
            open_sealed(journal, company, contact, Purpose::Entry, &draft.sealed)
        }
        None => Ok(None),
    }
}
