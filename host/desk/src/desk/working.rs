//! What the desk's threads do: take up what was left, decide in batches, commit,
//! ring the clocks.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use patchbay_journal::{Conflict, JournalError, Ordinal, Slot};

use super::{Inner, Trouble};
use crate::pass::{Pass, Planned, Undecided};
use crate::work::{Lane, Work};

/// Conversations a thread decides about before it commits them together.
const BATCH: usize = 64;
/// Inputs read back at once at a start.
const PAGE: usize = 1_000;
/// Pause after the journal could not, or policies were too busy.
const PAUSE: Duration = Duration::from_millis(200);
/// Panics after which an input is set aside.
const PANICS: u32 = 3;

impl Inner {
    /// What the journal still has to do.
    pub(super) fn take_up(&self) -> Result<(), JournalError> {
        let mut after = Ordinal::default();
        loop {
            let page = self.journal.pending(after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.message.ordinal;
            for pending in page {
                let message = pending.message;
                if pending.quarantined {
                    self.trouble().quarantined.insert(message.ordinal);
                }
                let lane = Lane {
                    company: message.company,
                    slot: message.slot,
                };
                // Those of a company that is not here wait until it is.
                if self.companies.contains_key(&message.company) {
                    self.work.push(lane, Work::Input(message.ordinal));
                }
            }
        }
        let mut after = None;
        loop {
            let page = self.journal.due(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some((last.company, last.id));
            for row in page {
                if self.companies.contains_key(&row.company) {
                    let lane = Lane {
                        company: row.company,
                        slot: Slot::of(row.company, &row.thread),
                    };
                    self.timers.set((lane, row.id), row.due_at);
                }
            }
        }
    }

    /// What the clocks' thread does.
    pub(super) fn ring_clocks(&self) {
        while let Some(due) = self.timers.due(|| self.now()) {
            for (lane, conversation) in due {
                self.work.push(lane, Work::Ring(conversation));
            }
        }
    }

    /// What each deciding thread does: decide about a batch of conversations,
    /// then commit them together, so that many share one wait for the disk.
    pub(super) fn work_off(&self, worker: usize) {
        loop {
            let taken = self.work.take(BATCH);
            if taken.is_empty() {
                return;
            }
            let mut planned = Vec::with_capacity(taken.len());
            let mut pause = false;
            for (lane, work) in taken {
                match self.decide(worker, lane, work) {
                    Ok(plan) => planned.push((lane, work, plan)),
                    Err(undecided) => {
                        let again = self.put_off(lane, work, undecided);
                        pause |= again;
                        self.work.give_back(lane, again.then_some(work));
                    }
                }
            }
            pause |= self.commit(planned);
            if pause {
                thread::sleep(PAUSE);
            }
        }
    }

    fn decide(&self, worker: usize, lane: Lane, work: Work) -> Result<Planned, Undecided> {
        let here = self
            .companies
            .get(&lane.company)
            .ok_or(Undecided::Nothing)?;
        let generation = {
            let current = here.generation.read();
            Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
        };
        let pass = Pass {
            journal: &*self.journal,
            at_hand: &self.at_hand,
            generation: &generation,
            company: lane.company,
            now: self.now(),
            patience: self.settings.patience,
            transcripts: self.settings.transcripts,
        };
        match work {
            Work::Ring(conversation) => {
                let decided = catch_unwind(AssertUnwindSafe(|| pass.ring(conversation)));
                decided.unwrap_or(Err(Undecided::Broken))
            }
            Work::Input(ordinal) => {
                let message = self.journal.inputs(lane.company, &[ordinal])?;
                let message = message.into_iter().next().ok_or(Undecided::Nothing)?;
                let quarantined = self.trouble().quarantined.contains(&ordinal);
                let place = u16::try_from(worker).unwrap_or(u16::MAX);
                self.journal.claimed(place, ordinal)?;
                // A defect met by one input must not stop the others.
                let decided = catch_unwind(AssertUnwindSafe(|| pass.input(&message, quarantined)));
                self.journal.released(place)?;
                decided.unwrap_or(Err(Undecided::Broken))
            }
        }
    }

    /// An input broke off with a panic: after as many as would count as
    /// crashes no policy sees it again.
    fn broke_off(&self, work: Work) -> bool {
        tracing::error!(?work, "a decision panicked; the thread goes on");
        let Work::Input(ordinal) = work else {
            return false;
        };
        let mut trouble = self.trouble();
        let panics = trouble.panics.entry(ordinal).or_default();
        *panics += 1;
        if *panics >= PANICS {
            trouble.panics.remove(&ordinal);
            trouble.quarantined.insert(ordinal);
        }
        true
    }

    fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether work that came to nothing is to be tried again.
    fn put_off(&self, lane: Lane, work: Work, undecided: Undecided) -> bool {
        match undecided {
            Undecided::Nothing => false,
            Undecided::NotYet(due_at) => {
                if let Work::Ring(conversation) = work {
                    self.timers.set((lane, conversation), due_at);
                }
                false
            }
            Undecided::Overloaded => true,
            Undecided::Broken => self.broke_off(work),
            Undecided::Journal(error) => {
                tracing::error!(%error, "an input waits: the journal cannot be used");
                true
            }
        }
    }

    /// Commit what was decided; whether the journal could not.
    fn commit(&self, planned: Vec<(Lane, Work, Planned)>) -> bool {
        let mut commits = Vec::with_capacity(planned.len());
        let mut decided = Vec::with_capacity(planned.len());
        for (lane, work, Planned { commit, known }) in planned {
            commits.push(commit);
            decided.push((lane, work, known));
        }
        if decided.is_empty() {
            return false;
        }
        let committed = match self.journal.commit_all(commits) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::error!(%error, waiting = decided.len(), "decisions wait: the journal cannot be written");
                // What is at hand is let go with `decided`.
                for (lane, work, _) in decided {
                    self.work.give_back(lane, Some(work));
                }
                return true;
            }
        };
        let mut changed = HashSet::new();
        for ((lane, work, mut known), committed) in decided.into_iter().zip(committed) {
            let left = match committed {
                Ok(committed) => {
                    known.row.sequence = committed.sequence;
                    self.timers.set((lane, known.row.id), known.row.due_at);
                    self.at_hand.put(known);
                    changed.insert(lane.company);
                    None
                }
                Err(Conflict::InputDone(_)) => None,
                // Somebody else moved it on: what is at hand is let go with
                // `known`, and it is decided about again.
                Err(conflict) => {
                    tracing::warn!(%conflict, "a conversation is decided about again");
                    Some(work)
                }
            };
            self.work.give_back(lane, left);
        }
        let listeners = self
            .listeners
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for company in changed {
            for listener in listeners.iter() {
                listener(company);
            }
        }
        false
    }
}
