//! The loop itself.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::post::{Busy, Parcel, Post, PostError};
use super::schedule::{Health, Schedule};
use super::settings::CourierSettings;
use super::stats::Counters;
use crate::egress::Egress;
use crate::webhook::{SendError, Webhook};

/// Most bytes of what is told about a failure.
const PROBLEM_BYTES: usize = 1024;

/// What an attempt comes to, sometime.
pub(super) type Carried<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// What makes an attempt.
pub(super) trait Carrier: Send + Sync {
    fn carry<'a>(&'a self, to: &'a Webhook, parcel: &'a Parcel, at: Timestamp) -> Carried<'a>;
}

impl Carrier for Egress {
    fn carry<'a>(&'a self, to: &'a Webhook, parcel: &'a Parcel, at: Timestamp) -> Carried<'a> {
        Box::pin(to.send(self, &parcel.key, at, &parcel.body))
    }
}

/// What a courier has around it: the network, the time and chance.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) carrier: Arc<dyn Carrier>,
    pub(super) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A number from 0 to 1.
    pub(super) chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Surroundings {
    pub(super) fn real(egress: Egress) -> Surroundings {
        Surroundings {
            carrier: Arc::new(egress),
            clock: Arc::new(Timestamp::now),
            chance: Arc::new(fastrand::f64),
        }
    }
}

/// What is to be written down of a parcel.
#[derive(Clone, Debug)]
enum Fate {
    Delivered(Timestamp),
    Later(Timestamp, String),
    Dead(String),
}

/// An attempt that is over.
struct Attempt {
    health: Health,
    fate: Fate,
    recorded: Result<(), PostError>,
}

pub(super) struct Run {
    post: Arc<dyn Post>,
    settings: CourierSettings,
    surroundings: Surroundings,
    counters: Arc<Counters>,
    schedule: Schedule,
    attempts: JoinSet<Attempt>,
    parcels: HashMap<Id, Arc<Parcel>>,
    /// What could not be written down so far. It is not given back to the
    /// schedule before it is, so that it cannot be sent again.
    unrecorded: Vec<(Arc<Parcel>, Fate)>,
}

impl Run {
    pub(super) fn new(
        post: Arc<dyn Post>,
        settings: CourierSettings,
        surroundings: Surroundings,
        counters: Arc<Counters>,
    ) -> Run {
        Run {
            schedule: Schedule::new(settings.concurrency, settings.per_target),
            post,
            settings,
            surroundings,
            counters,
            attempts: JoinSet::new(),
            parcels: HashMap::new(),
            unrecorded: Vec::new(),
        }
    }

    pub(super) async fn until_stopped(
        mut self,
        wake: Arc<Notify>,
        mut stopping: watch::Receiver<bool>,
    ) {
        while !is_stopped(&stopping) {
            self.record_again().await;
            self.start_what_is_due(&stopping).await;
            tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => self.settle_all(ended),
                () = wake.notified() => {}
                () = sleep(self.settings.look_every) => {}
                _ = stopping.changed() => {}
            }
        }
        while let Some(ended) = self.attempts.join_next_with_id().await {
            self.settle_all(ended);
        }
        // Once more: what is not written down is sent again after the start.
        self.record_again().await;
        for (parcel, _) in &self.unrecorded {
            tracing::error!(
                company = parcel.company,
                key = parcel.key,
                "what became of a parcel could not be written down before the stop"
            );
        }
    }

    /// Start parcels until nothing more is due or may go.
    ///
    /// Attempts that end meanwhile are settled afterwards: the outbox may have
    /// been read before their end was written down, and what it said of them
    /// must not be believed.
    async fn start_what_is_due(&mut self, stopping: &watch::Receiver<bool>) {
        while self.unrecorded.is_empty() && self.schedule.free() > 0 {
            let now = (self.surroundings.clock)();
            let limit = self.schedule.free();
            let busy = self.schedule.busy(now);
            let due = match due(Arc::clone(&self.post), now, busy, limit).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "what is to go out cannot be read");
                    return;
                }
            };
            // Asked to stop, it starts nothing any more.
            if is_stopped(stopping) {
                return;
            }
            let is_all = due.len() < limit;
            let mut started = 0;
            for parcel in due {
                if self.schedule.take(&parcel, now) {
                    self.start(Arc::new(parcel));
                    started += 1;
                }
            }
            if is_all || started == 0 {
                return;
            }
        }
    }

    fn start(&mut self, parcel: Arc<Parcel>) {
        self.counters.in_flight.fetch_add(1, Ordering::Relaxed);
        let attempt = attempt(
            Arc::clone(&self.post),
            self.settings.clone(),
            self.surroundings.clone(),
            Arc::clone(&parcel),
        );
        let id = self.attempts.spawn(attempt).id();
        self.parcels.insert(id, parcel);
    }

    /// Settle an attempt that ended, and all others that have by now.
    fn settle_all(&mut self, ended: Result<(Id, Attempt), JoinError>) {
        self.settle(ended);
        while let Some(ended) = self.attempts.try_join_next_with_id() {
            self.settle(ended);
        }
    }

    fn settle(&mut self, ended: Result<(Id, Attempt), JoinError>) {
        let (id, attempt) = match ended {
            Ok((id, attempt)) => (id, attempt),
            // A mistake of ours is no reason to lose a parcel, nor to send it
            // in a circle.
            Err(error) => {
                let attempt = Attempt {
                    health: Health::Unknown,
                    fate: Fate::Dead(format!("the attempt failed within the host: {error}")),
                    recorded: Err(PostError::Unavailable("not tried".to_owned())),
                };
                (error.id(), attempt)
            }
        };
        let Some(parcel) = self.parcels.remove(&id) else {
            return;
        };
        self.counters.in_flight.fetch_sub(1, Ordering::Relaxed);
        let now = (self.surroundings.clock)();
        self.schedule.learn(&parcel, attempt.health, now);
        self.written(parcel, attempt.fate, attempt.recorded);
    }

    /// Write down what could not be so far.
    async fn record_again(&mut self) {
        for (parcel, fate) in std::mem::take(&mut self.unrecorded) {
            self.counters.unrecorded.fetch_sub(1, Ordering::Relaxed);
            let recorded = record(&self.post, &parcel, &fate).await;
            self.written(parcel, fate, recorded);
        }
    }

    fn written(&mut self, parcel: Arc<Parcel>, fate: Fate, recorded: Result<(), PostError>) {
        let (company, key, target) = (&parcel.company, &parcel.key, &parcel.target);
        match recorded {
            Ok(()) => match &fate {
                Fate::Delivered(_) => {
                    self.counters.delivered.fetch_add(1, Ordering::Relaxed);
                }
                Fate::Later(_, problem) => {
                    self.counters.retried.fetch_add(1, Ordering::Relaxed);
                    tracing::info!(company, key, target, problem, "an attempt failed");
                }
                Fate::Dead(problem) => {
                    self.counters.dead.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(company, key, target, problem, "a parcel is given up");
                }
            },
            Err(PostError::NoParcel) => {
                tracing::info!(company, key, target, "a parcel was dealt with meanwhile");
            }
            Err(PostError::Unavailable(problem)) => {
                tracing::warn!(
                    company,
                    key,
                    target,
                    problem,
                    "what became of a parcel cannot be written down; nothing more is sent until it is"
                );
                self.counters.unrecorded.fetch_add(1, Ordering::Relaxed);
                self.unrecorded.push((parcel, fate));
                return;
            }
        }
        self.schedule.give_back(&parcel);
    }
}

