//! A courier between an outbox in memory and a scripted transport, in paused
//! time: the clock advances when all tasks wait for it.

mod memory_outbox;
mod order;
mod retries;
mod stop;
mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use patchbay_model::web_address::WebAddress;
use tokio::runtime::Handle;
use tokio::time::{Duration, Instant};

use self::memory_outbox::MemoryOutbox;
use self::transport::FakeTransport;
use super::worker::Environment;
use super::{Courier, CourierSettings, Delivery};
use crate::webhook::Webhook;

/// Longer than anything here takes, in paused time.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

struct Harness {
    outbox: Arc<MemoryOutbox>,
    transport: Arc<FakeTransport>,
    /// The random share, in thousandths.
    random: Arc<AtomicU64>,
    settings: CourierSettings,
}

impl Harness {
    fn new() -> Harness {
        Harness {
            outbox: Arc::new(MemoryOutbox::default()),
            transport: Arc::new(FakeTransport::new(clock())),
            random: Arc::new(AtomicU64::new(1000)),
            settings: CourierSettings::default(),
        }
    }

    fn start(&self) -> Courier {
        let random = Arc::clone(&self.random);
        let environment = Environment {
            transport: Arc::clone(&self.transport) as _,
            clock: self.transport.clock(),
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
        destination: Ok(Webhook {
            url: WebAddress::parse("https://hooks.example/in").expect("a URL"),
            secrets: Vec::new(),
        }),
        body: key.as_bytes().to_vec(),
        attempts: 0,
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
