//! Time that the clock skipped does not count for intervals.

use jiff::SignedDuration;

use super::*;

const HOUR: i64 = 3_600;

fn skip_an_hour(floor: &mut Floor) {
    floor.postpone_intervals(SignedDuration::from_secs(HOUR));
}

#[test]
fn an_open_offer_keeps_the_time_it_had_left() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    assert_eq!(offered(&mut floor, 0), ["c>ana"]);
    skip_an_hour(&mut floor);
    assert_eq!(floor.next_wakeup(), Some(at(HOUR + 120)));
    assert!(floor.time_out(at(HOUR + 119)).is_empty());
    let mut late = floor.clone();
    assert_eq!(late.time_out(at(HOUR + 120)).len(), 1);
    accept(&mut floor, "c", HOUR + 119);
}

#[test]
fn a_back_off_and_a_step_last_as_long_as_they_should() {
    let mut floor = staffed(&["ana"]);
    wait(&mut floor, "c", "chat", 0);
    assert_eq!(offered(&mut floor, 0), ["c>ana"]);
    decline(&mut floor, "c", 10);
    skip_an_hour(&mut floor);
    assert_eq!(offered(&mut floor, HOUR + 39), Vec::<String>::new());
    assert_eq!(offered(&mut floor, HOUR + 40), ["c>ana"]);

    let mut floor = staffed(&["ana"]);
    add(
        &mut floor,
        r#"{"id": "eva", "skills": {"fraud": 3}, "capacity": 0}"#,
        0,
    );
    let mut terms = RoutingTerms::queue("general");
    terms.steps = vec![step(&[("fraud", 3)], Some(60))];
    wait_on(&mut floor, "c", 0, terms);
    assert_eq!(offered(&mut floor, 0), Vec::<String>::new());
    skip_an_hour(&mut floor);
    assert_eq!(offered(&mut floor, HOUR + 59), Vec::<String>::new());
    assert_eq!(offered(&mut floor, HOUR + 60), ["c>ana"]);
}

#[test]
fn a_wait_for_an_agent_ends_at_its_time_of_day() {
    let mut floor = staffed(&["ana", "ben"]);
    set_presence(&mut floor, "ben", Presence::Away, 0);
    let mut terms = RoutingTerms::queue("general");
    terms.wait_for = Some(agent_wait("ben", HOUR + 30));
    wait_on(&mut floor, "c", 0, terms);
    skip_an_hour(&mut floor);
    assert_eq!(offered(&mut floor, HOUR + 29), Vec::<String>::new());
    assert_eq!(offered(&mut floor, HOUR + 30), ["c>ana"]);
}