fn is_stopped(stopping: &watch::Receiver<bool>) -> bool {
    // A courier that was dropped is stopped as well.
    *stopping.borrow() || stopping.has_changed().is_err()
}

/// Send a parcel and write down what became of it.
async fn attempt(
    post: Arc<dyn Post>,
    settings: CourierSettings,
    surroundings: Surroundings,
    parcel: Arc<Parcel>,
) -> Attempt {
    let sent = match &parcel.destination {
        Err(problem) => Err(Unsent::Nowhere(problem)),
        Ok(webhook) => {
            let at = (surroundings.clock)();
            let carried = surroundings.carrier.carry(webhook, &parcel, at).await;
            carried.map_err(Unsent::Failed)
        }
    };
    let now = (surroundings.clock)();
    let (health, fate) = match sent {
        Ok(()) => (Health::Well, Fate::Delivered(now)),
        Err(Unsent::Nowhere(problem)) => (Health::Unknown, Fate::Dead(told(problem))),
        Err(Unsent::Failed(error)) => {
            let asked = error
                .retry_after(now)
                .map(|asked| asked.min(settings.retry_after_most));
            let failures = parcel.attempts.saturating_add(1);
            (
                health(&error, asked),
                fate(&error, failures, asked, &settings, &surroundings, now),
            )
        }
    };
    let recorded = record(&post, &parcel, &fate).await;
    Attempt {
        health,
        fate,
        recorded,
    }
}

/// Why a parcel did not arrive.
enum Unsent<'a> {
    Nowhere(&'a str),
    Failed(SendError),
}

fn health(error: &SendError, asked: Option<Duration>) -> Health {
    match error {
        _ if !error.is_final() => Health::Failing(asked),
        SendError::Answered { .. } => Health::Well,
        SendError::Key | SendError::Egress(_) => Health::Unknown,
    }
}

fn fate(
    error: &SendError,
    failures: u32,
    asked: Option<Duration>,
    settings: &CourierSettings,
    surroundings: &Surroundings,
    now: Timestamp,
) -> Fate {
    if error.is_final() {
        return Fate::Dead(told(&error.to_string()));
    }
    if failures >= settings.attempts {
        let problem = format!("given up after {failures} attempts; the last: {error}");
        return Fate::Dead(told(&problem));
    }
    let ours = settings.backoff.wait(failures, (surroundings.chance)());
    let wait = ours.max(asked.unwrap_or_default());
    let not_before = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    Fate::Later(not_before, told(&error.to_string()))
}

/// A problem as it may be kept: bounded, on one line.
fn told(problem: &str) -> String {
    let cut = &problem[..problem.floor_char_boundary(PROBLEM_BYTES)];
    cut.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

async fn due(
    post: Arc<dyn Post>,
    now: Timestamp,
    busy: Busy,
    limit: usize,
) -> Result<Vec<Parcel>, PostError> {
    spawn_blocking(move || post.due(now, &busy, limit))
        .await
        .unwrap_or_else(broken)
}

async fn record(post: &Arc<dyn Post>, parcel: &Arc<Parcel>, fate: &Fate) -> Result<(), PostError> {
    let (post, parcel, fate) = (Arc::clone(post), Arc::clone(parcel), fate.clone());
    spawn_blocking(move || match fate {
        Fate::Delivered(at) => post.delivered(&parcel, at),
        Fate::Later(not_before, problem) => post.later(&parcel, not_before, &problem),
        Fate::Dead(problem) => post.dead(&parcel, &problem),
    })
    .await
    .unwrap_or_else(broken)
}

fn broken<T>(error: JoinError) -> Result<T, PostError> {
    Err(PostError::Unavailable(format!("it failed: {error}")))
}
