//! The threads that decide, and the bounded queue in front of them. Decisions
//! are CPU work: they never run on the threads that speak to clients.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep, sleep_until};

/// How many may wait for a thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Of all companies.
    pub(crate) in_all: usize,
    /// Of one company.
    pub(crate) per_company: usize,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too many wait already, or too many of the company's.
    Full,
    /// No thread became free in time.
    TooLate,
    /// The work panicked.
    Crashed,
    /// The server is stopping.
    Stopping,
}

/// A fixed number of threads with a queue in front, in which companies take
/// turns.
#[derive(Debug)]
pub(crate) struct Workers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

/// A job's turn on a thread: how long it waited, and whom to answer.
pub(crate) struct Turn<T> {
    /// Time spent in the queue.
    pub(crate) waited: Duration,
    until: Instant,
    answer: oneshot::Sender<T>,
}

impl<T> Turn<T> {
    /// What is left of the asker's patience.
    pub(crate) fn patience(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Give the answer; what the thread does afterwards, nobody waits for.
    pub(crate) fn answer(self, answer: T) {
        // Nobody listens where the client has gone meanwhile.
        let _ = self.answer.send(answer);
    }
}

impl Workers {
    /// Start the threads, each with `stack` bytes of stack.
    pub(crate) fn start(count: usize, room: Room, stack: usize) -> std::io::Result<Workers> {
        let mut workers = Workers {
            queue: Arc::new(Queue::of(room)),
            threads: Vec::with_capacity(count),
        };
        for number in 0..count {
            let queue = Arc::clone(&workers.queue);
            let thread = thread::Builder::new()
                .name(format!("decide-{number}"))
                .stack_size(stack)
                .spawn(move || queue.work_off())?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Have something worked out for a company on a thread, waiting for one until a moment.
    /// Work that has begun is awaited however long it takes; its own limits
    /// bound it. Dropping the future takes the job out of the queue.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        company: &str,
        until: Instant,
        work: impl FnOnce(Turn<T>) + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, mut answered) = oneshot::channel();
        let asked = Instant::now();
        let work = Box::new(move || {
            work(Turn {
                waited: asked.elapsed(),
                until,
                answer,
            });
        });
        let place = self.queue.line_up(company, until, work)?;
        tokio::select! {
            biased;
            answer = &mut answered => return answer.map_err(|_| place.lost()),
            () = sleep_until(until.into()) => {}
        }
        if place.give_up() {
            return Err(Refused::TooLate);
        }
        answered.await.map_err(|_| place.lost())
    }

    /// Jobs that wait for a thread now.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.waiting.load(Ordering::Relaxed)
    }

    /// How many may.
    pub(crate) fn room(&self) -> Room {
        self.queue.room
    }

