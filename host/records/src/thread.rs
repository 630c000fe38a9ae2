//! The messages and the history of a conversation, page by page.

use patchbay_events::EventKind;
use patchbay_files::FileReference;
use patchbay_journal::{
    CompanyId, ConversationId, Entry, InputKind, Journal, JournalError, MessagePage, Ordinal,
    Purpose,
};
use patchbay_model::interaction::{Attachment, Interaction};
use serde::Deserialize;

use crate::conversation_reader::{open_input, open_sealed};

/// A message of a conversation.
#[derive(Clone, Debug)]
pub struct ThreadMessage {
    /// Ordinal of its newest wording.
    pub ordinal: Ordinal,
    /// Number of the entry that records its first wording.
    pub sequence: u64,
    /// Whether its author deleted it.
    pub is_deleted: bool,
    /// Its newest wording; absent if it was deleted, or its author erased.
    pub interaction: Option<Interaction>,
}

/// A page of something that has an order.
#[derive(Clone, Debug)]
pub struct ThreadPage<T> {
    /// Oldest first.
    pub items: Vec<T>,
    /// The place before which older ones are; absent if there are none.
    pub older: Option<u64>,
    /// The place after which newer ones are; absent if there are none.
    pub newer: Option<u64>,
}

/// Which page is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PagePlace {
    /// The newest.
    #[default]
    Newest,
    /// What is next before a place.
    Before(u64),
    /// What is next after a place.
    After(u64),
}

impl<T> ThreadPage<T> {
    /// A page of what was read: at most one more than `limit`, oldest first.
    fn new(
        mut items: Vec<T>,
        page: PagePlace,
        limit: usize,
        place: impl Fn(&T) -> u64,
    ) -> ThreadPage<T> {
        let has_more = items.len() > limit;
        match page {
            PagePlace::After(_) => items.truncate(limit),
            PagePlace::Newest | PagePlace::Before(_) if has_more => drop(items.remove(0)),
            PagePlace::Newest | PagePlace::Before(_) => {}
        }
        let (first, last) = (items.first().map(&place), items.last().map(&place));
        let (older, newer) = match page {
            PagePlace::Newest => (first.filter(|_| has_more), None),
            PagePlace::Before(before) => (
                first.filter(|_| has_more),
                last.or(Some(before.saturating_sub(1))),
            ),
            PagePlace::After(after) => (
                first.or(Some(after.saturating_add(1))),
                last.filter(|_| has_more),
            ),
        };
        ThreadPage {
            items,
            older,
            newer,
        }
    }
}

/// Reads messages of a conversation; a place is the ordinal of a first wording. Of a page
/// before or after a place, `newer` or `older` leads back, also where nothing is there.
///
/// # Errors
/// [`JournalError::Corrupt`] if a stored message is not valid.
pub fn read_messages(
    journal: &dyn Journal,
    (company, conversation): (CompanyId, ConversationId),
    page: PagePlace,
    limit: usize,
) -> Result<ThreadPage<ThreadMessage>, JournalError> {
    let of = match page {
        PagePlace::Newest => MessagePage::Before(Ordinal(u64::MAX)),
        PagePlace::Before(place) => MessagePage::Before(Ordinal(place)),
        PagePlace::After(place) => MessagePage::After(Ordinal(place)),
    };
    let found = journal.messages(company, conversation, of, limit + 1)?;
    let found = ThreadPage::new(found, page, limit, |message| message.place.0);
    let mut items = Vec::with_capacity(found.items.len());
    for message in found.items {
        let is_deleted = message.input.kind == InputKind::Delete;
        let interaction = match is_deleted {
            true => None,
            false => open_input(journal, &message.input)?,
        };
        items.push(ThreadMessage {
            ordinal: message.input.ordinal,
            sequence: message.sequence,
            is_deleted,
            interaction,
        });
    }
    Ok(ThreadPage {
        items,
        older: found.older,
        newer: found.newer,
    })
}

