//! A scripted destination that records its attempts.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use hyper::StatusCode;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

use super::{Clock, LIMIT};
use crate::courier::{
    Delivery, Destination, FinalKind, Problem, SendFailure, SendFailureKind, Sent, TargetHealth,
};
use crate::egress::Egress;
use crate::webhook::SendError;

/// How an attempt ends.
#[derive(Clone, Debug)]
pub(super) enum Behavior {
    Succeed,
    /// An answer with this status.
    Status(u16),
    /// An answer with this status and Retry-After.
    RetryAfter(u16, &'static str),
    /// A final failure, as a channel tells it.
    Final(FinalKind),
    /// The channel is broken.
    Broken,
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

pub(super) struct ScriptedDestination {
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
    /// A target, and until when it is broken.
    broken: Option<(String, Timestamp)>,
}

impl ScriptedDestination {
    pub(super) fn new(clock: Clock) -> ScriptedDestination {
        ScriptedDestination {
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

    /// Breaks a target until this second.
    pub(super) fn break_until(&self, target: &str, second: i64) {
        let at = Timestamp::from_second(second).expect("in range");
        self.script.lock().broken = Some((target.to_owned(), at));
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
        let broken = script.broken.as_ref();
        let is_broken = |(target, until): &(String, Timestamp)| {
            *target == delivery.target && (self.clock)() < *until
        };
        if broken.is_some_and(is_broken) {
            return Behavior::Broken;
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
    destination: &'a ScriptedDestination,
    names: Vec<String>,
}

impl<'a> InFlight<'a> {
    fn new(destination: &'a ScriptedDestination, delivery: &Delivery) -> InFlight<'a> {
        let key = format!("key {}", delivery.key);
        let lane = delivery.lane.as_ref().map(|lane| format!("lane {lane}"));
        let names: Vec<_> = [Some(key), lane].into_iter().flatten().collect();
        let mut in_flight = destination.in_flight.lock();
        for name in &names {
            assert!(in_flight.insert(name.clone()), "{name} is in flight twice");
        }
        InFlight { destination, names }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.destination.in_flight.lock();
        for name in &self.names {
            in_flight.remove(name);
        }
    }
}

impl Destination for ScriptedDestination {
    fn send<'a>(&'a self, _: &'a Egress, delivery: &'a Delivery, at: Timestamp) -> Sent<'a> {
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
                Behavior::Status(status) => Err(answered(status, None).failure(at)),
                Behavior::RetryAfter(status, retry_after) => {
                    Err(answered(status, Some(retry_after)).failure(at))
                }
                Behavior::Final(kind) => Err(SendFailure {
                    kind: SendFailureKind::Final(kind),
                    problem: Problem::plain(kind.as_str()),
                    health: TargetHealth::Healthy,
                }),
                Behavior::Broken => Err(SendFailure {
                    kind: SendFailureKind::ChannelBroken,
                    problem: Problem {
                        logged: "token revoked at 10.0.0.1".to_owned(),
                        recorded: "token\nrevoked".to_owned(),
                    },
                    health: TargetHealth::Unknown,
                }),
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
