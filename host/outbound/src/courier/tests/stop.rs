use tokio::sync::Semaphore;

use super::memory_outbox::State;
use super::scripted_destination::Behavior;
use super::*;
use crate::courier::{FinalFailure, FinalKind, Outbox};

#[tokio::test(start_paused = true)]
async fn an_unrecorded_delivery_is_not_sent_again() {
    let harness = Harness::new();
    harness.outbox.fail_next(5);
    harness.outbox.put(in_lane("talk", "1"));
    harness.outbox.put(in_lane("talk", "2"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["1", "2"]);
    courier.stop().await;
    assert_eq!(courier.stats().delivered, 2);
    assert_eq!(courier.stats().unrecorded, 0);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_while_a_result_is_unrecorded() {
    let harness = Harness::new();
    harness.outbox.fail_next(u32::MAX);
    harness.outbox.put(delivery("1"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    while courier.stats().unrecorded == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    harness.outbox.put(delivery("2"));
    courier.wake();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(harness.destination.keys(), ["1"]);
    harness.outbox.fail_next(0);
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_closed_by_an_operator_is_released() {
    let harness = Harness::new();
    let gate = Arc::new(Semaphore::new(0));
    harness
        .destination
        .script("k", [Behavior::Gated(Arc::clone(&gate))]);
    harness.outbox.put(delivery("k"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    let by_hand = FinalFailure {
        kind: FinalKind::Refused,
        problem: "by hand".to_owned(),
    };
    harness
        .outbox
        .mark_failed(&delivery("k"), &by_hand)
        .expect("pending");
    gate.add_permits(1);
    assert_eq!(courier.stop().await, 0);
    assert_eq!(harness.outbox.item("k").state, State::Failed(by_hand));
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_loads_without_a_poll() {
    let mut harness = Harness::new();
    harness.settings.poll_interval = LIMIT * 2;
    let courier = harness.start();
    while harness.outbox.loads() == 0 {
        tokio::task::yield_now().await;
    }
    harness.outbox.put(delivery("k"));
    courier.wake();
    harness.outbox.until_empty().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_finishes_attempts_and_starts_none() {
    let mut harness = Harness::new();
    harness.settings.concurrency = 1;
    let gate = Arc::new(Semaphore::new(0));
    harness
        .destination
        .script("1", [Behavior::Gated(Arc::clone(&gate))]);
    harness.outbox.put(delivery("1"));
    harness.outbox.put(delivery("2"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    let (aborted, ()) = tokio::join!(courier.stop(), async {
        // Joined futures are polled in order: the stop has started.
        gate.add_permits(1);
    });
    assert_eq!(aborted, 0);
    assert_eq!(harness.outbox.item("1").state, State::Delivered);
    assert_eq!(harness.outbox.item("2").state, State::Pending);
    assert_eq!(courier.stop().await, 0, "again");
}

#[tokio::test(start_paused = true)]
async fn a_stop_aborts_slow_attempts_and_their_deliveries_stay_pending() {
    let harness = Harness::new();
    harness.destination.script("k", [Behavior::Hang]);
    harness.outbox.put(delivery("k"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    let start = Instant::now();
    assert_eq!(courier.stop().await, 1);
    assert_eq!(start.elapsed().as_secs(), 10);
    let item = harness.outbox.item("k");
    assert_eq!((item.state, item.delivery.attempts), (State::Pending, 0));
    // The next courier sends it.
    let _next = harness.start();
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["k", "k"]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_courier_stops() {
    let harness = Harness::new();
    drop(harness.start());
    harness.outbox.put(delivery("k"));
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(harness.outbox.item("k").state, State::Pending);
}
