//! A courier between an outbox in memory and a road that does as it is told.
//! Time is paused: it passes when everybody waits for it.

mod order;
mod outbox;
mod retries;
mod road;
mod stopping;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use patchbay_model::web_address::WebAddress;
use tokio::runtime::Handle;
use tokio::time::{Duration, Instant};

use self::outbox::Outbox;
use self::road::Road;
use super::run::Surroundings;
use super::{Courier, CourierSettings, Parcel};
use crate::webhook::Webhook;

/// Longer than anything here takes, in paused time.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

struct Town {
    outbox: Arc<Outbox>,
    road: Arc<Road>,
    /// What chance gives, in thousandths.
    chance: Arc<AtomicU64>,
    settings: CourierSettings,
}

impl Town {
    fn new() -> Town {
        Town {
            outbox: Arc::new(Outbox::default()),
            road: Arc::new(Road::new(clock())),
            chance: Arc::new(AtomicU64::new(1000)),
            settings: CourierSettings::default(),
        }
    }

    fn start(&self) -> Courier {
        let chance = Arc::clone(&self.chance);
        let surroundings = Surroundings {
            carrier: Arc::clone(&self.road) as _,
            clock: self.road.clock(),
            chance: Arc::new(move || chance.load(Ordering::Relaxed) as f64 / 1000.0),
        };
        let outbox = Arc::clone(&self.outbox) as _;
        Courier::start_in(
            &Handle::current(),
            outbox,
            self.settings.clone(),
            surroundings,
        )
    }
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that goes with the runtime's paused time, from 0.
fn clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || {
        let passed = Instant::now().duration_since(start);
        Timestamp::UNIX_EPOCH + passed
    })
}

fn parcel(key: &str) -> Parcel {
    Parcel {
        company: "northwind".to_owned(),
        key: key.to_owned(),
        target: "press".to_owned(),
        lane: None,
        destination: Ok(Webhook {
            url: WebAddress::parse("https://hooks.example/in").expect("an address"),
            secret: None,
        }),
        body: key.as_bytes().to_vec(),
        attempts: 0,
    }
}

fn to(target: &str, key: &str) -> Parcel {
    Parcel {
        target: target.to_owned(),
        ..parcel(key)
    }
}

fn in_lane(lane: &str, key: &str) -> Parcel {
    Parcel {
        lane: Some(lane.to_owned()),
        ..parcel(key)
    }
}
