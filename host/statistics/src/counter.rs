//! Follows a company's feed and counts it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use jiff::tz::TimeZone;
use lru::LruCache;
use parking_lot::Mutex;
use patchbay_events::{Event, EventKind};
use patchbay_journal::{CompanyId, ConversationId, CountedPosition, Entry, Journal, Result};

use crate::measure::RULES;
use crate::progress::{Progress, count_stages, decision_of};
use crate::tally::Tally;

/// Entries that one transaction counts.
const BATCH: usize = 1_000;
/// Entries that are counted while a request for statistics waits.
const SHARE: usize = 5_000;
/// Entries of a conversation that are read at once.
const PAGE: usize = 500;
/// Conversations whose progress stays in memory, about 300 bytes each.
const REMEMBERED: usize = 32_768;

/// Counts the history of companies. It can be stopped at any moment.
#[derive(Debug)]
pub struct StatisticsCounter {
    progress: Mutex<LruCache<(CompanyId, ConversationId), KnownProgress>>,
    /// Held while a company's entries are counted.
    turns: Mutex<HashMap<CompanyId, Arc<Mutex<()>>>>,
}

/// The progress of a conversation up to one of its entries.
#[derive(Clone, Debug, Default)]
struct KnownProgress {
    /// Sequence number of the entry.
    sequence: u64,
    progress: Progress,
}

/// How far a company is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedTo {
    /// Feed number of the last entry that is counted.
    pub feed: u64,
    /// Entries after it.
    pub behind: u64,
}

impl Default for StatisticsCounter {
    fn default() -> StatisticsCounter {
        let remembered = NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN);
        StatisticsCounter {
            progress: Mutex::new(LruCache::new(remembered)),
            turns: Mutex::default(),
        }
    }
}

impl StatisticsCounter {
    /// Count entries of a company that are not counted yet: `most` of them, rounded up to a
    /// whole batch. `zone` is the time zone whose hours are counted; `None`: that of the last
    /// call, which the journal remembers.
    pub fn count(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        zone: Option<&str>,
        most: usize,
    ) -> Result<CountedTo> {
        self.count_until(journal, company, zone, most, &|| false)
    }

    /// As [`count`](StatisticsCounter::count), and ends after a batch of 1,000 entries if
    /// `is_cancelled` says so then.
    pub fn count_until(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        zone: Option<&str>,
        most: usize,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<CountedTo> {
        let turn = Arc::clone(self.turns.lock().entry(company).or_default());
        let _turn = turn.lock();
        let mut counted = 0;
        loop {
            let (read, to) = self.count_batch(journal, company, zone)?;
            counted += read;
            if to.behind == 0 || counted >= most || is_cancelled() {
                return Ok(to);
            }
        }
    }

    /// Count everything of every company, by the time zone that the journal remembers.
    ///
    /// # Errors
    /// Errors of the journal.
    pub fn count_all(&self, journal: &dyn Journal) -> Result<()> {
        for company in journal.uncounted_companies()? {
            // In shares: a request for statistics need not wait for a whole history.
            while self.count(journal, company, None, SHARE)?.behind > 0 {}
        }
        Ok(())
    }

    /// Count one batch; the number of its entries, and how far the company is counted.
    fn count_batch(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        zone: Option<&str>,
    ) -> Result<(usize, CountedTo)> {
        let mut position = journal.counted_position(company)?;
        let zone = zone.unwrap_or(&position.zone).to_owned();
        if position.rules != RULES {
            self.progress.lock().clear();
            journal.restart_counting(company, RULES, &zone)?;
            position = journal.counted_position(company)?;
        }
        let page = journal.entries_to_count(company, position.feed, BATCH)?;
        let last = page.entries.last().map(|entry| entry.feed);
        // Without entries the newest ones were deleted.
        let feed = last.unwrap_or(page.newest).max(position.feed);
        let to = CountedTo {
            feed,
            behind: page.newest.saturating_sub(feed),
        };
        if feed == position.feed {
            return Ok((0, to));
        }
        let mut tally = Tally::default();
        let mut touched = HashMap::new();
        for entry in &page.entries {
            let event = event_of(entry);
            if let Some(decision) = event.as_ref().and_then(decision_of) {
                count_stages(entry.at, decision, &mut tally);
            }
            let Some(conversation) = entry.conversation else {
                continue;
            };
            let known = match touched.entry(conversation) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    let known = self.progress_before(journal, company, entry, position.feed)?;
                    place.insert(known)
                }
            };
            known.sequence = entry.sequence;
            if let Some(event) = event {
                known.progress.apply(entry, &event, &mut tally);
            }
        }
        let counts = tally.into_rows(&time_zone(&zone));
        let next = CountedPosition {
            feed,
            rules: RULES,
            zone,
        };
        if journal.add_counts(company, &position, next, counts)? {
            let mut remembered = self.progress.lock();
            for (conversation, known) in touched {
                remembered.put((company, conversation), known);
            }
            return Ok((page.entries.len(), to));
        }
        // Another process counted these entries.
        let behind = page.newest.saturating_sub(position.feed);
        Ok((
            0,
            CountedTo {
                feed: position.feed,
                behind,
            },
        ))
    }

    /// The progress of a conversation before an entry, which is the first after a feed
    /// number.
    fn progress_before(
        &self,
        journal: &dyn Journal,
        company: CompanyId,
        entry: &Entry,
        up_to: u64,
    ) -> Result<KnownProgress> {
        let (Some(conversation), true) = (entry.conversation, entry.sequence > 1) else {
            return Ok(KnownProgress::default());
        };
        // Taken out: what a failed write would have changed must be read again.
        let known = self.progress.lock().pop(&(company, conversation));
        // Another process may have counted since.
        if let Some(known) = known.filter(|known| known.sequence + 1 == entry.sequence) {
            return Ok(known);
        }
        Ok(KnownProgress {
            sequence: entry.sequence - 1,
            progress: read_progress(journal, company, conversation, up_to)?,
        })
    }
}

/// The progress of a conversation up to a feed number, from its entries.
///
/// # Errors
/// Errors of the journal.
pub fn read_progress(
    journal: &dyn Journal,
    company: CompanyId,
    conversation: ConversationId,
    up_to: u64,
) -> Result<Progress> {
    let mut progress = Progress::default();
    let mut after = 0;
    loop {
        let entries = journal.counted_entries(company, conversation, after, up_to, PAGE)?;
        // What they count for was counted.
        let mut counted = Tally::default();
        for entry in &entries {
            if let Some(event) = event_of(entry) {
                progress.apply(entry, &event, &mut counted);
            }
            after = entry.sequence;
        }
        if entries.len() < PAGE {
            return Ok(progress);
        }
    }
}

/// The event of an entry; `None` where this version does not know it.
fn event_of(entry: &Entry) -> Option<Event> {
    let kind = EventKind::from_number(entry.kind)?;
    match Event::from_head(kind, &entry.head) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::debug!(feed = entry.feed, %error, "the statistics skip an entry that does not read back");
            None
        }
    }
}

/// A time zone by name; UTC for an empty or unknown name.
pub(crate) fn time_zone(name: &str) -> TimeZone {
    match name {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    }
}
