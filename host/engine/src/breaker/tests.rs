use std::time::{Duration, Instant};

use super::circuit::FIRST_REST;
use super::*;

const X: u64 = 1;
const EMAIL: u64 = 2;
const ENGLISH: u64 = 1;
const PORTUGUESE: u64 = 2;

fn call(breaker: &Breaker, origin: &CallOrigin<'_>, kind: OutcomeKind, now: Instant) -> bool {
    let permitted = breaker.admit(Some(origin), now).is_ok();
    if permitted {
        breaker.report(kind, Some(origin), now);
    }
    permitted
}

/// Calls of as many different contacts fail.
fn fail(breaker: &Breaker, times: u32, now: Instant) {
    for contact in 0..times {
        let origin = CallOrigin::numbered(contact.into(), X, ENGLISH);
        assert!(call(breaker, &origin, OutcomeKind::Trapped, now), "closed");
    }
}

#[test]
fn it_opens_after_consecutive_failures_and_closes_after_a_good_trial() {
    let breaker = Breaker::default();
    let start = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN, start);
    let other = CallOrigin::numbered(99, EMAIL, PORTUGUESE);
    let refused = breaker.admit(Some(&other), start).expect_err("open");
    assert_eq!(
        refused.detail.as_deref(),
        Some(
            "not called: circuit breaker open after 10 consecutive failures; next trial in 1000 ms"
        )
    );
    assert_eq!(refused.kind, OutcomeKind::Trapped);
    let later = start + FIRST_REST;
    breaker.admit(Some(&other), later).expect("one trial");
    assert!(breaker.admit(None, later).is_err(), "one trial only");
    breaker.report(OutcomeKind::Ok, Some(&other), later);
    assert!(!breaker.is_open());
}

#[test]
fn a_failed_trial_doubles_the_rest() {
    let breaker = Breaker::default();
    let start = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN, start);
    let later = start + FIRST_REST;
    fail(&breaker, 1, later);
    assert!(breaker.admit(None, later + FIRST_REST).is_err());
    assert!(breaker.admit(None, later + FIRST_REST * 2).is_ok());
}

#[test]
fn a_call_without_capacity_leaves_the_trial_due() {
    let breaker = Breaker::default();
    let start = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN, start);
    let later = start + FIRST_REST;
    breaker.admit(None, later).expect("the trial");
    breaker.report(OutcomeKind::Overloaded, None, later);
    assert!(breaker.is_open());
    assert!(breaker.admit(None, later).is_ok(), "the trial again");
}

#[test]
fn the_listener_receives_each_transition_once() {
    let breaker = Breaker::default();
    let (sender, transitions) = std::sync::mpsc::channel();
    breaker.set_listener(move |transition| {
        let _ = sender.send(transition);
    });
    let start = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN - 1, start);
    assert_eq!(transitions.try_iter().count(), 0);
    fail(&breaker, 1, start);
    let later = start + FIRST_REST;
    fail(&breaker, 1, later);
    let opened = BreakerTransition::Opened {
        outcome: OutcomeKind::Trapped,
        failures: FAILURES_TO_OPEN,
    };
    assert_eq!(transitions.try_iter().collect::<Vec<_>>(), [opened]);
    let later = later + FIRST_REST * 2;
    breaker.admit(None, later).expect("one trial");
    breaker.report(OutcomeKind::Ok, None, later);
    breaker.report(OutcomeKind::Ok, None, later);
    assert_eq!(
        transitions.try_iter().collect::<Vec<_>>(),
        [BreakerTransition::Closed]
    );
}

#[test]
fn success_starts_the_count_again() {
    let breaker = Breaker::default();
    let now = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN - 1, now);
    let good = CallOrigin::numbered(99, X, ENGLISH);
    assert!(call(&breaker, &good, OutcomeKind::Declined, now));
    fail(&breaker, FAILURES_TO_OPEN - 1, now);
    assert!(!breaker.is_open());
}

