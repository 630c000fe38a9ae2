//! Threads of one kind of CPU work (decisions, changes of generations), and the
//! bounded, fair queue in front of them. Such work never runs on the async
//! threads.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;
use tokio::time::{sleep, sleep_until};

/// How many jobs may wait for a thread, and run on one.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Of all companies together.
    pub total: usize,
    /// Of one company.
    pub per_company: usize,
    /// Jobs of one company that run at once.
    pub running_per_company: usize,
}

/// Why a job has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobError {
    /// Too many jobs wait, in total or of the company.
    Full,
    /// No thread became free in time.
    TooLate,
    /// The work panicked.
    Crashed,
    /// The server is stopping.
    Stopping,
}

/// A fixed number of threads, and a queue in which companies take turns.
#[derive(Debug)]
pub struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// A job that runs on a thread now.
pub struct Job<T> {
    /// Time spent in the queue.
    pub waited: Duration,
    until: Instant,
    answer: oneshot::Sender<T>,
}

impl<T> Job<T> {
    /// Time left until the job's deadline.
    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Send the result. The client does not wait for what the job does
    /// afterwards.
    pub fn answer(self, answer: T) {
        // Fails if the client has disconnected.
        let _ = self.answer.send(answer);
    }
}

impl Workers {
    /// Start `count` threads, named `name` and a number, each with `stack` bytes of
    /// stack.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn start(
        name: &str,
        count: usize,
        limits: QueueLimits,
        stack: usize,
    ) -> std::io::Result<Workers> {
        let mut workers = Workers {
            queue: Arc::new(Queue::new(limits)),
            threads: Vec::with_capacity(count),
        };
        for number in 0..count {
            let queue = Arc::clone(&workers.queue);
            let thread = thread::Builder::new()
                .name(format!("{name}-{number}"))
                .stack_size(stack)
                .spawn(move || queue.run_worker())?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Run `work` for a company on a thread, and wait for its result. It must
    /// start by `until`; once started it may take as long as its own limits
    /// allow. Dropping the future removes a waiting job from the queue.
    ///
    /// # Errors
    /// [`JobError`]: the work has not run, or it panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        company: &str,
        until: Instant,
        work: impl FnOnce(Job<T>) + Send + 'static,
    ) -> Result<T, JobError> {
        let (answer, mut answered) = oneshot::channel();
        let queued = Instant::now();
        let work = Box::new(move || {
            work(Job {
                waited: queued.elapsed(),
                until,
                answer,
            });
        });
        let entry = self.queue.push(company, until, work)?;
        tokio::select! {
            biased;
            answer = &mut answered => return answer.map_err(|_| entry.error()),
            () = sleep_until(until.into()) => {}
        }
        if entry.cancel() {
            return Err(JobError::TooLate);
        }
        answered.await.map_err(|_| entry.error())
    }

    /// Number of waiting jobs.
    pub fn waiting(&self) -> usize {
        self.queue.waiting.load(Ordering::Relaxed)
    }

    /// How many jobs may wait.
    pub fn limits(&self) -> QueueLimits {
        self.queue.limits
    }

    /// Accept no more jobs, and drop those that wait.
    pub fn close(&self) {
        self.queue.close();
    }

    /// Accept no more jobs and wait up to `bound` for those that run; whether
    /// all threads have ended.
    pub async fn stop(&self, bound: Duration) -> bool {
        self.queue.close();
        let until = Instant::now() + bound;
        while !self.threads.iter().all(JoinHandle::is_finished) {
            if Instant::now() >= until {
                return false;
            }
            sleep(Duration::from_millis(1)).await;
        }
        true
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// States of a ticket.
const WAITING: u8 = 0;
const STARTED: u8 = 1;
const CANCELLED: u8 = 2;
const TOO_LATE: u8 = 3;

#[derive(Debug)]
struct Queue {
    limits: QueueLimits,
    /// Jobs neither started nor cancelled.
    waiting: AtomicUsize,
    jobs: Mutex<JobQueue>,
    arrived: Condvar,
}

/// Waiting jobs by company; companies take turns.
#[derive(Default)]
struct JobQueue {
    companies: HashMap<String, CompanyJobs>,
    /// Companies with jobs, in the order of their turns.
    turns: VecDeque<String>,
    /// Number of jobs, including cancelled ones.
    len: usize,
    closed: bool,
}

#[derive(Default)]
struct CompanyJobs {
    jobs: VecDeque<QueuedJob>,
    /// Those neither started nor cancelled.
    waiting: Arc<AtomicUsize>,
    /// Those that a thread took and has not finished.
    running: usize,
    /// Whether the company is in the order of turns.
    has_turn: bool,
}

impl std::fmt::Debug for JobQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobQueue").finish_non_exhaustive()
    }
}

struct QueuedJob {
    company: String,
    /// When its client stops waiting.
    until: Instant,
    ticket: Arc<Ticket>,
    work: Work,
}

type Work = Box<dyn FnOnce() + Send>;

/// Shared by a queued job and the future that waits for it.
struct Ticket {
    state: AtomicU8,
    of_company: Arc<AtomicUsize>,
}

