//! Deliveries, once each, in order, whoever retries.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::office::{
    conversations, delivered, desk, feed, head, northwind, noted, ordinal, said, take_in,
};
use patchbay_events::EventKind;
use patchbay_journal::{InputKind, Ordinal};
use patchbay_pass::ReceiptStatus;
use patchbay_records::conversation_reader;
use serde_json::json;

#[test]
fn a_message_is_a_conversation_in_the_default_queue() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(&desk, vec![said("1", "@jo", "Where is my parcel?")]);
    let all = conversations(&desk);
    assert_eq!(all.len(), 1);
    let snapshot = conversation_reader::read_snapshot(&all[0]).expect("readable");
    assert_eq!(all[0].queue.as_deref(), Some("general"));
    assert_eq!(snapshot.priority, 10);
    assert_eq!(snapshot.interaction_count, 1);
    let entries = feed(&desk);
    assert_eq!(entries.len(), 1);
    assert_eq!(
        EventKind::from_number(entries[0].kind),
        Some(EventKind::Received)
    );
    let head = head(&entries[0]);
    assert_eq!(head["interaction"], "1");
    assert_eq!(head["route"]["target"]["id"], "general");
    assert_eq!(head["fallbacks"][0]["rule"], "default-queue");
}

#[test]
fn the_journal_stores_no_customer_text_in_the_clear() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(&desk, vec![said("1", "@jo-the-secret", "my-words-alone")]);
    let said =
        conversation_reader::recent_interactions(&**desk.journal(), &conversations(&desk)[0])
            .expect("readable");
    let text = said[0].interaction.as_ref().map(|said| said.text.as_str());
    assert_eq!(text, Some("my-words-alone"), "it is kept");
    drop(desk);
    assert_on_no_disk(place.path(), &["my-words-alone", "jo-the-secret"]);
}

#[test]
fn what_is_cut_off_a_long_text_is_stored_and_sealed() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let text = format!("first-words {} last-words", "a".repeat(70_000));
    let mail = json!({"id": "1", "channel": "email", "text": text, "author": {"address": "@jo"}});
    take_in(&desk, vec![delivered(mail)]);
    let stored =
        conversation_reader::recent_interactions(&**desk.journal(), &conversations(&desk)[0]);
    let stored = stored.expect("readable").remove(0).interaction;
    let stored = stored.expect("it is not erased");
    assert!(!stored.text.contains("last-words"), "it is cut");
    assert!(stored.rest.is_some_and(|rest| rest.ends_with("last-words")));
    drop(desk);
    assert_on_no_disk(place.path(), &["first-words", "last-words"]);
}

/// Fails if a file of the directory holds one of these in the clear.
fn assert_on_no_disk(directory: &Path, secrets: &[&str]) {
    for file in std::fs::read_dir(directory).expect("readable") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("readable");
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    }
}

#[test]
fn concurrent_retries_accept_each_interaction_once_and_in_order() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let seen: Vec<BTreeMap<String, Ordinal>> = std::thread::scope(|scope| {
        let retries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = BTreeMap::new();
                    for chunk in 0..10 {
                        let batch = (0..20)
                            .map(|number| {
                                let number = chunk * 20 + number;
                                said(&number.to_string(), &format!("@{}", number % 7), "Hi")
                            })
                            .collect();
                        for receipt in desk.accept("northwind", batch).expect("taken in") {
                            seen.insert(receipt.interaction.clone(), ordinal(&receipt));
                        }
                    }
                    seen
                })
            })
            .collect();
        retries
            .into_iter()
            .map(|retry| retry.join().expect("no panic"))
            .collect()
    });
    assert!(seen.iter().all(|ordinals| *ordinals == seen[0]));
    assert_eq!(seen[0].len(), 200);
    desk.wait_until_idle();
    let entries = feed(&desk);
    assert_eq!(entries.len(), 200, "each was decided about once");
    assert_eq!(conversations(&desk).len(), 7);
    let inputs: HashSet<_> = entries.iter().filter_map(|entry| entry.input).collect();
    assert_eq!(inputs.len(), 200);
    let mut by_conversation = BTreeMap::<_, Vec<_>>::new();
    for entry in &entries {
        by_conversation
            .entry(entry.conversation.expect("of a conversation"))
            .or_default()
            .push((entry.sequence, entry.input));
    }
    for (conversation, entries) in by_conversation {
        assert!(entries.is_sorted(), "{conversation}: {entries:?}");
        let sequence: Vec<u64> = entries.iter().map(|(sequence, _)| *sequence).collect();
        assert_eq!(sequence, (1..=entries.len() as u64).collect::<Vec<_>>());
        let inputs: Vec<_> = entries.iter().map(|(_, input)| *input).collect();
        assert!(inputs.is_sorted(), "{conversation}: {inputs:?}");
    }
}

