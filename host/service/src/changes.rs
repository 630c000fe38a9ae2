//! The queue of changes: of generations and of rollouts. A company's changes run
//! one at a time; companies take turns on a few threads of their own, so that
//! changes delay nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_engine::CancelSignal;
use patchbay_http::problem::Problem;
use patchbay_http::workers::{Job, JobError, QueueLimits, Workers};

/// The queue of changes, and its threads.
#[derive(Debug)]
pub struct ChangeQueue {
    workers: Workers,
    /// Longest wait for a turn.
    wait: Duration,
}

/// Cancels a change when its request ends.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl ChangeQueue {
    /// Start the threads, each with `stack` bytes of stack.
    pub fn start(bounds: &BoundSettings, stack: usize) -> std::io::Result<ChangeQueue> {
        let limits = QueueLimits {
            total: bounds.count(Bound::Changes, Scope::Host),
            per_company: bounds.count(Bound::Changes, Scope::Company),
            running_per_company: 1,
        };
        let threads = available_parallelism().map_or(2, usize::from).clamp(2, 8);
        Ok(ChangeQueue {
            workers: Workers::start("change", threads, limits, stack)?,
            wait: Duration::from_millis(bounds.get(Bound::ChangeWait, Scope::Item)),
        })
    }

    /// Run a change of a company when it is its turn. If the request ends before,
    /// the change does not start; if it ends meanwhile, the signal is cancelled.
    pub async fn run<T: Send + 'static>(
        &self,
        company: &str,
        change: impl FnOnce(CancelSignal) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(Arc::clone(&is_cancelled));
        let signal = CancelSignal::when(move || is_cancelled.load(Ordering::Relaxed));
        let until = Instant::now() + self.wait;
        let work = move |job: Job<_>| {
            let result = change(signal);
            job.answer(result);
        };
        let changed = self.workers.run(company, until, work).await;
        changed.map_err(|error| self.problem(error))?
    }

    /// Changes that wait now.
    pub fn waiting(&self) -> usize {
        self.workers.waiting()
    }

    /// Refuse waiting and further changes.
    pub fn close(&self) {
        self.workers.close();
    }

    /// Refuse waiting and further changes, and wait up to `bound` for those that
    /// run; whether all have ended.
    pub async fn stop(&self, bound: Duration) -> bool {
        self.workers.stop(bound).await
    }

    fn problem(&self, error: JobError) -> Problem {
        let (bound, value, detail) = match error {
            JobError::Full => {
                let value = self.workers.limits().per_company as u64;
                let detail = format!(
                    "{value} changes of the company, or {} of the host, wait already; try again later",
                    self.workers.limits().total
                );
                (Bound::Changes.limit(Scope::Company), value, detail)
            }
            JobError::TooLate => {
                let detail = "the changes before this one did not end in time; try again later";
                let value = self.wait.as_millis() as u64;
                (
                    Bound::ChangeWait.limit(Scope::Item),
                    value,
                    detail.to_owned(),
                )
            }
            error @ (JobError::Crashed | JobError::Stopping) => return error.into(),
        };
        match bound {
            Some(limit) => Problem::at_bound(limit, value, detail),
            None => Problem::busy(&detail),
        }
    }
}
