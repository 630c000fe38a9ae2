//! The thread that collects the words of conversations whose words are outdated: those of
//! earlier versions of the host, and those with a text that was replaced or deleted.

use std::time::Duration;

use patchbay_journal::{JournalError, OutdatedWords};
use patchbay_records::word_index;

use crate::desk_core::DeskCore;

/// How often the thread looks for outdated words.
const INTERVAL: Duration = Duration::from_secs(1);
/// Pause between two batches, which leaves the writer and the disk to others.
const PAUSE: Duration = Duration::from_millis(10);
/// Conversations of one write.
const BATCH: usize = 64;

impl DeskCore {
    /// The loop of the thread.
    pub(crate) fn run_word_collector(&self) {
        let mut after = 0;
        let mut has_more = false;
        while self
            .word_collector_stop
            .wait(if has_more { PAUSE } else { INTERVAL })
        {
            // Collecting waits while the host has much to decide.
            if !self.has_headroom() {
                has_more = false;
                continue;
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
            self.journal.replace_word_lists(collected)?;
        }
        Ok(outdated.last().map(|last| last.place))
    }
}
