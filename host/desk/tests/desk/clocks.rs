//! Clocks that ring, once each, also across a restart.

use std::time::{Duration, Instant};

use crate::office::{company, desk_of, feed, head, said, take_in};
use patchbay_desk::Desk;
use patchbay_model::event::EventKind;

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
