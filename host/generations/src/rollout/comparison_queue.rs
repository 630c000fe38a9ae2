//! What waits to be decided by the other of two generations: a short line.
//! Nobody waits to join it; whoever finds it full goes on.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_engine::decision::Decision;
use crate::inquiry::Inquiry;
use patchbay_model::bypass::Bypasses;
use patchbay_model::decision::stage::Stage;
use patchbay_model::situation::{DraftInput, Situation};

use super::{Arm, Rollout};

/// Most that wait.
const ROOM: usize = 256;
/// Most bytes of texts they keep together.
const BYTES: usize = 16 << 20;

/// What was asked.
pub struct Question {
    pub situation: Situation,
    pub stages: BTreeSet<Stage>,
    pub draft: Option<DraftInput>,
    /// What an operator has taken out of it.
    pub bypasses: Arc<Bypasses>,
    /// What is asked by itself: what the other goes by follows from it, and no
    /// state is read or written.
    pub by_itself: Option<Arc<Inquiry>>,
}

impl Question {
    /// About how many bytes it keeps.
    fn bytes(&self) -> usize {
        let texts = self.situation.exchange.as_ref().map_or(0, |exchange| {
            let earlier = exchange.earlier.iter().chain(&exchange.elsewhere);
            let all = earlier.chain([&exchange.interaction]);
            all.map(|interaction| interaction.text.len()).sum::<usize>()
        });
        let draft = self.draft.as_ref();
        let named = self.by_itself.as_ref().map_or(0, |asked| asked.bytes);
        texts + draft.map_or(0, |at_hand| at_hand.draft.text.len()) + named
    }
}

/// To be decided by the other, and compared.
pub struct Job {
    pub rollout: Arc<Rollout>,
    /// Who decided it.
    pub arm: Arm,
    /// What they decided.
    pub decision: Decision,
    /// Whether there was a policy to ask.
    pub by_policies: bool,
    /// Whether one failed.
    pub failed: bool,
    pub question: Question,
}

/// What comes next.
pub enum Next {
    /// This.
    Job(Box<Job>),
    /// Nothing for now.
    Nothing,
    /// Nothing ever.
    Closed,
}

/// What waits.
#[derive(Default)]
pub struct ComparisonQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<Job>>,
    bytes: usize,
    closed: bool,
}

impl ComparisonQueue {
    /// Let it wait, if there is room.
    pub fn push(&self, job: Job) -> bool {
        let bytes = job.question.bytes();
        let mut waiting = self.waiting();
        let is_full = waiting.jobs.len() >= ROOM || waiting.bytes + bytes > BYTES;
        if waiting.closed || is_full {
            return false;
        }
        waiting.bytes += bytes;
        waiting.jobs.push_back(Box::new(job));
        drop(waiting);
        self.changed.notify_one();
        true
    }

    /// The next, once there is one; at most so long.
    pub fn take(&self, at_most: Duration) -> Next {
        let waiting = self.waiting();
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let waited = self.changed.wait_timeout_while(waiting, at_most, idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match waiting.jobs.pop_front() {
            _ if waiting.closed => Next::Closed,
            Some(job) => {
                waiting.bytes -= job.question.bytes();
                Next::Job(job)
            }
            None => Next::Nothing,
        }
    }

    /// Nothing comes any more, and nothing is taken.
    pub fn close(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        let left = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        for job in left {
            job.rollout.tally().compared.no_time += 1;
        }
        self.changed.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
