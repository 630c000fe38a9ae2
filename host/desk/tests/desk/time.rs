//! Wall clocks that jump, and time across restarts.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::Mutex;
use patchbay_clock::{AdjustableClock, Clock};
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;
use patchbay_model::alert::{Alert, AlertKind};
use patchbay_pass::observer::Observer;

use crate::floor::{agent, sign_in, taken_by};
use crate::office::{eventually, feed, head, journal, ruled, said, take_in};

const DAYS: SignedDuration = SignedDuration::from_hours(72);

#[derive(Debug, Default)]
struct Alerts(Mutex<Vec<Alert>>);

impl Observer for Alerts {
    fn alert_raised(&self, alert: Alert) {
        self.0.lock().push(alert);
    }
}

/// A desk with this wall clock, whose offers stand for as long as the rules say.
fn open(place: &Path, wall: AdjustableClock, rules: &str) -> (Desk, Arc<Alerts>) {
    let alerts = Arc::new(Alerts::default());
    let settings = DeskSettings {
        clock: Clock::adjustable(wall),
        observer: Arc::clone(&alerts) as _,
        ..DeskSettings::default()
    };
    let desk = Desk::open(journal(place), vec![ruled(rules)], settings).expect("a desk");
    (desk, alerts)
}

fn jumps(desk: &Desk) -> Vec<String> {
    let entries = feed(desk);
    let alerts = entries
        .iter()
        .filter(|entry| entry.kind == EventKind::Alerted as u16)
        .map(head);
    let jumped = alerts.filter(|head| head["alert"] == "clock-jumped");
    jumped.map(|head| head["about"].to_string()).collect()
}

#[test]
fn an_offer_times_out_although_the_wall_clock_went_back_by_days() {
    let place = tempfile::tempdir().expect("a place");
    let wall = AdjustableClock::default();
    let (desk, alerts) = open(place.path(), wall, "offer-timeout = \"2s\"");
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let before = desk.now();
    wall.set_ahead(-DAYS);
    assert!(desk.now() >= before, "time does not go back");
    eventually(|| {
        let entries = feed(&desk);
        entries
            .iter()
            .any(|entry| entry.kind == EventKind::TimedOut as u16)
    });
    assert_eq!(jumps(&desk).len(), 1);
    let alerts = alerts.0.lock();
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0].kind, AlertKind::ClockJumped);
    assert!(alerts[0].what.contains("went back"), "{alerts:?}");
}

#[test]
fn an_open_offer_survives_a_wall_clock_set_forward() {
    let place = tempfile::tempdir().expect("a place");
    let wall = AdjustableClock::default();
    let (desk, alerts) = open(place.path(), wall, "offer-timeout = \"10m\"");
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    wall.set_ahead(DAYS);
    eventually(|| !alerts.0.lock().is_empty());
    desk.wait_until_idle();
    taken_by(&desk, "ana");
    eventually(|| jumps(&desk).len() == 1);
}

/// Have the database refuse entries of feeds, as a full disk does.
fn refuse_entries(place: &Path, is_refusing: bool) {
    let sql = rusqlite::Connection::open(place.join("desk.db")).expect("opened");
    let statement = match is_refusing {
        true => {
            "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END;"
        }
        false => "DROP TRIGGER full;",
    };
    sql.execute_batch(statement).expect("changed");
}

#[test]
fn a_jump_that_could_not_be_written_is_written_later_and_once() {
    let place = tempfile::tempdir().expect("a place");
    let wall = AdjustableClock::default();
    let (desk, alerts) = open(place.path(), wall, "");
    refuse_entries(place.path(), true);
    wall.set_ahead(DAYS);
    eventually(|| desk.journal().storage().failure.is_some());
    assert_eq!(jumps(&desk), [""; 0], "not stored");
    refuse_entries(place.path(), false);
    eventually(|| !jumps(&desk).is_empty());
    let first = jumps(&desk);
    // The next one comes behind it: the first is not written again.
    wall.set_ahead(DAYS * 2);
    eventually(|| jumps(&desk).len() > 1);
    assert_eq!(jumps(&desk)[..1], first);
    drop(desk);
    assert_eq!(alerts.0.lock().len(), 2, "operators learn of each once");
    let (desk, _) = open(place.path(), wall, "");
    assert_eq!(jumps(&desk).len(), 2);
}

#[test]
fn a_clock_that_goes_back_across_a_restart_repeats_no_time_and_no_offer() {
    let place = tempfile::tempdir().expect("a place");
    let wall = AdjustableClock::default();
    let (desk, _) = open(place.path(), wall, "");
    sign_in(&desk, &["ana"]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let stale = desk.conversations().offers("northwind", Some("ana"));
    let stale = stale.expect("offers")[0].id;
    let last = desk.now();
    drop(desk);
    // The first conversation is gone when the wall clock is set back.
    wall.set_ahead(-DAYS);
    let (desk, alerts) = open(place.path(), wall, "");
    assert!(desk.now() >= last, "time does not go back");
    eventually(|| !alerts.0.lock().is_empty());
    taken_by(&desk, "ana");
    take_in(&desk, vec![said("2", "@eva", "And I?")]);
    let offers = desk.conversations().offers("northwind", Some("ana"));
    let offer = &offers.expect("offers")[0];
    assert!(offer.id > stale, "{} {stale}", offer.id);
    let answer = desk
        .conversations()
        .answer_offer("northwind", stale, agent("ana"), true);
    let refused = answer.expect("a desk that works");
    assert!(refused.is_err() || refused.is_ok_and(|done| done.owner.as_deref() == Some("ana")));
    let still = desk.conversations().offers("northwind", Some("ana"));
    assert_eq!(
        still.expect("offers").len(),
        1,
        "the stale answer took nothing"
    );
}

#[test]
fn an_operator_can_accept_the_clock_after_a_wrong_time() {
    let place = tempfile::tempdir().expect("a place");
    let wall = AdjustableClock::default();
    wall.set_ahead(DAYS);
    let (desk, _) = open(place.path(), wall, "");
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let wrong = desk.now();
    drop(desk);
    wall.set_ahead(SignedDuration::ZERO);
    for (accept_clock, is_right) in [(false, false), (true, true), (false, true)] {
        let settings = DeskSettings {
            clock: Clock::adjustable(wall),
            accept_clock,
            ..DeskSettings::default()
        };
        let desk = Desk::open(journal(place.path()), vec![ruled("")], settings);
        assert_eq!(desk.expect("a desk").now() < wrong, is_right);
    }
}
