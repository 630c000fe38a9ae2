//! The interface to the store of pending deliveries.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::final_failure::FinalFailure;
use thiserror::Error;

use super::destination::Destination;

/// A store of pending deliveries, implemented by the caller. The methods may
/// block: the courier calls them on blocking threads.
///
/// An outbox has one courier. For each delivery the courier loads, sends and
/// records in sequence, so that a delivery is never in flight twice. After a
/// crash, a delivery whose result was not recorded is sent again with the same
/// key and bytes.
pub trait Outbox: Send + Sync {
    /// Deliveries due at `now`, the longest due first, at most `limit`.
    ///
    /// - Apply `exclusions` *before* the limit: otherwise the deliveries of a
    ///   dead target hide those behind them. (The courier also drops excluded
    ///   deliveries itself.)
    /// - Fewer than `limit` results mean there are no more.
    /// - Of each lane, only the oldest pending delivery is ever due, even
    ///   while it waits for a retry.
    ///
    /// # Errors
    /// [`OutboxError::Unavailable`]; the courier tries again at the next poll.
    fn load_due(
        &self,
        now: Timestamp,
        exclusions: &Exclusions,
        limit: usize,
    ) -> Result<Vec<Delivery>, OutboxError>;

    /// The first attempt of a delivery that [may be taken back](Delivery::can_take_back)
    /// begins: called before anything of it is sent. It is sent only if this succeeds, and
    /// from then on it cannot be taken back, also after a crash.
    ///
    /// # Errors
    /// [`OutboxError::NotPending`] if it was taken back. After
    /// [`OutboxError::Unavailable`] the courier loads it again later.
    fn begin(&self, delivery: &Delivery) -> Result<(), OutboxError>;

    /// The target confirmed the delivery. Idempotent.
    ///
    /// # Errors
    /// After [`OutboxError::Unavailable`] the courier calls it again until it
    /// succeeds, and starts no new attempt until then.
    fn mark_delivered(&self, delivery: &Delivery, at: Timestamp) -> Result<(), OutboxError>;

    /// An attempt failed: counts it and makes the delivery due at
    /// `not_before`.
    ///
    /// # Errors
    /// As for [`mark_delivered`](Outbox::mark_delivered).
    fn schedule_retry(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError>;

    /// The target is broken, the host has no room, or a part was accepted: makes the
    /// delivery due at `not_before` and counts no attempt.
    ///
    /// # Errors
    /// As for [`mark_delivered`](Outbox::mark_delivered).
    fn hold(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), OutboxError>;

    /// No further attempt, unless an operator requests one. The lane's next
    /// delivery becomes due.
    ///
    /// # Errors
    /// As for [`mark_delivered`](Outbox::mark_delivered).
    fn mark_failed(&self, delivery: &Delivery, failure: &FinalFailure) -> Result<(), OutboxError>;
}

/// Why an outbox did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// The delivery is no longer pending: an operator closed it meanwhile, or its author
    /// took it back.
    #[error("the delivery is no longer pending")]
    NotPending,
    /// A temporary failure, for example a full disk.
    #[error("the outbox is not available: {0}")]
    Unavailable(String),
}

/// A pending delivery. `Debug` shows neither its destination nor its body.
#[derive(Clone)]
pub struct Delivery {
    /// The company it belongs to.
    pub company: String,
    /// Idempotency key, unique within the company; see
    /// [`Webhook::send`](crate::webhook::Webhook::send) for its form.
    pub key: String,
    /// Name of the target.
    pub target: String,
    /// Deliveries of a company with the same lane go in order. `None`: no
    /// order.
    pub lane: Option<String>,
    /// Where to send it, or why that is not known: then the delivery fails
    /// with this problem.
    pub destination: Result<Arc<dyn Destination>, String>,
    /// JSON, the same at every attempt.
    pub body: Vec<u8>,
    /// Failed attempts so far.
    pub attempts: u32,
    /// Whether its author may take it back until its first attempt
    /// [begins](Outbox::begin).
    pub can_take_back: bool,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("company", &self.company)
            .field("key", &self.key)
            .field("target", &self.target)
            .field("lane", &self.lane)
            .field("body_bytes", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What must not be sent now: deliveries in flight, targets at their limit or
/// paused, and lanes with a delivery in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    keys: Names,
    targets: Names,
    lanes: Names,
}

/// Names by company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names(HashMap<String, HashSet<String>>);

impl Exclusions {
    /// Whether to leave out a company's delivery with this key, target and
    /// lane.
    pub fn contains(&self, company: &str, key: &str, target: &str, lane: Option<&str>) -> bool {
        self.keys.contains(company, key)
            || self.targets.contains(company, target)
            || lane.is_some_and(|lane| self.lanes.contains(company, lane))
    }

    pub(super) fn add_target(&mut self, company: &str, target: &str) {
        self.targets.add(company, target);
    }

    /// Excludes a delivery and the others of its lane.
    pub(super) fn add(&mut self, delivery: &Delivery) {
        self.keys.add(&delivery.company, &delivery.key);
        if let Some(lane) = &delivery.lane {
            self.lanes.add(&delivery.company, lane);
        }
    }

    pub(super) fn remove(&mut self, delivery: &Delivery) {
        self.keys.remove(&delivery.company, &delivery.key);
        if let Some(lane) = &delivery.lane {
            self.lanes.remove(&delivery.company, lane);
        }
    }
}

impl Names {
    fn contains(&self, company: &str, name: &str) -> bool {
        let names = self.0.get(company);
        names.is_some_and(|names| names.contains(name))
    }

    fn add(&mut self, company: &str, name: &str) {
        let names = self.0.entry(company.to_owned()).or_default();
        names.insert(name.to_owned());
    }

    fn remove(&mut self, company: &str, name: &str) {
        if let Some(names) = self.0.get_mut(company) {
            names.remove(name);
            if names.is_empty() {
                self.0.remove(company);
            }
        }
    }
}
