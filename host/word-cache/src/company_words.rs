//! The words of one company's conversations in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

use parking_lot::Mutex;
use patchbay_journal::{ContactId, ConversationId};

use crate::conversation_words::ConversationWords;

/// The entries of one company. It has its own lock: companies do not wait for one another.
#[derive(Debug)]
pub(crate) struct CompanyWords(pub(crate) Mutex<Entries>);

/// The entries, and what happened while words were read from the journal.
#[derive(Debug)]
pub(crate) struct Entries {
    all: HashMap<ConversationId, ConversationWords>,
    bytes: usize,
    /// Number of the last search.
    search: u64,
    /// When it began; `None` before the first.
    pub(crate) last_search: Option<Instant>,
    /// When it was last searched, or the company's list of conversations was read.
    pub(crate) last_use: Instant,
    /// Changes so far. What was read before a change is not kept.
    changes: u64,
    /// Reads of the journal that have not ended: how many began after a change.
    reads: BTreeMap<u64, usize>,
    /// Changed conversations, with the number of the change; since the first of `reads`.
    changed: HashMap<ConversationId, u64>,
    /// Conversations that were resolved, likewise.
    resolved: HashMap<ConversationId, u64>,
    /// Number of the last change that may concern every conversation.
    all_changed: u64,
    /// Conversations whose lists are being replaced: nothing of them is kept.
    replaced: HashSet<ConversationId>,
}

/// Words are being read from the journal since this change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadMark(u64);

/// Changes from which on those are dropped that all reads have seen.
const CHANGES: usize = 1_024;

impl CompanyWords {
    pub(crate) fn new() -> CompanyWords {
        CompanyWords(Mutex::new(Entries {
            all: HashMap::new(),
            bytes: 0,
            search: 0,
            last_search: None,
            last_use: Instant::now(),
            changes: 0,
            reads: BTreeMap::new(),
            changed: HashMap::new(),
            resolved: HashMap::new(),
            all_changed: 0,
            replaced: HashSet::new(),
        }))
    }
}

impl Entries {
    /// Begin a search. Returns its number.
    pub(crate) fn begin_search(&mut self) -> u64 {
        self.search += 1;
        self.last_use = Instant::now();
        self.last_search = Some(self.last_use);
        self.search
    }

    /// Number of the last search.
    pub(crate) fn last_search_number(&self) -> u64 {
        self.search
    }

    /// Visit those of the conversations that are here, in a search. Returns the others.
    pub(crate) fn visit(
        &mut self,
        conversations: &[ConversationId],
        search: u64,
        mut visit: impl FnMut(ConversationId, &ConversationWords),
    ) -> Vec<ConversationId> {
        let mut missing = Vec::new();
        for id in conversations {
            match self.all.get_mut(id) {
                Some(words) => {
                    words.used = words.used.max(search);
                    visit(*id, words);
                }
                None => missing.push(*id),
            }
        }
        missing
    }

    /// Those of the conversations that are not here.
    pub(crate) fn missing(&self, conversations: &[ConversationId]) -> Vec<ConversationId> {
        let all = conversations.iter();
        all.filter(|id| !self.all.contains_key(id))
            .copied()
            .collect()
    }

    /// Note whether a conversation is resolved.
    pub(crate) fn set_resolved(&mut self, id: ConversationId, is_resolved: bool) {
        if is_resolved && !self.reads.is_empty() {
            self.changes += 1;
            self.resolved.insert(id, self.changes);
        }
        if let Some(words) = self.all.get_mut(&id) {
            words.is_resolved = is_resolved;
        }
    }

    /// Whether a conversation was resolved since the mark.
    pub(crate) fn was_resolved(&self, id: ConversationId, since: ReadMark) -> bool {
        self.resolved.get(&id).is_some_and(|it| *it > since.0)
    }

    /// Words are read from the journal from now on, or conversations listed.
    pub(crate) fn begin_read(&mut self) -> ReadMark {
        *self.reads.entry(self.changes).or_default() += 1;
        ReadMark(self.changes)
    }

