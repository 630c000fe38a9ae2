//! Limits and intervals of a courier.

use std::time::Duration;

use super::backoff::Backoff;

/// Limits and intervals of a courier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourierSettings {
    /// Attempts before a delivery fails, at least 1. Default: 12. With the
    /// default back-off the last is a quarter of an hour after the first on
    /// average and 27 minutes at most, unless the target requests more or is
    /// paused.
    pub attempts: u32,
    /// Concurrent attempts, at least 1. Default: 16.
    pub concurrency: usize,
    /// Concurrent attempts to one target of one company, at least 1.
    /// Default: 4.
    pub per_target: usize,
    /// Waits between attempts.
    pub backoff: Backoff,
    /// Longest Retry-After that is honoured. Default: 1 h.
    pub max_retry_after: Duration,
    /// Interval of loading due deliveries without a wake-up. Default: 1 s.
    pub poll_interval: Duration,
    /// How long a stop waits for attempts in progress. Default: 10 s.
    pub stop_timeout: Duration,
}

impl Default for CourierSettings {
    fn default() -> CourierSettings {
        CourierSettings {
            attempts: 12,
            concurrency: 16,
            per_target: 4,
            backoff: Backoff::default(),
            max_retry_after: Duration::from_secs(3600),
            poll_interval: Duration::from_secs(1),
            stop_timeout: Duration::from_secs(10),
        }
    }
}