#[test]
fn simultaneous_first_messages_make_one_conversation() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    std::thread::scope(|scope| {
        for number in 0..16 {
            let desk = &desk;
            scope.spawn(move || {
                let message = said(&format!("m{number}"), "@jo", "Hello?");
                desk.accept("northwind", vec![message]).expect("taken in")
            });
        }
    });
    desk.wait_until_idle();
    let all = conversations(&desk);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].sequence, 16);
}

#[test]
fn the_same_id_with_another_text_is_an_edit() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(&desk, vec![said("1", "@jo", "My card is lots")]);
    let again = take_in(&desk, vec![said("1", "@jo", "My card is lost")]);
    assert!(
        matches!(
            again[0].status,
            ReceiptStatus::Accepted {
                kind: InputKind::Edit,
                ..
            }
        ),
        "{again:?}"
    );
    let again = take_in(&desk, vec![said("1", "@jo", "My card is lost")]);
    assert!(matches!(again[0].status, ReceiptStatus::Duplicate { .. }));
    let row = &conversations(&desk)[0];
    let kinds: Vec<_> = feed(&desk).iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::Received as u16, EventKind::Edited as u16]
    );
    let said = conversation_reader::recent_interactions(&**desk.journal(), row).expect("readable");
    let texts: Vec<_> = said
        .iter()
        .filter_map(|held| held.interaction.as_ref().map(|said| said.text.as_str()))
        .collect();
    assert_eq!(texts, ["My card is lost"]);
}

#[test]
fn a_deletion_removes_the_text_from_the_conversation() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(
        &desk,
        vec![said("1", "@jo", "My pin is 1234"), said("2", "@jo", "Help")],
    );
    let mut delete = said("1", "@jo", "");
    delete.kind = InputKind::Delete;
    take_in(&desk, vec![delete]);
    let row = &conversations(&desk)[0];
    let said = conversation_reader::recent_interactions(&**desk.journal(), row).expect("readable");
    assert_eq!(said.len(), 1);
    assert_eq!(
        said[0].interaction.as_ref().map(|said| said.id.as_str()),
        Some("2")
    );
    assert_eq!(row.sequence, 3);
}

#[test]
fn a_reply_joins_the_thread_of_the_interaction_it_answers() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(&desk, vec![said("1", "@jo", "Is the app down?")]);
    let answer = delivered(json!({
        "id": "2", "channel": "x", "text": "For me too", "in_reply_to": "1",
        "author": {"address": "@ana"},
    }));
    take_in(&desk, vec![answer, said("3", "@ana", "Hello")]);
    let all = conversations(&desk);
    let mut sizes: Vec<u64> = all.iter().map(|row| row.sequence).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 2], "a thread of two, and one of @ana alone");
}

#[test]
fn only_its_customer_joins_a_private_thread() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let mail = |id: &str, from: &str, answers: Option<&str>| {
        let mut mail = json!({
            "id": id, "channel": "email", "text": "Where is it?", "author": {"address": from},
        });
        if let Some(answers) = answers {
            mail["in_reply_to"] = answers.into();
        }
        delivered(mail)
    };
    take_in(&desk, vec![mail("1", "jo@example.org", None)]);
    take_in(
        &desk,
        vec![
            mail("2", "mallory@example.org", Some("1")),
            mail("3", "jo@example.org", Some("1")),
            mail("4", "jo@example.org", Some("2")),
        ],
    );
    let all = conversations(&desk);
    let mut sizes: Vec<u64> = all.iter().map(|row| row.sequence).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 3], "jo's three mails, and the other one alone");
}

#[test]
fn an_echo_stops_the_reply_clock_and_calls_no_policy() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    let row = &conversations(&desk)[0];
    let before = conversation_reader::read_snapshot(row).expect("readable");
    assert!(before.clocks.unanswered_since().is_some());
    let echo = delivered(json!({
        "id": "2", "channel": "x", "text": "Hi Jo!", "direction": "outbound", "in_reply_to": "1",
        "author": {"address": "@northwind"},
    }));
    take_in(&desk, vec![echo]);
    let all = conversations(&desk);
    assert_eq!(all.len(), 1);
    let after = conversation_reader::read_snapshot(&all[0]).expect("readable");
    assert_eq!(after.clocks.unanswered_since(), None);
    assert_eq!(after.interaction_count, 2);
}

#[test]
fn undecided_inputs_are_decided_after_a_restart() {
    let place = tempfile::tempdir().expect("a place");
    {
        // Another company's desk: northwind's inputs wait.
        let desk = crate::office::desk_of(
            place.path(),
            vec![
                crate::office::company("northwind", None),
                crate::office::company("acme", None),
            ],
        );
        take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    }
    {
        let desk = crate::office::desk_of(place.path(), vec![crate::office::company("acme", None)]);
        assert!(
            desk.accept("northwind", vec![said("2", "@jo", "Hello?")])
                .is_err()
        );
    }
    let desk = desk(place.path());
    take_in(
        &desk,
        vec![said("1", "@jo", "Hello?"), said("2", "@jo", "Still there?")],
    );
    let all = conversations(&desk);
    assert_eq!(all.len(), 1, "the same conversation goes on");
    assert_eq!(all[0].sequence, 2);
    let entries = desk
        .journal()
        .entries(northwind(&desk), all[0].id, 0, 10)
        .expect("readable");
    assert!(head(&entries[1])["interaction"] == "2");
}

