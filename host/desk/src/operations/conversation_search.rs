//! Searches in lists of conversations: by id, by address, and by words of their texts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, JournalError, MessageMatches,
};
use patchbay_model::address;
use patchbay_records::conversation_list::ListFilter;
use patchbay_search_terms::{ParseQueryError, SearchQuery};
use patchbay_word_cache::{SearchPart, SearchScope, WordSearch};

use crate::company_state::CompanyState;
use crate::desk_error::DeskError;
use crate::operations::conversation_list::ListRequest;
use crate::operations::conversations::ConversationService;

/// Most conversations that are not resolved whose words are read: those with the newest
/// messages.
pub(crate) const MOST_OPEN: usize = 25_000;
/// Lists that are opened of conversations that are not resolved, and of one part of the
/// resolved ones: takes some 0.8 s of a core. Beyond, only words in memory are searched.
const MOST_LISTS: usize = 100_000;
/// Most channels on which an address is sought.
const MOST_CHANNELS: usize = 1_000;
/// Most conversations of a message id.
const MOST_DIRECT: usize = 100;
/// Digits from which a text without letters may be a phone number.
const PHONE_DIGITS: usize = 7;

/// What a search went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    /// The id of a conversation.
    Conversation,
    /// The address of a customer.
    Address,
    /// Words of texts, and the id of a message.
    Words,
}

/// How a search went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchReport {
    /// What it went by.
    pub kind: SearchKind,
    /// Whether all conversations that match the rest of the filter were searched, beside
    /// those of further pages.
    pub is_complete: bool,
    /// Resolved conversations that this page was chosen from.
    pub resolved: usize,
    /// When the last of them was resolved; those resolved before are on further pages.
    pub back_to: Option<Timestamp>,
    /// Conversations of the company that are not found by all of their texts yet.
    pub outdated: u64,
}

/// What was searched so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchProgress {
    /// Whether nothing was left out, beside what further pages have.
    pub(super) is_complete: bool,
    /// Conversations whose words were searched.
    pub(super) conversations: usize,
    /// Lists that were read from the journal and opened.
    pub(super) lists_opened: usize,
    /// Resolved conversations that were gone through.
    pub(super) resolved: usize,
    /// When the last of them was resolved.
    pub(super) back_to: Option<Timestamp>,
}

impl Default for SearchProgress {
    fn default() -> SearchProgress {
        SearchProgress {
            is_complete: true,
            conversations: 0,
            lists_opened: 0,
            resolved: 0,
            back_to: None,
        }
    }
}

/// Which conversations a search finds.
pub(super) enum Search {
    /// This one.
    Conversation(Box<Conversation>),
    /// Those of people who have an address in common; none where the request is about the
    /// contact of another person.
    People(Vec<ContactId>),
    /// Those with all words, and those with a message of that id.
    Words {
        query: Option<(SearchQuery, WordSearch)>,
        with_message: MessageMatches,
    },
}

impl Search {
    pub(super) fn kind(&self) -> SearchKind {
        match self {
            Search::Words { .. } => SearchKind::Words,
            Search::Conversation(_) => SearchKind::Conversation,
            Search::People(_) => SearchKind::Address,
        }
    }
}

