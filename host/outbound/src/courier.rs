//! The delivery worker: loads due deliveries from an outbox, sends them and
//! records the result.
//!
//! The number of concurrent attempts is bounded, in total and for each target,
//! so that a dead target does not delay others. Deliveries of one lane go in
//! order, one at a time. A failed attempt is retried after a growing, random
//! wait; after the last one the delivery is marked as failed for an operator.
//! While a target is broken, all its deliveries wait and no attempt is counted.

mod attempt;
mod backoff;
mod destination;
mod outbox;
mod schedule;
mod settings;
mod target;
mod worker;

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Duration, timeout};

pub use patchbay_model::final_failure::{FinalFailure, FinalKind};

pub use self::backoff::Backoff;
pub use self::destination::{
    Destination, Problem, SendFailure, SendFailureKind, Sent, TargetHealth,
};
pub use self::outbox::{Delivery, Exclusions, Outbox, OutboxError};
pub use self::schedule::BrokenTarget;
pub use self::settings::CourierSettings;
use self::worker::{Environment, Readings, Trials, Worker};
use crate::egress::Egress;

/// Counts since the start, and current values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CourierStats {
    /// Deliveries their targets confirmed.
    pub delivered: u64,
    /// Failed attempts with a retry scheduled.
    pub retried: u64,
    /// Deliveries marked as failed.
    pub failed: u64,
    /// Attempts in progress.
    pub in_flight: u64,
    /// Finished attempts whose result the outbox could not store yet. Above
    /// zero, no new attempt starts.
    pub unrecorded: u64,
    /// Targets that are broken: their deliveries wait.
    pub held: u64,
}

/// A running delivery worker. Dropping it stops it.
pub struct Courier {
    wake: Arc<Notify>,
    stopping: watch::Sender<bool>,
    readings: Arc<Mutex<Readings>>,
    trials: Trials,
    stop_timeout: Duration,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Courier {
    /// Starts sending on a runtime with I/O and time enabled.
    pub fn start(
        runtime: &Handle,
        outbox: Arc<dyn Outbox>,
        settings: CourierSettings,
        egress: Egress,
    ) -> Courier {
        Courier::start_in(runtime, outbox, settings, Environment::new(egress))
    }

    fn start_in(
        runtime: &Handle,
        outbox: Arc<dyn Outbox>,
        settings: CourierSettings,
        environment: Environment,
    ) -> Courier {
        let wake = Arc::new(Notify::new());
        let (stopping, stopped) = watch::channel(false);
        let (readings, trials) = (Arc::default(), Arc::default());
        let stop_timeout = settings.stop_timeout;
        let shared = (Arc::clone(&readings), Arc::clone(&trials));
        let worker = Worker::new(outbox, settings, environment, shared);
        let worker = runtime.spawn(worker.run(Arc::clone(&wake), stopped));
        Courier {
            wake,
            stopping,
            readings,
            trials,
            stop_timeout,
            worker: Mutex::new(Some(worker)),
        }
    }

    /// Loads due deliveries now instead of at the next poll.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Lets the next due delivery to a broken target try now whether it works again. A
    /// target that is not broken is not affected.
    pub fn try_now(&self, company: &str, target: &str) {
        let target = (company.to_owned(), target.to_owned());
        self.trials.lock().insert(target);
        self.wake();
    }

    /// Counts since the start, and current values.
    pub fn stats(&self) -> CourierStats {
        self.readings.lock().stats
    }

    /// The broken targets, by company and name.
    pub fn broken_targets(&self) -> Vec<BrokenTarget> {
        self.readings.lock().broken.clone()
    }

    /// Starts no new attempt and waits for those in progress, at most
    /// [`CourierSettings::stop_timeout`]. Returns how many attempts were
    /// aborted or not recorded: their deliveries may have arrived, stay in the
    /// outbox and are sent again after the next start. Later calls return 0.
    pub async fn stop(&self) -> u64 {
        self.stopping.send_replace(true);
        let Some(mut worker) = self.worker.lock().take() else {
            return 0;
        };
        if timeout(self.stop_timeout, &mut worker).await.is_err() {
            worker.abort();
            let _ = worker.await;
        }
        let stats = self.stats();
        stats.in_flight + stats.unrecorded
    }
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Courier").field(&self.stats()).finish()
    }
}

#[cfg(test)]
mod tests;