#[test]
fn one_contact_stops_only_calls_about_that_contact() {
    let breaker = Breaker::default();
    let now = Instant::now();
    let (poison, good) = (
        CallOrigin::numbered(1, X, ENGLISH),
        CallOrigin::numbered(2, X, ENGLISH),
    );
    for _ in 0..FAILURES_TO_OPEN {
        assert!(call(&breaker, &poison, OutcomeKind::Timeout, now));
    }
    let refused = breaker.admit(Some(&poison), now).expect_err("open");
    assert!(
        refused
            .detail
            .expect("a detail")
            .contains("open for this contact after 10"),
        "the scope is named"
    );
    assert!(!breaker.is_open());
    assert!(call(&breaker, &good, OutcomeKind::Ok, now));
    // The contact's own trial.
    assert!(call(&breaker, &poison, OutcomeKind::Ok, now + FIRST_REST));
    assert!(call(&breaker, &poison, OutcomeKind::Ok, now + FIRST_REST));
}

#[test]
fn one_conversation_of_many_contacts_stops_only_itself() {
    let breaker = Breaker::default();
    let now = Instant::now();
    for contact in 0..u64::from(FAILURES_TO_OPEN) {
        let origin = CallOrigin::numbered(contact, X, ENGLISH).in_conversation(7);
        assert!(call(&breaker, &origin, OutcomeKind::Trapped, now));
    }
    let member = CallOrigin::numbered(99, X, ENGLISH).in_conversation(7);
    assert!(!call(&breaker, &member, OutcomeKind::Ok, now));
    assert!(!breaker.is_open());
    assert!(call(
        &breaker,
        &CallOrigin::numbered(99, X, ENGLISH),
        OutcomeKind::Ok,
        now
    ));
}

/// Each case: channel and language of the failures, those of calls that
/// succeeded before, and calls that are made afterwards.
#[test]
fn a_channel_or_a_language_stops_only_itself_while_others_succeed() {
    for (failing, succeeded, refused, permitted) in [
        // Another language succeeds on the same channel.
        (
            (X, PORTUGUESE),
            vec![(X, ENGLISH)],
            vec![(X, PORTUGUESE), (EMAIL, PORTUGUESE)],
            vec![(X, ENGLISH)],
        ),
        // The language succeeds on another channel: the channel is to blame.
        (
            (X, ENGLISH),
            vec![(EMAIL, ENGLISH)],
            vec![(X, ENGLISH), (X, PORTUGUESE)],
            vec![(EMAIL, ENGLISH)],
        ),
        // Both succeed elsewhere: neither is.
        (
            (X, PORTUGUESE),
            vec![(X, ENGLISH), (EMAIL, PORTUGUESE)],
            vec![],
            vec![(X, PORTUGUESE), (X, ENGLISH), (EMAIL, PORTUGUESE)],
        ),
    ] {
        let breaker = Breaker::default();
        let now = Instant::now();
        for &(channel, language) in &succeeded {
            let origin = CallOrigin::numbered(1_000, channel, language);
            assert!(call(&breaker, &origin, OutcomeKind::Ok, now));
        }
        for contact in 0..u64::from(FAILURES_TO_OPEN) {
            let origin = CallOrigin::numbered(contact, failing.0, failing.1);
            assert!(call(&breaker, &origin, OutcomeKind::BadOutput, now));
        }
        assert!(!breaker.is_open(), "{failing:?} {succeeded:?}");
        let is_permitted = |&(channel, language): &(u64, u64)| {
            breaker
                .refusal(Some(&CallOrigin::numbered(2_000, channel, language)), now)
                .is_none()
        };
        assert!(
            permitted.iter().all(is_permitted),
            "{failing:?} {succeeded:?}"
        );
        assert!(
            !refused.iter().any(is_permitted),
            "{failing:?} {succeeded:?}"
        );
    }
}

#[test]
fn a_plugin_that_fails_for_everybody_opens_even_with_one_channel_and_language() {
    let breaker = Breaker::default();
    let start = Instant::now();
    // Other languages succeeded, but long ago.
    let before = CallOrigin::numbered(1, EMAIL, PORTUGUESE);
    assert!(call(&breaker, &before, OutcomeKind::Ok, start));
    fail(&breaker, FAILURES_TO_OPEN, start + Duration::from_secs(600));
    assert!(breaker.is_open());

    // They succeeded lately, and then fail as well.
    let breaker = Breaker::default();
    assert!(call(&breaker, &before, OutcomeKind::Ok, start));
    fail(&breaker, FAILURES_TO_OPEN, start);
    assert!(!breaker.is_open());
    assert!(call(&breaker, &before, OutcomeKind::Trapped, start));
    assert!(breaker.is_open());
}

