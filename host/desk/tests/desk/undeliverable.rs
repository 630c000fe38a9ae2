//! A delivery that failed for good is told once, whatever fails meanwhile.

use patchbay_desk::{Desk, DeskError, DeskSettings};
use patchbay_events::EventKind;
use patchbay_journal::{JournalError, OutboxState};
use patchbay_model::final_failure::{FinalFailure, FinalKind};

use crate::office::{desk_of, journal, northwind, noted, ruled};
use crate::replies::{outgoing, send};
use crate::unanswered::{heads, taken};

/// The target is gone.
pub(crate) fn gone() -> FinalFailure {
    FinalFailure {
        kind: FinalKind::Refused,
        problem: "410 Gone".to_owned(),
    }
}

fn told(desk: &Desk) -> usize {
    heads(desk, EventKind::ReplyUndeliverable).len()
}

fn is_over(result: &Result<(), DeskError>) -> bool {
    let error = result.as_ref().err();
    error.is_some_and(|error| matches!(error, DeskError::Journal(JournalError::NoOutboxItem(_))))
}

fn state(desk: &Desk, key: &str) -> OutboxState {
    let item = desk.journal().outbox_item(northwind(desk), key);
    item.expect("readable").expect("there").state
}

#[test]
fn a_failure_whose_write_fails_is_told_at_the_next_call() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let key = outgoing(&desk).remove(0).key;
    drop(desk);
    // A desk that accepts no actions writes nothing to conversations.
    let settings = DeskSettings {
        requests: 0,
        ..DeskSettings::default()
    };
    let full = Desk::open(journal(place.path()), vec![ruled("")], settings).expect("a desk");
    let failed = full.outbox().fail("northwind", &key, &gone());
    assert!(failed.is_err() && !is_over(&failed), "{failed:?}");
    assert_eq!(told(&full), 0);
    assert_eq!(state(&full, &key), OutboxState::Waiting, "the host retries");
    drop(full);
    let desk = desk_of(place.path(), vec![ruled("")]);
    desk.outbox()
        .fail("northwind", &key, &gone())
        .expect("noted");
    assert_eq!((told(&desk), state(&desk, &key)), (1, OutboxState::Dead));
    // The answer of the first call was lost.
    let again = desk.outbox().fail("northwind", &key, &gone());
    assert!(is_over(&again), "{again:?}");
    assert_eq!(told(&desk), 1);
    let retried = desk
        .journal()
        .retry_outbox(northwind(&desk), &key, desk.now(), noted());
    retried.expect("it waits again");
    desk.outbox()
        .fail("northwind", &key, &gone())
        .expect("noted");
    assert_eq!(told(&desk), 2, "each time the last attempt fails");
}

#[test]
fn calls_at_the_same_time_tell_a_failure_once() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let key = outgoing(&desk).remove(0).key;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let failed = desk.outbox().fail("northwind", &key, &gone());
                assert!(failed.is_ok() || is_over(&failed), "{failed:?}");
            });
        }
    });
    assert_eq!((told(&desk), state(&desk, &key)), (1, OutboxState::Dead));
}

#[test]
fn the_entry_and_the_alert_say_the_kind_of_failure() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    for (number, kind) in FinalKind::ALL.into_iter().enumerate() {
        let reply = format!("r{number}");
        send(&desk, conversation, "ana", &reply, "It left this morning.");
        let item = outgoing(&desk).remove(0);
        let failure = FinalFailure {
            kind,
            problem: format!("problem {number}"),
        };
        let failed = desk.outbox().fail("northwind", &item.key, &failure);
        failed.expect("noted");
        let entries = heads(&desk, EventKind::ReplyUndeliverable);
        let entry = entries.last().expect("an entry");
        assert_eq!(entry["reply"], reply);
        assert_eq!(entry["problem"], failure.problem);
        assert_eq!(entry["kind"], kind.as_str());
        let alerts = heads(&desk, EventKind::Alerted);
        let about = &alerts.last().expect("an alert")["about"];
        assert_eq!(about["reply"], reply);
        assert_eq!(about["kind"], kind.as_str());
    }
}

#[test]
fn a_delivery_to_a_broken_target_waits_with_all_its_attempts() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let key = outgoing(&desk).remove(0).key;
    let later = desk.now() + jiff::SignedDuration::from_mins(1);
    let held = desk
        .outbox()
        .hold("northwind", &key, later, "token revoked");
    held.expect("noted");
    assert_eq!(outgoing(&desk), []);
    let item = desk.journal().outbox_item(northwind(&desk), &key);
    let item = item.expect("readable").expect("there");
    assert_eq!((item.state, item.attempts), (OutboxState::Waiting, 0));
    assert_eq!(item.problem.as_deref(), Some("token revoked"));
    assert_eq!(told(&desk), 0, "nothing failed for good");
}
