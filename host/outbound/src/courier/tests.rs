//! A courier between an outbox in memory and a scripted destination, in paused
//! time: the clock advances when all tasks wait for it.

mod broken;
mod memory_outbox;
mod order;
mod retries;
mod scripted_destination;
mod stop;
mod take_back;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::time::{Duration, Instant};

use self::memory_outbox::MemoryOutbox;
use self::scripted_destination::ScriptedDestination;
use super::worker::Environment;
use super::{Courier, CourierSettings, Delivery};
use crate::egress::{Egress, EgressSettings};

/// Longer than anything here takes, in paused time.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

struct Harness {
    outbox: Arc<MemoryOutbox>,
    destination: Arc<ScriptedDestination>,
    /// The random share, in thousandths.
    random: Arc<AtomicU64>,
    settings: CourierSettings,
}

impl Harness {
    fn new() -> Harness {
        let destination = Arc::new(ScriptedDestination::new(clock()));
        Harness {
            outbox: Arc::new(MemoryOutbox::new(Arc::clone(&destination) as _)),
            destination,
            random: Arc::new(AtomicU64::new(1000)),
            settings: CourierSettings::default(),
        }
    }

    fn start(&self) -> Courier {
        let random = Arc::clone(&self.random);
        let environment = Environment {
            egress: Egress::new(EgressSettings::default()),
            clock: self.destination.clock(),
            random: Arc::new(move || random.load(Ordering::Relaxed) as f64 / 1000.0),
        };
        let outbox = Arc::clone(&self.outbox) as _;
        Courier::start_in(
            &Handle::current(),
            outbox,
            self.settings.clone(),
            environment,
        )
    }
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that follows the runtime's paused time, from 0.
fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || Timestamp::UNIX_EPOCH + Instant::now().duration_since(start))
}

fn delivery(key: &str) -> Delivery {
    Delivery {
        company: "northwind".to_owned(),
        key: key.to_owned(),
        target: "press".to_owned(),
        lane: None,
        destination: Ok(Arc::new(ScriptedDestination::new(clock()))),
        body: key.as_bytes().to_vec(),
        attempts: 0,
        can_take_back: false,
    }
}

fn to(target: &str, key: &str) -> Delivery {
    Delivery {
        target: target.to_owned(),
        ..delivery(key)
    }
}

fn in_lane(lane: &str, key: &str) -> Delivery {
    Delivery {
        lane: Some(lane.to_owned()),
        ..delivery(key)
    }
}
