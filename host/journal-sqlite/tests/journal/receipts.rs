use std::fs;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::delivery_state::DeliveryState::{self, Delivered, Failed, Read, Sent};

use crate::store::{TestStore, at, audit_entry, commit, conversation};

const NUMBER: &str = "+41 79 555 01 23";

fn contact(journal: &SqliteJournal, company: CompanyId) -> ContactId {
    let found = journal.find_or_create_contact(company, "whatsapp", "+41795550123", at(1));
    found.unwrap().contact
}

/// The first of two parts, accepted at 100 s.
fn receipt(journal: &SqliteJournal, company: CompanyId, message: &str) -> NewReceipt {
    let contact = contact(journal, company);
    let sealed = journal.seal(company, contact, Purpose::Receipt, NUMBER.as_bytes());
    NewReceipt {
        company,
        channel: "whatsapp".into(),
        message: message.into(),
        key: "reply-1".into(),
        part: 1,
        parts: 2,
        conversation: None,
        contact,
        account: "shop".into(),
        sealed: sealed.unwrap(),
        accepted_at: at(100),
    }
}

fn report(state: DeliveryState, second: i64) -> DeliveryReport {
    DeliveryReport {
        state,
        at: Some(at(second)),
        reason: (state == Failed).then(|| "131026".into()),
        received_at: at(second + 1),
    }
}

fn advance(journal: &SqliteJournal, message: &str, report: DeliveryReport) -> ReceiptChange {
    let company = journal.company("acme").unwrap();
    let change = journal.advance_receipt(company, "whatsapp", message, report);
    change.unwrap()
}

#[test]
fn receipts_are_found_by_key_and_by_message() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let second = NewReceipt {
        part: 2,
        ..receipt(&journal, company, "m2")
    };
    let second = journal.record_receipt(second).unwrap();
    let first = receipt(&journal, company, "m1");
    let stored = journal.record_receipt(first.clone()).unwrap();
    assert_eq!(
        stored,
        Receipt {
            company,
            channel: first.channel,
            message: first.message,
            key: first.key,
            part: 1,
            parts: 2,
            conversation: None,
            contact: first.contact,
            account: first.account,
            sealed: first.sealed,
            accepted_at: at(100),
            state: None,
            state_at: None,
            reason: None,
        }
    );
    drop(journal);
    let journal = store.open();
    let found = journal.receipts(company, "reply-1").unwrap();
    assert_eq!(found, [stored, second.clone()]);
    assert_eq!(journal.receipts(company, "reply-2").unwrap(), []);
    let find = |company, channel, message| journal.receipt(company, channel, message).unwrap();
    assert_eq!(find(company, "whatsapp", "m2"), Some(second));
    assert_eq!(find(company, "sms", "m2"), None);
    let other = journal.company("harbour").unwrap();
    assert_eq!(find(other, "whatsapp", "m2"), None);
}

#[test]
fn the_first_receipt_of_a_part_stays() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let first = receipt(&journal, company, "m1");
    let first = journal.record_receipt(first).unwrap();
    let again = NewReceipt {
        accepted_at: at(200),
        ..receipt(&journal, company, "m9")
    };
    assert_eq!(journal.record_receipt(again).unwrap(), first);
    assert_eq!(journal.receipts(company, "reply-1").unwrap(), [first]);
    assert_eq!(journal.receipt(company, "whatsapp", "m9").unwrap(), None);
}

#[test]
fn a_state_that_comes_before_its_receipt_is_taken_over() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for early in [report(Failed, 10), report(Sent, 12)] {
        assert_eq!(advance(&journal, "m1", early), ReceiptChange::Early);
    }
    drop(journal);
    let journal = store.open();
    let new = receipt(&journal, company, "m1");
    let stored = journal.record_receipt(new).unwrap();
    let state = (stored.state, stored.state_at, stored.reason.as_deref());
    assert_eq!(state, (Some(Failed), Some(at(10)), Some("131026")));
    assert_eq!(journal.check().unwrap().findings, []);
    // It is taken over once.
    let other = NewReceipt {
        key: "reply-2".into(),
        ..receipt(&journal, company, "m1")
    };
    assert_eq!(journal.record_receipt(other).unwrap().state, None);
}

