//! The courier's loop.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::outbox::{Delivery, Outbox, OutboxError};
use super::schedule::{Schedule, TargetHealth};
use super::settings::CourierSettings;
use super::{CourierStats, Egress};
use crate::webhook::{SendError, Webhook};

/// Most bytes of a recorded problem.
const PROBLEM_BYTES: usize = 1024;

/// Future result of an attempt.
pub(super) type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// Makes attempts; replaced in tests.
pub(super) trait Transport: Send + Sync {
    fn send<'a>(&'a self, to: &'a Webhook, delivery: &'a Delivery, at: Timestamp) -> Sent<'a>;
}

impl Transport for Egress {
    fn send<'a>(&'a self, to: &'a Webhook, delivery: &'a Delivery, at: Timestamp) -> Sent<'a> {
        Box::pin(async move {
            let egress = self.for_company(&delivery.company);
            to.send(&egress, &delivery.key, at, &delivery.body).await
        })
    }
}

/// Network, time and randomness.
#[derive(Clone)]
pub(super) struct Environment {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A number from 0 to 1.
    pub(super) random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Environment {
    pub(super) fn new(egress: Egress) -> Environment {
        Environment {
            transport: Arc::new(egress),
            clock: Arc::new(Timestamp::now),
            random: Arc::new(fastrand::f64),
        }
    }
}

/// What to record of an attempt.
#[derive(Clone, Debug)]
enum Outcome {
    Delivered(Timestamp),
    Retry(Timestamp, Problem),
    Failed(Problem),
}

/// A finished attempt.
struct Attempt {
    health: TargetHealth,
    outcome: Outcome,
    recorded: Result<(), OutboxError>,
}

pub(super) struct Worker {
    outbox: Arc<dyn Outbox>,
    settings: CourierSettings,
    environment: Environment,
    stats: Arc<Mutex<CourierStats>>,
    schedule: Schedule,
    attempts: JoinSet<Attempt>,
    deliveries: HashMap<Id, Arc<Delivery>>,
    /// Outcomes the outbox could not store yet. The schedule keeps these
    /// deliveries until it can, so that they are not sent again.
    unrecorded: Vec<(Arc<Delivery>, Outcome)>,
}

impl Worker {
    pub(super) fn new(
        outbox: Arc<dyn Outbox>,
        settings: CourierSettings,
        environment: Environment,
        stats: Arc<Mutex<CourierStats>>,
    ) -> Worker {
        Worker {
            schedule: Schedule::new(settings.concurrency, settings.per_target),
            outbox,
            settings,
            environment,
            stats,
            attempts: JoinSet::new(),
            deliveries: HashMap::new(),
            unrecorded: Vec::new(),
        }
    }

    /// Runs until stopped or dropped, then finishes the attempts in progress.
    pub(super) async fn run(mut self, wake: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
        while !is_stopped(&stopping) {
            self.record_again().await;
            self.start_due(&stopping).await;
            tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => self.finish_all(ended),
                () = wake.notified() => {}
                () = sleep(self.settings.poll_interval) => {}
                _ = stopping.changed() => {}
            }
        }
        while let Some(ended) = self.attempts.join_next_with_id().await {
            self.finish_all(ended);
        }
        self.record_again().await;
        for (delivery, _) in &self.unrecorded {
            tracing::error!(
                company = delivery.company,
                key = delivery.key,
                "stopped without recording the result of a delivery; it is sent again after the next start"
            );
        }
    }

