//! What-if: jobs that repeat recorded decisions of a company with a stored
//! generation and count what it would have decided otherwise.
//!
//! All jobs share one thread, on which companies take turns, and pause while the host
//! is busy: a job may take long, but it delays nothing else. A company has one job,
//! and the report of its last one for [`RETENTION`]. Both are in memory only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_generations::Generation;
use patchbay_generations::replay::candidate_replay::compare_with_candidate;
use patchbay_generations::replay::tally::{Repetition, Tally};
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::workers::{Job, JobError, QueueLimits, Workers};
use patchbay_journal::{CompanyId, read_for};
use patchbay_records::decisions::{self, Filter, StoredDecision};
use serde_json::Value;
use tokio::time::sleep;

use crate::app::App;

/// Most decisions that a job repeats.
pub const MAX_DECISIONS: usize = 10_000;
/// How long the report of a finished job is readable.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(1);
/// How long one decision may wait for an instance of each of its policies.
pub const INSTANCE_WAIT: Duration = Duration::from_secs(10);

/// A job gives the thread to others after this time.
const SLICE: Duration = Duration::from_millis(250);
/// Pause between looks at the host's load while it is busy.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// Decisions listed at once.
const PAGE: usize = 500;
/// Longest value of an example, in bytes of JSON.
const VALUE_BYTES: usize = 2_000;
/// Jobs of all companies that wait for the thread.
const WAITING: usize = 1_000;

