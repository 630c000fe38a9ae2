//! A delivery that failed for good is written to its conversation once, also if a write fails.

use std::path::Path;

use patchbay_desk::{AcceptedPart, Desk, DeskError, DeskSettings, MessageReport};
use patchbay_events::EventKind;
use patchbay_journal::{JournalError, OutboxState};
use patchbay_model::delivery_state::DeliveryState;
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

fn failures(desk: &Desk) -> usize {
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

/// A desk that accepts no actions: it writes nothing to conversations.
fn full_desk(place: &Path) -> Desk {
    let settings = DeskSettings {
        requests: 0,
        ..DeskSettings::default()
    };
    Desk::open(journal(place), vec![ruled("")], settings).expect("a desk")
}

#[test]
fn a_failure_whose_write_fails_is_written_at_the_next_call() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let key = outgoing(&desk).remove(0).key;
    drop(desk);
    let full = full_desk(place.path());
    let failed = full.outbox().fail("northwind", &key, &gone());
    assert!(failed.is_err() && !is_over(&failed), "{failed:?}");
    assert_eq!(failures(&full), 0);
    assert_eq!(state(&full, &key), OutboxState::Waiting, "the host retries");
    drop(full);
    let desk = desk_of(place.path(), vec![ruled("")]);
    desk.outbox()
        .fail("northwind", &key, &gone())
        .expect("noted");
    assert_eq!(
        (failures(&desk), state(&desk, &key)),
        (1, OutboxState::Dead)
    );
    // The answer of the first call was lost.
    let again = desk.outbox().fail("northwind", &key, &gone());
    assert!(is_over(&again), "{again:?}");
    assert_eq!(failures(&desk), 1);
    let retried = desk
        .journal()
        .retry_outbox(northwind(&desk), &key, desk.now(), noted());
    retried.expect("it waits again");
    desk.outbox()
        .fail("northwind", &key, &gone())
        .expect("noted");
    assert_eq!(failures(&desk), 2, "each time the last attempt fails");
}

#[test]
fn calls_at_the_same_time_write_a_failure_once() {
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
    assert_eq!(
        (failures(&desk), state(&desk, &key)),
        (1, OutboxState::Dead)
    );
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
    assert_eq!(failures(&desk), 0, "nothing failed for good");
}

#[test]
fn a_repeated_failure_report_is_followed_up_if_the_first_was_stored_and_its_follow_up_failed() {
    let place = tempfile::tempdir().expect("a place");
    let (desk, conversation) = taken(place.path());
    send(&desk, conversation, "ana", "r1", "It left this morning.");
    let key = outgoing(&desk).remove(0).key;
    let part = AcceptedPart {
        key: &key,
        part: 1,
        parts: 1,
        adapter: "x",
        account: "shop",
        message: "m1".to_owned(),
        provider_id: "p1".to_owned(),
        recipient: None,
    };
    desk.channels()
        .record_receipt("northwind", part)
        .expect("stored");
    desk.outbox().delivered("northwind", &key).expect("noted");
    drop(desk);
    let report = |desk: &Desk| {
        let report = MessageReport {
            state: DeliveryState::Failed,
            at: None,
            failure: Some(FinalKind::RecipientUnreachable),
            reason: Some("470".to_owned()),
        };
        desk.channels().report("northwind", "x", "m1", report)
    };
    let state_of_part = |desk: &Desk| {
        let receipts = desk.journal().receipts(northwind(desk), &key);
        receipts.expect("readable")[0].state
    };
    let full = full_desk(place.path());
    report(&full).expect_err("the conversation is not written to");
    assert_eq!(state_of_part(&full), Some(DeliveryState::Failed));
    assert_eq!(failures(&full), 0);
    drop(full);
    let desk = desk_of(place.path(), vec![ruled("")]);
    for _ in 0..2 {
        report(&desk).expect("followed up");
        assert_eq!(failures(&desk), 1);
    }
}