    /// Take no more jobs and wait for those that run, up to a bound; whether
    /// all threads have ended.
    pub(crate) async fn stop(&self, bound: Duration) -> bool {
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

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;
const TOO_LATE: u8 = 3;

#[derive(Debug)]
struct Queue {
    room: Room,
    /// Jobs neither begun nor given up.
    waiting: AtomicUsize,
    line: Mutex<Line>,
    arrived: Condvar,
}

#[derive(Default)]
struct Line {
    companies: HashMap<String, OfCompany>,
    /// Companies with jobs, in the order of their turns.
    turns: VecDeque<String>,
    /// Jobs in it, given up or not.
    held: usize,
    closed: bool,
}

/// A company's jobs.
#[derive(Default)]
struct OfCompany {
    jobs: VecDeque<Job>,
    /// Those neither begun nor given up.
    waiting: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

struct Job {
    /// Nobody waits for it any longer than that.
    until: Instant,
    ticket: Arc<Ticket>,
    work: Work,
}

type Work = Box<dyn FnOnce() + Send>;

/// What a job and whoever waits for it share.
struct Ticket {
    state: AtomicU8,
    of_company: Arc<AtomicUsize>,
}

impl Queue {
    fn of(room: Room) -> Queue {
        Queue {
            room,
            waiting: AtomicUsize::new(0),
            line: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    fn line_up(&self, company: &str, until: Instant, work: Work) -> Result<Place<'_>, Refused> {
        let mut line = self.line();
        if line.closed {
            return Err(Refused::Stopping);
        }
        if self.waiting.load(Ordering::Relaxed) >= self.room.in_all {
            return Err(Refused::Full);
        }
        // Given-up jobs hold a request's body: with every thread busy for long,
        // they must not pile up.
        if line.held > self.room.in_all * 2 {
            line.sweep();
        }
        let of_company = match line.companies.get(company) {
            Some(known) => Arc::clone(&known.waiting),
            None => Arc::default(),
        };
        if of_company.load(Ordering::Relaxed) >= self.room.per_company {
            return Err(Refused::Full);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        of_company.fetch_add(1, Ordering::Relaxed);
        let ticket = Arc::new(Ticket {
            state: AtomicU8::new(WAITING),
            of_company,
        });
        let job = Job {
            until,
            ticket: Arc::clone(&ticket),
            work,
        };
        line.push(company, job);
        drop(line);
        self.arrived.notify_one();
        Ok(Place {
            queue: self,
            ticket,
        })
    }

    /// What each thread does, until the queue is closed.
    fn work_off(&self) {
        while let Some(job) = self.next() {
            // Told by the work being dropped, where the asker's own clock is
            // late.
            let turn = match Instant::now() < job.until {
                true => BEGUN,
                false => TOO_LATE,
            };
            if !self.leave(&job.ticket, turn) || turn == TOO_LATE {
                continue;
            }
            // A panic is answered by the sender being dropped; nothing is
            // shared with the work but what it locks itself.
            if catch_unwind(AssertUnwindSafe(job.work)).is_err() {
                tracing::error!("a decision panicked; the thread goes on");
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut line = self.line();
        loop {
            if line.closed {
                return None;
            }
            if let Some(job) = line.next() {
                return Some(job);
            }
            line = self
                .arrived
                .wait(line)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Take a job out of those that wait, if nobody else did before.
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
        let mut line = self.line();
        line.closed = true;
        let left = std::mem::take(&mut line.companies);
        line.turns.clear();
        line.held = 0;
        drop(line);
        self.arrived.notify_all();
        for job in left.values().flat_map(|company| &company.jobs) {
            self.leave(&job.ticket, GIVEN_UP);
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Changed in single steps: a panic cannot leave it half changed.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn push(&mut self, company: &str, job: Job) {
        let known = self.companies.entry(company.to_owned()).or_default();
        if known.jobs.is_empty() {
            known.waiting = Arc::clone(&job.ticket.of_company);
            self.turns.push_back(company.to_owned());
        }
        known.jobs.push_back(job);
        self.held += 1;
    }

    /// The next job of the company whose turn it is.
    fn next(&mut self) -> Option<Job> {
        let company = self.turns.pop_front()?;
        let known = self.companies.get_mut(&company)?;
        let job = known.jobs.pop_front()?;
        self.held -= 1;
        if known.jobs.is_empty() {
            self.companies.remove(&company);
        } else {
            self.turns.push_back(company);
        }
        Some(job)
    }

    /// Let go what was given up.
    fn sweep(&mut self) {
        for known in self.companies.values_mut() {
            known
                .jobs
                .retain(|job| job.ticket.state.load(Ordering::Relaxed) == WAITING);
        }
        self.companies.retain(|_, known| !known.jobs.is_empty());
        let companies = &self.companies;
        self.turns.retain(|company| companies.contains_key(company));
        self.held = companies.values().map(|known| known.jobs.len()).sum();
    }
}

/// A job's place in the line, given up when dropped.
struct Place<'a> {
    queue: &'a Queue,
    ticket: Arc<Ticket>,
}

impl Place<'_> {
    /// Whether it was given up before its turn came.
    fn give_up(&self) -> bool {
        self.queue.leave(&self.ticket, GIVEN_UP)
    }

    /// Why the answer is lost.
    fn lost(&self) -> Refused {
        match self.ticket.state.load(Ordering::Acquire) {
            BEGUN => Refused::Crashed,
            TOO_LATE => Refused::TooLate,
            _ => Refused::Stopping,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.give_up();
    }
}
