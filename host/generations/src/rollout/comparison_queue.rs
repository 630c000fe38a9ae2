//! Bounded queue (256 jobs, 16 MiB of text) of decisions to repeat with the
//! other generation. When it is full, the job is dropped and counted.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use patchbay_engine::decision::Decision;
use patchbay_model::bypass::Bypasses;
use patchbay_model::decision::stage::Stage;
use patchbay_model::situation::{DraftInput, Situation};

use super::{Arm, DecisionNumber, Rollout};
use crate::inquiry::Inquiry;

/// Most queued jobs.
const MAX_JOBS: usize = 256;
/// Most bytes of texts in queued jobs.
const MAX_BYTES: usize = 16 << 20;

/// The input of a decision, to repeat it.
pub struct ComparisonInput {
    /// The situation before the decision.
    pub situation: Situation,
    /// Stages decided; tone for a draft.
    pub stages: BTreeSet<Stage>,
    /// The draft that was checked.
    pub draft: Option<DraftInput>,
    /// Stages and plugins that were bypassed.
    pub bypasses: Arc<Bypasses>,
    /// Set for a stateless request: its agents and queues apply to the other
    /// generation too, and no state is read or written.
    pub stateless: Option<Arc<Inquiry>>,
    /// Number of the decision, set once it is committed; a stateless one never is.
    pub number: DecisionNumber,
}

impl ComparisonInput {
    /// Estimated bytes.
    fn bytes(&self) -> usize {
        let texts = self.situation.exchange.as_ref().map_or(0, |exchange| {
            let earlier = exchange.earlier.iter().chain(&exchange.elsewhere);
            let all = earlier.chain([&exchange.interaction]);
            all.map(|interaction| interaction.text.len()).sum::<usize>()
        });
        let draft = self
            .draft
            .as_ref()
            .map_or(0, |input| input.draft.text.len());
        let entries = self.stateless.as_ref().map_or(0, |inquiry| inquiry.bytes);
        texts + draft + entries
    }
}

/// A decision to repeat with the other generation and compare.
pub struct ComparisonJob {
    pub(super) rollout: Arc<Rollout>,
    /// Which generation decided.
    pub(super) arm: Arm,
    pub(super) decision: Decision,
    pub(super) called_policies: bool,
    pub(super) failed: bool,
    pub(super) input: ComparisonInput,
}

/// Result of [`ComparisonQueue::take`].
pub enum NextJob {
    /// A job.
    Job(Box<ComparisonJob>),
    /// The queue stayed empty until the timeout.
    Empty,
    /// The queue is closed.
    Closed,
}

/// The queue. Producers never wait.
#[derive(Default)]
pub struct ComparisonQueue {
    queued: Mutex<QueuedJobs>,
    changed: Condvar,
}

#[derive(Default)]
struct QueuedJobs {
    jobs: VecDeque<Box<ComparisonJob>>,
    bytes: usize,
    closed: bool,
}

impl ComparisonQueue {
    /// Add a job; false where the queue is full or closed.
    pub(super) fn push(&self, job: ComparisonJob) -> bool {
        let bytes = job.input.bytes();
        let mut queued = self.queued.lock();
        let is_full = queued.jobs.len() >= MAX_JOBS || queued.bytes + bytes > MAX_BYTES;
        if queued.closed || is_full {
            return false;
        }
        queued.bytes += bytes;
        queued.jobs.push_back(Box::new(job));
        drop(queued);
        self.changed.notify_one();
        true
    }

    /// Wait at most `timeout` for the next job.
    pub fn take(&self, timeout: Duration) -> NextJob {
        let mut queued = self.queued.lock();
        let is_idle = |queued: &mut QueuedJobs| queued.jobs.is_empty() && !queued.closed;
        self.changed.wait_while_for(&mut queued, is_idle, timeout);
        match queued.jobs.pop_front() {
            _ if queued.closed => NextJob::Closed,
            Some(job) => {
                queued.bytes -= job.input.bytes();
                NextJob::Job(job)
            }
            None => NextJob::Empty,
        }
    }

    /// Close the queue: drops and counts the queued jobs.
    pub fn close(&self) {
        let mut queued = self.queued.lock();
        queued.closed = true;
        let dropped = std::mem::take(&mut queued.jobs);
        drop(queued);
        for job in dropped {
            job.rollout.tally().compared.no_time += 1;
        }
        self.changed.notify_all();
    }
}