impl Queue {
    fn new(limits: QueueLimits) -> Queue {
        Queue {
            limits,
            waiting: AtomicUsize::new(0),
            jobs: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    fn push(&self, company: &str, until: Instant, work: Work) -> Result<QueueEntry<'_>, JobError> {
        let mut jobs = self.jobs.lock();
        if jobs.closed {
            return Err(JobError::Stopping);
        }
        if self.waiting.load(Ordering::Relaxed) >= self.limits.total {
            return Err(JobError::Full);
        }
        // Cancelled jobs hold a request's body and must not pile up while every
        // thread is busy.
        if jobs.len > self.limits.total * 2 {
            jobs.remove_cancelled();
        }
        let of_company = match jobs.companies.get(company) {
            Some(known) => Arc::clone(&known.waiting),
            None => Arc::default(),
        };
        if of_company.load(Ordering::Relaxed) >= self.limits.per_company {
            return Err(JobError::Full);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        of_company.fetch_add(1, Ordering::Relaxed);
        let ticket = Arc::new(Ticket {
            state: AtomicU8::new(WAITING),
            of_company,
        });
        let job = QueuedJob {
            company: company.to_owned(),
            until,
            ticket: Arc::clone(&ticket),
            work,
        };
        jobs.push(job, self.limits.running_per_company);
        drop(jobs);
        self.arrived.notify_one();
        Ok(QueueEntry {
            queue: self,
            ticket,
        })
    }

    /// The loop of each thread, until the queue is closed.
    fn run_worker(&self) {
        while let Some(job) = self.next() {
            // Dropping the work answers a client whose own timer is late.
            let state = match Instant::now() < job.until {
                true => STARTED,
                false => TOO_LATE,
            };
            let is_started = self.leave(&job.ticket, state) && state == STARTED;
            let (company, work) = (job.company, job.work);
            // After a panic the dropped sender answers the client. The work
            // shares nothing but what it locks itself.
            if is_started && catch_unwind(AssertUnwindSafe(work)).is_err() {
                tracing::error!("a job panicked; its thread continues");
            }
            let limit = self.limits.running_per_company;
            if self.jobs.lock().finish(&company, limit) {
                self.arrived.notify_one();
            }
        }
    }

    fn next(&self) -> Option<QueuedJob> {
        let mut jobs = self.jobs.lock();
        loop {
            if jobs.closed {
                return None;
            }
            if let Some(job) = jobs.next(self.limits.running_per_company) {
                return Some(job);
            }
            self.arrived.wait(&mut jobs);
        }
    }

    /// Move a ticket out of [`WAITING`]; false if that happened before.
    fn leave(&self, ticket: &Ticket, to: u8) -> bool {
        let left = ticket
            .state
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if left {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            ticket.of_company.fetch_sub(1, Ordering::Relaxed);
        }
        left
    }

    fn close(&self) {
        let mut jobs = self.jobs.lock();
        jobs.closed = true;
        let left = std::mem::take(&mut jobs.companies);
        jobs.turns.clear();
        jobs.len = 0;
        drop(jobs);
        self.arrived.notify_all();
        for job in left.values().flat_map(|company| &company.jobs) {
            self.leave(&job.ticket, CANCELLED);
        }
    }
}

impl JobQueue {
    fn push(&mut self, job: QueuedJob, running_per_company: usize) {
        let company = job.company.clone();
        let known = self.companies.entry(company.clone()).or_default();
        if known.jobs.is_empty() {
            known.waiting = Arc::clone(&job.ticket.of_company);
        }
        known.jobs.push_back(job);
        self.len += 1;
        self.give_turn(&company, running_per_company);
    }

    /// The next job of the company whose turn it is. [`JobQueue::finish`] must
    /// follow.
    fn next(&mut self, running_per_company: usize) -> Option<QueuedJob> {
        let company = self.turns.pop_front()?;
        let known = self.companies.get_mut(&company)?;
        known.has_turn = false;
        let job = known.jobs.pop_front()?;
        known.running += 1;
        self.len -= 1;
        self.give_turn(&company, running_per_company);
        Some(job)
    }

    /// A job of the company has ended; whether the company's next job can start
    /// for that reason.
    fn finish(&mut self, company: &str, running_per_company: usize) -> bool {
        // A closed queue knows no companies.
        let Some(known) = self.companies.get_mut(company) else {
            return false;
        };
        known.running = known.running.saturating_sub(1);
        if known.jobs.is_empty() && known.running == 0 {
            self.companies.remove(company);
            return false;
        }
        self.give_turn(company, running_per_company)
    }

    /// Put a company into the order of turns, if it has a job that may start.
    fn give_turn(&mut self, company: &str, running_per_company: usize) -> bool {
        let Some(known) = self.companies.get_mut(company) else {
            return false;
        };
        let may_start = !known.jobs.is_empty() && known.running < running_per_company;
        if !may_start || known.has_turn {
            return false;
        }
        known.has_turn = true;
        self.turns.push_back(company.to_owned());
        true
    }

    fn remove_cancelled(&mut self) {
        for known in self.companies.values_mut() {
            known
                .jobs
                .retain(|job| job.ticket.state.load(Ordering::Relaxed) == WAITING);
        }
        for known in self.companies.values_mut() {
            known.has_turn &= !known.jobs.is_empty();
        }
        self.companies
            .retain(|_, known| !known.jobs.is_empty() || known.running > 0);
        let companies = &self.companies;
        let has_turn = |company: &String| companies.get(company).is_some_and(|it| it.has_turn);
        self.turns.retain(has_turn);
        self.len = companies.values().map(|known| known.jobs.len()).sum();
    }
}

/// A waiting job; dropping this cancels it.
struct QueueEntry<'a> {
    queue: &'a Queue,
    ticket: Arc<Ticket>,
}

impl QueueEntry<'_> {
    /// Whether the job was still waiting.
    fn cancel(&self) -> bool {
        self.queue.leave(&self.ticket, CANCELLED)
    }

    /// Why the job has no result.
    fn error(&self) -> JobError {
        match self.ticket.state.load(Ordering::Acquire) {
            STARTED => JobError::Crashed,
            TOO_LATE => JobError::TooLate,
            _ => JobError::Stopping,
        }
    }
}

impl Drop for QueueEntry<'_> {
    fn drop(&mut self) {
        self.cancel();
    }
}
