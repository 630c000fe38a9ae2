use std::sync::atomic::Ordering;

use super::outbox::State;
use super::road::Fares;
use super::*;
use crate::courier::CourierStats;

#[tokio::test(start_paused = true)]
async fn what_is_put_in_goes_out_once() {
    let town = Town::new();
    for number in 0..1000 {
        town.outbox.put(to(
            &format!("target-{}", number % 7),
            &format!("k-{number}"),
        ));
    }
    let courier = town.start();
    town.outbox.until_empty().await;
    assert_eq!(courier.stop().await, 0);
    let mut keys = town.road.keys();
    assert_eq!(keys.len(), 1000);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 1000);
    let delivered = CourierStats {
        delivered: 1000,
        ..CourierStats::default()
    };
    assert_eq!(courier.stats(), delivered);
}

#[tokio::test(start_paused = true)]
async fn each_failure_doubles_the_wait_until_the_parcel_is_given_up() {
    let town = Town::new();
    town.road.tell("k", vec![Fares::Status(500); 99]);
    town.outbox.put(parcel("k"));
    let courier = town.start();
    town.outbox.until_empty().await;
    let seconds: Vec<_> = town.road.seen().iter().map(|seen| seen.second).collect();
    let waits: Vec<_> = seconds.windows(2).map(|two| two[1] - two[0]).collect();
    let bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600];
    assert_eq!(waits.len(), bounds.len(), "{seconds:?}");
    for (wait, bound) in waits.iter().zip(bounds) {
        // It is found at the look after it is due.
        assert!((bound..=bound + 1).contains(wait), "{waits:?}");
    }
    let item = town.outbox.item("k");
    assert_eq!(
        item.state,
        State::Dead(
            "given up after 12 attempts; the last: https://hooks.example answered 500 Internal Server Error; check the target's log"
                .to_owned()
        )
    );
    assert_eq!(item.problems.len(), 11);
    courier.stop().await;
    let stats = courier.stats();
    assert_eq!((stats.delivered, stats.retried, stats.dead), (0, 11, 1));
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_drawn_between_none_and_the_bound() {
    let town = Town::new();
    town.chance.store(250, Ordering::Relaxed);
    town.road.tell("k", vec![Fares::Status(500); 4]);
    town.outbox.put(parcel("k"));
    let _courier = town.start();
    town.outbox
        .until(|items| items[0].parcel.attempts == 4)
        .await;
    // A quarter of the fourth bound after the fourth attempt.
    let attempt = town.road.seen()[3].second;
    let wait = town.outbox.item("k").not_before.as_second() - attempt;
    assert_eq!(wait, 2);
}

#[tokio::test(start_paused = true)]
async fn a_target_says_when_to_come_again_up_to_an_hour() {
    for (asked, wait) in [("0", 1), ("120", 120), ("3600", 3600), ("999999", 3600)] {
        let town = Town::new();
        town.road.tell("k", [Fares::Asked(503, asked)]);
        town.outbox.put(parcel("k"));
        let _courier = town.start();
        town.outbox
            .until(|items| items[0].parcel.attempts == 1)
            .await;
        let not_before = town.outbox.item("k").not_before.as_second();
        assert_eq!(not_before, wait, "{asked}");
        town.outbox.until_empty().await;
        assert_eq!(town.outbox.item("k").state, State::Delivered);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_fare_better_is_given_up_at_once() {
    let town = Town::new();
    town.road.tell("gone", [Fares::Status(410)]);
    town.road.tell("moved", [Fares::Status(308)]);
    town.outbox.put(parcel("gone"));
    town.outbox.put(parcel("moved"));
    let nowhere = "target \"press\" is not in the company file any more".to_owned();
    town.outbox.put(Parcel {
        destination: Err(nowhere.clone()),
        ..parcel("nowhere")
    });
    let courier = town.start();
    town.outbox.until_empty().await;
    let mut keys = town.road.keys();
    keys.sort();
    assert_eq!(keys, ["gone", "moved"], "each once, and one not at all");
    assert_eq!(town.outbox.item("nowhere").state, State::Dead(nowhere));
    courier.stop().await;
    assert_eq!(courier.stats().dead, 3);
    assert_eq!(courier.stats().retried, 0);
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_no_parcel_however_soon_it_is_tried_again() {
    let town = Town::new();
    // The worst that can be drawn: no wait at all.
    town.chance.store(0, Ordering::Relaxed);
    town.road.down_until(600);
    for number in 0..20 {
        town.outbox.put(parcel(&number.to_string()));
    }
    let _courier = town.start();
    town.outbox.until_empty().await;
    for number in 0..20 {
        let state = town.outbox.item(&number.to_string()).state;
        assert_eq!(state, State::Delivered, "{number}");
    }
    let failed = town.road.seen().len() - 20;
    assert!(failed < 40, "{failed} attempts in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_of_the_host_is_told_and_stops_nothing() {
    let town = Town::new();
    town.road.tell("bad", [Fares::Panics]);
    town.outbox.put(parcel("bad"));
    town.outbox.put(parcel("good"));
    let _courier = town.start();
    town.outbox.until_empty().await;
    assert_eq!(town.outbox.item("good").state, State::Delivered);
    let State::Dead(problem) = town.outbox.item("bad").state else {
        panic!("given up");
    };
    assert!(problem.contains("failed within the host"), "{problem}");
}
