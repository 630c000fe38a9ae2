mod oracle;
mod random;

use patchbay_config::duration::Seconds;
use proptest::prelude::*;

use super::*;

use oracle::Oracle;
use random::{Happening, Story, WorldCalendar};

const HOUR_MS: u64 = 3_600_000;
/// Monday 2026-03-02T09:00Z.
const MONDAY_MS: u64 = 1_772_442_000_000;

fn targets(first_response: u32, next_response: u32, resolution: u32) -> Targets {
    Targets {
        first_response: Some(Seconds(first_response)),
        next_response: Some(Seconds(next_response)),
        resolution: Some(Seconds(resolution)),
        ..Targets::default()
    }
}

fn message(started_ms: u64) -> ClockEvent {
    ClockEvent::CustomerMessage {
        started_ms,
        expects_reply: true,
    }
}

fn state(state: ConversationState) -> ClockEvent {
    ClockEvent::State { state }
}

/// What identifies something that fell due.
fn key(due: &Due) -> (Clock, u32, DueKind) {
    (due.clock, due.run, due.kind)
}

fn reread(clocks: &SlaClocks) -> SlaClocks {
    let stored = serde_json::to_string(clocks).expect("a snapshot");
    serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"))
}

#[test]
fn a_refused_event_changes_nothing() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(60, 60, 60));
    clocks
        .apply(MONDAY_MS, message(MONDAY_MS), None)
        .expect("taken");
    let before = clocks.clone();
    let later = MONDAY_MS + HOUR_MS;
    let refused = clocks.apply(later, state(ConversationState::WaitingOnCustomer), None);
    let since_ms = MONDAY_MS;
    assert_eq!(refused, Err(ClockError::Unanswered { since_ms }));
    assert_eq!(clocks, before);
    assert_eq!(clocks.advance(later, None).len(), 4);
}

#[test]
fn a_message_in_a_resolved_conversation_waits_for_a_reply() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(3_600, 3_600, 86_400));
    let reopening = [
        state(ConversationState::Resolved),
        message(MONDAY_MS),
        state(ConversationState::Queued),
    ];
    for event in reopening {
        clocks.apply(MONDAY_MS, event, None).expect("taken");
    }
    let nearest = clocks.nearest_deadline(None).expect("a deadline");
    assert_eq!(
        (nearest.clock, nearest.at_ms),
        (Clock::FirstResponse, MONDAY_MS + HOUR_MS)
    );
    assert_eq!(clocks.state(Clock::Resolution), Some(ClockState::Active));
}

#[test]
fn the_resolution_clock_goes_on_from_the_message_that_ends_a_wait() {
    let minute_ms = HOUR_MS / 60;
    let due_after = |waits_at: u64, since: u64, decided_at: u64| {
        let mut clocks = SlaClocks::new(MONDAY_MS, targets(3_600, 3_600, 7_200));
        let at_ms = |minute: u64| MONDAY_MS + minute * minute_ms;
        let since_ms = at_ms(since);
        for (minute, event) in [
            (waits_at, state(ConversationState::WaitingOnCustomer)),
            (decided_at, ClockEvent::CustomerReturned { since_ms }),
            (decided_at, state(ConversationState::Queued)),
        ] {
            clocks.apply(at_ms(minute), event, None).expect("taken");
        }
        let deadline = clocks.deadline(Clock::Resolution, None);
        (deadline.expect("a deadline") - MONDAY_MS) / minute_ms
    };
    // 120 minutes, and those of the wait.
    assert_eq!(due_after(10, 40, 40), 150);
    assert_eq!(due_after(10, 40, 95), 150, "it waited for its decision");
    assert_eq!(due_after(10, 5, 12), 120, "written before the wait");
    assert_eq!(due_after(10, 60, 40), 150, "not after its decision");
}