patchbay_model::codes! {
    /// State of a job.
    pub enum WhatIfState {
        /// It waits for the thread or uses it.
        Running = "running",
        /// All decisions are counted.
        Done = "done",
        /// It could not go on.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

/// What a job repeats.
#[derive(Clone, Debug)]
pub struct WhatIfRequest {
    /// Number of the stored generation to decide with.
    pub generation: u64,
    /// Only decisions committed at this time or later.
    pub from: Option<Timestamp>,
    /// Only decisions committed before this time.
    pub to: Option<Timestamp>,
    /// At most this many, the newest ones.
    pub limit: usize,
    /// Who started it.
    pub by: String,
}

/// The state of a job, and what it has counted.
#[derive(Clone, Debug)]
pub struct WhatIfReport {
    /// Id of the job.
    pub id: String,
    /// What it repeats.
    pub request: WhatIfRequest,
    /// Its state.
    pub state: WhatIfState,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Decisions to repeat; `None` until they are listed.
    pub total: Option<usize>,
    /// Counts of the decisions repeated so far, with personal data masked.
    pub tally: Tally,
    /// Why it failed.
    pub problem: Option<Problem>,
}

impl WhatIfReport {
    fn end(&mut self, state: WhatIfState) {
        // The first end counts: a cancelled job stays cancelled.
        if self.state == WhatIfState::Running {
            self.state = state;
            self.ended_at = Some(Timestamp::now());
            self.tally.sort();
        }
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.ended_at
            .is_some_and(|ended| now.duration_since(ended) > RETENTION)
    }
}

/// The jobs of all companies, and their thread.
#[derive(Debug)]
pub struct WhatIfJobs {
    /// The newest job of each company.
    jobs: Mutex<HashMap<String, Arc<Mutex<WhatIfReport>>>>,
    thread: Workers,
}

impl WhatIfJobs {
    /// Start the thread, with `stack` bytes of stack.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(stack: usize) -> std::io::Result<WhatIfJobs> {
        let limits = QueueLimits {
            total: WAITING,
            per_company: 1,
            running_per_company: 1,
        };
        Ok(WhatIfJobs {
            jobs: Mutex::default(),
            thread: Workers::start("what-if", 1, limits, stack)?,
        })
    }

    /// Start a job of a company, in place of its last one.
    ///
    /// # Errors
    /// 409 if a job of the company is running.
    pub fn begin(
        &self,
        app: &Arc<App>,
        company: &str,
        id: CompanyId,
        request: WhatIfRequest,
    ) -> Result<WhatIfReport, Problem> {
        let mut jobs = self.jobs.lock();
        let now = Timestamp::now();
        jobs.retain(|_, job| !job.lock().is_expired(now));
        if let Some(last) = jobs.get(company) {
            let last = last.lock();
            if last.state == WhatIfState::Running {
                return Err(Problem::of(Kind::WhatIfRunning).detail(format!(
                    "job {} of this company is running; wait for it, or cancel it",
                    last.id
                )));
            }
        }
        let report = WhatIfReport {
            id: new_id()?,
            request,
            state: WhatIfState::Running,
            started_at: now,
            ended_at: None,
            total: None,
            tally: Tally::default(),
            problem: None,
        };
        let job = Arc::new(Mutex::new(report.clone()));
        jobs.insert(company.to_owned(), Arc::clone(&job));
        drop(jobs);
        let run = JobRun {
            app: Arc::clone(app),
            company: company.into(),
            id,
            job,
        };
        tokio::spawn(run.run());
        Ok(report)
    }

    /// The state of a company's job.
    ///
    /// # Errors
    /// 404: the company's last job has another id, or ended longer ago than [`RETENTION`].
    pub fn report(&self, company: &str, id: &str) -> Result<WhatIfReport, Problem> {
        Ok(self.find(company, id)?.lock().clone())
    }

    /// Cancel a company's job. One that has ended stays as it is.
    ///
    /// # Errors
    /// Those of [`Self::report`].
    pub fn cancel(&self, company: &str, id: &str) -> Result<WhatIfReport, Problem> {
        let job = self.find(company, id)?;
        let mut job = job.lock();
        job.end(WhatIfState::Cancelled);
        Ok(job.clone())
    }

    /// Interrupt the jobs, and wait up to `bound` for the decision in progress; whether it
    /// has ended.
    pub async fn stop(&self, bound: Duration) -> bool {
        for job in self.jobs.lock().values() {
            job.lock().end(WhatIfState::Cancelled);
        }
        self.thread.stop(bound).await
    }

    fn find(&self, company: &str, id: &str) -> Result<Arc<Mutex<WhatIfReport>>, Problem> {
        let now = Timestamp::now();
        let found = self.jobs.lock().get(company).map(Arc::clone);
        let found = found.filter(|job| {
            let job = job.lock();
            job.id == id && !job.is_expired(now)
        });
        found.ok_or_else(|| {
            Problem::of(Kind::UnknownWhatIf).detail(
                "the server remembers the last job of a company, for an hour after its end and until it restarts",
            )
        })
    }
}

/// A random id, so that one of before a restart is not taken for another job.
fn new_id() -> Result<String, Problem> {
    let bytes: [u8; 8] =
        patchbay_journal::vault::random().map_err(|_| Problem::of(Kind::Internal))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// A value as an example of a report: not longer than [`VALUE_BYTES`].
fn shortened(value: Value) -> Value {
    let text = value.to_string();
    match text.len() <= VALUE_BYTES {
        true => value,
        false => {
            let end = text.floor_char_boundary(VALUE_BYTES);
            Value::String(format!("{}…", &text[..end]))
        }
    }
}

/// Decide again with a candidate and compare, with personal data masked.
pub fn repeat(decision: &StoredDecision, candidate: &Generation) -> Repetition {
    let result = compare_with_candidate(decision, candidate, INSTANCE_WAIT);
    Repetition::from(result).with_values(|value| shortened(decision.mask(value)))
}

struct JobRun {
    app: Arc<App>,
    company: Arc<str>,
    id: CompanyId,
    job: Arc<Mutex<WhatIfReport>>,
}

/// What a job does next; between two steps it gives the thread to others.
enum Step {
    /// Load the generation and list the decisions.
    Prepare,
    /// Repeat decisions; the next one is the last of the list.
    Repeat(Arc<Generation>, Vec<u64>),
    /// Nothing is left.
    End,
}

impl JobRun {
    async fn run(self) {
        let run = Arc::new(self);
        let mut step = Step::Prepare;
        loop {
            while !run.app.load().allows_extras() && run.is_running() {
                sleep(BUSY_PAUSE).await;
            }
            let this = Arc::clone(&run);
            let work = move |job: Job<_>| {
                let company = Some(Arc::clone(&this.company));
                let next = read_for(company, || this.advance(step));
                job.answer(next);
            };
            // Each turn comes: the jobs before it run for a slice.
            let until = Instant::now() + Duration::from_secs(3_600);
            let turn = run.app.what_if.thread.run(&run.company, until, work);
            step = match turn.await {
                Ok(Ok(Step::End)) => return run.job.lock().end(WhatIfState::Done),
                Ok(Ok(next)) => next,
                Ok(Err(problem)) => return run.fail(problem),
                Err(JobError::Stopping) => return run.job.lock().end(WhatIfState::Cancelled),
                Err(error) => return run.fail(Problem::from(error)),
            };
        }
    }

    fn is_running(&self) -> bool {
        self.job.lock().state == WhatIfState::Running
    }

    fn fail(&self, problem: Problem) {
        let mut job = self.job.lock();
        job.problem = Some(problem);
        job.end(WhatIfState::Failed);
    }

    fn advance(&self, step: Step) -> Result<Step, Problem> {
        match step {
            Step::Prepare => self.prepare(),
            Step::Repeat(candidate, ids) => self.repeat_some(candidate, ids),
            Step::End => Ok(Step::End),
        }
    }

    fn prepare(&self) -> Result<Step, Problem> {
        let request = self.job.lock().request.clone();
        let candidate = self
            .app
            .stored_generation(&self.company, self.id, request.generation)?;
        let desk = self.app.desk()?;
        let mut filter = Filter {
            since: request.from,
            until: request.to,
            limit: PAGE,
            ..Filter::default()
        };
        let mut ids = Vec::new();
        while ids.len() < request.limit && self.is_running() {
            let page = decisions::list(&**desk.journal(), self.id, &filter)?;
            ids.extend(page.decisions.iter().map(|row| row.id));
            match page.next {
                None => break,
                Some(next) => filter.before = Some(next),
            }
        }
        ids.truncate(request.limit);
        self.job.lock().total = Some(ids.len());
        // The oldest ones first, as they happened: the last of the list is next.
        Ok(Step::Repeat(candidate, ids))
    }

    fn repeat_some(&self, candidate: Arc<Generation>, mut ids: Vec<u64>) -> Result<Step, Problem> {
        let desk = self.app.desk()?;
        let started = Instant::now();
        while started.elapsed() < SLICE {
            let Some(id) = ids.pop() else {
                return Ok(Step::End);
            };
            // An entry may have been deleted since it was listed.
            let decision = decisions::find(&**desk.journal(), self.id, id)?;
            let repetition = decision.map(|decision| repeat(&decision, &candidate));
            let mut job = self.job.lock();
            if job.state != WhatIfState::Running {
                return Ok(Step::End);
            }
            match repetition {
                Some(repetition) => job.tally.count(repetition),
                None => job.total = job.total.map(|total| total.saturating_sub(1)),
            }
        }
        Ok(Step::Repeat(candidate, ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(shortened(json!({"a": 1})), json!({"a": 1}));
        let long = shortened(json!("ü".repeat(VALUE_BYTES)));
        let text = long.as_str().expect("a text");
        assert!(text.len() <= VALUE_BYTES + "…".len(), "{}", text.len());
        assert!(text.ends_with("ü…"), "{text}");
    }
}
