//! From an outbox to a target and back, over real connections.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_outbound::courier::{
    Backoff, Busy, Courier, CourierSettings, Parcel, Post, PostError,
};
use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_outbound::webhook::Webhook;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use crate::sink::{Reply, Sink, egress, settings};

/// What waits, and what became of the rest.
#[derive(Clone, Debug, Default)]
struct Shelf {
    waiting: Vec<(Timestamp, Parcel)>,
    delivered: Vec<String>,
    dead: Vec<(String, String)>,
}

struct Outbox(watch::Sender<Shelf>);

impl Outbox {
    fn of(parcels: impl IntoIterator<Item = Parcel>) -> Arc<Outbox> {
        let waiting = parcels
            .into_iter()
            .map(|parcel| (Timestamp::UNIX_EPOCH, parcel));
        Arc::new(Outbox(watch::Sender::new(Shelf {
            waiting: waiting.collect(),
            ..Shelf::default()
        })))
    }

    fn shelf(&self) -> Shelf {
        self.0.borrow().clone()
    }

    async fn until(&self, is_so: impl Fn(&Shelf) -> bool) -> Shelf {
        let mut changes = self.0.subscribe();
        let shelf = changes.wait_for(|shelf| is_so(shelf)).await;
        shelf.expect("the outbox stays").clone()
    }

    async fn until_empty(&self) -> Shelf {
        self.until(|shelf| shelf.waiting.is_empty()).await
    }

    fn take(&self, parcel: &Parcel, then: impl FnOnce(&mut Shelf, Parcel)) {
        self.0.send_modify(|shelf| {
            let found = shelf
                .waiting
                .iter()
                .position(|(_, item)| item.key == parcel.key);
            let (_, parcel) = shelf.waiting.remove(found.expect("it waits"));
            then(shelf, parcel);
        });
    }
}

impl Post for Outbox {
    fn due(&self, now: Timestamp, busy: &Busy, limit: usize) -> Result<Vec<Parcel>, PostError> {
        let shelf = self.0.borrow();
        let due = shelf.waiting.iter().filter(|(not_before, parcel)| {
            *not_before <= now && !busy.holds(&parcel.company, &parcel.key, &parcel.target, None)
        });
        Ok(due.take(limit).map(|(_, parcel)| parcel.clone()).collect())
    }

    fn delivered(&self, parcel: &Parcel, _at: Timestamp) -> Result<(), PostError> {
        self.take(parcel, |shelf, parcel| shelf.delivered.push(parcel.key));
        Ok(())
    }

    fn later(
        &self,
        parcel: &Parcel,
        not_before: Timestamp,
        _problem: &str,
    ) -> Result<(), PostError> {
        self.take(parcel, |shelf, mut parcel| {
            parcel.attempts += 1;
            shelf.waiting.push((not_before, parcel));
        });
        Ok(())
    }

    fn dead(&self, parcel: &Parcel, problem: &str) -> Result<(), PostError> {
        self.take(parcel, |shelf, parcel| {
            shelf.dead.push((parcel.key, problem.to_owned()));
        });
        Ok(())
    }
}

fn parcel(key: &str, target: &str, webhook: Webhook) -> Parcel {
    Parcel {
        company: "northwind".to_owned(),
        key: key.to_owned(),
        target: target.to_owned(),
        lane: None,
        destination: Ok(webhook),
        body: format!("{{\"key\":  \"{key}\"}}").into_bytes(),
        attempts: 0,
    }
}

/// Nothing is waited for: how long waits are is tested in paused time.
fn hasty() -> CourierSettings {
    CourierSettings {
        backoff: Backoff {
            first: Duration::ZERO,
            most: Duration::ZERO,
        },
        look_every: Duration::from_millis(5),
        stop_within: Duration::from_secs(600),
        ..CourierSettings::default()
    }
}

fn start(outbox: &Arc<Outbox>, egress: Egress) -> Courier {
    let outbox = Arc::clone(outbox) as _;
    Courier::start(&Handle::current(), outbox, hasty(), egress)
}