    /// Starts attempts until nothing more is due or allowed.
    ///
    /// Attempts that end meanwhile are finished afterwards: the outbox may
    /// have been read before their result was recorded, and the schedule must
    /// still exclude them.
    async fn start_due(&mut self, stopping: &watch::Receiver<bool>) {
        while self.unrecorded.is_empty() && self.schedule.free() > 0 {
            let now = (self.environment.clock)();
            let limit = self.schedule.free();
            let exclusions = self.schedule.exclusions(now);
            let outbox = Arc::clone(&self.outbox);
            let due = spawn_blocking(move || outbox.load_due(now, &exclusions, limit)).await;
            let due = match due.unwrap_or_else(task_failed) {
                Ok(due) => due,
                Err(error) => {
                    tracing::warn!(%error, "cannot load due deliveries");
                    return;
                }
            };
            if is_stopped(stopping) {
                return;
            }
            let is_all = due.len() < limit;
            let mut started = 0;
            for delivery in due {
                if self.schedule.start(&delivery, now) {
                    self.start(Arc::new(delivery));
                    started += 1;
                }
            }
            if is_all || started == 0 {
                return;
            }
        }
    }

    fn start(&mut self, delivery: Arc<Delivery>) {
        self.stats.lock().in_flight += 1;
        let attempt = attempt(
            Arc::clone(&self.outbox),
            self.settings.clone(),
            self.environment.clone(),
            Arc::clone(&delivery),
        );
        let id = self.attempts.spawn(attempt).id();
        self.deliveries.insert(id, delivery);
    }

    /// Finishes an attempt that ended, and all others that ended by now.
    fn finish_all(&mut self, ended: Result<(Id, Attempt), JoinError>) {
        self.finish(ended);
        while let Some(ended) = self.attempts.try_join_next_with_id() {
            self.finish(ended);
        }
    }

    fn finish(&mut self, ended: Result<(Id, Attempt), JoinError>) {
        // A panic neither loses the delivery nor retries it forever.
        let (id, attempt) = ended.unwrap_or_else(|error| {
            let attempt = Attempt {
                health: TargetHealth::Unknown,
                outcome: Outcome::Failed(Problem::plain(&format!(
                    "the attempt failed within the host: {error}"
                ))),
                recorded: Err(OutboxError::Unavailable("not recorded yet".to_owned())),
            };
            (error.id(), attempt)
        });
        let Some(delivery) = self.deliveries.remove(&id) else {
            return;
        };
        self.stats.lock().in_flight -= 1;
        let now = (self.environment.clock)();
        self.schedule.report(&delivery, attempt.health, now);
        self.log(delivery, attempt.outcome, attempt.recorded);
    }

    async fn record_again(&mut self) {
        for (delivery, outcome) in std::mem::take(&mut self.unrecorded) {
            self.stats.lock().unrecorded -= 1;
            let recorded = record(&self.outbox, &delivery, &outcome).await;
            self.log(delivery, outcome, recorded);
        }
    }

    /// Counts and logs an outcome, or keeps it if the outbox could not store
    /// it.
    fn log(
        &mut self,
        delivery: Arc<Delivery>,
        outcome: Outcome,
        recorded: Result<(), OutboxError>,
    ) {
        let (company, key, target) = (&delivery.company, &delivery.key, &delivery.target);
        let mut stats = self.stats.lock();
        match (recorded, &outcome) {
            (Ok(()), Outcome::Delivered(_)) => stats.delivered += 1,
            (Ok(()), Outcome::Retry(_, problem)) => {
                stats.retried += 1;
                let problem = &problem.logged;
                tracing::info!(company, key, target, problem, "an attempt failed");
            }
            (Ok(()), Outcome::Failed(problem)) => {
                stats.failed += 1;
                let problem = &problem.logged;
                tracing::warn!(company, key, target, problem, "a delivery failed");
            }
            (Err(OutboxError::NotPending), _) => {
                tracing::info!(company, key, target, "a delivery is no longer pending");
            }
            (Err(OutboxError::Unavailable(problem)), _) => {
                tracing::warn!(
                    company,
                    key,
                    target,
                    problem,
                    "cannot record the result of a delivery; no new attempt starts until it is recorded"
                );
                stats.unrecorded += 1;
                drop(stats);
                self.unrecorded.push((delivery, outcome));
                return;
            }
        }
        drop(stats);
        self.schedule.finish(&delivery);
    }
}

