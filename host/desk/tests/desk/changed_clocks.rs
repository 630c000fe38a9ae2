//! Business hours and targets that change under running clocks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use patchbay_clock::SteppedClock;
use patchbay_desk::{Desk, DeskSettings};
use patchbay_engine::pipeline::Pipelines;
use patchbay_events::{ActivationCause, EventKind};
use patchbay_generations::Generation;
use patchbay_generations::activation::Change;
use patchbay_journal::NewGeneration;
use patchbay_model::desk::RunningClocks;
use patchbay_model::directory::Directory;
use patchbay_model::hours::Hours;
use patchbay_model::situation::Surroundings;
use patchbay_model::sla::Clock;
use patchbay_records::conversation_reader::read_snapshot;
use serde_json::{Value, json};

use crate::office::{
    company_of, conversations, desk_of, eventually, feed, head, journal, said, take_in,
};

const HOUR: u32 = 3_600;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Generation of this number with a target of a first response, counted in these
/// hours.
fn generation(number: u64, target: Option<u32>, hours: Option<Hours>) -> Generation {
    let mut generation = company_of("northwind", target);
    generation.number = number;
    if let Some(hours) = hours {
        let queue = generation.queues.get_mut("general").expect("there");
        queue.sla.hours = Some("office".to_owned());
        let surroundings = Arc::get_mut(&mut generation.surroundings).expect("not shared");
        surroundings.hours = Arc::new(BTreeMap::from([("office".to_owned(), hours)]));
    }
    generation
}

/// Open all day, every day except today and tomorrow; or every day.
fn hours(closed_now: bool) -> Hours {
    let today = Zoned::new(Timestamp::now(), TimeZone::UTC).weekday();
    let first = usize::try_from(today.to_monday_zero_offset()).expect("0 to 6");
    let open = DAYS.iter().enumerate().filter(|(index, _)| {
        let ahead = (index + 7 - first) % 7;
        !closed_now || ahead > 1
    });
    let week: BTreeMap<&str, [&str; 1]> = open.map(|(_, day)| (*day, ["00:00-24:00"])).collect();
    serde_json::from_value(json!({"zone": "UTC", "week": week})).expect("hours")
}

fn activate(desk: &Desk, generation: Generation, before: Option<u64>) {
    desk.activate(change(desk, generation, before))
        .expect("activated");
    desk.wait_until_idle();
}

/// The change to a new generation.
pub(crate) fn change(desk: &Desk, generation: Generation, before: Option<u64>) -> Change {
    let number = generation.number;
    let new = NewGeneration {
        number,
        source: b"{}".to_vec(),
        digest: [u8::try_from(number).expect("small"); 32],
        parts: BTreeMap::new(),
        by: "test".to_owned(),
        at: desk.now(),
    };
    Change {
        generation: Arc::new(generation),
        new: Some(new),
        expected: before,
        by: "test".to_owned(),
        because: ActivationCause::Applied,
        moved: BTreeMap::new(),
        audit: None,
    }
}

/// What the history says of changed clocks.
fn clock_changes(desk: &Desk) -> Vec<Value> {
    of_kind(desk, EventKind::ClocksChanged)
}

fn of_kind(desk: &Desk, kind: EventKind) -> Vec<Value> {
    let entries = feed(desk);
    let of_kind = entries.iter().filter(|entry| entry.kind == kind as u16);
    of_kind.map(head).collect()
}

/// Time until the conversation's next timer, in hours; `None` without one.
fn hours_left(desk: &Desk) -> Option<i64> {
    let due = conversations(desk)[0].due_at?;
    let left = due.duration_since(Timestamp::now());
    Some((left + SignedDuration::from_mins(30)).as_hours())
}

fn rung(desk: &Desk) -> usize {
    of_kind(desk, EventKind::ClockRang).len()
}

