//! What a courier asks of whoever holds the outbox.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use thiserror::Error;

use crate::webhook::Webhook;

/// What is to go out, and what became of it. Implemented by whoever holds the
/// outbox. The calls may block: they are made from threads for that.
///
/// A courier is the only one that sends out of its outbox. It asks for what is
/// due and writes down what became of it one after the other for a parcel, so
/// that a parcel is never on its way twice; after a crash it goes out again if
/// that was not written down, with the same key and the same bytes.
pub trait Post: Send + Sync {
    /// Parcels to be sent by now, the longest due first, at most `limit`.
    ///
    /// What is promised to the courier:
    ///
    /// - What is [`Busy`] is left out *before* the limit is applied. A store
    ///   that cannot say that in its query reads on until it has `limit`
    ///   others. Without that, the many parcels of a dead target would hide
    ///   what is due behind them. (The courier never sends what is busy, even
    ///   if it is given to it.)
    /// - Fewer than `limit` means there are no more.
    /// - Of a lane, only the parcel that was put in first of those neither
    ///   delivered nor given up is ever due, even while it waits for its
    ///   retry: the others of the lane are due once it is done with. That has
    ///   to be known where the order is durable; the courier itself adds only
    ///   that two parcels of a lane are never on their way at once.
    ///
    /// # Errors
    /// [`PostError::Unavailable`]; it is asked again at the next look.
    fn due(&self, now: Timestamp, busy: &Busy, limit: usize) -> Result<Vec<Parcel>, PostError>;

    /// The target has it, since a moment. Called again until it succeeds:
    /// saying so twice changes nothing.
    ///
    /// # Errors
    /// [`PostError::NoParcel`] ends it; after [`PostError::Unavailable`] it is
    /// called again, and nothing more is sent meanwhile.
    fn delivered(&self, parcel: &Parcel, at: Timestamp) -> Result<(), PostError>;

    /// An attempt failed: count it, and have it due again later.
    ///
    /// # Errors
    /// As for [`delivered`](Post::delivered).
    fn later(&self, parcel: &Parcel, not_before: Timestamp, problem: &str)
    -> Result<(), PostError>;

    /// It is given up: a human may send it after all. Later parcels of its lane
    /// do not wait for that.
    ///
    /// # Errors
    /// As for [`delivered`](Post::delivered).
    fn dead(&self, parcel: &Parcel, problem: &str) -> Result<(), PostError>;
}

/// Why the outbox could not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PostError {
    /// The parcel waits no more: somebody dealt with it meanwhile. That is the
    /// end of it.
    #[error("the parcel waits no more")]
    NoParcel,
    /// It cannot now, for example because the disk is full.
    #[error("the outbox cannot be used now: {0}")]
    Unavailable(String),
}

/// One thing that is to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Whose.
    pub company: String,
    /// Unique within the company: what makes an attempt the same as the one
    /// before. See [`Webhook::send`] for what it may be.
    pub key: String,
    /// Name of the target.
    pub target: String,
    /// What else it must stay in order with, within the company: parcels of
    /// one lane go one after the other as they were put in. Absent: it waits
    /// for nothing.
    pub lane: Option<String>,
    /// Where the target is, or why it is nowhere any more: then the parcel is
    /// given up, with that as the problem.
    pub destination: Result<Webhook, String>,
    /// The bytes: the same at every attempt, JSON.
    pub body: Vec<u8>,
    /// Attempts that failed so far.
    pub attempts: u32,
}

/// What nothing is to be sent of now: parcels on their way, targets that have
/// as many as they get or are left in peace, lanes with a parcel on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    parcels: Names,
    targets: Names,
    lanes: Names,
}

/// Names by company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names(HashMap<String, HashSet<String>>);

impl Busy {
    /// Whether a parcel of a company is to be left out, given its key, its
    /// target and its lane.
    pub fn holds(&self, company: &str, key: &str, target: &str, lane: Option<&str>) -> bool {
        self.parcels.has(company, key)
            || self.targets.has(company, target)
            || lane.is_some_and(|lane| self.lanes.has(company, lane))
    }

    /// Keys of parcels on their way, with their companies.
    pub fn parcels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parcels.iter()
    }

    /// Targets to leave out, with their companies.
    pub fn targets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.targets.iter()
    }

    /// Lanes to leave out, with their companies.
    pub fn lanes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lanes.iter()
    }

    /// Leave out a target of a company.
    pub fn add_target(&mut self, company: &str, target: &str) {
        self.targets.add(company, target);
    }

    /// Leave out a parcel, and the others of its lane.
    pub fn add(&mut self, parcel: &Parcel) {
        self.parcels.add(&parcel.company, &parcel.key);
        if let Some(lane) = &parcel.lane {
            self.lanes.add(&parcel.company, lane);
        }
    }

    pub(super) fn remove(&mut self, parcel: &Parcel) {
        self.parcels.remove(&parcel.company, &parcel.key);
        if let Some(lane) = &parcel.lane {
            self.lanes.remove(&parcel.company, lane);
        }
    }
}

impl Names {
    fn has(&self, company: &str, name: &str) -> bool {
        self.0
            .get(company)
            .is_some_and(|names| names.contains(name))
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

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(company, names)| {
            names
                .iter()
                .map(move |name| (company.as_str(), name.as_str()))
        })
    }
}
