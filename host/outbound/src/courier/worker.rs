//! The courier's loop.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::attempt::{Attempt, Outcome, attempt, record, task_failed};
use super::outbox::{Delivery, Outbox, OutboxError};
use super::schedule::{BrokenTarget, Schedule};
use super::settings::CourierSettings;
use super::target::TargetChange;
use super::{CourierStats, Egress};

/// Network, time and randomness.
#[derive(Clone)]
pub(super) struct Environment {
    pub(super) egress: Egress,
    pub(super) clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// A number from 0 to 1.
    pub(super) random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Environment {
    pub(super) fn new(egress: Egress) -> Environment {
        Environment {
            egress,
            clock: Arc::new(Timestamp::now),
            random: Arc::new(fastrand::f64),
        }
    }
}

/// Broken targets to try now, by company and name.
pub(super) type Trials = Arc<Mutex<BTreeSet<(String, String)>>>;

/// What a courier shows of its worker.
#[derive(Default)]
pub(super) struct Readings {
    pub(super) stats: CourierStats,
    pub(super) broken: Vec<BrokenTarget>,
}

pub(super) struct Worker {
    outbox: Arc<dyn Outbox>,
    settings: CourierSettings,
    environment: Environment,
    readings: Arc<Mutex<Readings>>,
    trials: Trials,
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
        (readings, trials): (Arc<Mutex<Readings>>, Trials),
    ) -> Worker {
        Worker {
            schedule: Schedule::new(settings.concurrency, settings.per_target),
            outbox,
            settings,
            environment,
            readings,
            trials,
            attempts: JoinSet::new(),
            deliveries: HashMap::new(),
            unrecorded: Vec::new(),
        }
    }

    /// Runs until stopped or dropped, then finishes the attempts in progress.
    pub(super) async fn run(mut self, wake: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
        while !is_stopped(&stopping) {
            self.record_again().await;
            self.begin_trials();
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

    /// Ends the pauses of the broken targets that an operator wants tried now.
    fn begin_trials(&mut self) {
        let trials = std::mem::take(&mut *self.trials.lock());
        let now = (self.environment.clock)();
        for (company, target) in &trials {
            self.schedule.try_now((company, target), now);
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
            self.expire(now);
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
        self.readings.lock().stats.in_flight += 1;
        let attempt = attempt(
            Arc::clone(&self.outbox),
            self.settings.clone(),
            self.environment.clone(),
            Arc::clone(&delivery),
            self.schedule.hold(&delivery),
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
        let (id, attempt) = ended.unwrap_or_else(|error| (error.id(), Attempt::panicked(&error)));
        let Some(delivery) = self.deliveries.remove(&id) else {
            return;
        };
        self.readings.lock().stats.in_flight -= 1;
        let now = (self.environment.clock)();
        if let Some(report) = attempt.report {
            let change = self.schedule.report(&delivery, report, now);
            self.log_change(&delivery, &attempt.outcome, change);
        }
        self.log(delivery, attempt.outcome, attempt.recorded);
    }

    /// Shows the broken targets, and logs when one broke or recovered.
    fn log_change(&mut self, delivery: &Delivery, outcome: &Outcome, change: Option<TargetChange>) {
        let Delivery {
            company, target, ..
        } = delivery;
        match (change, outcome) {
            (Some(TargetChange::Recovered), _) => {
                tracing::info!(company, target, "a target takes deliveries again");
            }
            (Some(TargetChange::Broke), Outcome::Hold(_, problem)) => {
                let problem = &problem.logged;
                tracing::warn!(
                    company,
                    target,
                    problem,
                    "a target takes no deliveries; all its deliveries wait until it is repaired"
                );
            }
            // The problem may be another.
            (None, Outcome::Hold(..)) => {}
            _ => return,
        }
        self.show_broken();
    }

    /// Forgets targets to which nothing is sent any more.
    fn expire(&mut self, now: Timestamp) {
        let expired = self.schedule.expire(now);
        for BrokenTarget {
            company, target, ..
        } in &expired
        {
            tracing::info!(
                company,
                target,
                "nothing waits for a broken target any more; it is not known whether it works again"
            );
        }
        if !expired.is_empty() {
            self.show_broken();
        }
    }

    fn show_broken(&self) {
        let broken = self.schedule.broken();
        let mut readings = self.readings.lock();
        readings.stats.held = broken.len().try_into().unwrap_or(u64::MAX);
        readings.broken = broken;
    }

    async fn record_again(&mut self) {
        for (delivery, outcome) in std::mem::take(&mut self.unrecorded) {
            self.readings.lock().stats.unrecorded -= 1;
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
        let mut readings = self.readings.lock();
        let stats = &mut readings.stats;
        match (recorded, &outcome) {
            (Ok(()), Outcome::Delivered(_)) => stats.delivered += 1,
            (Ok(()), Outcome::Retry(_, problem)) => {
                stats.retried += 1;
                let problem = &problem.logged;
                tracing::info!(company, key, target, problem, "an attempt failed");
            }
            // Logged once for the target.
            (Ok(()), Outcome::Hold(_, problem)) => {
                let problem = &problem.logged;
                tracing::debug!(company, key, target, problem, "a delivery waits");
            }
            (Ok(()), Outcome::Failed(kind, problem)) => {
                stats.failed += 1;
                let (kind, problem) = (kind.as_str(), &problem.logged);
                tracing::warn!(company, key, target, kind, problem, "a delivery failed");
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
                drop(readings);
                self.unrecorded.push((delivery, outcome));
                return;
            }
        }
        drop(readings);
        self.schedule.finish(&delivery);
    }
}

fn is_stopped(stopping: &watch::Receiver<bool>) -> bool {
    // A dropped courier closes the channel.
    *stopping.borrow() || stopping.has_changed().is_err()
}