#[test]
fn a_receipt_advances_and_never_goes_back() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let new = receipt(&journal, company, "m1");
    let mut expected = journal.record_receipt(new).unwrap();
    for (state, second, advances) in [
        (Sent, 10, true),
        (Sent, 11, false),
        (Failed, 12, true),
        (Delivered, 13, true),
        (Failed, 14, false),
        (Read, 15, true),
        (Delivered, 16, false),
    ] {
        let report = report(state, second);
        let change = advance(&journal, "m1", report.clone());
        if advances {
            expected.state = Some(state);
            expected.state_at = report.at;
            expected.reason = report.reason;
        }
        let wanted = match advances {
            true => ReceiptChange::Advanced(expected.clone()),
            false => ReceiptChange::Unchanged(expected.clone()),
        };
        assert_eq!(change, wanted, "{state} at {second}");
    }
    let stored = journal.receipt(company, "whatsapp", "m1").unwrap();
    assert_eq!(stored, Some(expected));
}

#[test]
fn of_two_receipts_of_one_message_the_newest_advances() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for key in ["old", "new"] {
        let new = NewReceipt {
            key: key.into(),
            ..receipt(&journal, company, "m1")
        };
        journal.record_receipt(new).unwrap();
    }
    advance(&journal, "m1", report(Sent, 10));
    let state = |key| journal.receipts(company, key).unwrap()[0].state;
    assert_eq!((state("old"), state("new")), (None, Some(Sent)));
}

#[test]
fn arguments_out_of_bounds_are_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let good = receipt(&journal, company, "m1");
    let long = |bytes: usize| "a".repeat(bytes);
    for (change, what) in [
        (
            NewReceipt {
                part: 0,
                ..good.clone()
            },
            "part",
        ),
        (
            NewReceipt {
                part: 3,
                ..good.clone()
            },
            "part",
        ),
        (
            NewReceipt {
                parts: 1_001,
                ..good.clone()
            },
            "part",
        ),
        (
            NewReceipt {
                message: long(257),
                ..good.clone()
            },
            "message id",
        ),
        (
            NewReceipt {
                channel: long(65),
                ..good.clone()
            },
            "channel",
        ),
        (
            NewReceipt {
                key: long(1_025),
                ..good.clone()
            },
            "outbox key",
        ),
        (
            NewReceipt {
                account: long(513),
                ..good.clone()
            },
            "account",
        ),
        (
            NewReceipt {
                sealed: vec![0; (16 << 10) + 1],
                ..good.clone()
            },
            "sealed part",
        ),
    ] {
        let refused = journal.record_receipt(change).unwrap_err();
        assert!(
            matches!(refused, JournalError::Invalid { what: of, .. } if of == what),
            "{refused}"
        );
    }
    let stranger = ContactId([9; 16]);
    let unknown = NewReceipt {
        contact: stranger,
        ..good.clone()
    };
    let refused = journal.record_receipt(unknown).unwrap_err();
    assert!(matches!(refused, JournalError::NoContact(id) if id == stranger));
    let mut late = report(Failed, 1);
    late.reason = Some(long(65));
    let refused = journal.advance_receipt(company, "whatsapp", "m1", late);
    assert!(matches!(
        refused,
        Err(JournalError::Invalid { what: "reason", .. })
    ));
    assert_eq!(journal.receipts(company, "reply-1").unwrap(), []);
    assert_eq!(journal.record_receipt(good).unwrap().state, None);
}

