//! Searches in lists of conversations: by id, by address, and by words of their texts.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_journal::{CompanyId, ContactId, Conversation, ConversationId, JournalError};
use patchbay_model::address;
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_records::listing::{ListFilter, ListedConversation};
use patchbay_records::word_index;
use patchbay_search_terms::{ParseQueryError, SearchQuery};

use crate::company_state::CompanyState;
use crate::desk_error::DeskError;
use crate::operations::conversation_list::ListRequest;
use crate::operations::conversations::ConversationService;

/// Most conversations that are not resolved whose words are read: those with the newest
/// messages.
const MOST_OPEN: usize = 25_000;
/// Most conversations of a message id, and of one of several people with an address.
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
    /// Conversations of the company that are not found by all of their texts yet.
    pub outdated: u64,
}

/// Which conversations a search finds.
pub(super) enum Search {
    /// These, which were read.
    Found(Vec<Conversation>),
    /// Those of one person: the request's contact.
    Person,
    /// Those with all words, and those with a message of that id.
    Words {
        query: Option<SearchQuery>,
        with_message: Vec<ConversationId>,
    },
}

impl Search {
    pub(super) fn kind(&self, text: &str) -> SearchKind {
        match self {
            Search::Words { .. } => SearchKind::Words,
            Search::Found(_) if text.parse::<ConversationId>().is_ok() => SearchKind::Conversation,
            Search::Found(_) | Search::Person => SearchKind::Address,
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
        request: &mut ListRequest,
    ) -> Result<Search, DeskError> {
        let text = text.trim();
        let journal = &self.0.journal;
        if let Ok(id) = text.parse::<ConversationId>()
            && let Some(row) = journal.conversation(company, id)?
        {
            request.filter.found = Some([row.id].into());
            return Ok(Search::Found(vec![row]));
        }
        let people = self.people_with(company, text)?;
        match people[..] {
            [] => {}
            [person] if request.contact.is_none() => {
                let (_, contacts) = journal.person_contacts(company, person)?;
                request.filter.contacts = Some(contacts.into_iter().collect());
                request.contact = Some(person);
                return Ok(Search::Person);
            }
            _ => {
                let mut rows = Vec::new();
                for person in people {
                    rows.extend(journal.conversations_of_contact(company, person, MOST_DIRECT)?);
                }
                request.filter.found = Some(rows.iter().map(|row| row.id).collect());
                return Ok(Search::Found(rows));
            }
        }
        let with_message = journal.conversations_with_message(company, text, MOST_DIRECT)?;
        let query = match SearchQuery::parse(text) {
            Ok(query) => Some(query),
            Err(_) if !with_message.is_empty() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Search::Words {
            query,
            with_message,
        })
    }

    /// The people who have an address on one of the company's channels; none where the
    /// text does not look like an address.
    fn people_with(&self, company: CompanyId, text: &str) -> Result<Vec<ContactId>, JournalError> {
        if !looks_like_address(text) {
            return Ok(Vec::new());
        }
        let journal = &self.0.journal;
        let mut people = BTreeSet::new();
        for channel in journal.channels_of(company)? {
            if address::is_possible(&channel, text) {
                let record = journal.address_record(company, &channel, text)?;
                people.extend(record.contact.map(|contact| contact.person));
            }
        }
        Ok(people.into_iter().collect())
    }

    /// Search the conversations that are not resolved, and narrow the filter to those that
    /// are found. Returns whether all were searched.
    pub(super) fn search_open(
        &self,
        company: CompanyId,
        state: &CompanyState,
        search: &Search,
        filter: &mut ListFilter,
    ) -> Result<bool, JournalError> {
        let Search::Words {
            query,
            with_message,
        } = search
        else {
            return Ok(true);
        };
        let (candidates, is_complete) =
            self.read_open(company, state, |index| index.newest(filter, MOST_OPEN))?;
        let mut found = self.search_words(company, query.as_ref(), &candidates)?;
        found.extend(with_message);
        filter.found = Some(found);
        Ok(is_complete)
    }

    /// The resolved ones among conversations that were read, newest first, at most `limit`;
    /// and whether those are all.
    pub(super) fn resolved_of(
        state: &CompanyState,
        filter: &ListFilter,
        rows: &[Conversation],
        limit: usize,
    ) -> Result<(Vec<Arc<ListedConversation>>, bool), JournalError> {
        let mut resolved: Vec<&Conversation> = rows.iter().collect();
        resolved.retain(|row| row.state == ConversationState::Resolved);
        resolved.sort_by_key(|row| std::cmp::Reverse(row.opened_at));
        let mut listed = Vec::new();
        for row in resolved {
            let row = state.listed(row, &read_snapshot(row)?);
            if filter.matches(&row) {
                listed.push(Arc::new(row));
            }
        }
        let is_all = listed.len() <= limit;
        listed.truncate(limit);
        Ok((listed, is_all))
    }

    /// The first resolved conversation with a message id that matches the rest of a filter.
    pub(super) fn resolved_with_message(
        &self,
        state: &CompanyState,
        filter: &ListFilter,
        (company, conversations): (CompanyId, &[ConversationId]),
    ) -> Result<Option<ListedConversation>, JournalError> {
        let filter = ListFilter {
            found: None,
            ..filter.clone()
        };
        for conversation in conversations {
            let row = self.0.journal.conversation(company, *conversation)?;
            let resolved = row.filter(|row| row.state == ConversationState::Resolved);
            if let Some(row) = resolved {
                let row = state.listed(&row, &read_snapshot(&row)?);
                if filter.matches(&row) {
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }

    /// Those of conversations that have the words of a search.
    pub(super) fn search_words(
        &self,
        company: CompanyId,
        query: Option<&SearchQuery>,
        conversations: &[ConversationId],
    ) -> Result<BTreeSet<ConversationId>, JournalError> {
        match query {
            Some(query) => word_index::find(&*self.0.journal, company, query, conversations),
            None => Ok(BTreeSet::new()),
        }
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