#[tokio::test]
async fn a_failure_is_tried_again_with_the_same_key_and_bytes() {
    let broken = b"HTTP/1.1 200".to_vec();
    let replies = [Reply::Status(500), Reply::Raw(broken), Reply::Status(429)];
    let sink = Sink::start(replies).await;
    let outbox = Outbox::of([parcel("reply-1", "press", sink.webhook())]);
    let courier = start(&outbox, egress());
    let shelf = outbox.until_empty().await;
    assert_eq!(shelf.delivered, ["reply-1"]);
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
    assert_eq!((stats.delivered, stats.retried, stats.dead), (1, 3, 0));
    assert_eq!((stats.in_flight, stats.unrecorded), (0, 0));
}

#[tokio::test]
async fn a_target_that_goes_by_the_key_does_each_thing_once() {
    // Of each three, one is done and its answer is lost.
    let lost = || Reply::Raw(Vec::new());
    let replies = (0..60).map(|number| match number % 3 {
        0 => lost(),
        1 => Reply::Status(503),
        _ => Reply::Status(200),
    });
    let sink = Sink::start(replies).await;
    let keys: Vec<_> = (10..50).map(|number| format!("reply-{number}")).collect();
    let parcels = keys.iter().map(|key| parcel(key, "press", sink.webhook()));
    let outbox = Outbox::of(parcels);
    let courier = start(&outbox, egress());
    let shelf = outbox.until_empty().await;
    courier.stop().await;
    assert_eq!(shelf.dead, []);
    assert_eq!(shelf.delivered.len(), 40);
    assert_eq!(sink.effects(), keys);
    assert!(sink.seen().len() > 40, "some were asked for more than once");
}

#[tokio::test]
async fn a_refused_address_is_given_up_at_once_and_says_which_setting_lists_it() {
    let sink = Sink::start([]).await;
    let outbox = Outbox::of([parcel("k", "press", sink.webhook())]);
    let courier = start(&outbox, Egress::new(EgressSettings::default()));
    let shelf = outbox.until_empty().await;
    courier.stop().await;
    let problem = &shelf.dead[0].1;
    assert!(problem.contains("this machine (127.0.0.0/8)"), "{problem}");
    assert!(problem.contains("`allow` in [egress]"), "{problem}");
    assert!(sink.seen().is_empty());
    assert_eq!(courier.stats().retried, 0);
}

#[tokio::test]
async fn nothing_waits_on_a_target_that_does_not_answer() {
    let dead = Sink::start(vec![Reply::Silence; 100]).await;
    let alive = Sink::start([]).await;
    let to_dead = (0..100).map(|n| parcel(&format!("dead-{n}"), "dead", dead.webhook()));
    let to_alive = (0..40).map(|n| parcel(&format!("alive-{n}"), "alive", alive.webhook()));
    let outbox = Outbox::of(to_dead.chain(to_alive));
    let egress = Egress::new(EgressSettings {
        timeout: Duration::from_secs(3600),
        ..settings()
    });
    let _courier = start(&outbox, egress);
    let shelf = outbox.until(|shelf| shelf.delivered.len() == 40).await;
    assert!(shelf.delivered.iter().all(|key| key.starts_with("alive")));
    assert_eq!(dead.seen().len(), 4);
}

#[tokio::test]
async fn stopping_waits_for_the_answer_of_what_is_being_sent() {
    let answer = Arc::new(Notify::new());
    let sink = Sink::start([Reply::When(Arc::clone(&answer))]).await;
    let outbox = Outbox::of([parcel("k", "press", sink.webhook())]);
    let courier = start(&outbox, egress());
    sink.until_seen(1).await;
    let (cut_off, ()) = tokio::join!(courier.stop(), async { answer.notify_one() });
    assert_eq!(cut_off, 0);
    assert_eq!(outbox.shelf().delivered, ["k"]);
}

#[test]
fn it_runs_on_a_runtime_somebody_else_has() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let sink = runtime.block_on(Sink::start([]));
    let outbox = Outbox::of([parcel("k", "press", sink.webhook())]);
    let post = Arc::clone(&outbox) as _;
    let courier = Courier::start(runtime.handle(), post, hasty(), egress());
    courier.wake();
    runtime.block_on(outbox.until_empty());
    assert_eq!(runtime.block_on(courier.stop()), 0);
    assert_eq!(courier.stats().delivered, 1);
}
