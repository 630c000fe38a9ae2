//! Erasures of people who have open conversations.

use std::path::Path;

use patchbay_desk::{Desk, DeskSettings, PersonErasure};
use patchbay_engine::CancelSignal;
use patchbay_journal::{ContactId, ConversationId};
use rusqlite::Connection;
use serde_json::json;

use crate::office::{company, conversations, delivered, desk, journal, northwind, noted, take_in};

/// A desk that takes no action: as if its requests were full.
fn busy_desk(place: &Path) -> Desk {
    let settings = DeskSettings {
        requests: 0,
        ..DeskSettings::default()
    };
    Desk::open(journal(place), vec![company("northwind", None)], settings).expect("a desk")
}

/// A person begins a conversation.
fn write(desk: &Desk, id: &str, address: &str) {
    let message = json!({"id": id, "channel": "x", "text": "Hello", "conversation": id,
        "author": {"address": address}});
    take_in(desk, vec![delivered(message)]);
}

fn contact_at(desk: &Desk, address: &str) -> ContactId {
    let record = desk.journal().address_record(northwind(desk), "x", address);
    record.expect("readable").contact.expect("known").contact
}

fn erase(desk: &Desk, contact: ContactId) -> PersonErasure {
    let erased = desk.contacts().erase("northwind", contact, noted());
    desk.wait_until_idle();
    erased.expect("erased")
}

/// Writes the state of a conversation into the journal's file, also one that nothing reads.
fn set_state(place: &Path, conversation: ConversationId, state: &str) {
    let sql = Connection::open(place.join("desk.db")).expect("the journal's file");
    let update = "UPDATE conversation SET state = ?1 WHERE id = ?2";
    let changed = sql.execute(update, (state, conversation.0.as_slice()));
    assert_eq!(changed.expect("written"), 1);
}

#[test]
fn erasing_a_person_resolves_the_conversations_of_all_their_merged_contacts() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    for (id, address) in [("1", "@jo"), ("2", "@joanna"), ("3", "@kim")] {
        write(&desk, id, address);
    }
    let (jo, joanna) = (contact_at(&desk, "@jo"), contact_at(&desk, "@joanna"));
    let merged = desk
        .contacts()
        .merge("northwind", jo, joanna, "ana", noted());
    merged.expect("merged");
    let mut both = [jo, joanna];
    both.sort();
    let erased = erase(&desk, jo);
    assert_eq!(erased.contacts, both);
    assert_eq!(erased.open_conversations, Some(0));
    let left = conversations(&desk);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].contact, Some(contact_at(&desk, "@kim")));
}

#[test]
fn an_erasure_by_a_busy_desk_says_what_it_left_open_and_a_second_one_resolves_it() {
    let place = tempfile::tempdir().expect("a place");
    let desk = busy_desk(place.path());
    for id in ["1", "2", "3"] {
        write(&desk, id, "@jo");
    }
    let jo = contact_at(&desk, "@jo");
    let first = erase(&desk, jo);
    assert_eq!(first.contacts, [jo]);
    assert_eq!(first.open_conversations, Some(3));
    drop(desk);
    let desk = self::desk(place.path());
    let second = erase(&desk, jo);
    assert_eq!(second.contacts, []);
    assert_eq!(second.open_conversations, Some(0));
    assert!(conversations(&desk).is_empty());
}

#[test]
fn a_conversation_that_cannot_be_read_does_not_keep_the_others_open() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    for id in ["1", "2", "3"] {
        write(&desk, id, "@jo");
    }
    let jo = contact_at(&desk, "@jo");
    let company = northwind(&desk);
    let open = || {
        let open = desk.journal().unresolved_of_contact(company, jo, None, 10);
        open.expect("readable")
    };
    let damaged = open()[0];
    let state = desk.journal().conversation(company, damaged);
    let state = state.expect("readable").expect("there").state;
    set_state(place.path(), damaged, "damaged");
    let first = erase(&desk, jo);
    assert_eq!(first.contacts, [jo]);
    assert_eq!(first.open_conversations, Some(1));
    assert_eq!(open(), [damaged]);
    set_state(place.path(), damaged, state.as_str());
    assert_eq!(erase(&desk, jo).open_conversations, Some(0));
}

#[test]
fn a_cancelled_erasure_destroys_the_key_and_leaves_the_conversations_open() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    write(&desk, "1", "@jo");
    let jo = contact_at(&desk, "@jo");
    let cancelled = CancelSignal::when(|| true);
    let contacts = desk.contacts();
    let first = contacts.erase_until("northwind", jo, noted(), &cancelled);
    let first = first.expect("erased");
    assert_eq!(first.contacts, [jo]);
    assert_eq!(first.open_conversations, Some(1));
    assert_eq!(erase(&desk, jo).open_conversations, Some(0));
}
