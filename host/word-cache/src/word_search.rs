//! A search: which conversations it covers, and what it found.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_journal::{CompanyId, ConversationId};
use patchbay_search_terms::QueryMatcher;

use crate::company_words::{CompanyWords, Entries};
use crate::conversation_words::ConversationWords;
use crate::word_reading::Reading;

/// Which conversations are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchScope {
    /// Those that are not resolved.
    Open,
    /// Resolved ones: their words make room for those of open ones, and are dropped when
    /// some of them are deleted.
    Resolved,
}

/// Conversations of a search.
#[derive(Clone, Copy, Debug)]
pub struct SearchPart<'a> {
    /// The conversations.
    pub conversations: &'a [ConversationId],
    /// What they are.
    pub scope: SearchScope,
    /// Lists that are opened, about: then only those conversations are searched whose words
    /// are in memory.
    pub most_lists: usize,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundConversations {
    /// The conversations that have all words of the query.
    pub conversations: BTreeSet<ConversationId>,
    /// Searched conversations that have more lists than are read: they are searched in part.
    pub cut: usize,
    /// Conversations that were not searched, because enough lists were opened.
    pub unread: usize,
    /// Lists that were read from the journal and opened.
    pub lists_opened: usize,
}

impl FoundConversations {
    pub(crate) fn note(
        &mut self,
        id: ConversationId,
        words: &ConversationWords,
        query: &QueryMatcher<'_>,
    ) {
        self.cut += usize::from(words.is_cut);
        if query.is_match(words.words()) {
            self.conversations.insert(id);
        }
    }
}

/// A search of a company's conversations, in as many parts as it needs. It looks through all
/// entries for room once, not for each conversation that is not in memory.
#[derive(Debug)]
pub struct WordSearch {
    company: CompanyId,
    /// From before the conversations are listed.
    listing: Reading,
    /// Number of the search.
    number: u64,
    /// Whether entries that no recent search used were dropped.
    has_dropped_unused: Cell<bool>,
    /// Whether resolved conversations were dropped.
    has_dropped_resolved: Cell<bool>,
    /// Whether no other company has anything to drop.
    is_host_full: Cell<bool>,
}

impl WordSearch {
    pub(crate) fn begin(company: CompanyId, words: Arc<CompanyWords>) -> WordSearch {
        let number = words.0.lock().begin_search();
        WordSearch {
            company,
            listing: Reading::begin(&words),
            number,
            has_dropped_unused: Cell::new(false),
            has_dropped_resolved: Cell::new(false),
            is_host_full: Cell::new(false),
        }
    }

    pub(crate) fn company(&self) -> CompanyId {
        self.company
    }

    pub(crate) fn words(&self) -> &Arc<CompanyWords> {
        self.listing.words()
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Whether a conversation was resolved after the conversations were listed.
    pub(crate) fn has_resolved(&self, entries: &Entries, id: ConversationId) -> bool {
        entries.was_resolved(id, self.listing.since())
    }

    /// Drop entries to make room for others of this search: first what neither it nor the
    /// search before used; then, to make room for open conversations, resolved ones. Returns
    /// how many, and their bytes.
    pub(crate) fn make_room(&self, entries: &mut Entries, for_resolved: bool) -> (usize, usize) {
        if !self.has_dropped_unused.replace(true) {
            let dropped = entries.drop_unused(self.number.saturating_sub(1));
            if dropped.0 > 0 {
                return dropped;
            }
        }
        if for_resolved || self.has_dropped_resolved.replace(true) {
            return (0, 0);
        }
        entries.drop_resolved()
    }

    /// Call `drop_one`, which drops the words of another company, unless none had any before.
    pub(crate) fn tries_other_companies(&self, drop_one: impl FnOnce() -> bool) -> bool {
        let has_dropped = !self.is_host_full.get() && drop_one();
        self.is_host_full.set(!has_dropped);
        has_dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId(1);

    fn resolved() -> ConversationWords {
        let mut words = ConversationWords::default();
        words.is_resolved = true;
        words.used = u64::MAX;
        words
    }

    #[test]
    fn a_search_looks_for_room_once() {
        let words = Arc::new(CompanyWords::new());
        let search = WordSearch::begin(COMPANY, Arc::clone(&words));
        let mut entries = words.0.lock();
        entries.put(ConversationId([1; 16]), resolved());
        assert_eq!(search.make_room(&mut entries, true).0, 0);
        assert_eq!(search.make_room(&mut entries, false).0, 1);
        entries.put(ConversationId([2; 16]), resolved());
        assert_eq!(search.make_room(&mut entries, false).0, 0);
        drop(entries);
        let next = WordSearch::begin(COMPANY, Arc::clone(&words));
        let mut entries = words.0.lock();
        assert_eq!(next.make_room(&mut entries, false).0, 1, "the next search");
        drop(entries);
    }

    #[test]
    fn a_search_that_finds_no_other_company_to_drop_tries_none_again() {
        let search = WordSearch::begin(COMPANY, Arc::new(CompanyWords::new()));
        assert!(search.tries_other_companies(|| true));
        assert!(
            search.tries_other_companies(|| true),
            "there was one before"
        );
        assert!(!search.tries_other_companies(|| false));
        assert!(!search.tries_other_companies(|| panic!("tried again")));
    }
}
