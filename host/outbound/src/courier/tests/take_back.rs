use tokio::sync::Semaphore;

use super::memory_outbox::State;
use super::scripted_destination::Behavior;
use super::*;

fn with_take_back(key: &str) -> Delivery {
    Delivery {
        can_take_back: true,
        ..delivery(key)
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_was_taken_back_after_it_was_loaded_is_not_sent() {
    let harness = Harness::new();
    harness.outbox.put(with_take_back("k"));
    // Between the load and the attempt.
    harness.outbox.take_back_after_load("k");
    let courier = harness.start();
    harness.outbox.until_empty().await;
    harness.outbox.put(delivery("next"));
    courier.wake();
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["next"]);
    assert_eq!(courier.stop().await, 0);
    assert_eq!(courier.stats().delivered, 1);
    assert_eq!(harness.outbox.item("k").state, State::TakenBack);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_whose_attempt_has_begun_cannot_be_taken_back() {
    let harness = Harness::new();
    let gate = Arc::new(Semaphore::new(0));
    harness
        .destination
        .script("k", [Behavior::Gated(Arc::clone(&gate))]);
    harness.outbox.put(with_take_back("k"));
    let courier = harness.start();
    harness.destination.until_seen(1).await;
    assert!(!harness.outbox.take_back("k"));
    gate.add_permits(1);
    assert_eq!(courier.stop().await, 0);
    assert_eq!(harness.outbox.item("k").state, State::Delivered);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_until_the_outbox_has_recorded_that_the_attempt_begins() {
    let harness = Harness::new();
    // The beginning, and the first attempts to record that it failed.
    harness.outbox.fail_next(5);
    harness.outbox.put(with_take_back("k"));
    let courier = harness.start();
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["k"]);
    let item = harness.outbox.item("k");
    assert_eq!((item.state, item.delivery.attempts), (State::Delivered, 0));
    courier.stop().await;
    assert_eq!(courier.stats().unrecorded, 0);
}