#[test]
fn the_nearest_deadline_is_that_of_the_target_before_and_after_the_risk() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(3_600, 3_600, 86_400));
    clocks
        .apply(MONDAY_MS, message(MONDAY_MS), None)
        .expect("taken");
    let minute = HOUR_MS / 60;
    // At risk after 80 % of the target.
    for (now, at_risk) in [
        (0, Some(48)),
        (47, Some(48)),
        (48, None),
        (60, None),
        (99, None),
    ] {
        clocks.advance(MONDAY_MS + now * minute, None);
        let nearest = clocks.nearest_deadline(None).expect("a deadline");
        assert_eq!(nearest.clock, Clock::FirstResponse, "after {now} minutes");
        assert_eq!(nearest.at_ms, MONDAY_MS + HOUR_MS, "after {now} minutes");
        let expected = at_risk.map(|after| MONDAY_MS + after * minute);
        assert_eq!(nearest.at_risk_ms, expected, "after {now} minutes");
    }
}

#[test]
fn a_due_event_becomes_a_trigger_with_the_deadline() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(1, 1, 3_600));
    let due = clocks.advance(MONDAY_MS + HOUR_MS, None);
    let triggers: Vec<_> = due.iter().map(Due::trigger).collect();
    let codes: Vec<_> = triggers
        .iter()
        .map(|trigger| trigger.code.as_str())
        .collect();
    assert_eq!(codes, ["sla-at-risk", "sla-breached"]);
    for trigger in triggers {
        assert_eq!(trigger.clock.as_deref(), Some("resolution"));
        let due_at = trigger.due_at.expect("a deadline").to_string();
        assert_eq!(due_at, "2026-03-02T10:00:00Z");
    }
}

#[test]
fn a_message_taken_back_moves_the_start_of_the_clock_or_ends_it() {
    let minute_ms = 60_000;
    let since = |minutes: Option<u64>| ClockEvent::UnansweredSince {
        since_ms: minutes.map(|minutes| MONDAY_MS + minutes * minute_ms),
    };
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(600, 600, u32::MAX));
    let mut apply = |minute: u64, event| {
        let at_ms = MONDAY_MS + minute * minute_ms;
        let due = clocks.apply(at_ms, event, None).expect("taken");
        let deadline = clocks.deadline(Clock::FirstResponse, None);
        let due: Vec<_> = due.iter().map(|due| due.kind).collect();
        let minutes = deadline.map(|at_ms| (at_ms - MONDAY_MS) / minute_ms);
        (due, minutes, clocks.state(Clock::FirstResponse))
    };
    let active = Some(ClockState::Active);
    assert_eq!(apply(0, message(MONDAY_MS)), (vec![], Some(10), active));
    // At risk was told at 8; the later message has its own deadline.
    let moved = apply(9, since(Some(5)));
    assert_eq!(moved, (vec![DueKind::AtRisk], Some(15), active));
    assert_eq!(apply(9, since(Some(5))), (vec![], Some(15), active));
    assert_eq!(apply(14, since(None)), (vec![], None, None));
    // Reworded, it expects a reply after all.
    assert_eq!(apply(20, since(Some(19))), (vec![], Some(29), active));
    let missed = Some(ClockState::Missed);
    let answered = apply(30, ClockEvent::ReplyAccepted);
    let both = vec![DueKind::AtRisk, DueKind::Breached];
    assert_eq!(answered, (both, None, missed));
}

#[test]
fn the_snapshot_does_not_grow_with_pauses_and_runs() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(60, 60, u32::MAX));
    let mut at_ms = MONDAY_MS;
    for _ in 0..1_000 {
        for event in [
            message(at_ms),
            state(ConversationState::OnHold),
            ClockEvent::ReplyAccepted,
            state(ConversationState::WaitingOnCustomer),
        ] {
            at_ms += HOUR_MS;
            clocks.apply(at_ms, event, None).expect("taken");
        }
    }
    let stored = serde_json::to_string(&clocks).expect("a snapshot");
    assert!(stored.len() < 1_024, "{} bytes: {stored}", stored.len());
    assert_eq!(reread(&clocks), clocks);
}

