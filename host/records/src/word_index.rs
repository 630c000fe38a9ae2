//! The words by which conversations are found: collected from their texts, and stored as
//! sealed lists. `host/word-cache` searches them.
//!
//! The lists of a conversation are read one after the other, which is what keeps intake
//! cheap and the words secret: a commit writes one row however many words a text has, and
//! who has the journal without its master key learns no more from a list than its length.
//! An index from each word to its conversations would write a row a word, and show which
//! texts share a word and how often.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use patchbay_events::EventKind;
use patchbay_journal::{
    CollectedWords, CompanyId, ContactId, Conversation, ConversationId, InputKind, Journal,
    JournalError, MessagePage, NewWordList, Ordinal, Purpose, SealError,
};
use patchbay_model::interaction::{Attachment, Direction, Interaction};
use patchbay_search_terms::{WordList, terms};
use patchbay_word_cache::open_list;
use serde_json::Value;

use crate::conversation_reader::{open_input, readable};
use crate::notes;
use crate::thread::entry_words;

/// Version of the rules by which words are collected. Raise it with every change of what
/// is collected.
pub const RULES: u64 = 1 + (patchbay_search_terms::RULES << 8);

/// Length in bytes from which a list gets no more words: a further one begins. A commit
/// rewrites one list, so it is short; the words of one message more fit into a page.
const LIST_BYTES: usize = 800;
/// Lists of one contact in a conversation; words beyond them are not found. About 12,000
/// different words: what people write in years, and a bound for who writes noise.
const MOST_LISTS: u32 = 128;
/// Messages or entries read at once.
const PAGE: usize = 200;
/// Attribute of a mail's subject.
const SUBJECT: &str = "subject";

/// Terms of a text, and the contact under whose key the text is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTerms {
    /// The contact.
    pub contact: ContactId,
    /// The terms.
    pub terms: Vec<String>,
}

impl TextTerms {
    /// Of a message: its text and subject, the names of its files, and of its author where
    /// that is a customer.
    pub fn of_interaction(contact: ContactId, interaction: &Interaction) -> TextTerms {
        let is_customer = interaction.direction == Direction::Inbound;
        let author = interaction.author.name.iter().filter(|_| is_customer);
        let subject = interaction.attributes.get(SUBJECT).and_then(Value::as_str);
        let head = author.map(String::as_str).chain(subject);
        let texts = [Some(interaction.text.as_str()), interaction.rest.as_deref()];
        let all = head
            .chain(file_names(&interaction.attachments))
            .chain(texts.into_iter().flatten());
        TextTerms {
            contact,
            terms: terms(&all.collect::<Vec<_>>().join("\n")),
        }
    }

    /// Of what a person of the company wrote.
    pub fn of_text(contact: ContactId, text: &str) -> TextTerms {
        TextTerms {
            contact,
            terms: terms(text),
        }
    }
}

fn file_names(files: &[Attachment]) -> impl Iterator<Item = &str> {
    files.iter().filter_map(|file| file.name.as_deref())
}

/// A list that a commit writes, and the terms that it has and the stored one has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    /// The list.
    pub list: NewWordList,
    /// The new terms.
    pub added: Vec<String>,
}

/// The lists that a commit writes for new texts of a conversation; `known` is absent for a
/// new one. Words that the newest list of the contact has are not added again.
///
/// # Errors
/// The journal cannot be read.
pub fn lists_with(
    journal: &dyn Journal,
    company: CompanyId,
    known: Option<ConversationId>,
    texts: &[TextTerms],
) -> Result<Vec<ListChange>, JournalError> {
    let contacts: BTreeSet<ContactId> = texts.iter().map(|text| text.contact).collect();
    let mut lists = Vec::new();
    for contact in contacts {
        let last = match known {
            Some(conversation) => journal.last_word_list(company, conversation, contact)?,
            None => None,
        };
        let last = last.as_ref();
        let mut words = match last {
            Some(last) => open_list(journal, company, last)?,
            None => None,
        };
        let mut part = last.map_or(0, |last| last.part);
        let of_contact = texts.iter().filter(|text| text.contact == contact);
        let mut new: Vec<&str> = of_contact
            .flat_map(|text| text.terms.iter().map(String::as_str))
            .collect();
        let mut is_new = last.is_none();
        // Also where the last one cannot be opened.
        if last.is_some() && words.as_ref().is_none_or(|words| words.len() >= LIST_BYTES) {
            if part + 1 >= MOST_LISTS {
                continue;
            }
            let full = words.take().unwrap_or_default();
            new.retain(|term| !full.has(term));
            (part, is_new) = (part + 1, true);
        }
        let mut words = words.unwrap_or_default();
        new.retain(|term| !words.has(term));
        if !words.add(new.iter().copied()) {
            continue;
        }
        if let Some(sealed) = seal(journal, company, contact, &words)? {
            lists.push(ListChange {
                list: NewWordList {
                    contact,
                    part,
                    is_new,
                    sealed,
                },
                added: new.into_iter().map(str::to_owned).collect(),
            });
        }
    }
    Ok(lists)
}

