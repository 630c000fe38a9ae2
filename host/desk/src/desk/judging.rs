//! The thread that decides beside the others: it compares, judges what is
//! tried, and takes back what does worse.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_journal::{AuditEntry, CompanyId};
use serde_json::json;

use super::{Here, Inner};
use patchbay_generations::rollout::{ShadowRunner, Breach, Ending, Next, Rollout};

/// How often canaries are judged where nothing else happens.
const TICK: Duration = Duration::from_millis(500);
/// How often what came of them is kept.
const KEEP: Duration = Duration::from_secs(10);
/// By how much the thread that decides beside the others gives way.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

impl Inner {
    /// What the thread does.
    pub(super) fn decide_beside(&self) {
        give_way();
        let mut beside = ShadowRunner::default();
        let mut judged = Instant::now();
        let mut kept = Instant::now();
        loop {
            match self.beside.take(TICK) {
                Next::Closed => return self.judge(true),
                Next::Nothing => {}
                Next::Job(job) => {
                    // A defect met by one comparison must not stop the others.
                    let decided = catch_unwind(AssertUnwindSafe(|| beside.decide(*job)));
                    if decided.is_err() {
                        tracing::error!("a decision beside another panicked; the thread goes on");
                    }
                }
            }
            if judged.elapsed() >= TICK {
                let keeps = kept.elapsed() >= KEEP;
                self.judge(keeps);
                if keeps {
                    kept = Instant::now();
                    beside.keep(|rollout| self.tries(rollout));
                }
                judged = Instant::now();
            }
        }
    }

    fn tries(&self, rollout: &Arc<Rollout>) -> bool {
        let here = self.at(rollout.company);
        let tried = here.and_then(|here| here.deciding().rollout);
        tried.is_some_and(|tried| Arc::ptr_eq(&tried, rollout))
    }

    /// Take back canaries that go beyond their bounds; and keep what came of
    /// everything that is tried.
    fn judge(&self, keeps: bool) {
        for company in self.all() {
            let Some(here) = self.at(company) else {
                continue;
            };
            let Some(tried) = here.deciding().rollout else {
                continue;
            };
            if let Some(breach) = tried.breach() {
                self.take_back(&here, &tried, breach);
            } else if keeps {
                let _alone = self.changing.lock();
                self.save_tally(company);
            }
        }
    }

    fn take_back(&self, here: &Here, tried: &Arc<Rollout>, breach: Breach) {
        let _alone = self.changing.lock();
        if !self.tries(tried) {
            return;
        }
        let generation = tried.candidate.number;
        let company = &tried.candidate.company;
        tracing::warn!(company, generation, %breach, "a canary is taken back");
        let audit = AuditEntry {
            at: Timestamp::now(),
            company: Some(company.clone()),
            actor: "host".to_owned(),
            act: "rollout.aborted".to_owned(),
            details: json!({"generation": generation, "breach": breach}).to_string(),
        };
        let ended = self.end(here, tried, &Ending::Breached(breach), Some(audit));
        if let Err(error) = ended {
            // It is judged again in a moment.
            tracing::error!(company, generation, %error, "a canary that does worse could not be taken back");
        }
    }

    /// Keep what came of what a company tries so far. Whoever calls this holds
    /// `changing`.
    pub(super) fn save_tally(&self, company: CompanyId) {
        let here = self.at(company);
        let Some(tried) = here.and_then(|here| here.deciding().rollout) else {
            return;
        };
        let kept = tried.tally().kept();
        let number = tried.candidate.number;
        if let Err(error) = self.journal.tally_rollout(company, number, kept) {
            tracing::warn!(%error, generation = number, "what came of a trial could not be kept");
        }
    }
}

/// What this thread does is less urgent than what any other of the host does.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        let own = rustix::thread::gettid();
        if let Err(error) = rustix::process::setpriority_process(Some(own), NICE) {
            tracing::debug!(%error, "what is decided beside the others has the same priority");
        }
    }
}
