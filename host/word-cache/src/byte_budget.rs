//! Bytes that the cache may use.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes the cache may use. 0: nothing is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheBounds {
    /// Of one company.
    pub company: usize,
    /// Of all companies together.
    pub host: usize,
}

/// Counts bytes against a bound.
#[derive(Debug)]
pub(crate) struct ByteBudget {
    used: AtomicUsize,
    most: usize,
}

impl ByteBudget {
    pub(crate) fn new(most: usize) -> ByteBudget {
        ByteBudget {
            used: AtomicUsize::new(0),
            most,
        }
    }

    /// Take bytes; `false`: so many are not left, and none were taken.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let order = (Ordering::AcqRel, Ordering::Acquire);
        let taken = self.used.fetch_update(order.0, order.1, |used| {
            used.checked_add(bytes).filter(|sum| *sum <= self.most)
        });
        taken.is_ok()
    }

    /// Give bytes back.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Bytes that are taken.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }
}
