//! Counters of the cache.

use std::sync::atomic::{AtomicU64, Ordering};

/// Figures of the cache since the host started, for monitoring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// Bytes in memory now.
    pub bytes: u64,
    /// Conversations in memory now.
    pub conversations: u64,
    /// Searched conversations whose words were in memory.
    pub hits: u64,
    /// Searched conversations whose words were read from the journal.
    pub misses: u64,
    /// Lists that were read from the journal and opened.
    pub lists_opened: u64,
    /// Conversations that were dropped to make room, or because their company was idle.
    pub evicted: u64,
    /// Times that words were read and not kept, for lack of room.
    pub not_kept: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) lists_opened: AtomicU64,
    pub(crate) evicted: AtomicU64,
    pub(crate) not_kept: AtomicU64,
}

/// Add to a counter.
pub(crate) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn read(&self) -> CacheFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheFigures {
            bytes: 0,
            conversations: 0,
            hits: read(&self.hits),
            misses: read(&self.misses),
            lists_opened: read(&self.lists_opened),
            evicted: read(&self.evicted),
            not_kept: read(&self.not_kept),
        }
    }
}
