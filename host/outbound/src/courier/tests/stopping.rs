use tokio::sync::Semaphore;

use super::outbox::State;
use super::road::Fares;
use super::*;

#[tokio::test(start_paused = true)]
async fn what_arrived_and_could_not_be_written_down_is_not_sent_again() {
    let town = Town::new();
    town.outbox.full_for(5);
    town.outbox.put(in_lane("talk", "1"));
    town.outbox.put(in_lane("talk", "2"));
    let courier = town.start();
    town.road.until_seen(1).await;
    town.outbox.until_empty().await;
    assert_eq!(town.road.keys(), ["1", "2"]);
    courier.stop().await;
    assert_eq!(courier.stats().delivered, 2);
    assert_eq!(courier.stats().unrecorded, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_its_end_cannot_be_written_down() {
    let town = Town::new();
    town.outbox.full_for(u32::MAX);
    town.outbox.put(parcel("1"));
    let courier = town.start();
    town.road.until_seen(1).await;
    while courier.stats().unrecorded == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    town.outbox.put(parcel("2"));
    courier.wake();
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(town.road.keys(), ["1"]);
    town.outbox.full_for(0);
    town.outbox.until_empty().await;
    assert_eq!(town.road.keys(), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_dealt_with_meanwhile_is_let_go() {
    let town = Town::new();
    let gate = Arc::new(Semaphore::new(0));
    town.road.tell("k", [Fares::Gated(Arc::clone(&gate))]);
    town.outbox.put(parcel("k"));
    let courier = town.start();
    town.road.until_seen(1).await;
    crate::courier::Post::dead(town.outbox.as_ref(), &parcel("k"), "by hand").expect("it waits");
    gate.add_permits(1);
    assert_eq!(courier.stop().await, 0);
    assert_eq!(
        town.outbox.item("k").state,
        State::Dead("by hand".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_wake_is_enough() {
    let mut town = Town::new();
    town.settings.look_every = PATIENCE * 2;
    let courier = town.start();
    while town.outbox.asked() == 0 {
        tokio::task::yield_now().await;
    }
    town.outbox.put(parcel("k"));
    courier.wake();
    town.outbox.until_empty().await;
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_what_is_being_sent_and_takes_nothing_more() {
    let mut town = Town::new();
    town.settings.concurrency = 1;
    let gate = Arc::new(Semaphore::new(0));
    town.road.tell("1", [Fares::Gated(Arc::clone(&gate))]);
    town.outbox.put(parcel("1"));
    town.outbox.put(parcel("2"));
    let courier = town.start();
    town.road.until_seen(1).await;
    let (cut_off, ()) = tokio::join!(courier.stop(), async {
        // The stop is under way by now: joined futures are polled in order.
        gate.add_permits(1);
    });
    assert_eq!(cut_off, 0);
    assert_eq!(town.outbox.item("1").state, State::Delivered);
    assert_eq!(town.outbox.item("2").state, State::Waiting);
    assert_eq!(courier.stop().await, 0, "again");
}

#[tokio::test(start_paused = true)]
async fn stopping_cuts_off_what_takes_too_long_and_it_stays_in_the_outbox() {
    let town = Town::new();
    town.road.tell("k", [Fares::Lost]);
    town.outbox.put(parcel("k"));
    let courier = town.start();
    town.road.until_seen(1).await;
    let begun = Instant::now();
    assert_eq!(courier.stop().await, 1);
    assert_eq!(begun.elapsed().as_secs(), 10);
    let item = town.outbox.item("k");
    assert_eq!((item.state, item.parcel.attempts), (State::Waiting, 0));
    // The next one sends it.
    let _next = town.start();
    town.outbox.until_empty().await;
    assert_eq!(town.road.keys(), ["k", "k"]);
}

#[tokio::test(start_paused = true)]
async fn a_courier_that_is_dropped_stops() {
    let town = Town::new();
    drop(town.start());
    town.outbox.put(parcel("k"));
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(town.outbox.item("k").state, State::Waiting);
}
