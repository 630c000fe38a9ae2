//! The loop that takes what is due out of an outbox and sends it.
//!
//! A few at a time, so that many wait for nobody in particular; fewer to one
//! target, so that a dead one does not hold up the others; of a lane only one,
//! so that what belongs together arrives in order. What fails is tried again
//! after a growing, random while, or given up for a human to look at.

mod backoff;
mod post;
mod run;
mod schedule;
mod settings;
mod stats;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};

pub use self::backoff::Backoff;
pub use self::post::{Busy, Parcel, Post, PostError};
use self::run::{Run, Surroundings};
pub use self::settings::CourierSettings;
use self::stats::Counters;
pub use self::stats::CourierStats;
use crate::egress::Egress;

/// Sends what is due, until it is stopped or dropped.
pub struct Courier {
    wake: Arc<Notify>,
    stopping: watch::Sender<bool>,
    counters: Arc<Counters>,
    stop_within: Duration,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Courier {
    /// Start sending, on a runtime with I/O and time.
    pub fn start(
        runtime: &Handle,
        post: Arc<dyn Post>,
        settings: CourierSettings,
        egress: Egress,
    ) -> Courier {
        Courier::start_in(runtime, post, settings, Surroundings::real(egress))
    }

    fn start_in(
        runtime: &Handle,
        post: Arc<dyn Post>,
        settings: CourierSettings,
        surroundings: Surroundings,
    ) -> Courier {
        let wake = Arc::new(Notify::new());
        let (stopping, stopped) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let stop_within = settings.stop_within;
        let run = Run::new(post, settings, surroundings, Arc::clone(&counters));
        let running = runtime.spawn(run.until_stopped(Arc::clone(&wake), stopped));
        Courier {
            wake,
            stopping,
            counters,
            stop_within,
            running: Mutex::new(Some(running)),
        }
    }

    /// Look into the outbox now: something new is there. It is looked into
    /// every second anyway.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// What was done since the start.
    pub fn stats(&self) -> CourierStats {
        self.counters.read()
    }

    /// Take nothing more, and finish what is being sent, for as long as the
    /// settings say. Answers how many were cut off, or could not be written
    /// down: they stay in the outbox, may have arrived or not, and go out again
    /// after the next start, with the same key and the same bytes. Stopping
    /// again does nothing.
    pub async fn stop(&self) -> u64 {
        self.stopping.send_replace(true);
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(mut running) = running else {
            return 0;
        };
        if timeout(self.stop_within, &mut running).await.is_err() {
            running.abort();
            // It ends at once: whatever it was waiting for is let go.
            let _ = running.await;
        }
        let left = self.stats();
        left.in_flight + left.unrecorded
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Courier").field(&self.stats()).finish()
    }
}

#[cfg(test)]
mod tests;
