use std::sync::atomic::Ordering;

use super::memory_outbox::State;
use super::scripted_destination::Behavior;
use super::*;
use crate::courier::{CourierStats, FinalFailure, FinalKind};

#[tokio::test(start_paused = true)]
async fn each_delivery_is_sent_once() {
    let harness = Harness::new();
    for number in 0..1000 {
        harness.outbox.put(to(
            &format!("target-{}", number % 7),
            &format!("k-{number}"),
        ));
    }
    let courier = harness.start();
    harness.outbox.until_empty().await;
    assert_eq!(courier.stop().await, 0);
    let mut keys = harness.destination.keys();
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
async fn each_failure_doubles_the_wait_until_the_delivery_fails() {
    let harness = Harness::new();
    harness
        .destination
        .script("k", vec![Behavior::Status(500); 99]);
    harness.outbox.put(delivery("k"));
    let courier = harness.start();
    harness.outbox.until_empty().await;
    let seconds: Vec<_> = harness
        .destination
        .seen()
        .iter()
        .map(|seen| seen.second)
        .collect();
    let waits: Vec<_> = seconds.windows(2).map(|two| two[1] - two[0]).collect();
    let bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600];
    assert_eq!(waits.len(), bounds.len(), "{seconds:?}");
    for (wait, bound) in waits.iter().zip(bounds) {
        // Found at the next poll.
        assert!((bound..=bound + 1).contains(wait), "{waits:?}");
    }
    let item = harness.outbox.item("k");
    assert_eq!(
        item.state,
        State::Failed(FinalFailure {
            kind: FinalKind::Exhausted,
            problem: "failed after 12 attempts; the last: https://hooks.example answered 500 Internal Server Error; check the target's log"
                .to_owned()
        })
    );
    assert_eq!(item.problems.len(), 11);
    courier.stop().await;
    let stats = courier.stats();
    assert_eq!((stats.delivered, stats.retried, stats.failed), (0, 11, 1));
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_a_random_share_of_the_bound() {
    let harness = Harness::new();
    harness.random.store(250, Ordering::Relaxed);
    harness
        .destination
        .script("k", vec![Behavior::Status(500); 4]);
    harness.outbox.put(delivery("k"));
    let _courier = harness.start();
    harness
        .outbox
        .until(|items| items[0].delivery.attempts == 4)
        .await;
    // A quarter of the fourth bound.
    let attempt = harness.destination.seen()[3].second;
    let wait = harness.outbox.item("k").not_before.as_second() - attempt;
    assert_eq!(wait, 2);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured_up_to_an_hour() {
    for (value, wait) in [("0", 1), ("120", 120), ("3600", 3600), ("999999", 3600)] {
        let harness = Harness::new();
        harness
            .destination
            .script("k", [Behavior::RetryAfter(503, value)]);
        harness.outbox.put(delivery("k"));
        let _courier = harness.start();
        harness
            .outbox
            .until(|items| items[0].delivery.attempts == 1)
            .await;
        let not_before = harness.outbox.item("k").not_before.as_second();
        assert_eq!(not_before, wait, "{value}");
        harness.outbox.until_empty().await;
        assert_eq!(harness.outbox.item("k").state, State::Delivered);
    }
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_is_not_retried() {
    let harness = Harness::new();
    harness.destination.script("gone", [Behavior::Status(410)]);
    harness.destination.script("moved", [Behavior::Status(308)]);
    harness.outbox.put(delivery("gone"));
    harness.outbox.put(delivery("moved"));
    let nowhere = "target \"press\" is no longer in the company file".to_owned();
    harness.outbox.put(Delivery {
        destination: Err(nowhere.clone()),
        ..delivery("nowhere")
    });
    let courier = harness.start();
    harness.outbox.until_empty().await;
    let mut keys = harness.destination.keys();
    keys.sort();
    assert_eq!(
        keys,
        ["gone", "moved"],
        "one attempt each, and none without a destination"
    );
    let refused = FinalFailure {
        kind: FinalKind::Refused,
        problem: nowhere,
    };
    assert_eq!(harness.outbox.item("nowhere").state, State::Failed(refused));
    courier.stop().await;
    assert_eq!(courier.stats().failed, 3);
    assert_eq!(courier.stats().retried, 0);
}

#[tokio::test(start_paused = true)]
async fn an_outage_fails_no_delivery_even_without_waits() {
    let harness = Harness::new();
    // The shortest random wait: none.
    harness.random.store(0, Ordering::Relaxed);
    harness.destination.down_until(600);
    for number in 0..20 {
        harness.outbox.put(delivery(&number.to_string()));
    }
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    for number in 0..20 {
        let state = harness.outbox.item(&number.to_string()).state;
        assert_eq!(state, State::Delivered, "{number}");
    }
    let failed = harness.destination.seen().len() - 20;
    assert!(failed < 40, "{failed} attempts in ten minutes");
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_delivery_and_stops_nothing() {
    let harness = Harness::new();
    harness.destination.script("bad", [Behavior::Panic]);
    harness.outbox.put(delivery("bad"));
    harness.outbox.put(delivery("good"));
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    assert_eq!(harness.outbox.item("good").state, State::Delivered);
    let State::Failed(failure) = harness.outbox.item("bad").state else {
        panic!("not failed");
    };
    assert_eq!(failure.kind, FinalKind::Uncertain, "it may have been sent");
    let problem = failure.problem;
    assert!(problem.contains("failed within the host"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn each_final_kind_is_recorded_and_never_retried() {
    let harness = Harness::new();
    for kind in FinalKind::ALL {
        let key = kind.as_str();
        harness.destination.script(key, [Behavior::Final(kind)]);
        harness.outbox.put(delivery(key));
    }
    let courier = harness.start();
    harness.outbox.until_empty().await;
    tokio::time::sleep(LIMIT).await;
    courier.stop().await;
    for kind in FinalKind::ALL {
        let failure = FinalFailure {
            kind,
            problem: kind.as_str().to_owned(),
        };
        let state = harness.outbox.item(kind.as_str()).state;
        assert_eq!(state, State::Failed(failure));
    }
    assert_eq!(harness.destination.keys().len(), FinalKind::ALL.len());
    let stats = courier.stats();
    assert_eq!((stats.failed, stats.retried, stats.held), (5, 0, 0));
}
