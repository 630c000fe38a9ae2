//! The cache of all companies, and searches in it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::RwLock;
use patchbay_journal::{CompanyId, ContactId, ConversationId, Journal, JournalError};
use patchbay_search_terms::SearchQuery;

use crate::byte_budget::{ByteBudget, CacheBounds};
use crate::company_words::{CompanyWords, Entries};
use crate::conversation_words::ConversationWords;
use crate::figures::{CacheFigures, Counters, count};
use crate::word_reading::{Reading, WordReading};
use crate::word_search::{FoundConversations, SearchPart, SearchScope, WordSearch};

/// Conversations that are searched while the entries of their company are locked.
const LOCKED: usize = 256;

/// A moment before the words of a commit are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitMark(u64);

/// Words that a commit stored.
#[derive(Clone, Copy, Debug)]
pub struct CommittedWords<'a> {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whether it is the first commit of the conversation.
    pub is_new: bool,
    /// Terms of new texts, by the contacts under whose keys the texts are sealed.
    pub terms: &'a [(ContactId, Vec<String>)],
    /// A moment before the words were sealed: after an erasure since then, the words are read
    /// from the journal.
    pub since: CommitMark,
}

/// The words of conversations that were searched lately, of all companies.
#[derive(Debug)]
pub struct WordCache {
    bounds: CacheBounds,
    budget: ByteBudget,
    /// An entry stays once it is made; it is empty while its company is idle.
    companies: RwLock<HashMap<CompanyId, Arc<CompanyWords>>>,
    counters: Counters,
    /// Erasures so far.
    erasures: AtomicU64,
}

impl WordCache {
    /// An empty cache.
    pub fn new(bounds: CacheBounds) -> WordCache {
        WordCache {
            bounds,
            budget: ByteBudget::new(bounds.host),
            companies: RwLock::default(),
            counters: Counters::default(),
            erasures: AtomicU64::new(0),
        }
    }

    /// Begin a search of a company's conversations. To be called before they are listed.
    pub fn begin_search(&self, company: CompanyId) -> WordSearch {
        WordSearch::begin(company, self.of(company))
    }

