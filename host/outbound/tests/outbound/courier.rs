//! Deliveries from an outbox to a target.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_outbound::courier::{
    Backoff, Courier, CourierSettings, Delivery, Exclusions, FinalFailure, FinalKind, Outbox,
    OutboxError,
};
use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_outbound::webhook::Webhook;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use crate::sink::{Reply, Sink, egress, settings};

/// Pending deliveries and the results of the others.
#[derive(Clone, Debug, Default)]
struct Deliveries {
    pending: Vec<(Timestamp, Delivery)>,
    delivered: Vec<String>,
    failed: Vec<(String, FinalFailure)>,
}

struct MemoryOutbox(watch::Sender<Deliveries>);

impl MemoryOutbox {
    fn new(deliveries: impl IntoIterator<Item = Delivery>) -> Arc<MemoryOutbox> {
        let pending = deliveries
            .into_iter()
            .map(|delivery| (Timestamp::UNIX_EPOCH, delivery));
        Arc::new(MemoryOutbox(watch::Sender::new(Deliveries {
            pending: pending.collect(),
            ..Deliveries::default()
        })))
    }

    fn deliveries(&self) -> Deliveries {
        self.0.borrow().clone()
    }

    async fn until(&self, matches: impl Fn(&Deliveries) -> bool) -> Deliveries {
        let mut changes = self.0.subscribe();
        let deliveries = changes.wait_for(|deliveries| matches(deliveries)).await;
        deliveries.expect("an open channel").clone()
    }

    async fn until_empty(&self) -> Deliveries {
        self.until(|deliveries| deliveries.pending.is_empty()).await
    }

    fn take(&self, delivery: &Delivery, then: impl FnOnce(&mut Deliveries, Delivery)) {
        self.0.send_modify(|deliveries| {
            let found = deliveries
                .pending
                .iter()
                .position(|(_, item)| item.key == delivery.key);
            let (_, delivery) = deliveries.pending.remove(found.expect("pending"));
            then(deliveries, delivery);
        });
    }
}

impl Outbox for MemoryOutbox {
    fn load_due(
        &self,
        now: Timestamp,
        exclusions: &Exclusions,
        limit: usize,
    ) -> Result<Vec<Delivery>, OutboxError> {
        let deliveries = self.0.borrow();
        let due = deliveries.pending.iter().filter(|(not_before, delivery)| {
            *not_before <= now
                && !exclusions.contains(&delivery.company, &delivery.key, &delivery.target, None)
        });
        Ok(due
            .take(limit)
            .map(|(_, delivery)| delivery.clone())
            .collect())
    }

    fn begin(&self, _: &Delivery) -> Result<(), OutboxError> {
        Ok(())
    }

    fn mark_delivered(&self, delivery: &Delivery, _at: Timestamp) -> Result<(), OutboxError> {
        self.take(delivery, |deliveries, delivery| {
            deliveries.delivered.push(delivery.key)
        });
        Ok(())
    }

    fn schedule_retry(
        &self,
        delivery: &Delivery,
        not_before: Timestamp,
        _problem: &str,
    ) -> Result<(), OutboxError> {
        self.take(delivery, |deliveries, mut delivery| {
            delivery.attempts += 1;
            deliveries.pending.push((not_before, delivery));
        });
        Ok(())
    }

    fn hold(&self, _: &Delivery, _: Timestamp, _: &str) -> Result<(), OutboxError> {
        unreachable!("a webhook is never broken")
    }

    fn mark_failed(&self, delivery: &Delivery, failure: &FinalFailure) -> Result<(), OutboxError> {
        self.take(delivery, |deliveries, delivery| {
            deliveries.failed.push((delivery.key, failure.clone()));
        });
        Ok(())
    }
}

fn delivery(key: &str, target: &str, webhook: Webhook) -> Delivery {
    Delivery {
        company: "northwind".to_owned(),
        key: key.to_owned(),
        target: target.to_owned(),
        lane: None,
        destination: Ok(Arc::new(webhook)),
        body: format!("{{\"key\":  \"{key}\"}}").into_bytes(),
        attempts: 0,
        can_take_back: false,
    }
}

/// No waits: their lengths are tested in paused time.
fn without_waits() -> CourierSettings {
    CourierSettings {
        backoff: Backoff {
            first: Duration::ZERO,
            max: Duration::ZERO,
        },
        poll_interval: Duration::from_millis(5),
        stop_timeout: Duration::from_secs(600),
        ..CourierSettings::default()
    }
}

fn start(outbox: &Arc<MemoryOutbox>, egress: Egress) -> Courier {
    let outbox = Arc::clone(outbox) as _;
    Courier::start(&Handle::current(), outbox, without_waits(), egress)
}