/// Reads the message whose newest wording has an ordinal; `None` if the conversation has
/// none, it was deleted, or its author erased.
///
/// # Errors
/// [`JournalError::Corrupt`] if the stored message is not valid.
pub fn read_message(
    journal: &dyn Journal,
    (company, conversation): (CompanyId, ConversationId),
    ordinal: Ordinal,
) -> Result<Option<Interaction>, JournalError> {
    // The first wording has a place at or before the newest one.
    let Some(input) = journal.inputs(company, &[ordinal])?.pop() else {
        return Ok(None);
    };
    let (channel, account) = (&input.channel, &input.account);
    let Some(place) = journal.first_wording(company, channel, account, &input.message)? else {
        return Ok(None);
    };
    let page = MessagePage::After(Ordinal(place.0.saturating_sub(1)));
    let found = journal.messages(company, conversation, page, 1)?;
    let found = found.into_iter().find(|message| message.place == place);
    let found = found.filter(|message| message.input.ordinal == ordinal);
    match found {
        Some(found) if found.input.kind != InputKind::Delete => open_input(journal, &found.input),
        _ => Ok(None),
    }
}

/// Reads entries of a conversation; a place is a sequence number.
///
/// # Errors
/// The journal cannot be read.
pub fn read_history(
    journal: &dyn Journal,
    (company, conversation): (CompanyId, ConversationId),
    page: PagePlace,
    limit: usize,
) -> Result<ThreadPage<Entry>, JournalError> {
    let found = match page {
        PagePlace::Newest => journal.entries_before(company, conversation, u64::MAX, limit + 1)?,
        PagePlace::Before(place) => {
            journal.entries_before(company, conversation, place, limit + 1)?
        }
        PagePlace::After(place) => journal.entries(company, conversation, place, limit + 1)?,
    };
    Ok(ThreadPage::new(found, page, limit, |entry| entry.sequence))
}

/// What a person of the company wrote in an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryWords {
    /// The text of a reply, or why an approver rejected it.
    pub text: Option<String>,
    /// The files of a reply.
    pub files: Vec<Attachment>,
    /// Positions of those that were uploaded and are not stored any more.
    pub removed: Vec<usize>,
}

/// What a person of the company wrote in an entry: the text and files of a reply, or why an
/// approver rejected it. Nothing for other entries, and if the customer was erased.
///
/// # Errors
/// [`JournalError::Corrupt`] if the seal is not authentic.
pub fn entry_words(
    journal: &dyn Journal,
    company: CompanyId,
    entry: &Entry,
) -> Result<EntryWords, JournalError> {
    #[derive(Deserialize)]
    struct Words {
        text: Option<String>,
        why: Option<String>,
        #[serde(default)]
        attachments: Vec<Attachment>,
    }
    let kind = EventKind::from_number(entry.kind);
    let has_words = matches!(
        kind,
        Some(EventKind::ReplyDrafted | EventKind::ReplyRejected)
    );
    let Some(contact) = entry.contact.filter(|_| has_words) else {
        return Ok(EntryWords::default());
    };
    let opened = open_sealed(journal, company, contact, Purpose::Entry, &entry.sealed)?;
    let words = opened.and_then(|opened| serde_json::from_slice::<Words>(&opened).ok());
    let Some(words) = words else {
        return Ok(EntryWords::default());
    };
    Ok(EntryWords {
        text: words.text.or(words.why),
        removed: removed_files(journal, (company, entry.conversation), &words.attachments)?,
        files: words.attachments,
    })
}

/// Positions of the uploaded files that are not stored any more.
pub fn removed_files(
    journal: &dyn Journal,
    (company, conversation): (CompanyId, Option<ConversationId>),
    files: &[Attachment],
) -> Result<Vec<usize>, JournalError> {
    let mut removed = Vec::new();
    for (position, file) in files.iter().enumerate() {
        let reference = file.url.as_deref().and_then(FileReference::parse);
        let (Some(reference), Some(conversation)) = (reference, conversation) else {
            continue;
        };
        let stored = journal.file(company, conversation, &reference.id)?;
        if stored.is_none_or(|stored| stored.upload.0 != reference.upload) {
            removed.push(position);
        }
    }
    Ok(removed)
}
