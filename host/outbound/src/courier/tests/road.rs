//! A road on which parcels fare as they are told, and which notes how.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use hyper::StatusCode;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{Clock, PATIENCE};
use crate::courier::Parcel;
use crate::courier::run::{Carried, Carrier};
use crate::webhook::{SendError, Webhook};

/// How an attempt fares.
#[derive(Clone, Debug)]
pub(super) enum Fares {
    Well,
    /// Answered with a status.
    Status(u16),
    /// Answered with a status and Retry-After.
    Asked(u16, &'static str),
    /// It never comes back.
    Lost,
    /// It waits until the gate is opened, and then fares well.
    Gated(Arc<Semaphore>),
    /// The host fails.
    Panics,
}

/// An attempt as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) key: String,
    pub(super) target: String,
    pub(super) second: i64,
}

pub(super) struct Road {
    clock: Clock,
    told: Mutex<Told>,
    seen: watch::Sender<Vec<Seen>>,
    /// Keys and lanes on it now.
    travelling: Mutex<HashSet<String>>,
}

#[derive(Default)]
struct Told {
    keys: HashMap<String, VecDeque<Fares>>,
    targets: HashMap<String, Fares>,
    down_until: Option<Timestamp>,
}

impl Road {
    pub(super) fn new(clock: Clock) -> Road {
        Road {
            clock,
            told: Mutex::default(),
            seen: watch::Sender::new(Vec::new()),
            travelling: Mutex::default(),
        }
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// How the next attempts with a key fare; those after them fare well.
    pub(super) fn tell(&self, key: &str, fares: impl IntoIterator<Item = Fares>) {
        let fares = fares.into_iter().collect();
        lock(&self.told).keys.insert(key.to_owned(), fares);
    }

    /// How every attempt at a target fares that is not told by its key.
    pub(super) fn tell_target(&self, target: &str, fares: Fares) {
        lock(&self.told).targets.insert(target.to_owned(), fares);
    }

    /// Everything fares badly until a moment.
    pub(super) fn down_until(&self, second: i64) {
        let at = Timestamp::from_second(second).expect("in range");
        lock(&self.told).down_until = Some(at);
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Keys in the order they set out.
    pub(super) fn keys(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.key).collect()
    }

    /// Wait until so many attempts were begun.
    pub(super) async fn until_seen(&self, count: usize) {
        let mut seen = self.seen.subscribe();
        let enough = timeout(PATIENCE, seen.wait_for(|seen| seen.len() >= count)).await;
        assert!(enough.is_ok(), "{:#?}", self.seen.borrow());
    }

    fn fares(&self, parcel: &Parcel) -> Fares {
        let mut told = lock(&self.told);
        if told.down_until.is_some_and(|until| (self.clock)() < until) {
            return Fares::Status(503);
        }
        if let Some(fares) = told.keys.get_mut(&parcel.key).and_then(VecDeque::pop_front) {
            return fares;
        }
        let target = told.targets.get(&parcel.target);
        target.cloned().unwrap_or(Fares::Well)
    }
}

/// Takes what travels off the road, however it ends.
struct Travelling<'a> {
    road: &'a Road,
    names: Vec<String>,
}

impl<'a> Travelling<'a> {
    fn new(road: &'a Road, parcel: &Parcel) -> Travelling<'a> {
        let key = format!("key {}", parcel.key);
        let lane = parcel.lane.as_ref().map(|lane| format!("lane {lane}"));
        let names: Vec<_> = [Some(key), lane].into_iter().flatten().collect();
        let mut travelling = lock(&road.travelling);
        for name in &names {
            assert!(travelling.insert(name.clone()), "{name} twice at once");
        }
        Travelling { road, names }
    }
}

impl Drop for Travelling<'_> {
    fn drop(&mut self) {
        let mut travelling = lock(&self.road.travelling);
        for name in &self.names {
            travelling.remove(name);
        }
    }
}

impl Carrier for Road {
    fn carry<'a>(&'a self, _to: &'a Webhook, parcel: &'a Parcel, _at: Timestamp) -> Carried<'a> {
        Box::pin(async move {
            let _travelling = Travelling::new(self, parcel);
            let fares = self.fares(parcel);
            self.seen.send_modify(|seen| {
                seen.push(Seen {
                    key: parcel.key.clone(),
                    target: parcel.target.clone(),
                    second: (self.clock)().as_second(),
                });
            });
            match fares {
                Fares::Well => Ok(()),
                Fares::Status(status) => Err(answered(status, None)),
                Fares::Asked(status, retry_after) => Err(answered(status, Some(retry_after))),
                Fares::Lost => std::future::pending().await,
                Fares::Gated(gate) => {
                    gate.acquire().await.expect("a gate stays").forget();
                    Ok(())
                }
                Fares::Panics => panic!("a mistake of the host, as the test wants it"),
            }
        })
    }
}

fn answered(status: u16, retry_after: Option<&str>) -> SendError {
    SendError::Answered {
        origin: "https://hooks.example".to_owned(),
        status: StatusCode::from_u16(status).expect("a status"),
        retry_after: retry_after.map(str::to_owned),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this")
}