#[test]
fn a_full_disk_accepts_nothing_and_loses_nothing() {
    let place = tempfile::tempdir().expect("a place");
    let journal = crate::office::journal(place.path());
    let companies = vec![crate::office::company("northwind", None)];
    let desk = patchbay_desk::Desk::open(
        std::sync::Arc::clone(&journal) as std::sync::Arc<dyn patchbay_journal::Journal>,
        companies,
        patchbay_desk::DeskSettings::default(),
    )
    .expect("a desk");
    take_in(&desk, vec![said("1", "@jo", "Hello?")]);
    journal.limit_bytes(1).expect("limited");
    let large = "x".repeat(60_000);
    let mut taken = 1;
    let refused = loop {
        let message = said(&format!("large-{taken}"), "@jo", &large);
        match desk.accept("northwind", vec![message]) {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    let is_full = matches!(
        refused,
        patchbay_desk::DeskError::Journal(patchbay_journal::JournalError::DiskFull)
    );
    assert!(is_full, "{refused}");
    journal.limit_bytes(1 << 40).expect("space again");
    take_in(&desk, vec![said("2", "@jo", "Still there?")]);
    assert_eq!(feed(&desk).len(), taken + 1, "what waited is decided too");
    assert!(desk.journal().check().expect("readable").is_sound());
}

#[test]
fn an_erasure_resolves_every_conversation_of_the_person_in_steps() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let wrote = |number: usize| {
        delivered(
            json!({"id": number.to_string(), "channel": "x", "text": "Hello",
            "author": {"address": "@jo"}, "conversation": format!("thread-{number}")}),
        )
    };
    // More than two steps.
    take_in(&desk, (0..230).map(wrote).collect());
    take_in(&desk, vec![said("other", "@kim", "Hello")]);
    let company = northwind(&desk);
    let unresolved = || desk.journal().unresolved_conversations(None, 1_000);
    assert_eq!(unresolved().expect("read").len(), 231);
    let record = desk.journal().address_record(company, "x", "@jo");
    let jo = record.expect("read").contact.expect("known").contact;
    let erased = desk.contacts().erase("northwind", jo, noted());
    erased.expect("erased");
    desk.wait_until_idle();
    let left = unresolved().expect("read");
    assert_eq!(left.len(), 1, "that of another person");
    assert_ne!(left[0].contact, Some(jo));
}

#[test]
fn what_an_erased_person_wrote_does_not_bring_them_back_when_it_comes_again() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk(place.path());
    let first = || said("1", "@jo", "My card was stolen");
    let edited = || said("1", "@jo", "My card was stolen!");
    take_in(&desk, vec![first()]);
    let company = desk.journal().company("northwind").expect("known");
    let contact = |address: &str| {
        let record = desk.journal().address_record(company, "x", address);
        record.expect("read").contact
    };
    let jo = contact("@jo").expect("known").contact;
    let erasure = desk.contacts().erase("northwind", jo, noted());
    erasure.expect("erased");
    desk.wait_until_idle();
    for again in [first(), edited()] {
        let original = desk
            .channels()
            .store_original("northwind", &again, b"as it came", 1 << 20);
        original.expect("nothing to store");
        assert_eq!(contact("@jo"), None);
        let receipts = desk.accept("northwind", vec![again, said("2", "@kim", "Hi")]);
        let receipts = receipts.expect("accepted");
        let status = receipts[0].status;
        assert!(
            matches!(
                status,
                ReceiptStatus::Duplicate {
                    ordinal: Ordinal(1)
                }
            ),
            "{status:?}"
        );
        desk.wait_until_idle();
        assert_eq!(contact("@jo"), None);
        assert!(contact("@kim").is_some());
    }
    // A reaction of theirs to what somebody else wrote is no message that comes again.
    let reaction = json!({"id": "2", "kind": "reaction", "channel": "x", "text": "",
        "author": {"address": "@jo"}, "attributes": {"reaction": {"emoji": "+1"}}});
    let receipts = desk.accept("northwind", vec![delivered(reaction)]);
    let status = receipts.expect("accepted")[0].status;
    assert!(
        matches!(status, ReceiptStatus::Accepted { .. }),
        "{status:?}"
    );
    desk.wait_until_idle();
    // What they write from now on is of someone new.
    take_in(&desk, vec![said("3", "@jo", "Hello")]);
    let new = contact("@jo").expect("created");
    assert_ne!(new.contact, jo);
}