#[test]
fn codes_are_serialized() {
    for clock in Clock::ALL {
        let stored = serde_json::to_value(clock).expect("a code");
        assert_eq!(stored, clock.as_str());
        assert_eq!(clock.plan_key().replace('_', "-"), clock.as_str());
    }
    for what in [DueKind::AtRisk, DueKind::Breached] {
        assert_eq!(serde_json::to_value(what).expect("a code"), what.as_str());
        assert_eq!(
            what.trigger_code().as_str(),
            format!("sla-{}", what.as_str())
        );
    }
    for state in [
        ClockState::Active,
        ClockState::ActiveWithMisses,
        ClockState::Hit,
        ClockState::Missed,
    ] {
        assert_eq!(serde_json::to_value(state).expect("a code"), state.as_str());
    }
}

/// Lives a story with the clocks and with counting minutes, and compares them
/// after every event.
fn compare_with_counting_minutes(story: &Story) -> Result<(), TestCaseError> {
    let calendars = WorldCalendar::all(story.zone);
    let created_ms = story.created_ms();
    let mut clocks = SlaClocks::new(created_ms, story.targets.clone());
    let mut oracle = Oracle::new(created_ms, story.targets.clone());
    let mut calendar = &calendars[story.calendar % calendars.len()];
    let (mut fired, mut at_ms) = (Vec::new(), created_ms);
    for (minutes, happening) in &story.happenings {
        at_ms += u64::from(*minutes) * 60_000;
        oracle.count_until(at_ms, calendar);
        let event = happening.event(at_ms);
        let taken = clocks.apply(at_ms, event.clone(), calendar.hours());
        prop_assert_eq!(taken.is_ok(), oracle.take(event), "{:?}", happening);
        fired.extend(taken.unwrap_or_else(|_| clocks.advance(at_ms, calendar.hours())));
        if let Happening::Retarget(_, index) = happening {
            calendar = &calendars[index % calendars.len()];
        }
        fired.extend(clocks.advance(at_ms, calendar.hours()));
        oracle.fire(at_ms);
        for clock in oracle::COUNTED {
            let elapsed = clocks.elapsed(clock, at_ms, calendar.hours());
            let counted = oracle.elapsed(clock);
            prop_assert_eq!(elapsed, counted, "{:?} after {:?}", clock, happening);
            let state = clocks.state(clock);
            prop_assert_eq!(
                state,
                oracle.state(clock),
                "{:?} after {:?}",
                clock,
                happening
            );
            let misses = clocks.misses(clock);
            prop_assert_eq!(misses, oracle.misses(clock), "{:?}", clock);
        }
        prop_assert_eq!(clocks.is_paused(), oracle.is_paused());
        prop_assert_eq!(clocks.unanswered_since(), oracle.unanswered_since());
    }
    let fired: Vec<_> = fired.iter().map(|due| (due.at_ms, key(due))).collect();
    prop_assert_eq!(fired, oracle.fired());
    Ok(())
}

