use std::collections::HashMap;
use std::sync::{Condvar, Mutex};

use tokio::sync::Semaphore;

use super::outbox::State;
use super::road::Fares;
use super::*;
use crate::courier::{Busy, Post, PostError};

#[tokio::test(start_paused = true)]
async fn a_lane_keeps_its_order_through_retries() {
    let town = Town::new();
    town.road.tell("a1", vec![Fares::Status(500); 3]);
    town.road.tell("a2", vec![Fares::Status(502)]);
    for key in ["a1", "a2", "a3"] {
        town.outbox.put(in_lane("a", key));
    }
    town.outbox.put(in_lane("b", "b1"));
    town.outbox.put(parcel("c"));
    let _courier = town.start();
    town.outbox.until_empty().await;
    let keys = town.road.keys();
    let of_a: Vec<_> = keys.iter().filter(|key| key.starts_with('a')).collect();
    assert_eq!(of_a, ["a1", "a1", "a1", "a1", "a2", "a2", "a3"]);
    let others = keys.iter().take(3).filter(|key| !key.starts_with('a'));
    assert_eq!(others.count(), 2, "they wait for nothing: {keys:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_goes_on_after_a_parcel_that_is_given_up() {
    let town = Town::new();
    town.road.tell("1", [Fares::Status(400)]);
    for key in ["1", "2"] {
        town.outbox.put(in_lane("talk", key));
    }
    let _courier = town.start();
    town.outbox.until_empty().await;
    assert!(matches!(town.outbox.item("1").state, State::Dead(_)));
    assert_eq!(town.outbox.item("2").state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn so_many_are_on_their_way_and_no_more() {
    let town = Town::new();
    let gate = Arc::new(Semaphore::new(0));
    for target in ["a", "b", "c", "d", "e", "f"] {
        town.road
            .tell_target(target, Fares::Gated(Arc::clone(&gate)));
        for number in 0..20 {
            town.outbox.put(to(target, &format!("{target}{number}")));
        }
    }
    let courier = town.start();
    town.road.until_seen(16).await;
    assert_eq!(courier.stats().in_flight, 16);
    let mut by_target = HashMap::<_, usize>::new();
    for seen in town.road.seen() {
        *by_target.entry(seen.target).or_default() += 1;
    }
    assert!(by_target.values().all(|count| *count <= 4), "{by_target:?}");
    // A hundred looks at which it could do too much.
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(town.road.seen().len(), 16);
    gate.add_permits(120);
    town.outbox.until_empty().await;
    assert_eq!(town.road.seen().len(), 120);
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_on_a_dead_target() {
    let town = Town::new();
    town.road.tell_target("dead", Fares::Lost);
    for number in 0..500 {
        town.outbox.put(to("dead", &format!("dead-{number}")));
    }
    let _courier = town.start();
    town.road.until_seen(4).await;
    for number in 0..50 {
        town.outbox.put(to("alive", &format!("alive-{number}")));
    }
    town.outbox
        .until(|items| {
            let mut alive = items.iter().filter(|item| item.parcel.target == "alive");
            alive.all(|item| item.state == State::Delivered)
        })
        .await;
    let to_the_dead = town.road.seen().into_iter();
    let to_the_dead = to_the_dead.filter(|seen| seen.target == "dead").count();
    assert_eq!(to_the_dead, 4);
}

#[tokio::test(start_paused = true)]
async fn companies_with_a_target_of_one_name_do_not_share_it() {
    let town = Town::new();
    town.road.tell_target("press", Fares::Lost);
    for company in ["northwind", "contoso"] {
        for number in 0..9 {
            town.outbox.put(Parcel {
                company: company.to_owned(),
                ..parcel(&format!("{company}-{number}"))
            });
        }
    }
    let _courier = town.start();
    town.road.until_seen(8).await;
    for company in ["northwind", "contoso"] {
        let keys = town.road.keys();
        let of_it = keys.iter().filter(|key| key.starts_with(company));
        assert_eq!(of_it.count(), 4, "{company}");
    }
}

/// An outbox that was read before the parcel was written down as delivered,
/// and answers afterwards.
struct Stale {
    parcel: Parcel,
    asked: Mutex<u32>,
    delivered: Mutex<bool>,
    changed: Condvar,
    gate: Arc<Semaphore>,
    answered: Semaphore,
}

impl Post for Stale {
    fn due(&self, _: Timestamp, _: &Busy, _: usize) -> Result<Vec<Parcel>, PostError> {
        let asked = {
            let mut asked = self.asked.lock().expect("no panic");
            *asked += 1;
            *asked
        };
        match asked {
            // Once to start it, once to see that there is no more.
            1 => Ok(vec![self.parcel.clone()]),
            2 => {
                self.gate.add_permits(1);
                let mut delivered = self.delivered.lock().expect("no panic");
                while !*delivered {
                    delivered = self.changed.wait(delivered).expect("no panic");
                }
                Ok(vec![self.parcel.clone()])
            }
            _ => {
                self.answered.add_permits(1);
                Ok(Vec::new())
            }
        }
    }

    fn delivered(&self, _: &Parcel, _: Timestamp) -> Result<(), PostError> {
        *self.delivered.lock().expect("no panic") = true;
        self.changed.notify_all();
        Ok(())
    }

    fn later(&self, _: &Parcel, _: Timestamp, _: &str) -> Result<(), PostError> {
        unreachable!("it fares well")
    }

    fn dead(&self, _: &Parcel, _: &str) -> Result<(), PostError> {
        unreachable!("it fares well")
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_out_of_date_sends_nothing_twice() {
    let town = Town::new();
    let gate = Arc::new(Semaphore::new(0));
    town.road.tell("k", [Fares::Gated(Arc::clone(&gate))]);
    let stale = Arc::new(Stale {
        parcel: parcel("k"),
        asked: Mutex::default(),
        delivered: Mutex::default(),
        changed: Condvar::new(),
        gate,
        answered: Semaphore::new(0),
    });
    let surroundings = Surroundings {
        carrier: Arc::clone(&town.road) as _,
        clock: town.road.clock(),
        chance: Arc::new(|| 0.0),
    };
    let post = Arc::clone(&stale) as _;
    let settings = CourierSettings::default();
    let courier = Courier::start_in(&Handle::current(), post, settings, surroundings);
    stale.answered.acquire().await.expect("open").forget();
    assert_eq!(courier.stop().await, 0);
    assert_eq!(town.road.keys(), ["k"]);
}
