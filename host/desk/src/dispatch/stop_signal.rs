//! The signal that ends a thread which works at intervals.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Ends a thread that works at intervals.
#[derive(Debug, Default)]
pub(crate) struct StopSignal {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl StopSignal {
    /// End the thread's wait, now and from now on.
    pub(crate) fn set(&self) {
        *self.is_set.lock() = true;
        self.changed.notify_all();
    }

    /// Whether the thread goes on.
    pub(crate) fn goes_on(&self) -> bool {
        !*self.is_set.lock()
    }

    /// Wait for this long, or until the signal is set. Returns whether the thread
    /// goes on.
    pub(crate) fn wait(&self, interval: Duration) -> bool {
        let mut is_set = self.is_set.lock();
        if !*is_set {
            self.changed.wait_for(&mut is_set, interval);
        }
        !*is_set
    }
}