#[test]
fn the_deadline_of_a_conversation_is_that_of_its_target_and_not_its_next_timer() {
    let place = tempfile::tempdir().expect("a place");
    let first = Arc::new(generation(1, Some(10 * HOUR), None));
    let desk = desk_of(place.path(), vec![first]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let row = &conversations(&desk)[0];
    let snapshot = read_snapshot(row).expect("a snapshot");
    let listed = desk.conversations().listed("northwind", row);
    let deadline = listed.expect("a company").deadline.expect("a deadline");
    let created_ms = snapshot.clocks.created_ms();
    let hour_ms = u64::from(HOUR) * 1_000;
    assert_eq!(deadline.clock, Clock::FirstResponse);
    assert_eq!(deadline.at_ms, created_ms + 10 * hour_ms);
    assert_eq!(deadline.at_risk_ms, Some(created_ms + 8 * hour_ms));
    assert_eq!(hours_left(&desk), Some(8), "the timer is for the risk");
}

#[test]
fn hours_that_changed_while_the_server_was_stopped_count_from_the_last_event() {
    let place = tempfile::tempdir().expect("a place");
    let start: Timestamp = "2026-03-02T10:00:00Z".parse().expect("a time");
    let clock = SteppedClock::new(start);
    let open = |hours| {
        let generation = Arc::new(generation(1, Some(10 * HOUR), hours));
        let settings = DeskSettings {
            clock: patchbay_clock::Clock::stepped(clock),
            ..DeskSettings::default()
        };
        Desk::open(journal(place.path()), vec![generation], settings).expect("a desk")
    };
    let desk = open(None);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    clock.advance(Duration::from_secs(2 * 3_600));
    take_in(&desk, vec![said("2", "@jo", "Anybody?")]);
    drop(desk);
    // The two hours until the last event stay counted.
    let mornings = ["00:00-11:00"];
    let week: BTreeMap<&str, _> = DAYS.into_iter().map(|day| (day, mornings)).collect();
    let hours = serde_json::from_value(json!({"zone": "UTC", "week": week}));
    let desk = open(Some(hours.expect("hours")));
    desk.wait_until_idle();
    let at_risk: Timestamp = "2026-03-03T06:00:00Z".parse().expect("a time");
    assert_eq!(conversations(&desk)[0].due_at, Some(at_risk));
}

#[test]
fn an_activation_moves_the_deadline_of_a_running_clock() {
    let place = tempfile::tempdir().expect("a place");
    let first = Arc::new(generation(1, Some(10 * HOUR), None));
    let desk = desk_of(place.path(), vec![first]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    // At risk after 80 % of the target.
    assert_eq!(hours_left(&desk), Some(8));
    for (number, target, left) in [
        (1, Some(20 * HOUR), Some(16)),
        (2, Some(5 * HOUR), Some(4)),
        (3, None, None),
        (4, Some(10 * HOUR), Some(8)),
    ] {
        let before = Some(number - 1).filter(|before| *before > 0);
        activate(&desk, generation(number, target, None), before);
        assert_eq!(hours_left(&desk), left, "{target:?}");
    }
    let changes = clock_changes(&desk);
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert_eq!(
        changes[1]["sla"]["first_response"],
        json!("5h"),
        "{changes:?}"
    );
    assert!(changes[2]["due_at"].is_null(), "{changes:?}");
    assert_eq!(rung(&desk), 0);
    // The same rules again: nothing changes.
    activate(&desk, generation(5, Some(10 * HOUR), None), Some(4));
    assert_eq!(hours_left(&desk), Some(8));
    assert_eq!(clock_changes(&desk).len(), 4);
}

#[test]
fn hours_that_open_today_bring_the_deadline_forward() {
    let place = tempfile::tempdir().expect("a place");
    let closed = generation(1, Some(10 * HOUR), Some(hours(true)));
    let desk = desk_of(place.path(), vec![Arc::new(closed)]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let left = hours_left(&desk).expect("a timer");
    assert!((24..=48 + 8).contains(&left), "{left}");
    activate(
        &desk,
        generation(1, Some(10 * HOUR), Some(hours(false))),
        None,
    );
    assert_eq!(hours_left(&desk), Some(8));
    activate(
        &desk,
        generation(2, Some(10 * HOUR), Some(hours(true))),
        Some(1),
    );
    assert_eq!(hours_left(&desk), Some(left));
}

#[test]
fn a_shorter_target_that_is_used_up_rings_at_once_and_once() {
    let place = tempfile::tempdir().expect("a place");
    let first = Arc::new(generation(1, Some(HOUR), None));
    let desk = desk_of(place.path(), vec![first]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    std::thread::sleep(Duration::from_millis(1_100));
    activate(&desk, generation(1, Some(1), None), None);
    eventually(|| rung(&desk) == 2);
    // A longer one afterwards does not take the breach back, nor ring again.
    activate(&desk, generation(2, Some(HOUR), None), Some(1));
    assert_eq!(rung(&desk), 2);
    assert_eq!(hours_left(&desk), None);
}

#[test]
fn a_start_with_another_generation_moves_deadlines_too() {
    let place = tempfile::tempdir().expect("a place");
    let open = |target, rule| {
        let mut generation = generation(1, target, None);
        generation.desk.running_clocks = rule;
        let desk = desk_of(place.path(), vec![Arc::new(generation)]);
        desk.wait_until_idle();
        desk
    };
    let desk = open(Some(10 * HOUR), RunningClocks::Follow);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    drop(desk);
    for (target, rule, left) in [
        (None, RunningClocks::Follow, None),
        (Some(20 * HOUR), RunningClocks::Follow, Some(16)),
        (Some(5 * HOUR), RunningClocks::Keep, Some(16)),
        (None, RunningClocks::Keep, Some(16)),
        (Some(5 * HOUR), RunningClocks::Follow, Some(4)),
        (Some(5 * HOUR), RunningClocks::Follow, Some(4)),
    ] {
        let desk = open(target, rule);
        assert_eq!(hours_left(&desk), left, "{target:?} {rule:?}");
        assert_eq!(desk.status().timers(), usize::from(left.is_some()));
    }
}

#[test]
fn conversations_of_a_removed_queue_get_the_targets_of_the_one_they_move_to() {
    let place = tempfile::tempdir().expect("a place");
    let mut first = generation(1, Some(5 * HOUR), None);
    let queue = json!({"id": "tax", "default": true});
    let queue = serde_json::from_value(queue).expect("a queue");
    let directory = Directory::new(Vec::new(), vec![queue]).expect("a directory");
    first.surroundings = Arc::new(Surroundings::of(directory));
    first.pipelines = Pipelines::new("tax");
    let terms = first.queues.remove("general").expect("there");
    first.queues.insert("tax".to_owned(), terms);
    let desk = desk_of(place.path(), vec![Arc::new(first)]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    assert_eq!(hours_left(&desk), Some(4));
    let mut second = generation(1, Some(10 * HOUR), None);
    second.moved = BTreeMap::from([("tax".to_owned(), "general".to_owned())]);
    activate(&desk, second, None);
    assert_eq!(hours_left(&desk), Some(8));
    let changes = clock_changes(&desk);
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(changes[0]["sla"]["first_response"], json!("10h"));
}
