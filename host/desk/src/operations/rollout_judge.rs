//! The comparison thread: it repeats decisions with the other generation of a
//! rollout, compares them, and aborts canaries that exceed a bound.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_generations::rollout::{Breach, Ending, NextJob, Rollout, ShadowRunner};
use patchbay_journal::{AuditEntry, CompanyId};
use serde_json::json;

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::thread_priority;

/// How often the thread checks the bounds of canaries.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// How often the thread stores the counts of rollouts.
const STORE_INTERVAL: Duration = Duration::from_secs(10);

impl DeskCore {
    /// The thread's loop.
    pub(crate) fn run_comparisons(&self) {
        thread_priority::lower(thread_priority::COMPARING);
        let mut runner = ShadowRunner::default();
        let mut checked = Instant::now();
        let mut stored = Instant::now();
        loop {
            match self.comparisons.take(CHECK_INTERVAL) {
                NextJob::Closed => return self.check_rollouts(true),
                NextJob::Empty => {}
                NextJob::Job(job) => {
                    // A panic in one comparison must not stop the others.
                    let decided = catch_unwind(AssertUnwindSafe(|| runner.run(*job)));
                    if decided.is_err() {
                        tracing::error!("a comparison panicked; the thread continues");
                    }
                }
            }
            if checked.elapsed() >= CHECK_INTERVAL {
                let stores = stored.elapsed() >= STORE_INTERVAL;
                self.check_rollouts(stores);
                if stores {
                    stored = Instant::now();
                    runner.retain(|rollout| self.is_running(rollout));
                }
                checked = Instant::now();
            }
        }
    }

    fn is_running(&self, rollout: &Arc<Rollout>) -> bool {
        let state = self.company_state(rollout.company);
        let running = state.and_then(|state| state.rollout());
        running.is_some_and(|running| Arc::ptr_eq(&running, rollout))
    }

    /// Abort canaries that exceed a bound; store the counts of the others where
    /// `stores` is set.
    fn check_rollouts(&self, stores: bool) {
        for (company, state, running) in self.running_rollouts() {
            if let Some(breach) = running.breach() {
                self.abort_canary(&state, &running, breach);
            } else if stores {
                let _changing = self.changing.lock();
                self.save_tally(company);
            }
        }
    }

    /// The rollouts that run now. Forgets the companies whose rollout has ended: of
    /// thousands of companies few have one.
    fn running_rollouts(&self) -> Vec<(CompanyId, Arc<CompanyState>, Arc<Rollout>)> {
        let mut running = Vec::new();
        self.rollouts.lock().retain(|company| {
            let state = self.company_state(*company);
            let found = state.and_then(|state| {
                let rollout = state.rollout()?;
                Some((*company, state, rollout))
            });
            let is_running = found.is_some();
            running.extend(found);
            is_running
        });
        running
    }

    fn abort_canary(&self, state: &CompanyState, canary: &Arc<Rollout>, breach: Breach) {
        let _changing = self.changing.lock();
        if !self.is_running(canary) {
            return;
        }
        let generation = canary.candidate.number;
        let company = &canary.candidate.company;
        tracing::warn!(company, generation, %breach, "canary aborted");
        let about = json!({"generation": generation, "breach": breach});
        let (actor, act) = ("host".to_owned(), "rollout.aborted");
        let audit = AuditEntry::new(Timestamp::now(), Some(company), actor, act, &about);
        let ending = Ending::Breached(breach);
        if let Err(error) = self.end_rollout(state, canary, &ending, Some(audit)) {
            // The next check tries again.
            tracing::error!(company, generation, %error, "cannot abort a canary that exceeds a bound");
        }
    }

    /// Store the counts of a company's rollout. The caller holds `changing`.
    pub(super) fn save_tally(&self, company: CompanyId) {
        let state = self.company_state(company);
        let Some(running) = state.and_then(|state| state.rollout()) else {
            return;
        };
        let now = self.now();
        let tally = {
            let mut tally = running.tally();
            tally.add_point(now);
            tally.to_json()
        };
        let generation = running.candidate.number;
        if let Err(error) = self.journal.save_rollout_tally(company, generation, tally) {
            tracing::warn!(%error, generation, "cannot store the counts of a rollout");
        }
    }
}