#[test]
fn a_receipt_is_deleted_with_its_conversation_or_by_its_age() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let conversations = ["resolved", "open"].map(|thread| {
        let mut of = conversation(company, thread);
        if thread == "resolved" {
            of.state = ConversationState::Resolved;
        }
        journal.commit(commit(&of, 0, None)).unwrap();
        of.id
    });
    let unknown = ConversationId([7; 16]);
    for (key, conversation, second) in [
        ("resolved", Some(conversations[0]), 900),
        ("open", Some(conversations[1]), 1),
        ("unknown", Some(unknown), 1),
        ("none, old", None, 1),
        ("none, young", None, 900),
    ] {
        let new = NewReceipt {
            key: key.into(),
            conversation,
            accepted_at: at(second),
            ..receipt(&journal, company, key)
        };
        let stored = journal.record_receipt(new).unwrap();
        let expected = conversation.filter(|id| *id != unknown);
        assert_eq!(stored.conversation, expected, "{key}");
    }
    let deleted = journal.compact(at(500)).unwrap();
    assert_eq!((deleted.conversations, deleted.receipts), (1, 3));
    let is_left = |key: &&str| !journal.receipts(company, key).unwrap().is_empty();
    let keys = ["resolved", "open", "unknown", "none, old", "none, young"];
    let left: Vec<_> = keys.into_iter().filter(is_left).collect();
    assert_eq!(left, ["open", "none, young"]);
    assert_eq!(journal.check().unwrap().findings, []);
}

#[test]
fn early_states_are_deleted_after_a_day() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for (message, second) in [("old", 0), ("young", 10)] {
        advance(&journal, message, report(Delivered, second));
    }
    // What is merged with it does not make it younger.
    advance(&journal, "old", report(Read, 90_000));
    let day = 24 * 60 * 60;
    let deleted = journal.delete_expired(at(day + 5)).unwrap();
    assert_eq!(deleted.early_states, 1);
    let state = |message: &str| {
        let new = NewReceipt {
            key: message.into(),
            ..receipt(&journal, company, message)
        };
        journal.record_receipt(new).unwrap().state
    };
    assert_eq!((state("old"), state("young")), (None, Some(Delivered)));
    let again = journal.delete_expired(at(day + 500)).unwrap();
    assert_eq!(again, ExpiryReport::default());
}

#[test]
fn an_erasure_makes_the_sealed_part_unreadable() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let new = receipt(&journal, company, "m1");
    let (contact, sealed) = (new.contact, new.sealed.clone());
    journal.record_receipt(new).unwrap();
    let open = || journal.open(company, contact, Purpose::Receipt, &sealed);
    assert_eq!(open().unwrap(), NUMBER.as_bytes());
    assert!(
        journal
            .open(company, contact, Purpose::Entry, &sealed)
            .is_err()
    );
    assert_eq!(journal.check().unwrap().seals, 2);
    let erased = journal.erase_person(company, contact, at(9), audit_entry("erase"));
    erased.unwrap();
    assert!(matches!(open(), Err(SealError::Erased(id)) if id == contact));
    // A part that was under way may still be accepted.
    let late = NewReceipt {
        company,
        channel: "whatsapp".into(),
        message: "m2".into(),
        key: "reply-1".into(),
        part: 2,
        parts: 2,
        conversation: None,
        contact,
        account: String::new(),
        sealed: Vec::new(),
        accepted_at: at(10),
    };
    journal.record_receipt(late).unwrap();
    let report = journal.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.seals, report.erased), (0, 1));
    drop(journal);
    let bytes = fs::read(store.options().path).unwrap();
    let clear = NUMBER.as_bytes();
    assert!(!bytes.windows(clear.len()).any(|window| window == clear));
}

#[test]
fn a_check_finds_receipts_that_contradict_the_rest() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .record_receipt(receipt(&journal, company, "m1"))
        .unwrap();
    advance(&journal, "m2", report(Read, 1));
    assert!(journal.check().unwrap().is_sound());
    drop(journal);
    let raw = store.raw();
    raw.pragma_update(None, "foreign_keys", "OFF").unwrap();
    raw.execute_batch(
        "UPDATE receipt SET conversation = zeroblob(16), sealed = x'0106';
         UPDATE early_state SET message = 'm1'",
    )
    .unwrap();
    drop(raw);
    let report = store.open().check().unwrap();
    assert_eq!(report.unopenable, 1);
    let has = |wanted: &dyn Fn(&CheckFinding) -> bool| report.findings.iter().any(wanted);
    assert!(
        has(
            &|finding| matches!(finding, CheckFinding::Orphan { table, rows: 1 } if table == "receipt")
        ),
        "{report:?}"
    );
    let missing = "1 states of messages of company 1 are missing from their receipts";
    assert!(
        has(&|finding| *finding == CheckFinding::Damaged(missing.into())),
        "{report:?}"
    );
}
