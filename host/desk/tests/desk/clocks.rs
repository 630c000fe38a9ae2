//! Clocks that ring, once each, also across a restart.

use std::time::{Duration, Instant};

use crate::office::{company, desk_of, feed, head, journal, said, take_in};
use jiff::{SignedDuration, Timestamp};
use patchbay_clock::Clock;
use patchbay_desk::{Desk, DeskSettings};
use patchbay_events::EventKind;

/// The codes of the triggers that rang, once there are as many.
fn rung(desk: &Desk, wanted: usize) -> Vec<String> {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let rung: Vec<String> = feed(desk)
            .iter()
            .filter(|entry| entry.kind == EventKind::ClockRang as u16)
            .map(|entry| head(entry)["trigger"]["code"].to_string())
            .collect();
        if rung.len() >= wanted || Instant::now() > patience {
            return rung;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_first_response_is_at_risk_and_then_breached_once_each() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_of(place.path(), vec![company("northwind", Some(1))]);
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    assert_eq!(rung(&desk, 2), ["\"sla-at-risk\"", "\"sla-breached\""]);
    // A message that joins those unanswered starts no clock of its own.
    take_in(&desk, vec![said("2", "@jo", "Hello??")]);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(rung(&desk, 2).len(), 2);
    assert_eq!(desk.status().timers(), 0);
}

#[test]
fn a_clock_that_became_due_while_the_host_was_down_rings_at_the_start() {
    let place = tempfile::tempdir().expect("a place");
    {
        let desk = desk_of(place.path(), vec![company("northwind", Some(2))]);
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    }
    std::thread::sleep(Duration::from_millis(2_100));
    let desk = desk_of(place.path(), vec![company("northwind", Some(2))]);
    assert_eq!(rung(&desk, 2), ["\"sla-at-risk\"", "\"sla-breached\""]);
}

/// A desk that opens some minutes after the first one.
fn desk_after(place: &std::path::Path, minutes: i64, workers: usize) -> Desk {
    let start: Timestamp = "2026-03-02T10:00:00Z".parse().expect("a time");
    let settings = DeskSettings {
        workers,
        clock: Clock::accelerated(start + SignedDuration::from_mins(minutes), 1),
        ..DeskSettings::default()
    };
    let companies = vec![company("northwind", Some(30 * 60))];
    Desk::open(journal(place), companies, settings).expect("a desk")
}

#[test]
fn a_deadline_that_passes_while_a_message_waits_undecided_rings_once() {
    // The message starts the conversation, or joins one with a running clock.
    for decided_before in [false, true] {
        let place = tempfile::tempdir().expect("a place");
        if decided_before {
            take_in(
                &desk_after(place.path(), 0, 1),
                vec![said("1", "@jo", "Hello?")],
            );
        }
        // Without a worker nothing is decided.
        let idle = desk_after(place.path(), 1, 0);
        let second = vec![said("2", "@jo", "Hello??")];
        idle.accept("northwind", second).expect("taken in");
        drop(idle);
        let desk = desk_after(place.path(), 100, 1);
        desk.wait_until_idle();
        let codes = ["\"sla-at-risk\"", "\"sla-breached\""];
        assert_eq!(rung(&desk, 2), codes, "{decided_before}");
        drop(desk);
        let desk = desk_after(place.path(), 200, 1);
        desk.wait_until_idle();
        assert_eq!(rung(&desk, 2), codes, "{decided_before}");
    }
}