/// Words of one contact while they are collected.
#[derive(Default)]
struct ContactWords {
    lists: Vec<WordList>,
    /// All words of the lists.
    known: HashSet<String>,
}

impl ContactWords {
    /// Adds the terms that are new, up to the bound of lists.
    fn add(&mut self, terms: Vec<String>) {
        if self
            .lists
            .last()
            .is_none_or(|list| list.len() >= LIST_BYTES)
        {
            if self.lists.len() >= MOST_LISTS as usize {
                return;
            }
            self.lists.push(WordList::default());
        }
        let Some(last) = self.lists.last_mut() else {
            return;
        };
        let new = terms.into_iter().filter(|term| !self.known.contains(term));
        let new: Vec<String> = new.collect();
        last.add(new.iter().map(String::as_str));
        self.known.extend(new);
    }
}

/// Collects the words of a conversation from all its texts. What is stored wrongly is left
/// out.
///
/// # Errors
/// The journal cannot be read.
pub fn collect(journal: &dyn Journal, row: &Conversation) -> Result<CollectedWords, JournalError> {
    let mut lists: BTreeMap<ContactId, ContactWords> = BTreeMap::new();
    let mut add = |text: TextTerms| lists.entry(text.contact).or_default().add(text.terms);
    let mut after = Ordinal::default();
    loop {
        let page = journal.messages(row.company, row.id, MessagePage::After(after), PAGE)?;
        for message in &page {
            after = message.place;
            let input = &message.input;
            let contact = owner(input.kind, input.contact, row.contact);
            let Some(contact) = contact.filter(|_| input.kind != InputKind::Delete) else {
                continue;
            };
            if let Some(interaction) = readable(open_input(journal, input))?.flatten() {
                add(TextTerms::of_interaction(contact, &interaction));
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    for kind in [EventKind::ReplyDrafted, EventKind::Noted] {
        let mut before = None;
        loop {
            let of_kind = kind as u16;
            let page = journal.newest_entries(row.company, row.id, of_kind, before, PAGE)?;
            before = page.first().map(|entry| entry.sequence);
            for entry in &page {
                let text = match kind {
                    EventKind::Noted => {
                        readable(notes::open(journal, row.company, entry))?.and_then(|it| it.text)
                    }
                    _ => readable(entry_words(journal, row.company, entry))?
                        .and_then(|words| words.text),
                };
                if let (Some(text), Some(contact)) = (text, entry.contact) {
                    add(TextTerms::of_text(contact, &text));
                }
            }
            if page.len() < PAGE {
                break;
            }
        }
    }
    let mut sealed = Vec::new();
    for (contact, words) in lists {
        for list in words.lists.iter().filter(|list| !list.is_empty()) {
            let list = seal(journal, row.company, contact, list)?;
            sealed.extend(list.map(|list| (contact, list)));
        }
    }
    Ok(CollectedWords {
        company: row.company,
        conversation: row.id,
        sequence: row.sequence,
        lists: sealed,
    })
}

/// Under whose key the words of a message are sealed: its author's; of the company's own
/// messages the customer's, with whom they are erased. `None`: they are not listed.
pub fn owner(
    kind: InputKind,
    author: Option<ContactId>,
    customer: Option<ContactId>,
) -> Option<ContactId> {
    match kind {
        InputKind::Echo => customer,
        _ => author.or(customer),
    }
}

/// Seals a list; `None` if its contact was erased.
fn seal(
    journal: &dyn Journal,
    company: CompanyId,
    contact: ContactId,
    words: &WordList,
) -> Result<Option<Vec<u8>>, JournalError> {
    match journal.seal(company, contact, Purpose::Words, words.as_bytes()) {
        Ok(sealed) => Ok(Some(sealed)),
        Err(SealError::Journal(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_contact_are_bounded_and_listed_once() {
        let mut words = ContactWords::default();
        for text in 0..2_000 {
            let of_text = (0..500).map(|word| format!("w{text}x{word}"));
            words.add(of_text.chain(["again".to_owned()]).collect());
        }
        assert_eq!(words.lists.len(), MOST_LISTS as usize);
        let with_it = words.lists.iter().filter(|list| list.has("again"));
        assert_eq!(with_it.count(), 1);
        assert!(words.lists[0].has("w0x499"), "the oldest words are kept");
    }
}
