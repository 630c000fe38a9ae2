//! The thread that maintains words. It collects the words of conversations where they are
//! outdated: those of earlier versions of the host, and those with a text that was replaced or
//! deleted. It reads the words of companies into memory whose lists are read, drops the words
//! of idle companies from memory, and deletes stored words where search is switched off.

use std::time::Duration;

use patchbay_journal::{CompanyId, JournalError, OutdatedWords};
use patchbay_records::conversation_list::{ListFilter, OpenIndex};
use patchbay_records::word_index;

use crate::desk_core::DeskCore;
use crate::operations::conversation_search::MOST_OPEN;

/// How often the thread looks for outdated words.
const INTERVAL: Duration = Duration::from_secs(1);
/// Pause between two batches, which leaves the writer and the disk to others.
const PAUSE: Duration = Duration::from_millis(10);
/// Conversations of one write.
const BATCH: usize = 64;
/// Lists that are deleted in one write.
const DELETED_AT_ONCE: usize = 1_000;
/// How long words stay in memory after the last search, or the last read of the company's
/// list of conversations: as long as that list does.
const IDLE: Duration = Duration::from_secs(15 * 60);

impl DeskCore {
    /// The loop of the thread.
    pub(crate) fn run_word_collector(&self) {
        if !self.settings.search.is_on {
            self.delete_words();
            return;
        }
        let mut after = 0;
        let mut has_more = false;
        while self
            .word_collector_stop
            .wait(if has_more { PAUSE } else { INTERVAL })
        {
            self.words.drop_idle(IDLE);
            // Collecting waits while the host has much to decide.
            if !self.has_headroom() {
                has_more = false;
                continue;
            }
            if let Err(error) = self.warm_words() {
                tracing::warn!(%error, "cannot read words into memory; the first search reads them");
            }
            has_more = match self.collect_words(after) {
                Ok(last) => {
                    after = last.unwrap_or(0);
                    last.is_some()
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot collect the words of conversations; trying again");
                    false
                }
            };
        }
    }

    /// The company's list of conversations was made: a caller reads it, and may search it.
    pub(crate) fn want_words(&self, company: CompanyId) {
        if self.settings.search.is_on {
            self.words_wanted.lock().insert(company);
        }
    }

    /// Read the words of companies into memory whose lists are read.
    fn warm_words(&self) -> Result<(), JournalError> {
        let wanted = std::mem::take(&mut *self.words_wanted.lock());
        for company in wanted {
            let Some(state) = self.company_state(company) else {
                continue;
            };
            let now = self.now();
            let newest = |index: &OpenIndex| index.newest(&ListFilter::default(), MOST_OPEN, now).0;
            let open = || state.open_list.read_if_made(newest).unwrap_or_default();
            let goes_on = || self.word_collector_stop.goes_on() && self.has_headroom();
            self.words.warm(&*self.journal, company, open, goes_on)?;
        }
        Ok(())
    }

    /// Delete the words that are stored from a time when search was on.
    fn delete_words(&self) {
        let mut pause = PAUSE;
        while self.word_collector_stop.wait(pause) {
            pause = match self.journal.delete_word_lists(DELETED_AT_ONCE) {
                Ok(false) => return,
                Ok(true) => PAUSE,
                Err(error) => {
                    tracing::warn!(%error, "cannot delete the words of conversations; trying again");
                    INTERVAL
                }
            };
        }
    }

    /// Collect the words of the next conversations after a place. Returns the place of the
    /// last one; `None` at the end.
    fn collect_words(&self, after: u64) -> Result<Option<u64>, JournalError> {
        let outdated = self.journal.outdated_words(after, BATCH)?;
        let mut collected = Vec::with_capacity(outdated.len());
        for OutdatedWords {
            company,
            conversation,
            ..
        } in &outdated
        {
            if let Some(row) = self.journal.conversation(*company, *conversation)? {
                collected.push(word_index::collect(&*self.journal, &row)?);
            }
        }
        if !collected.is_empty() {
            let replaced = outdated.iter().map(|it| (it.company, it.conversation));
            let replaced: Vec<_> = replaced.collect();
            let replace = || self.journal.replace_word_lists(collected);
            self.words.replace(&replaced, replace)?;
        }
        Ok(outdated.last().map(|last| last.place))
    }
}
