//! The threads that decide, and the bounded queue in front of them. Decisions
//! are CPU work: they never run on the threads that speak to clients.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::{sleep, sleep_until};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The queue is full.
    Full,
    /// No thread became free in time.
    TooLate,
    /// The work panicked.
    Crashed,
    /// The server is stopping.
    Stopping,
}

/// A fixed number of threads with a queue in front.
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
    pub(crate) fn start(count: usize, length: usize, stack: usize) -> std::io::Result<Workers> {
        let mut workers = Workers {
            queue: Arc::new(Queue::of(length)),
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

    /// Have something worked out on a thread, waiting for one until a moment.
    /// Work that has begun is awaited however long it takes; its own limits
    /// bound it. Dropping the future takes the job out of the queue.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        until: Instant,
        work: impl FnOnce(Turn<T>) + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, mut answered) = oneshot::channel();
        let asked = Instant::now();
        let place = self.queue.line_up(Box::new(move || {
            work(Turn {
                waited: asked.elapsed(),
                until,
                answer,
            });
        }))?;
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

#[derive(Debug)]
struct Queue {
    length: usize,
    /// Jobs neither begun nor given up.
    waiting: AtomicUsize,
    line: Mutex<Line>,
    arrived: Condvar,
}

#[derive(Default)]
struct Line {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

struct Job {
    state: Arc<AtomicU8>,
    work: Box<dyn FnOnce() + Send>,
}

impl Queue {
    fn of(length: usize) -> Queue {
        Queue {
            length,
            waiting: AtomicUsize::new(0),
            line: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    fn line_up(&self, work: Box<dyn FnOnce() + Send>) -> Result<Place<'_>, Refused> {
        let state = Arc::new(AtomicU8::new(WAITING));
        let mut line = self.line();
        if line.closed {
            return Err(Refused::Stopping);
        }
        if self.waiting.load(Ordering::Relaxed) >= self.length {
            return Err(Refused::Full);
        }
        // Given-up jobs hold a request's body: with every thread busy for long,
        // they must not pile up.
        if line.jobs.len() > self.length * 2 {
            let still_waits = |job: &Job| job.state.load(Ordering::Relaxed) == WAITING;
            line.jobs.retain(still_waits);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        line.jobs.push_back(Job {
            state: Arc::clone(&state),
            work,
        });
        drop(line);
        self.arrived.notify_one();
        Ok(Place { queue: self, state })
    }

    /// What each thread does, until the queue is closed.
    fn work_off(&self) {
        while let Some(job) = self.next() {
            if !self.leave(&job.state, BEGUN) {
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
            if let Some(job) = line.jobs.pop_front() {
                return Some(job);
            }
            line = self
                .arrived
                .wait(line)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Take a job out of those that wait, if nobody else did before.
    fn leave(&self, state: &AtomicU8, to: u8) -> bool {
        let left = state
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        if left {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        left
    }

    fn close(&self) {
        let mut line = self.line();
        line.closed = true;
        let left = std::mem::take(&mut line.jobs);
        drop(line);
        self.arrived.notify_all();
        for job in &left {
            self.leave(&job.state, GIVEN_UP);
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Changed in single steps: a panic cannot leave it half changed.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job's place in the line, given up when dropped.
struct Place<'a> {
    queue: &'a Queue,
    state: Arc<AtomicU8>,
}

impl Place<'_> {
    /// Whether it was given up before its turn came.
    fn give_up(&self) -> bool {
        self.queue.leave(&self.state, GIVEN_UP)
    }

    /// Why the answer is lost.
    fn lost(&self) -> Refused {
        match self.state.load(Ordering::Acquire) {
            BEGUN => Refused::Crashed,
            _ => Refused::Stopping,
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.give_up();
    }
}