    /// Which of some conversations have all words of a query, each anywhere in its texts.
    /// Exactly those that a search of the lists finds that are opened.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find(
        &self,
        journal: &dyn Journal,
        search: &WordSearch,
        query: &SearchQuery,
        part: SearchPart<'_>,
    ) -> Result<FoundConversations, JournalError> {
        let query = query.matcher();
        let words = search.words();
        let mut found = FoundConversations::default();
        for batch in part.conversations.chunks(LOCKED) {
            let missing = words.0.lock().visit(batch, search.number(), |id, words| {
                found.note(id, words, &query);
            });
            count(&self.counters.hits, batch.len() - missing.len());
            let mut rest = missing.as_slice();
            while !rest.is_empty() && found.lists_opened < part.most_lists {
                let read = WordReading::read(journal, search.company(), words, rest)?;
                rest = &rest[read.words.len()..];
                count(&self.counters.misses, read.words.len());
                count(&self.counters.lists_opened, read.lists_opened);
                found.lists_opened += read.lists_opened;
                let mut entries = words.0.lock();
                for (id, mut one) in read.words {
                    found.note(id, &one, &query);
                    if !entries.is_current(id, read.reading.since()) {
                        continue;
                    }
                    one.is_resolved =
                        part.scope == SearchScope::Resolved || search.has_resolved(&entries, id);
                    one.used = search.number();
                    let is_kept = self.keep(&mut entries, (id, one), Some(search));
                    count(&self.counters.not_kept, usize::from(!is_kept));
                }
            }
            found.unread += rest.len();
        }
        Ok(found)
    }

    /// Read the words of open conversations into memory, as far as there is room without
    /// dropping others: for a company whose first search is to be expected. `list` lists the
    /// conversations. Ends early when `goes_on` says so, which is called every 16
    /// conversations.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn warm(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        list: impl FnOnce() -> Vec<ConversationId>,
        goes_on: impl Fn() -> bool,
    ) -> Result<(), JournalError> {
        let words = self.of(company);
        let listing = Reading::begin(&words);
        let conversations = list();
        let missing = words.0.lock().missing(&conversations);
        let mut rest = missing.as_slice();
        while !rest.is_empty() && goes_on() {
            let read = WordReading::read(journal, company, &words, rest)?;
            rest = &rest[read.words.len()..];
            count(&self.counters.lists_opened, read.lists_opened);
            let mut entries = words.0.lock();
            for (id, mut one) in read.words {
                if !entries.is_current(id, read.reading.since()) {
                    continue;
                }
                one.is_resolved = entries.was_resolved(id, listing.since());
                one.used = entries.last_search_number();
                if !self.keep(&mut entries, (id, one), None) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A moment before the words of a commit are sealed, for [`add`](WordCache::add) after the
    /// commit.
    pub fn mark(&self) -> CommitMark {
        CommitMark(self.erasures.load(Ordering::Acquire))
    }

    /// A commit stored words.
    pub fn add(&self, company: CompanyId, committed: CommittedWords<'_>) {
        let CommittedWords {
            conversation,
            is_new,
            terms,
            since,
        } = committed;
        if terms.is_empty() && !is_new {
            return;
        }
        let Some(words) = self.known(company) else {
            return;
        };
        let mut entries = words.0.lock();
        let before = entries.take(conversation);
        if let Some(before) = &before {
            self.budget.give_back(before.bytes());
        }
        // Under the lock: an erasure that comes later drops what is put here.
        if self.mark() != since {
            return;
        }
        let mut words = match before {
            Some(words) => words,
            // Of a new one these are all; of another one the stored words are not known.
            None if is_new && entries.len() > 0 => ConversationWords::default(),
            None => return,
        };
        for (contact, terms) in terms {
            words.add(*contact, terms);
        }
        words.used = entries.last_search_number();
        let is_kept = self.keep(&mut entries, (conversation, words), None);
        count(&self.counters.not_kept, usize::from(!is_kept));
    }

    /// Note whether a conversation is resolved, after a commit.
    pub fn set_resolved(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        is_resolved: bool,
    ) {
        if let Some(words) = self.known(company) {
            words.0.lock().set_resolved(conversation, is_resolved);
        }
    }

    /// Replace stored lists of conversations: until `replace` returns, searches read them from
    /// the journal and keep nothing.
    pub fn replace<T>(
        &self,
        conversations: &[(CompanyId, ConversationId)],
        replace: impl FnOnce() -> T,
    ) -> T {
        for (company, id) in conversations {
            let freed = self.of(*company).0.lock().begin_replacement(*id);
            self.budget.give_back(freed);
        }
        let replaced = replace();
        for (company, id) in conversations {
            let freed = self.of(*company).0.lock().end_replacement(*id);
            self.budget.give_back(freed);
        }
        replaced
    }

    /// Drop a conversation: words of it were not stored.
    pub fn forget(&self, company: CompanyId, conversation: ConversationId) {
        if let Some(words) = self.known(company)
            && let Some(words) = words.0.lock().take(conversation)
        {
            self.budget.give_back(words.bytes());
        }
    }

    /// Drop every conversation with words of contacts, who were erased.
    pub fn forget_contacts(&self, company: CompanyId, contacts: &[ContactId]) {
        self.erasures.fetch_add(1, Ordering::AcqRel);
        if let Some(words) = self.known(company) {
            self.budget
                .give_back(words.0.lock().drop_contacts(contacts));
        }
    }

    /// Drop every conversation of a company: some of its contacts may be erased.
    pub fn forget_company(&self, company: CompanyId) {
        self.erasures.fetch_add(1, Ordering::AcqRel);
        if let Some(words) = self.known(company) {
            self.budget.give_back(words.0.lock().drop_all());
        }
    }

    /// Drop resolved conversations of all companies: some were deleted.
    pub fn forget_deleted(&self) {
        for (_, words) in self.all() {
            self.budget.give_back(words.0.lock().drop_deleted());
        }
    }

    /// A caller reads the company's list of conversations and may search it next: its words
    /// are not idle.
    pub fn touch(&self, company: CompanyId) {
        if let Some(words) = self.known(company) {
            words.0.lock().last_use = Instant::now();
        }
    }

    /// Drop the words of companies that were neither searched nor touched for so long.
    pub fn drop_idle(&self, idle: Duration) {
        for (_, words) in self.all() {
            let mut entries = words.0.lock();
            if entries.len() > 0 && entries.last_use.elapsed() > idle {
                self.clear(&mut entries);
            }
        }
    }

    /// Figures for monitoring.
    pub fn figures(&self) -> CacheFigures {
        let all = self.all();
        let conversations: usize = all.iter().map(|(_, words)| words.0.lock().len()).sum();
        CacheFigures {
            bytes: self.budget.used() as u64,
            conversations: conversations as u64,
            ..self.counters.read()
        }
    }

    /// Bytes of one company.
    pub fn bytes_of(&self, company: CompanyId) -> usize {
        let words = self.known(company);
        words.map_or(0, |words| words.0.lock().bytes())
    }

    fn known(&self, company: CompanyId) -> Option<Arc<CompanyWords>> {
        self.companies.read().get(&company).cloned()
    }

    fn of(&self, company: CompanyId) -> Arc<CompanyWords> {
        if let Some(known) = self.known(company) {
            return known;
        }
        let mut companies = self.companies.write();
        let words = companies.entry(company);
        Arc::clone(words.or_insert_with(|| Arc::new(CompanyWords::new())))
    }

    fn all(&self) -> Vec<(CompanyId, Arc<CompanyWords>)> {
        let companies = self.companies.read();
        let all = companies.iter();
        all.map(|(id, words)| (*id, Arc::clone(words))).collect()
    }

    /// Keep the words of a conversation, if there is room. A search makes room: it drops
    /// entries of its company that no recent search used; then, for open conversations,
    /// resolved ones, and other companies.
    fn keep(
        &self,
        entries: &mut Entries,
        (id, words): (ConversationId, ConversationWords),
        search: Option<&WordSearch>,
    ) -> bool {
        let bytes = words.bytes();
        // Nothing makes room for what is larger than the bounds.
        if bytes > self.bounds.company.min(self.bounds.host) {
            return false;
        }
        while entries.bytes() + bytes > self.bounds.company {
            if !search.is_some_and(|it| self.drop_older(entries, it, words.is_resolved)) {
                return false;
            }
        }
        while !self.budget.take(bytes) {
            let has_dropped = search.is_some_and(|it| {
                self.drop_older(entries, it, words.is_resolved)
                    || (!words.is_resolved && it.tries_other_companies(|| self.drop_idlest(it)))
            });
            if !has_dropped {
                return false;
            }
        }
        self.budget.give_back(entries.put(id, words));
        true
    }

    /// Drop entries of a company to make room for others of it. `false`: there is none.
    fn drop_older(&self, entries: &mut Entries, search: &WordSearch, for_resolved: bool) -> bool {
        let (dropped, bytes) = search.make_room(entries, for_resolved);
        self.budget.give_back(bytes);
        count(&self.counters.evicted, dropped);
        dropped > 0
    }

    /// Drop the words of the company that searched longest ago, other than that of a search.
    /// `false`: there is none.
    fn drop_idlest(&self, search: &WordSearch) -> bool {
        let mut all = self.all();
        all.retain(|(company, _)| *company != search.company());
        // One that is in use is not waited for: two may make room at once.
        let in_use = all.iter().filter_map(|(_, words)| {
            let entries = words.0.try_lock()?;
            (entries.len() > 0).then_some((entries.last_search, words))
        });
        let idlest = in_use.min_by_key(|(last_search, _)| *last_search);
        let Some(mut entries) = idlest.and_then(|(_, words)| words.0.try_lock()) else {
            return false;
        };
        self.clear(&mut entries)
    }

    fn clear(&self, entries: &mut Entries) -> bool {
        let (dropped, bytes) = entries.clear();
        self.budget.give_back(bytes);
        count(&self.counters.evicted, dropped);
        dropped > 0
    }
}
