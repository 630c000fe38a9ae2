use std::collections::HashMap;

use parking_lot::{Condvar, Mutex};
use tokio::sync::Semaphore;

use super::memory_outbox::State;
use super::scripted_destination::Behavior;
use super::*;
use crate::courier::{Exclusions, FinalFailure, Outbox, OutboxError};

#[tokio::test(start_paused = true)]
async fn a_lane_keeps_its_order_through_retries() {
    let harness = Harness::new();
    harness
        .destination
        .script("a1", vec![Behavior::Status(500); 3]);
    harness
        .destination
        .script("a2", vec![Behavior::Status(502)]);
    for key in ["a1", "a2", "a3"] {
        harness.outbox.put(in_lane("a", key));
    }
    harness.outbox.put(in_lane("b", "b1"));
    harness.outbox.put(delivery("c"));
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    let keys = harness.destination.keys();
    let of_a: Vec<_> = keys.iter().filter(|key| key.starts_with('a')).collect();
    assert_eq!(of_a, ["a1", "a1", "a1", "a1", "a2", "a2", "a3"]);
    let others = keys.iter().take(3).filter(|key| !key.starts_with('a'));
    assert_eq!(others.count(), 2, "others do not wait: {keys:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_continues_after_a_failed_delivery() {
    let harness = Harness::new();
    harness.destination.script("1", [Behavior::Status(400)]);
    for key in ["1", "2"] {
        harness.outbox.put(in_lane("talk", key));
    }
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    assert!(matches!(harness.outbox.item("1").state, State::Failed(_)));
    assert_eq!(harness.outbox.item("2").state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_limited_in_total_and_for_each_target() {
    let harness = Harness::new();
    let gate = Arc::new(Semaphore::new(0));
    for target in ["a", "b", "c", "d", "e", "f"] {
        harness
            .destination
            .script_target(target, Behavior::Gated(Arc::clone(&gate)));
        for number in 0..20 {
            harness.outbox.put(to(target, &format!("{target}{number}")));
        }
    }
    let courier = harness.start();
    harness.destination.until_seen(16).await;
    assert_eq!(courier.stats().in_flight, 16);
    let mut by_target = HashMap::<_, usize>::new();
    for seen in harness.destination.seen() {
        *by_target.entry(seen.target).or_default() += 1;
    }
    assert!(by_target.values().all(|count| *count <= 4), "{by_target:?}");
    // A hundred polls.
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(harness.destination.seen().len(), 16);
    gate.add_permits(120);
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.seen().len(), 120);
}

#[tokio::test(start_paused = true)]
async fn a_dead_target_does_not_delay_others() {
    let harness = Harness::new();
    harness.destination.script_target("dead", Behavior::Hang);
    for number in 0..500 {
        harness.outbox.put(to("dead", &format!("dead-{number}")));
    }
    let _courier = harness.start();
    harness.destination.until_seen(4).await;
    for number in 0..50 {
        harness.outbox.put(to("alive", &format!("alive-{number}")));
    }
    harness
        .outbox
        .until(|items| {
            let mut alive = items.iter().filter(|item| item.delivery.target == "alive");
            alive.all(|item| item.state == State::Delivered)
        })
        .await;
    let to_the_dead = harness.destination.seen().into_iter();
    let to_the_dead = to_the_dead.filter(|seen| seen.target == "dead").count();
    assert_eq!(to_the_dead, 4);
}

#[tokio::test(start_paused = true)]
async fn companies_do_not_share_the_limit_of_a_target_name() {
    let harness = Harness::new();
    harness.destination.script_target("press", Behavior::Hang);
    for company in ["northwind", "contoso"] {
        for number in 0..9 {
            harness.outbox.put(Delivery {
                company: company.to_owned(),
                ..delivery(&format!("{company}-{number}"))
            });
        }
    }
    let _courier = harness.start();
    harness.destination.until_seen(8).await;
    for company in ["northwind", "contoso"] {
        let keys = harness.destination.keys();
        let own = keys.iter().filter(|key| key.starts_with(company));
        assert_eq!(own.count(), 4, "{company}");
    }
}

/// An outbox that loads before the delivery is recorded and answers afterwards.
struct Stale {
    delivery: Delivery,
    loads: Mutex<u32>,
    delivered: Mutex<bool>,
    changed: Condvar,
    gate: Arc<Semaphore>,
    answered: Semaphore,
}

impl Outbox for Stale {
    fn load_due(
        &self,
        _: Timestamp,
        _: &Exclusions,
        _: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        let load = {
            let mut loads = self.loads.lock();
            *loads += 1;
            *loads
        };
        match load {
            1 => Ok(vec![self.delivery.clone()]),
            2 => {
                self.gate.add_permits(1);
                let mut delivered = self.delivered.lock();
                while !*delivered {
                    self.changed.wait(&mut delivered);
                }
                Ok(vec![self.delivery.clone()])
            }
            _ => {
                self.answered.add_permits(1);
                Ok(Vec::new())
            }
        }
    }

    fn begin(&self, _: &Delivery) -> Result<(), OutboxError> {
        unreachable!("it cannot be taken back")
    }

    fn mark_delivered(&self, _: &Delivery, _: Timestamp) -> Result<(), OutboxError> {
        *self.delivered.lock() = true;
        self.changed.notify_all();
        Ok(())
    }

    fn schedule_retry(&self, _: &Delivery, _: Timestamp, _: &str) -> Result<(), OutboxError> {
        unreachable!("the attempt succeeds")
    }

    fn hold(&self, _: &Delivery, _: Timestamp, _: &str) -> Result<(), OutboxError> {
        unreachable!("the attempt succeeds")
    }

    fn mark_failed(&self, _: &Delivery, _: &FinalFailure) -> Result<(), OutboxError> {
        unreachable!("the attempt succeeds")
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_load_does_not_send_twice() {
    let harness = Harness::new();
    let gate = Arc::new(Semaphore::new(0));
    harness
        .destination
        .script("k", [Behavior::Gated(Arc::clone(&gate))]);
    let stale = Arc::new(Stale {
        delivery: Delivery {
            destination: Ok(Arc::clone(&harness.destination) as _),
            ..delivery("k")
        },
        loads: Mutex::default(),
        delivered: Mutex::default(),
        changed: Condvar::new(),
        gate,
        answered: Semaphore::new(0),
    });
    let environment = Environment {
        egress: Egress::new(EgressSettings::default()),
        clock: harness.destination.clock(),
        random: Arc::new(|| 0.0),
    };
    let post = Arc::clone(&stale) as _;
    let settings = CourierSettings::default();
    let courier = Courier::start_in(&Handle::current(), post, settings, environment);
    stale.answered.acquire().await.expect("open").forget();
    assert_eq!(courier.stop().await, 0);
    assert_eq!(harness.destination.keys(), ["k"]);
}
