//! How eager a courier is.

use std::time::Duration;

use super::backoff::Backoff;

/// How much a courier does at once, and how patient it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourierSettings {
    /// Attempts until a parcel is given up, at least 1. Default 12: with the
    /// default back-off they are a quarter of an hour apart on average, first
    /// from last, and 27 minutes at the most, unless the target asks for more
    /// or is left in peace.
    pub attempts: u32,
    /// Parcels on their way at once, at least 1. Default 16.
    pub concurrency: usize,
    /// Of those, to one target of one company, at least 1. Default 4.
    pub per_target: usize,
    /// How long to wait after a failure.
    pub backoff: Backoff,
    /// The most a target's Retry-After is heeded. Default 1 h.
    pub retry_after_most: Duration,
    /// How often to look into the outbox without being woken. Default 1 s.
    pub look_every: Duration,
    /// How long what is being sent may take to finish at the end. Default
    /// 10 s.
    pub stop_within: Duration,
}

impl Default for CourierSettings {
    fn default() -> CourierSettings {
        CourierSettings {
            attempts: 12,
            concurrency: 16,
            per_target: 4,
            backoff: Backoff::default(),
            retry_after_most: Duration::from_secs(3600),
            look_every: Duration::from_secs(1),
            stop_within: Duration::from_secs(10),
        }
    }
}
