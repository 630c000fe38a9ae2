use super::memory_outbox::State;
use super::scripted_destination::Behavior;
use super::*;

#[tokio::test(start_paused = true)]
async fn a_broken_target_gets_one_trial_after_each_growing_pause() {
    let harness = Harness::new();
    harness.destination.break_until("chat", 1_000_000);
    for number in 0..20 {
        harness.outbox.put(to("chat", &number.to_string()));
    }
    let courier = harness.start();
    // The four that start together, then the trials.
    harness.destination.until_seen(4 + 6).await;
    harness.outbox.put(to("other", "other"));
    harness
        .outbox
        .until(|items| items.iter().any(|item| item.state == State::Delivered))
        .await;
    let seen = harness.destination.seen();
    let trials = seen.iter().filter(|seen| seen.target == "chat").skip(3);
    let seconds: Vec<_> = trials.map(|seen| seen.second).collect();
    for (pair, wait) in seconds.windows(2).zip([60, 120, 240, 480, 900, 900]) {
        let found = pair[1] - pair[0];
        // Found at the next poll.
        assert!((wait..=wait + 1).contains(&found), "{seconds:?}");
    }
    for number in 0..20 {
        let item = harness.outbox.item(&number.to_string());
        assert_eq!((item.state, item.delivery.attempts), (State::Pending, 0));
    }
    courier.stop().await;
    let stats = courier.stats();
    assert_eq!((stats.held, stats.retried, stats.failed), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_repaired_target_gets_all_its_deliveries_with_all_their_attempts() {
    let harness = Harness::new();
    // The four attempts that start together, then two trials.
    harness.destination.break_until("chat", 100);
    for number in 0..20 {
        harness.outbox.put(to("chat", &number.to_string()));
    }
    let courier = harness.start();
    harness.destination.until_seen(5).await;
    let broken = courier.broken_targets();
    let [target] = broken.as_slice() else {
        panic!("{broken:?}");
    };
    assert_eq!(
        (target.company.as_str(), target.target.as_str()),
        ("northwind", "chat")
    );
    assert_eq!(target.since.as_second(), 0);
    assert_eq!(target.problem, "token revoked", "one line, no address");
    harness.outbox.until_empty().await;
    courier.stop().await;
    let seconds: Vec<_> = harness
        .destination
        .seen()
        .iter()
        .map(|seen| seen.second)
        .collect();
    assert_eq!(seconds[..6], [0, 0, 0, 0, seconds[4], seconds[5]]);
    assert!((60..=61).contains(&seconds[4]), "{seconds:?}");
    assert!((180..=182).contains(&seconds[5]), "{seconds:?}");
    assert!(
        seconds[6..].iter().all(|second| *second < 240),
        "{seconds:?}"
    );
    for number in 0..20 {
        let item = harness.outbox.item(&number.to_string());
        assert_eq!((item.state, item.delivery.attempts), (State::Delivered, 0));
    }
    let stats = courier.stats();
    assert_eq!(
        (stats.delivered, stats.retried, stats.failed, stats.held),
        (20, 0, 0, 0)
    );
    assert_eq!(courier.broken_targets(), []);
}

#[tokio::test(start_paused = true)]
async fn a_broken_target_is_tried_at_once_on_request() {
    let harness = Harness::new();
    harness.destination.break_until("chat", 30);
    for number in 0..6 {
        harness.outbox.put(to("chat", &number.to_string()));
    }
    let courier = harness.start();
    harness.destination.until_seen(4).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert_eq!(harness.destination.seen().len(), 4, "its pause lasts");
    courier.try_now("contoso", "chat");
    courier.try_now("northwind", "other");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(harness.destination.seen().len(), 4, "another target");
    courier.try_now("northwind", "chat");
    harness.destination.until_seen(5).await;
    let trial = harness.destination.seen().swap_remove(4).second;
    assert!((41..=42).contains(&trial), "{trial}");
    harness.outbox.until_empty().await;
    assert_eq!(courier.broken_targets(), []);
}

#[tokio::test(start_paused = true)]
async fn a_held_delivery_keeps_its_place_in_its_lane() {
    let harness = Harness::new();
    harness.destination.script("1", [Behavior::Broken]);
    for key in ["1", "2"] {
        harness.outbox.put(Delivery {
            target: "chat".to_owned(),
            ..in_lane("talk", key)
        });
    }
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    assert_eq!(harness.destination.keys(), ["1", "1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_the_outbox_cannot_store_is_stored_later() {
    let harness = Harness::new();
    harness.destination.script("k", [Behavior::Broken]);
    harness.outbox.fail_next(3);
    harness.outbox.put(delivery("k"));
    let _courier = harness.start();
    harness.outbox.until_empty().await;
    let item = harness.outbox.item("k");
    assert_eq!((item.state, item.delivery.attempts), (State::Delivered, 0));
    assert_eq!(item.problems, ["token revoked"]);
}