    /// The read that began at the mark has ended, well or not.
    pub(crate) fn end_read(&mut self, since: ReadMark) {
        if let Some(reads) = self.reads.get_mut(&since.0) {
            *reads -= 1;
            if *reads == 0 {
                self.reads.remove(&since.0);
            }
        }
        match self.reads.keys().next() {
            None => {
                self.changed = HashMap::new();
                self.resolved = HashMap::new();
            }
            Some(first) if self.changed.len() + self.resolved.len() > CHANGES => {
                self.changed.retain(|_, change| *change > *first);
                self.resolved.retain(|_, change| *change > *first);
            }
            Some(_) => {}
        }
    }

    /// Whether what was read of a conversation since the mark is current.
    pub(crate) fn is_current(&self, id: ConversationId, since: ReadMark) -> bool {
        let changed = self.changed.get(&id).copied().unwrap_or(0);
        changed.max(self.all_changed) <= since.0 && !self.replaced.contains(&id)
    }

    /// The lists of a conversation are replaced from now on. Returns the bytes of its entry.
    pub(crate) fn begin_replacement(&mut self, id: ConversationId) -> usize {
        self.replaced.insert(id);
        self.take(id).map_or(0, |words| words.bytes())
    }

    /// The lists of a conversation were replaced, or not. Returns the bytes of its entry.
    pub(crate) fn end_replacement(&mut self, id: ConversationId) -> usize {
        self.replaced.remove(&id);
        self.take(id).map_or(0, |words| words.bytes())
    }

    /// Put an entry. Returns the bytes of the one it replaces.
    pub(crate) fn put(&mut self, id: ConversationId, words: ConversationWords) -> usize {
        self.bytes += words.bytes();
        let before = self.all.insert(id, words);
        let freed = before.map_or(0, |before| before.bytes());
        self.bytes -= freed;
        freed
    }

    /// A conversation changed: take its entry out.
    pub(crate) fn take(&mut self, id: ConversationId) -> Option<ConversationWords> {
        self.changes += 1;
        if !self.reads.is_empty() {
            self.changed.insert(id, self.changes);
        }
        let words = self.all.remove(&id)?;
        self.bytes -= words.bytes();
        Some(words)
    }

    /// Drop the entries with words of contacts, who are erased. Returns their bytes.
    pub(crate) fn drop_contacts(&mut self, contacts: &[ContactId]) -> usize {
        self.change_all();
        self.drop_if(|words| words.is_of(contacts)).1
    }

    /// Drop the entries of resolved conversations: some were deleted. Returns their bytes.
    pub(crate) fn drop_deleted(&mut self) -> usize {
        self.change_all();
        self.drop_resolved().1
    }

    /// Drop all entries: contacts may be erased. Returns their bytes.
    pub(crate) fn drop_all(&mut self) -> usize {
        self.change_all();
        self.clear().1
    }

    fn change_all(&mut self) {
        self.changes += 1;
        self.all_changed = self.changes;
    }

    /// Drop the entries that no search used since the one with a number. Returns how many,
    /// and their bytes.
    pub(crate) fn drop_unused(&mut self, since: u64) -> (usize, usize) {
        self.drop_if(|words| words.used < since)
    }

    /// Drop the entries of resolved conversations. Returns how many, and their bytes.
    pub(crate) fn drop_resolved(&mut self) -> (usize, usize) {
        self.drop_if(|words| words.is_resolved)
    }

    /// Drop everything. Returns how many entries, and their bytes.
    pub(crate) fn clear(&mut self) -> (usize, usize) {
        let dropped = (self.all.len(), self.bytes);
        self.all = HashMap::new();
        self.bytes = 0;
        dropped
    }

