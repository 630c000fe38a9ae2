//! A delivery that failed for good is told once, whatever fails meanwhile.

use patchbay_desk::{Desk, DeskError, DeskSettings};
use patchbay_events::EventKind;
use patchbay_journal::{JournalError, OutboxState};

use crate::office::{desk_of, journal, northwind, noted, ruled};
use crate::replies::{outgoing, send};
use crate::unanswered::{heads, taken};

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
    let failed = full.outbox().fail("northwind", &key, "410 Gone");
    assert!(failed.is_err() && !is_over(&failed), "{failed:?}");
    assert_eq!(told(&full), 0);
    assert_eq!(state(&full, &key), OutboxState::Waiting, "the host retries");
    drop(full);
    let desk = desk_of(place.path(), vec![ruled("")]);
    desk.outbox()
        .fail("northwind", &key, "410 Gone")
        .expect("noted");
    assert_eq!((told(&desk), state(&desk, &key)), (1, OutboxState::Dead));
    // The answer of the first call was lost.
    let again = desk.outbox().fail("northwind", &key, "410 Gone");
    assert!(is_over(&again), "{again:?}");
    assert_eq!(told(&desk), 1);
    let retried = desk
        .journal()
        .retry_outbox(northwind(&desk), &key, desk.now(), noted());
    retried.expect("it waits again");
    desk.outbox()
        .fail("northwind", &key, "410 Gone")
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
                let failed = desk.outbox().fail("northwind", &key, "410 Gone");
                assert!(failed.is_ok() || is_over(&failed), "{failed:?}");
            });
        }
    });
    assert_eq!((told(&desk), state(&desk, &key)), (1, OutboxState::Dead));
}