fn is_stopped(stopping: &watch::Receiver<bool>) -> bool {
    // A dropped courier closes the channel.
    *stopping.borrow() || stopping.has_changed().is_err()
}

/// Sends a delivery and records the outcome.
async fn attempt(
    outbox: Arc<dyn Outbox>,
    settings: CourierSettings,
    environment: Environment,
    delivery: Arc<Delivery>,
) -> Attempt {
    let (health, outcome) = match &delivery.destination {
        Err(problem) => (
            TargetHealth::Unknown,
            Outcome::Failed(Problem::plain(problem)),
        ),
        Ok(webhook) => {
            let at = (environment.clock)();
            let sent = environment.transport.send(webhook, &delivery, at).await;
            evaluate(sent, delivery.attempts, &settings, &environment)
        }
    };
    let recorded = record(&outbox, &delivery, &outcome).await;
    Attempt {
        health,
        outcome,
        recorded,
    }
}

fn evaluate(
    sent: Result<(), SendError>,
    earlier: u32,
    settings: &CourierSettings,
    environment: &Environment,
) -> (TargetHealth, Outcome) {
    let now = (environment.clock)();
    let Err(error) = sent else {
        return (TargetHealth::Healthy, Outcome::Delivered(now));
    };
    if error.is_final() {
        let health = match error {
            SendError::Status { .. } => TargetHealth::Healthy,
            SendError::InvalidKey | SendError::Egress(_) => TargetHealth::Unknown,
        };
        return (health, Outcome::Failed(Problem::of("", &error)));
    }
    let requested = error
        .retry_after(now)
        .map(|wait| wait.min(settings.max_retry_after));
    let health = TargetHealth::Failing(requested);
    let failures = earlier.saturating_add(1);
    if failures >= settings.attempts {
        let prefix = format!("failed after {failures} attempts; the last: ");
        return (health, Outcome::Failed(Problem::of(&prefix, &error)));
    }
    let wait = settings.backoff.wait(failures, (environment.random)());
    let wait = wait.max(requested.unwrap_or_default());
    let not_before = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    (health, Outcome::Retry(not_before, Problem::of("", &error)))
}

/// Why an attempt failed.
#[derive(Clone, Debug)]
struct Problem {
    /// For the log, which the host's operator reads.
    logged: String,
    /// For the outbox and the company's feed: without the addresses that names
    /// have in this machine's network.
    recorded: String,
}

impl Problem {
    fn plain(problem: &str) -> Problem {
        Problem {
            logged: one_line(problem),
            recorded: one_line(problem),
        }
    }

    /// `prefix` precedes the error's text.
    fn of(prefix: &str, error: &SendError) -> Problem {
        Problem {
            logged: one_line(&format!("{prefix}{error}")),
            recorded: one_line(&format!("{prefix}{}", error.without_address())),
        }
    }
}

/// Cuts a problem to its limit and removes line breaks.
fn one_line(problem: &str) -> String {
    let cut = &problem[..problem.floor_char_boundary(PROBLEM_BYTES)];
    cut.replace(|c: char| c.is_control(), " ")
}

async fn record(
    outbox: &Arc<dyn Outbox>,
    delivery: &Arc<Delivery>,
    outcome: &Outcome,
) -> Result<(), OutboxError> {
    let (outbox, delivery, outcome) = (Arc::clone(outbox), Arc::clone(delivery), outcome.clone());
    spawn_blocking(move || match outcome {
        Outcome::Delivered(at) => outbox.mark_delivered(&delivery, at),
        Outcome::Retry(not_before, problem) => {
            outbox.schedule_retry(&delivery, not_before, &problem.recorded)
        }
        Outcome::Failed(problem) => outbox.mark_failed(&delivery, &problem.recorded),
    })
    .await
    .unwrap_or_else(task_failed)
}

fn task_failed<T>(error: JoinError) -> Result<T, OutboxError> {
    Err(OutboxError::Unavailable(format!(
        "the call failed: {error}"
    )))
}
