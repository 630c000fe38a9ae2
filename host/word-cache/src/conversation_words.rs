//! The words of one conversation, as they are kept in memory.

use patchbay_journal::{
    CompanyId, ContactId, ConversationId, Journal, JournalError, Purpose, SealError, StoredWordList,
};
use patchbay_search_terms::WordList;

/// What an entry costs beside its words and contacts: itself and its key in a hash table of
/// which half may be empty, and the allocations of both.
const ENTRY_BYTES: usize =
    2 * (size_of::<ConversationWords>() + size_of::<ConversationId>()) + 4 * size_of::<usize>();

/// Bytes of a conversation's words after which its further lists are left out.
const MOST_BYTES: usize = 8 << 20;

/// The words of a conversation: those of all its stored lists, united.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConversationWords {
    words: WordList,
    /// The contacts under whose keys the words are sealed.
    contacts: Vec<ContactId>,
    /// Whether lists of it were left out, because it has too many, or too long ones.
    pub(crate) is_cut: bool,
    /// Whether the conversation was resolved when it was last seen.
    pub(crate) is_resolved: bool,
    /// Number of the company's search that used it last.
    pub(crate) used: u64,
}

impl ConversationWords {
    /// Add the words of a stored list. A list of an erased contact, and a damaged one, are
    /// left out: `check` reports damage.
    pub(crate) fn open(
        &mut self,
        journal: &dyn Journal,
        company: CompanyId,
        list: &StoredWordList,
    ) -> Result<(), JournalError> {
        if self.words.capacity() >= MOST_BYTES {
            self.is_cut = true;
            return Ok(());
        }
        if let Some(words) = open_list(journal, company, list)? {
            self.words.append(&words);
            if self.contacts.last() != Some(&list.contact) {
                self.contacts.push(list.contact);
            }
        }
        Ok(())
    }

    /// Give back memory that further lists would need.
    pub(crate) fn shrink(&mut self) {
        self.words.shrink();
        self.contacts.shrink_to_fit();
    }

    pub(crate) fn words(&self) -> &WordList {
        &self.words
    }

    /// Add terms of a contact that a commit stored.
    pub(crate) fn add(&mut self, contact: ContactId, terms: &[String]) {
        self.words.add(terms.iter().map(String::as_str));
        if !self.contacts.contains(&contact) {
            self.contacts.push(contact);
        }
    }

    /// Whether it has words of one of these contacts.
    pub(crate) fn is_of(&self, contacts: &[ContactId]) -> bool {
        self.contacts.iter().any(|it| contacts.contains(it))
    }

    /// Bytes of memory, at most.
    pub(crate) fn bytes(&self) -> usize {
        let contacts = self.contacts.capacity() * size_of::<ContactId>();
        ENTRY_BYTES + self.words.capacity() + contacts
    }
}

/// Opens a stored list; `None` if its contact was erased, and where it is damaged.
///
/// # Errors
/// The journal cannot be read.
pub fn open_list(
    journal: &dyn Journal,
    company: CompanyId,
    list: &StoredWordList,
) -> Result<Option<WordList>, JournalError> {
    match journal.open(company, list.contact, Purpose::Words, &list.sealed) {
        Ok(plain) => Ok(WordList::from_bytes(plain)),
        Err(SealError::Journal(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