/// What a story fires, looking in between where `looks` says so.
fn lived(story: &Story, looks: &[u16]) -> (Vec<Due>, SlaClocks) {
    let calendars = WorldCalendar::all(story.zone);
    let mut clocks = SlaClocks::new(story.created_ms(), story.targets.clone());
    let mut calendar = &calendars[story.calendar % calendars.len()];
    let (mut fired, mut at_ms) = (Vec::new(), story.created_ms());
    for (index, (minutes, happening)) in story.happenings.iter().enumerate() {
        let gap_ms = u64::from(*minutes) * 60_000 + 17;
        for part in looks.iter().skip(index % 3).step_by(3) {
            let look_ms = at_ms + gap_ms * u64::from(*part) / u64::from(u16::MAX);
            fired.extend(clocks.advance(look_ms, calendar.hours()));
            clocks = reread(&clocks);
        }
        at_ms += gap_ms;
        // A refusal fires nothing; what was due is so at the next call.
        let taken = clocks.apply(at_ms, happening.event(at_ms), calendar.hours());
        fired.extend(taken.unwrap_or_default());
        if let Happening::Retarget(_, index) = happening {
            fired.extend(clocks.advance(at_ms, calendar.hours()));
            calendar = &calendars[index % calendars.len()];
        }
    }
    fired.extend(clocks.advance(at_ms + 400 * 24 * HOUR_MS, calendar.hours()));
    (fired, clocks)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn clocks_agree_with_counting_minutes_over_changes_of_the_clock(story in random::story(2_000, 14)) {
        compare_with_counting_minutes(&story)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn clocks_agree_with_counting_minutes_over_years(story in random::story(200_000, 10)) {
        compare_with_counting_minutes(&story)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn how_often_the_host_looks_makes_no_difference(
        story in random::story(2_000, 14), looks in prop::collection::vec(any::<u16>(), 0..40),
    ) {
        let mut looks = looks;
        looks.sort_unstable();
        let (fired, clocks) = lived(&story, &[]);
        let (fired_looking, clocks_looking) = lived(&story, &looks);
        prop_assert_eq!(fired, fired_looking);
        prop_assert_eq!(clocks, clocks_looking);
    }

    #[test]
    fn the_next_event_is_the_first_that_fires(
        story in random::story(2_000, 14),
    ) {
        let calendars = WorldCalendar::all(story.zone);
        let mut clocks = SlaClocks::new(story.created_ms(), story.targets.clone());
        let mut calendar = &calendars[story.calendar % calendars.len()];
        let mut at_ms = story.created_ms();
        for (minutes, happening) in &story.happenings {
            at_ms += u64::from(*minutes) * 60_000;
            let _ = clocks.apply(at_ms, happening.event(at_ms), calendar.hours());
            if let Happening::Retarget(_, index) = happening {
                calendar = &calendars[index % calendars.len()];
            }
            let mut ahead = clocks.clone();
            while let Some(next) = ahead.next_event(calendar.hours()) {
                if next.at_ms > ahead.latest_ms() {
                    prop_assert_eq!(ahead.clone().advance(next.at_ms - 1, calendar.hours()), []);
                }
                let fired = ahead.advance(next.at_ms, calendar.hours());
                prop_assert_eq!(fired.first(), Some(&next));
                if next.kind == DueKind::Breached {
                    prop_assert_eq!(next.deadline_ms, Some(next.at_ms));
                    prop_assert_eq!(ahead.deadline(next.clock, calendar.hours()), Some(next.at_ms));
                }
            }
            // To count the business hours of further years is slow.
            let later_ms = ahead.latest_ms() + 400 * 24 * 3_600_000;
            prop_assert_eq!(ahead.advance(later_ms, calendar.hours()), []);
        }
    }

}

proptest! {
    // Walking through eight thousand years of calendar is slow.
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// At any time, in any order, with any target: nothing panics, nothing
    /// fires twice in a run, nothing fires late or out of order, and time
    /// only goes forward.
    #[test]
    fn each_run_fires_at_risk_and_breached_at_most_once_whatever_happens(
        created in random::any_moment(),
        first in random::any_targets(),
        events in prop::collection::vec((random::any_moment(), random::any_event(), 0usize..3), 0..16),
        zone in random::zone(),
    ) {
        let calendars = WorldCalendar::all(zone);
        let mut clocks = SlaClocks::new(created, first);
        let mut seen = std::collections::BTreeSet::new();
        for (at_ms, event, calendar) in events {
            let hours = calendars[calendar % calendars.len()].hours();
            let before_ms = clocks.latest_ms();
            let mut fired = clocks.apply(at_ms, event, hours).unwrap_or_default();
            prop_assert!(fired.is_sorted());
            fired.extend(clocks.advance(at_ms, hours));
            prop_assert!(clocks.latest_ms() >= before_ms);
            for due in fired {
                prop_assert!(seen.insert(key(&due)), "twice: {:?}", due);
                prop_assert!(due.at_ms <= clocks.latest_ms(), "{:?}", due);
            }
            for clock in Clock::ALL {
                let runs = clocks.record(clock).run().map_or(0, Run::number);
                prop_assert!(clocks.misses(clock) <= runs);
            }
            prop_assert_eq!(&reread(&clocks), &clocks);
        }
        for clock in Clock::ALL {
            let hours = calendars[1].hours();
            clocks.elapsed(clock, u64::MAX, hours);
            clocks.deadline(clock, hours);
        }
    }
}

/// What a person sees of each clock: its phase, deadline and miss, in minutes from the
/// start.
fn seen(clocks: &SlaClocks, minute: u64) -> Vec<(&'static str, &'static str, Option<u64>, u32)> {
    let now = MONDAY_MS + minute * 60_000;
    let minutes = |ms: u64| (ms - MONDAY_MS) / 60_000;
    let readings = clocks.readings(None).into_iter();
    readings
        .map(|reading| {
            let phase = reading.phase_at(now);
            let moment = match phase {
                ClockPhase::Missed => reading.missed_at(now),
                _ => reading.deadline_ms,
            };
            let moment = moment.map(minutes);
            let (clock, phase) = (reading.clock.as_str(), phase.as_str());
            (clock, phase, moment, reading.misses)
        })
        .collect()
}

#[test]
fn a_clock_reads_as_running_paused_met_or_missed() {
    // First response within 10 minutes, next within 20, resolution within 60.
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(600, 1_200, 3_600));
    let apply = |clocks: &mut SlaClocks, minute: u64, event| {
        let due = clocks.apply(MONDAY_MS + minute * 60_000, event, None);
        due.expect("taken");
    };
    let resolution = ("resolution", "running", Some(60), 0);
    // No message expects a reply yet.
    assert_eq!(seen(&clocks, 0), [resolution]);
    apply(&mut clocks, 0, message(MONDAY_MS));
    let first = |phase, at, misses| ("first-response", phase, at, misses);
    assert_eq!(
        seen(&clocks, 9),
        [first("running", Some(10), 0), resolution]
    );
    // An answer at the deadline is late, also before the host noticed.
    assert_eq!(
        seen(&clocks, 10),
        [first("missed", Some(10), 0), resolution]
    );
    let risks = |clocks: &SlaClocks, minute: u64| -> Vec<bool> {
        let now = MONDAY_MS + minute * 60_000;
        let readings = clocks.readings(None).into_iter();
        readings.map(|reading| reading.is_at_risk(now)).collect()
    };
    assert_eq!(risks(&clocks, 7), [false, false]);
    assert_eq!(risks(&clocks, 8), [true, false], "80 % of ten minutes");
    assert_eq!(risks(&clocks, 10), [false, false], "missed is not at risk");
    // The late answer stops it, and the miss stays to be seen.
    apply(&mut clocks, 15, ClockEvent::ReplyAccepted);
    apply(&mut clocks, 15, state(ConversationState::WaitingOnCustomer));
    let paused = ("resolution", "paused", None, 0);
    assert_eq!(seen(&clocks, 50), [first("missed", Some(10), 1), paused]);
    // The pause of 15 minutes puts the resolution off.
    apply(&mut clocks, 30, message(MONDAY_MS + 30 * 60_000));
    let next = |phase, at, misses| ("next-response", phase, at, misses);
    let missed = first("missed", Some(10), 1);
    let resolution = ("resolution", "running", Some(75), 0);
    assert_eq!(
        seen(&clocks, 40),
        [missed, next("running", Some(50), 0), resolution]
    );
    apply(&mut clocks, 45, ClockEvent::ReplyAccepted);
    assert_eq!(
        seen(&clocks, 45),
        [missed, next("met", None, 0), resolution]
    );
    apply(&mut clocks, 60, state(ConversationState::Resolved));
    let resolution = ("resolution", "met", None, 0);
    assert_eq!(
        seen(&clocks, 999),
        [missed, next("met", None, 0), resolution]
    );
}

#[test]
fn a_resolved_conversation_that_nobody_answered_has_no_reply_clock() {
    let mut clocks = SlaClocks::new(MONDAY_MS, targets(600, 600, 3_600));
    clocks
        .apply(MONDAY_MS, message(MONDAY_MS), None)
        .expect("taken");
    let resolved = state(ConversationState::Resolved);
    clocks
        .apply(MONDAY_MS + 60_000, resolved, None)
        .expect("taken");
    assert_eq!(seen(&clocks, 99), [("resolution", "met", None, 0)]);
}
