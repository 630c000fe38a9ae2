//! A scripted transport that records its attempts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use hyper::StatusCode;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{Clock, LIMIT};
use crate::courier::Delivery;
use crate::courier::worker::{Sent, Transport};
use crate::webhook::{SendError, Webhook};

/// How an attempt ends.
#[derive(Clone, Debug)]
pub(super) enum Behavior {
    Succeed,
    /// An answer with this status.
    Status(u16),
    /// An answer with this status and Retry-After.
    RetryAfter(u16, &'static str),
    /// No answer.
    Hang,
    /// Waits for a permit, then succeeds.
    Gated(Arc<Semaphore>),
    /// A bug in the host.
    Panic,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) key: String,
    pub(super) target: String,
    pub(super) second: i64,
}

pub(super) struct FakeTransport {
    clock: Clock,
    script: Mutex<Script>,
    seen: watch::Sender<Vec<Seen>>,
    /// Keys and lanes now.
    in_flight: Mutex<HashSet<String>>,
}

#[derive(Default)]
struct Script {
    keys: HashMap<String, VecDeque<Behavior>>,
    targets: HashMap<String, Behavior>,
    down_until: Option<Timestamp>,
}

impl FakeTransport {
    pub(super) fn new(clock: Clock) -> FakeTransport {
        FakeTransport {
            clock,
            script: Mutex::default(),
            seen: watch::Sender::default(),
            in_flight: Mutex::default(),
        }
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// Sets how the next attempts with a key end; later ones succeed.
    pub(super) fn script(&self, key: &str, behavior: impl IntoIterator<Item = Behavior>) {
        let behavior = behavior.into_iter().collect();
        self.script.lock().keys.insert(key.to_owned(), behavior);
    }

    /// Sets how attempts at a target end, unless their key has a script.
    pub(super) fn script_target(&self, target: &str, behavior: Behavior) {
        let targets = &mut self.script.lock().targets;
        targets.insert(target.to_owned(), behavior);
    }

    /// Fails every attempt before this second.
    pub(super) fn down_until(&self, second: i64) {
        let at = Timestamp::from_second(second).expect("in range");
        self.script.lock().down_until = Some(at);
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// Keys in the order of their attempts.
    pub(super) fn keys(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.key).collect()
    }

    /// Waits until this many attempts started.
    pub(super) async fn until_seen(&self, count: usize) {
        let mut seen = self.seen.subscribe();
        let enough = timeout(LIMIT, seen.wait_for(|seen| seen.len() >= count)).await;
        assert!(enough.is_ok(), "{:#?}", self.seen.borrow());
    }

    fn behavior(&self, delivery: &Delivery) -> Behavior {
        let mut script = self.script.lock();
        if script
            .down_until
            .is_some_and(|until| (self.clock)() < until)
        {
            return Behavior::Status(503);
        }
        let next = script.keys.get_mut(&delivery.key);
        if let Some(behavior) = next.and_then(VecDeque::pop_front) {
            return behavior;
        }
        let target = script.targets.get(&delivery.target);
        target.cloned().unwrap_or(Behavior::Succeed)
    }
}

/// Removes a delivery's key and lane at the end of its attempt.
struct InFlight<'a> {
    transport: &'a FakeTransport,
    names: Vec<String>,
}

impl<'a> InFlight<'a> {
    fn new(transport: &'a FakeTransport, delivery: &Delivery) -> InFlight<'a> {
        let key = format!("key {}", delivery.key);
        let lane = delivery.lane.as_ref().map(|lane| format!("lane {lane}"));
        let names: Vec<_> = [Some(key), lane].into_iter().flatten().collect();
        let mut in_flight = transport.in_flight.lock();
        for name in &names {
            assert!(in_flight.insert(name.clone()), "{name} is in flight twice");
        }
        InFlight { transport, names }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.transport.in_flight.lock();
        for name in &self.names {
            in_flight.remove(name);
        }
    }
}

impl Transport for FakeTransport {
    fn send<'a>(&'a self, _to: &'a Webhook, delivery: &'a Delivery, _at: Timestamp) -> Sent<'a> {
        Box::pin(async move {
            let _travelling = InFlight::new(self, delivery);
            let behavior = self.behavior(delivery);
            self.seen.send_modify(|seen| {
                seen.push(Seen {
                    key: delivery.key.clone(),
                    target: delivery.target.clone(),
                    second: (self.clock)().as_second(),
                });
            });
            match behavior {
                Behavior::Succeed => Ok(()),
                Behavior::Status(status) => Err(answered(status, None)),
                Behavior::RetryAfter(status, retry_after) => {
                    Err(answered(status, Some(retry_after)))
                }
                Behavior::Hang => std::future::pending().await,
                Behavior::Gated(gate) => {
                    gate.acquire().await.expect("an open gate").forget();
                    Ok(())
                }
                Behavior::Panic => panic!("a bug, as the test requests"),
            }
        })
    }
}

fn answered(status: u16, retry_after: Option<&str>) -> SendError {
    SendError::Status {
        origin: "https://hooks.example".to_owned(),
        status: StatusCode::from_u16(status).expect("a status"),
        retry_after: retry_after.map(str::to_owned),
    }
}