#[tokio::test]
async fn a_retry_sends_the_same_key_and_bytes() {
    let broken = b"HTTP/1.1 200".to_vec();
    let replies = [Reply::Status(500), Reply::Raw(broken), Reply::Status(429)];
    let sink = Sink::start(replies).await;
    let outbox = MemoryOutbox::new([delivery("reply-1", "press", sink.webhook())]);
    let courier = start(&outbox, egress());
    let deliveries = outbox.until_empty().await;
    assert_eq!(deliveries.delivered, ["reply-1"]);
    let seen = sink.seen();
    assert_eq!(seen.len(), 4);
    for request in &seen {
        assert_eq!(request.body, b"{\"key\":  \"reply-1\"}");
        for name in ["webhook-id", "idempotency-key"] {
            assert_eq!(request.header(name), "reply-1");
        }
    }
    assert_eq!(courier.stop().await, 0);
    let stats = courier.stats();
    // The broken answer came on a reused connection: the request was repeated at
    // once on a new one.
    assert_eq!((stats.delivered, stats.retried, stats.failed), (1, 2, 0));
    assert_eq!((stats.in_flight, stats.unrecorded), (0, 0));
}

#[tokio::test]
async fn a_target_that_checks_keys_handles_each_delivery_once() {
    // Of three, one is handled and its answer lost.
    let lost = || Reply::Raw(Vec::new());
    let replies = (0..60).map(|number| match number % 3 {
        0 => lost(),
        1 => Reply::Status(503),
        _ => Reply::Status(200),
    });
    let sink = Sink::start(replies).await;
    let keys: Vec<_> = (10..50).map(|number| format!("reply-{number}")).collect();
    let deliveries = keys
        .iter()
        .map(|key| delivery(key, "press", sink.webhook()));
    let outbox = MemoryOutbox::new(deliveries);
    let courier = start(&outbox, egress());
    let deliveries = outbox.until_empty().await;
    courier.stop().await;
    assert_eq!(deliveries.failed, []);
    assert_eq!(deliveries.delivered.len(), 40);
    assert_eq!(sink.effects(), keys);
    assert!(sink.seen().len() > 40, "some were sent more than once");
}

#[tokio::test]
async fn a_refused_address_fails_at_once_and_names_no_network() {
    let sink = Sink::start([]).await;
    let outbox = MemoryOutbox::new([delivery("k", "press", sink.webhook())]);
    let courier = start(&outbox, Egress::new(EgressSettings::default()));
    let deliveries = outbox.until_empty().await;
    courier.stop().await;
    let FinalFailure { kind, problem } = &deliveries.failed[0].1;
    assert_eq!(*kind, FinalKind::Refused);
    assert!(
        problem.contains("may not reach; use a public address"),
        "{problem}"
    );
    // The range that the address is in is for the operator's log only.
    assert!(!problem.contains("127.0.0.0/8"), "{problem}");
    assert!(sink.seen().is_empty());
    assert_eq!(courier.stats().retried, 0);
}

#[tokio::test]
async fn a_silent_target_does_not_delay_others() {
    let dead = Sink::start(vec![Reply::Silence; 100]).await;
    let alive = Sink::start([]).await;
    let to_dead = (0..100).map(|n| delivery(&format!("dead-{n}"), "dead", dead.webhook()));
    let to_alive = (0..40).map(|n| delivery(&format!("alive-{n}"), "alive", alive.webhook()));
    let outbox = MemoryOutbox::new(to_dead.chain(to_alive));
    let egress = Egress::new(EgressSettings {
        timeout: Duration::from_secs(3600),
        ..settings()
    });
    let _courier = start(&outbox, egress);
    let deliveries = outbox
        .until(|deliveries| deliveries.delivered.len() == 40)
        .await;
    assert!(
        deliveries
            .delivered
            .iter()
            .all(|key| key.starts_with("alive"))
    );
    assert_eq!(dead.seen().len(), 4);
}

#[tokio::test]
async fn a_stop_waits_for_the_answer_of_an_attempt() {
    let answer = Arc::new(Notify::new());
    let sink = Sink::start([Reply::When(Arc::clone(&answer))]).await;
    let outbox = MemoryOutbox::new([delivery("k", "press", sink.webhook())]);
    let courier = start(&outbox, egress());
    sink.until_seen(1).await;
    let (aborted, ()) = tokio::join!(courier.stop(), async { answer.notify_one() });
    assert_eq!(aborted, 0);
    assert_eq!(outbox.deliveries().delivered, ["k"]);
}

#[test]
fn a_courier_runs_on_the_given_runtime() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sink = runtime.block_on(Sink::start([]));
    let outbox = MemoryOutbox::new([delivery("k", "press", sink.webhook())]);
    let post = Arc::clone(&outbox) as _;
    let courier = Courier::start(runtime.handle(), post, without_waits(), egress());
    courier.wake();
    runtime.block_on(outbox.until_empty());
    assert_eq!(runtime.block_on(courier.stop()), 0);
    assert_eq!(courier.stats().delivered, 1);
}