#[test]
fn a_failure_that_no_customer_caused_counts_for_all() {
    let breaker = Breaker::default();
    let now = Instant::now();
    for _ in 0..FAILURES_TO_OPEN {
        breaker.report(OutcomeKind::Failed, None, now);
    }
    assert!(breaker.is_open());
}

/// Every second message fails, all of them with the same language.
#[test]
fn half_the_traffic_failing_takes_nothing_from_the_other_half() {
    let breaker = Breaker::default();
    let now = Instant::now();
    let mut random = 1u64;
    for contact in 0..20_000 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if random >> 63 == 0 {
            let origin = CallOrigin::numbered(contact, X, PORTUGUESE);
            call(&breaker, &origin, OutcomeKind::BadOutput, now);
        } else {
            let origin = CallOrigin::numbered(contact, X, ENGLISH);
            assert!(call(&breaker, &origin, OutcomeKind::Ok, now), "{contact}");
        }
    }
}

#[test]
fn the_number_of_counted_origins_is_bounded() {
    let breaker = Breaker::default();
    let now = Instant::now();
    for contact in 0..10_000 {
        let origin = CallOrigin::numbered(contact, contact, contact);
        breaker.report(OutcomeKind::Failed, Some(&origin), now);
    }
    assert!(breaker.state.lock().parts.len() <= ORIGINS);
}

#[test]
fn a_reading_tells_since_when_it_is_open_why_and_when_the_next_trial_is() {
    let breaker = Breaker::default();
    let start = Instant::now();
    fail(&breaker, FAILURES_TO_OPEN - 1, start);
    assert_eq!(breaker.read().opened_at, None);
    let slow = CallOrigin::numbered(77, X, ENGLISH);
    assert!(call(&breaker, &slow, OutcomeKind::Timeout, start));
    let reading = breaker.read();
    assert_eq!(reading.opened_at, Some(start));
    assert_eq!(reading.next_trial, Some(start + FIRST_REST));
    assert_eq!(reading.failures, FAILURES_TO_OPEN);
    let outcomes: Vec<_> = reading.outcomes.into_iter().collect();
    assert_eq!(
        outcomes,
        [(OutcomeKind::Timeout, 1), (OutcomeKind::Trapped, 9)]
    );
    // A failed trial leaves it open since then.
    let later = start + FIRST_REST;
    breaker.admit(Some(&slow), later).expect("the trial");
    assert!(breaker.read().is_trying);
    breaker.report(OutcomeKind::Timeout, Some(&slow), later);
    let reading = breaker.read();
    assert_eq!((reading.opened_at, reading.is_trying), (Some(start), false));
    assert_eq!(reading.next_trial, Some(later + FIRST_REST * 2));
}

#[test]
fn a_person_closes_it_for_every_call() {
    let breaker = Breaker::default();
    let (sender, transitions) = std::sync::mpsc::channel();
    breaker.set_listener(move |transition| {
        let _ = sender.send(transition);
    });
    let now = Instant::now();
    assert!(!breaker.close(), "nothing was refused");
    fail(&breaker, FAILURES_TO_OPEN, now);
    assert!(breaker.close());
    let last = transitions.try_iter().last();
    assert_eq!(last, Some(BreakerTransition::Closed));
    fail(&breaker, FAILURES_TO_OPEN - 1, now);
    assert!(!breaker.is_open(), "failures count anew");

    // One contact alone: no transition, and calls about it are permitted again.
    let breaker = Breaker::default();
    let poison = CallOrigin::numbered(1, X, ENGLISH);
    for _ in 0..FAILURES_TO_OPEN {
        assert!(call(&breaker, &poison, OutcomeKind::Trapped, now));
    }
    assert!(breaker.read().parts > 0 && !breaker.is_open());
    assert!(!call(&breaker, &poison, OutcomeKind::Ok, now));
    assert!(breaker.close());
    assert!(call(&breaker, &poison, OutcomeKind::Ok, now));
}
