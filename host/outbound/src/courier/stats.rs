//! Counts of what a courier did, for whoever shows them.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a courier did since it was started, and what it is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CourierStats {
    /// Parcels their targets have.
    pub delivered: u64,
    /// Attempts that failed and are made again.
    pub retried: u64,
    /// Parcels given up.
    pub dead: u64,
    /// Parcels on their way now.
    pub in_flight: u64,
    /// Parcels whose fate is known and could not be written down so far.
    /// While there are any, nothing more is sent.
    pub unrecorded: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) delivered: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) dead: AtomicU64,
    pub(super) in_flight: AtomicU64,
    pub(super) unrecorded: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> CourierStats {
        CourierStats {
            delivered: self.delivered.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            dead: self.dead.load(Ordering::Relaxed),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            unrecorded: self.unrecorded.load(Ordering::Relaxed),
        }
    }
}