impl ConversationService<'_> {
    /// What the text of a request stands for. Narrows the request to it as far as its
    /// filter can.
    pub(super) fn plan_search(
        &self,
        company: CompanyId,
        text: &str,
        (request, progress): (&mut ListRequest, &mut SearchProgress),
    ) -> Result<Search, DeskError> {
        let text = text.trim();
        let journal = &self.0.journal;
        if let Ok(id) = text.parse::<ConversationId>()
            && let Some(row) = journal.conversation(company, id)?
        {
            request.filter.found = Some([row.id].into());
            return Ok(Search::Conversation(Box::new(row)));
        }
        let mut people = self.people_with(company, text, progress)?;
        if !people.is_empty() {
            if let Some(contact) = request.contact {
                let (person, _) = journal.person_contacts(company, contact)?;
                people.retain(|it| *it == person);
            }
            let mut contacts = BTreeSet::new();
            for person in &people {
                contacts.extend(journal.person_contacts(company, *person)?.1);
            }
            request.filter.contacts = Some(contacts);
            return Ok(Search::People(people));
        }
        let with_message = journal.conversations_with_message(company, text, MOST_DIRECT)?;
        let query = match SearchQuery::parse(text) {
            Ok(query) => Some((query, self.0.words.begin_search(company))),
            Err(_) if !with_message.conversations.is_empty() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Search::Words {
            query,
            with_message,
        })
    }

    /// The people who have an address on one of the company's channels; none where the
    /// text does not look like an address.
    fn people_with(
        &self,
        company: CompanyId,
        text: &str,
        progress: &mut SearchProgress,
    ) -> Result<Vec<ContactId>, JournalError> {
        if !looks_like_address(text) {
            return Ok(Vec::new());
        }
        let journal = &self.0.journal;
        let mut people = BTreeSet::new();
        // One more than is sought on tells whether there are more.
        let channels = journal.channels_of(company, MOST_CHANNELS + 1)?;
        progress.is_complete &= channels.len() <= MOST_CHANNELS;
        for channel in channels.into_iter().take(MOST_CHANNELS) {
            if address::is_possible(&channel, text) {
                let record = journal.address_record(company, &channel, text)?;
                people.extend(record.contact.map(|contact| contact.person));
            }
        }
        Ok(people.into_iter().collect())
    }

    /// Search the conversations that are not resolved, and narrow the filter to those that
    /// are found.
    pub(super) fn search_open(
        &self,
        company: CompanyId,
        state: &CompanyState,
        search: &Search,
        (filter, progress): (&mut ListFilter, &mut SearchProgress),
    ) -> Result<(), JournalError> {
        let Search::Words {
            query,
            with_message,
        } = search
        else {
            return Ok(());
        };
        let now = self.0.now();
        let (candidates, is_all) =
            self.read_open(company, state, |index| index.newest(filter, MOST_OPEN, now))?;
        progress.is_complete &= is_all && with_message.is_complete;
        let searched = (candidates.as_slice(), SearchScope::Open);
        let mut found = self.search_words(query.as_ref(), searched, progress)?;
        found.extend(&with_message.conversations);
        filter.found = Some(found);
        Ok(())
    }

    /// Those of conversations that have the words of a search.
    pub(super) fn search_words(
        &self,
        query: Option<&(SearchQuery, WordSearch)>,
        (conversations, scope): (&[ConversationId], SearchScope),
        progress: &mut SearchProgress,
    ) -> Result<BTreeSet<ConversationId>, JournalError> {
        let Some((query, search)) = query else {
            return Ok(BTreeSet::new());
        };
        let (journal, words) = (&*self.0.journal, &self.0.words);
        let part = SearchPart {
            conversations,
            scope,
            most_lists: MOST_LISTS,
        };
        let found = words.find(journal, search, query, part)?;
        progress.conversations += conversations.len() - found.unread;
        progress.lists_opened += found.lists_opened;
        progress.is_complete &= found.cut == 0 && found.unread == 0;
        Ok(found.conversations)
    }
}

impl From<ParseQueryError> for DeskError {
    fn from(error: ParseQueryError) -> DeskError {
        DeskError::Search(error)
    }
}

/// Whether a text is written like an address: with an `@`, or as a phone number.
fn looks_like_address(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_sign = |c: char| "+-()./ ".contains(c) || c.is_ascii_digit();
    let is_phone = digits >= PHONE_DIGITS && text.chars().all(is_sign);
    is_phone || (text.contains('@') && !text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_words_by_their_form() {
        for (text, is_address) in [
            ("jo@example.org", true),
            ("@jo", true),
            ("@jo@social.example", true),
            ("+41 79 123 45 67", true),
            ("(079) 123-45-67", true),
            ("0791234567", true),
            ("jo", false),
            ("4711", false),
            ("AB-1234567", false),
            ("write to jo@example.org", false),
            ("", false),
        ] {
            assert_eq!(looks_like_address(text), is_address, "{text}");
        }
    }
}
