//! The cache of all companies, and searches in it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{MutexGuard, RwLock};
use patchbay_journal::{CompanyId, ContactId, ConversationId, Journal, JournalError, limits};
use patchbay_search_terms::{QueryMatcher, SearchQuery};

use crate::byte_budget::{ByteBudget, CacheBounds};
use crate::company_words::{CompanyWords, Entries, ReadMark};
use crate::conversation_words::ConversationWords;
use crate::figures::{CacheFigures, Counters, count};

/// Conversations that are searched while the entries of their company are locked.
const LOCKED: usize = 256;
/// Conversations whose lists are read at once: with all the lists they may have, some
/// megabytes.
const READ: usize = 16;
/// Most lists of a conversation that are read: those of a public post have many authors.
const MOST_LISTS: usize = 16 * limits::WORD_LISTS;

/// Which conversations are searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchScope {
    /// Those that are not resolved.
    Open,
    /// Resolved ones: their words make room for those of open ones, and are dropped when
    /// some of them are deleted.
    Resolved,
}

/// A moment before a commit.
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
    /// A moment before the commit: if somebody was erased since, the words are read from the
    /// journal.
    pub since: CommitMark,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundConversations {
    /// The conversations that have all words of the query.
    pub conversations: BTreeSet<ConversationId>,
    /// Searched conversations that have more lists than are read: they are searched in part.
    pub cut: usize,
    /// Lists that were read from the journal and opened.
    pub lists_opened: usize,
}

impl FoundConversations {
    fn note(&mut self, id: ConversationId, words: &ConversationWords, query: &QueryMatcher<'_>) {
        self.cut += usize::from(words.is_cut);
        if query.is_match(words.words()) {
            self.conversations.insert(id);
        }
    }
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

    /// Which of these conversations have all words of a query, each anywhere in its texts.
    /// Exactly those that a search of their stored lists finds.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn find(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        query: &SearchQuery,
        (conversations, scope): (&[ConversationId], SearchScope),
    ) -> Result<FoundConversations, JournalError> {
        let query = query.matcher();
        let words = self.of(company);
        words.0.lock().begin_search();
        let is_resolved = scope == SearchScope::Resolved;
        let mut found = FoundConversations::default();
        for batch in conversations.chunks(LOCKED) {
            let missing = words.0.lock().visit(batch, is_resolved, |id, words| {
                found.note(id, words, &query);
            });
            count(&self.counters.hits, batch.len() - missing.len());
            count(&self.counters.misses, missing.len());
            for part in missing.chunks(READ) {
                let read = self.read(journal, (company, &words), part)?;
                found.lists_opened += read.lists_opened;
                let mut entries = words.0.lock();
                for (id, mut one) in read.words {
                    found.note(id, &one, &query);
                    one.is_resolved = is_resolved;
                    if entries.is_current(id, &read.reading.since) {
                        let is_kept = self.keep((company, &mut entries), (id, one), true);
                        count(&self.counters.not_kept, usize::from(!is_kept));
                    }
                }
            }
        }
        Ok(found)
    }

    /// Read the words of open conversations into memory, as far as there is room without
    /// dropping others: for a company whose first search is to be expected. Ends early when
    /// `goes_on` says so, which is called every 16 conversations.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn warm(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        conversations: &[ConversationId],
        goes_on: impl Fn() -> bool,
    ) -> Result<(), JournalError> {
        let words = self.of(company);
        let missing = words.0.lock().missing(conversations);
        for part in missing.chunks(READ) {
            if !goes_on() {
                break;
            }
            let read = self.read(journal, (company, &words), part)?;
            let mut entries = words.0.lock();
            for (id, one) in read.words {
                if entries.is_current(id, &read.reading.since)
                    && !self.keep((company, &mut entries), (id, one), false)
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// A moment before a commit, for [`add`](WordCache::add) after it.
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
        let is_kept = self.keep((company, &mut entries), (conversation, words), false);
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

    /// Drop resolved conversations of all companies: some were deleted.
    pub fn forget_deleted(&self) {
        for (_, words) in self.all() {
            self.budget.give_back(words.0.lock().drop_deleted());
        }
    }

    /// Somebody reads the company's list of conversations and may search it next: its words
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

    /// The words of conversations as the journal has them.
    fn read(
        &self,
        journal: &dyn Journal,
        (company, words): (CompanyId, &Arc<CompanyWords>),
        conversations: &[ConversationId],
    ) -> Result<ReadWords, JournalError> {
        let reading = Reading::begin(words);
        let stored = journal.word_lists(company, conversations)?;
        let mut stored = stored.into_iter().peekable();
        let mut read = Vec::with_capacity(conversations.len());
        let mut lists_opened = 0;
        for id in conversations {
            let mut lists = Vec::new();
            while let Some(list) = stored.next_if(|list| list.conversation == *id) {
                lists.push(list);
            }
            let mut is_page_full = lists.len() == limits::WORD_LISTS;
            while let Some(last) = lists.last().filter(|_| is_page_full) {
                if lists.len() >= MOST_LISTS {
                    break;
                }
                let more = journal.more_word_lists(company, last)?;
                is_page_full = more.len() == limits::WORD_LISTS;
                lists.extend(more);
            }
            let mut one = ConversationWords::open(journal, company, &lists)?;
            one.is_cut = is_page_full;
            lists_opened += lists.len();
            read.push((*id, one));
        }
        count(&self.counters.lists_opened, lists_opened);
        Ok(ReadWords {
            words: read,
            lists_opened,
            reading,
        })
    }

    /// Keep the words of a conversation, if there is room: with `makes_room`, entries that
    /// are older, and companies that searched longer ago, are dropped for it.
    fn keep(
        &self,
        (company, entries): (CompanyId, &mut MutexGuard<'_, Entries>),
        (id, words): (ConversationId, ConversationWords),
        makes_room: bool,
    ) -> bool {
        let bytes = words.bytes();
        while entries.bytes() + bytes > self.bounds.company {
            if !(makes_room && self.drop_older(entries, words.is_resolved)) {
                return false;
            }
        }
        while !self.budget.take(bytes) {
            let has_dropped = makes_room
                && (self.drop_idlest(company) || self.drop_older(entries, words.is_resolved));
            if !has_dropped {
                return false;
            }
        }
        self.budget.give_back(entries.put(id, words));
        true
    }

    /// Drop entries of a company to make room for others of it. `false`: there is none.
    fn drop_older(&self, entries: &mut Entries, for_resolved: bool) -> bool {
        let (dropped, bytes) = entries.make_room(for_resolved);
        self.budget.give_back(bytes);
        count(&self.counters.evicted, dropped);
        dropped > 0
    }

    /// Drop the words of the company that searched longest ago, other than one. `false`:
    /// there is none.
    fn drop_idlest(&self, other_than: CompanyId) -> bool {
        let mut all = self.all();
        all.retain(|(company, _)| *company != other_than);
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

/// Words that were read from the journal.
struct ReadWords {
    words: Vec<(ConversationId, ConversationWords)>,
    lists_opened: usize,
    /// Lasts until the words are put.
    reading: Reading,
}

/// A read of the journal. What changes while it lasts is not put.
struct Reading {
    words: Arc<CompanyWords>,
    since: ReadMark,
}

impl Reading {
    fn begin(words: &Arc<CompanyWords>) -> Reading {
        Reading {
            since: words.0.lock().begin_read(),
            words: Arc::clone(words),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.words.0.lock().end_read();
    }
}