    fn drop_if(&mut self, is_dropped: impl Fn(&ConversationWords) -> bool) -> (usize, usize) {
        let (count, bytes) = (self.all.len(), self.bytes);
        let left = &mut self.bytes;
        self.all.retain(|_, words| {
            let is_dropped = is_dropped(words);
            *left -= if is_dropped { words.bytes() } else { 0 };
            !is_dropped
        });
        if self.all.len() < self.all.capacity() / 4 {
            self.all.shrink_to_fit();
        }
        (count - self.all.len(), bytes - self.bytes)
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use patchbay_search_terms::WordList;

    use super::*;

    const ONE: ConversationId = ConversationId([1; 16]);
    const TWO: ConversationId = ConversationId([2; 16]);
    const JO: ContactId = ContactId([3; 16]);

    fn of_jo() -> ConversationWords {
        let mut words = ConversationWords::default();
        words.add(JO, &["parcel".to_owned()]);
        words
    }

    #[test]
    fn what_changed_while_it_was_read_is_not_current() {
        let words = CompanyWords::new();
        let mut entries = words.0.lock();
        let first = entries.begin_read();
        entries.take(ONE);
        assert!(!entries.is_current(ONE, first));
        assert!(entries.is_current(TWO, first));
        // A read that begins later sees the change.
        let second = entries.begin_read();
        assert!(entries.is_current(ONE, second));
        entries.end_read(second);
        assert!(!entries.is_current(ONE, first), "while the first lasts");
        entries.end_read(first);
        let third = entries.begin_read();
        entries.drop_contacts(&[JO]);
        assert!(!entries.is_current(ONE, third), "an erasure concerns all");
        entries.end_read(third);
        entries.begin_replacement(TWO);
        let during = entries.begin_read();
        assert!(!entries.is_current(TWO, during), "lists that are replaced");
        entries.end_replacement(TWO);
        assert!(!entries.is_current(TWO, during), "read before the end");
        entries.end_read(during);
        let fourth = entries.begin_read();
        entries.drop_deleted();
        assert!(!entries.is_current(TWO, fourth));
    }

    #[test]
    fn bytes_of_dropped_entries_are_given_back() {
        let words = CompanyWords::new();
        let mut entries = words.0.lock();
        entries.put(ONE, of_jo());
        entries.put(TWO, ConversationWords::default());
        let both = entries.bytes();
        let freed = entries.drop_contacts(&[JO]);
        assert_eq!(freed + entries.bytes(), both);
        assert_eq!(entries.len(), 1);
        let replaced = entries.put(TWO, of_jo());
        assert!(replaced > 0 && replaced < entries.bytes());
        entries.take(TWO);
        assert_eq!((entries.len(), entries.bytes()), (0, 0));
    }

    #[test]
    fn a_conversation_that_is_resolved_while_others_are_listed_is_known_as_resolved() {
        let words = CompanyWords::new();
        let mut entries = words.0.lock();
        entries.set_resolved(ONE, true);
        let listing = entries.begin_read();
        assert!(!entries.was_resolved(ONE, listing), "resolved before");
        entries.set_resolved(TWO, true);
        assert!(entries.was_resolved(TWO, listing));
        assert!(entries.is_current(TWO, listing), "its words are the same");
    }

    #[test]
    fn changes_that_all_reads_have_seen_are_not_kept() {
        let words = CompanyWords::new();
        let mut entries = words.0.lock();
        let number = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            ConversationId(id)
        };
        let mut before = entries.begin_read();
        for all in 0..10 {
            for one in 0..CHANGES {
                entries.take(number(all * CHANGES + one));
            }
            // The next read begins before the one before ends.
            let next = entries.begin_read();
            entries.end_read(before);
            before = next;
        }
        assert!(
            entries.changed.len() <= CHANGES,
            "{}",
            entries.changed.len()
        );
        entries.take(ONE);
        assert!(!entries.is_current(ONE, before));
    }

    #[test]
    fn room_is_made_of_what_no_search_used_and_then_of_resolved_conversations() {
        let words = CompanyWords::new();
        let mut entries = words.0.lock();
        let ids: Vec<ConversationId> = (0..4).map(|id| ConversationId([id; 16])).collect();
        for id in &ids {
            entries.put(*id, of_jo());
        }
        let first = entries.begin_search();
        entries.visit(&ids, first, |_, _| {});
        entries.set_resolved(ids[2], true);
        let second = entries.begin_search();
        entries.visit(&ids[..2], second, |_, _| {});
        // An earlier search that goes on does not make them older.
        entries.visit(&ids[..2], first, |_, _| {});
        assert_eq!(entries.drop_unused(first).0, 0);
        assert_eq!(entries.drop_resolved().0, 1);
        assert_eq!(entries.drop_unused(second).0, 1);
        assert_eq!(entries.missing(&ids), ids[2..]);
    }

    #[test]
    fn a_list_of_words_is_the_union_of_what_is_added() {
        let mut words = of_jo();
        words.add(JO, &["parcel".to_owned(), "blue".to_owned()]);
        let all: Vec<&str> = WordList::terms(words.words()).collect();
        assert_eq!(all, ["parcel", "blue"]);
        assert!(words.is_of(&[JO]));
        assert!(!words.is_of(&[ContactId([4; 16])]));
    }
}
