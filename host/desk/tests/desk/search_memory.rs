//! Words in memory: a search finds exactly what the stored lists have, after every history, and
//! the memory is bounded.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use patchbay_desk::{CacheBounds, Desk, DeskError, DeskSettings, ListRequest, SearchSettings};
use patchbay_journal::{CompanyId, ContactId, Conversation, ConversationId, Purpose};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::traceparent::Traceparent;
use patchbay_pass::agent_action::AgentAction;
use patchbay_pass::observer::Observer;
use patchbay_records::conversation_list::ListFilter;
use patchbay_records::notes::NewNote;
use patchbay_search_terms::{SearchQuery, WordList};
use serde_json::json;

use crate::floor::{act, agent, sign_in, supervisor};
use crate::office::{delivered, eventually, journal, northwind, noted, ruled, take_in};

const ROOM: CacheBounds = CacheBounds {
    company: 64 << 20,
    host: 64 << 20,
};
/// Words of texts and searches: few, so that searches find something.
const WORDS: [&str; 12] = [
    "parcel", "parcels", "refund", "lamp", "broken", "4711", "late", "thanks", "blue", "red",
    "invoice", "where",
];
const PEOPLE: usize = 6;

fn desk_with(place: &Path, is_on: bool, memory: CacheBounds) -> Desk {
    let settings = DeskSettings {
        search: SearchSettings { is_on, memory },
        ..DeskSettings::default()
    };
    Desk::open(journal(place), vec![ruled("")], settings).expect("a desk")
}

/// Every conversation, resolved ones too.
fn all(desk: &Desk) -> Vec<Conversation> {
    let journal = desk.journal();
    let company = northwind(desk);
    let mut rows = journal
        .unresolved_conversations(None, 10_000)
        .expect("readable");
    let resolved = journal.resolved_conversations(company, None, None, 10_000);
    rows.extend(resolved.expect("readable").into_iter().map(|(_, row)| row));
    rows
}

/// What a search of the stored lists finds: the words of each conversation, from the journal.
fn stored(desk: &Desk, text: &str) -> BTreeSet<ConversationId> {
    let query = SearchQuery::parse(text).expect("words");
    let (journal, company) = (desk.journal(), northwind(desk));
    let has = |row: &Conversation| {
        let mut words = WordList::default();
        for list in journal.word_lists(company, &[row.id]).expect("readable") {
            let plain = journal.open(company, list.contact, Purpose::Words, &list.sealed);
            if let Some(list) = plain.ok().and_then(WordList::from_bytes) {
                words.add(list.terms());
            }
        }
        query.matcher().is_match(&words)
    };
    let rows = all(desk).into_iter().filter(has);
    rows.map(|row| row.id).collect()
}

/// What a search finds, over all pages.
fn found(desk: &Desk, text: &str) -> BTreeSet<ConversationId> {
    let filter = ListFilter {
        states: Some(ConversationState::ALL.into_iter().collect()),
        ..ListFilter::default()
    };
    let (mut found, mut after) = (BTreeSet::new(), None);
    loop {
        let request = ListRequest {
            filter: filter.clone(),
            text: Some(text.to_owned()),
            limit: 5,
            after,
            ..ListRequest::default()
        };
        let page = desk
            .conversations()
            .list("northwind", request)
            .expect("a page");
        for (row, _) in &page.conversations {
            assert!(found.insert(row.id), "{text}: {} is on two pages", row.id);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

fn text(rng: &mut Rng) -> String {
    let count = rng.usize(1..4);
    let words: Vec<&str> = (0..count)
        .map(|_| WORDS[rng.usize(..WORDS.len())])
        .collect();
    words.join(" ")
}

fn contact_of(desk: &Desk, company: CompanyId, person: usize) -> Option<ContactId> {
    let record = desk
        .journal()
        .address_record(company, "x", &format!("@p{person}"));
    record.expect("readable").contact.map(|found| found.contact)
}

/// One random step of a company's day.
fn step(desk: &Desk, rng: &mut Rng, number: usize) {
    let company = northwind(desk);
    let rows = all(desk);
    let one = (!rows.is_empty()).then(|| rows[rng.usize(..rows.len())].id);
    let person = rng.usize(..PEOPLE);
    match (rng.u32(..100), one) {
        (0..45, _) | (_, None) => {
            let message = json!({"id": format!("m{number}"), "channel": "x", "text": text(rng),
                "author": {"address": format!("@p{person}")}});
            take_in(desk, vec![delivered(message)]);
        }
        (45..53, _) => {
            // A new wording of an earlier message, where that was of the same person.
            let message = json!({"id": format!("m{}", rng.usize(..number.max(1))), "channel": "x",
                "text": text(rng), "author": {"address": format!("@p{person}")}});
            take_in(desk, vec![delivered(message)]);
        }
        (53..57, _) => {
            let deletion = json!({"id": format!("m{}", rng.usize(..number.max(1))), "channel": "x",
                "kind": "delete", "text": "", "author": {"address": format!("@p{person}")}});
            take_in(desk, vec![delivered(deletion)]);
        }
        (57..68, Some(id)) => {
            let note = NewNote {
                id: format!("n{number}"),
                text: text(rng),
            };
            // Refused where the customer is erased.
            let _ = act(desk, id, agent("ana"), AgentAction::Note(note));
        }
        (68..78, Some(id)) => {
            let _ = act(desk, id, supervisor(), AgentAction::Resolve);
        }
        (78..83, _) => {
            if let Some(contact) = contact_of(desk, company, person) {
                let erased = desk.contacts().erase("northwind", contact, noted());
                erased.expect("erased");
            }
        }
        (83..88, _) => {
            let two = [person, rng.usize(..PEOPLE)].map(|it| contact_of(desk, company, it));
            if let [Some(contact), Some(into)] = two {
                let contacts = desk.contacts();
                let merged = contacts.merge("northwind", contact, into, "ana", noted());
                if merged.is_err() {
                    let _ = contacts.split("northwind", contact, "ana", noted());
                }
            }
        }
        (88..91, _) => {
            eventually(|| {
                let outdated = desk.journal().count_outdated_words(company);
                outdated.expect("readable") == 0
            });
        }
        (91..93, _) => {
            let before = Timestamp::now() + Duration::from_secs(3_600);
            desk.compact(before).expect("deleted");
        }
        (_, _) => {
            // Searches of some conversations keep only these in use.
            found(desk, &text(rng));
        }
    }
}

/// Random histories: after each step every word finds what the stored lists have.
fn compare(memory: CacheBounds, seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let place = tempfile::tempdir().expect("a place");
        let desk = desk_with(place.path(), true, memory);
        sign_in(&desk, &["ana"]);
        let mut rng = Rng::with_seed(seed);
        for number in 0..steps {
            step(&desk, &mut rng, number);
            desk.wait_until_idle();
            let searched = text(&mut rng);
            for _ in 0..10 {
                // The words of an outdated conversation may be replaced in between.
                let before = stored(&desk, &searched);
                let of_search = found(&desk, &searched);
                if before != of_search && before != stored(&desk, &searched) {
                    continue;
                }
                assert_eq!(
                    of_search, before,
                    "{searched:?}, seed {seed}, step {number}"
                );
                break;
            }
            let figures = desk.status().word_figures();
            assert!(figures.bytes <= memory.host as u64, "{figures:?}");
        }
    }
}

#[test]
fn a_search_in_memory_finds_what_the_stored_lists_have() {
    compare(ROOM, 0..6, 80);
}

#[test]
fn a_search_with_too_little_memory_finds_what_the_stored_lists_have() {
    let little = CacheBounds {
        company: 1_500,
        host: 1_500,
    };
    compare(little, 100..104, 60);
    let none = CacheBounds {
        company: 0,
        host: 0,
    };
    compare(none, 200..202, 40);
}

#[test]
fn words_are_read_once_and_follow_commits() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    for number in 0..20 {
        let message = json!({"id": format!("m{number}"), "channel": "x", "text": "my parcel",
            "author": {"address": format!("@p{number}")}});
        take_in(&desk, vec![delivered(message)]);
    }
    assert_eq!(found(&desk, "parcel").len(), 20);
    let first = desk.status().word_figures();
    assert!(first.lists_opened >= 20 && first.bytes > 0, "{first:?}");
    // Its words are in memory, and so are those of what comes next.
    let message = json!({"id": "m-next", "channel": "x", "text": "another parcel, blue",
        "author": {"address": "@p3"}});
    let new = json!({"id": "m-new", "channel": "x", "text": "one parcel more",
        "author": {"address": "@new"}});
    take_in(&desk, vec![delivered(message), delivered(new)]);
    assert_eq!(found(&desk, "parcel").len(), 21);
    assert_eq!(found(&desk, "another my blue").len(), 1);
    assert_eq!(found(&desk, "more").len(), 1);
    let later = desk.status().word_figures();
    assert_eq!(
        later.lists_opened, first.lists_opened,
        "none was opened again"
    );
}

#[test]
fn an_erasure_removes_words_from_memory_before_it_returns() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    let long = "word ".to_owned() + &"x".repeat(60);
    for (id, address) in [("1", "@jo"), ("2", "@ann")] {
        let message = json!({"id": id, "channel": "x", "text": long,
            "author": {"address": address}});
        take_in(&desk, vec![delivered(message)]);
    }
    assert_eq!(found(&desk, "word").len(), 2);
    let before = desk.status().word_figures();
    assert_eq!(before.conversations, 2);
    let contact = contact_at(&desk, "@jo");
    let erased = desk.contacts().erase("northwind", contact, noted());
    erased.expect("erased");
    let after = desk.status().word_figures();
    assert_eq!(after.conversations, 1, "{after:?}");
    assert!(after.bytes < before.bytes, "{after:?}");
    assert_eq!(found(&desk, "word").len(), 1);
}

/// Holds the first pass until its batch is queued, and erases a customer in a later pass.
#[derive(Debug)]
struct ErasureInBatch {
    is_queued: Mutex<Receiver<()>>,
    desk: OnceLock<Weak<Desk>>,
    passes: Mutex<usize>,
}

impl Observer for ErasureInBatch {
    fn wants_trace(&self, _: &str, _: ConversationId, _: Option<Traceparent>) -> bool {
        let Some(desk) = self.desk.get().and_then(Weak::upgrade) else {
            return false;
        };
        let pass = {
            let mut passes = self.passes.lock().expect("passes");
            *passes += 1;
            *passes
        };
        match pass {
            1 => self.is_queued.lock().expect("queued").recv().expect("sent"),
            // Jo's pass has sealed the words; no commit of the batch is written.
            3 => {
                let jo = contact_at(&desk, "@jo");
                let erased = desk.contacts().erase("northwind", jo, noted());
                assert_eq!(erased.expect("erased").contacts, [jo]);
            }
            _ => {}
        }
        false
    }
}

fn contact_at(desk: &Desk, address: &str) -> ContactId {
    let record = desk.journal().address_record(northwind(desk), "x", address);
    record.expect("readable").contact.expect("known").contact
}

#[test]
fn words_of_a_pass_that_an_erasure_overtook_before_its_commit_are_not_kept() {
    let place = tempfile::tempdir().expect("a place");
    let (queued, is_queued) = channel();
    let observer = Arc::new(ErasureInBatch {
        is_queued: Mutex::new(is_queued),
        desk: OnceLock::new(),
        passes: Mutex::new(0),
    });
    let settings = DeskSettings {
        workers: 1,
        search: SearchSettings {
            is_on: true,
            memory: ROOM,
        },
        observer: Arc::clone(&observer) as Arc<dyn Observer>,
        ..DeskSettings::default()
    };
    let desk = Desk::open(journal(place.path()), vec![ruled("")], settings).expect("a desk");
    let desk = Arc::new(desk);
    let message = |id: &str, address: &str, text: &str| {
        delivered(json!({"id": id, "channel": "x", "text": text, "author": {"address": address}}))
    };
    take_in(&desk, vec![message("1", "@eve", "my parcel")]);
    assert_eq!(found(&desk, "parcel").len(), 1, "the company is in memory");
    let watched = observer.desk.set(Arc::downgrade(&desk));
    watched.expect("set once");
    let accepted = desk.accept("northwind", vec![message("2", "@eve", "late")]);
    accepted.expect("taken in");
    let accepted = desk.accept("northwind", vec![message("3", "@jo", "a secret parcel")]);
    accepted.expect("taken in");
    let accepted = desk.accept("northwind", vec![message("4", "@ann", "another parcel")]);
    accepted.expect("taken in");
    queued.send(()).expect("awaited");
    desk.wait_until_idle();
    assert_eq!(*observer.passes.lock().expect("passes"), 3);
    assert_eq!(found(&desk, "secret"), BTreeSet::new());
    assert_eq!(found(&desk, "parcel").len(), 2);
}

#[test]
fn an_erasure_whose_traces_cannot_be_removed_removes_words_from_memory() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    for (id, address) in [("1", "@jo"), ("2", "@ann")] {
        let message = json!({"id": id, "channel": "x", "text": "my parcel",
            "author": {"address": address}});
        take_in(&desk, vec![delivered(message)]);
    }
    assert_eq!(found(&desk, "parcel").len(), 2);
    let jo = contact_at(&desk, "@jo");
    let unknown = desk
        .contacts()
        .erase("northwind", ContactId([9; 16]), noted());
    unknown.expect_err("an unknown contact");
    assert_eq!(desk.status().word_figures().conversations, 2);
    // The journal opens its file again to remove the traces: the path leads to none.
    let (file, aside) = (place.path().join("desk.db"), place.path().join("aside.db"));
    std::fs::rename(&file, &aside).expect("moved");
    std::fs::create_dir(&file).expect("a directory");
    let failed = desk.contacts().erase("northwind", jo, noted());
    std::fs::remove_dir(&file).expect("removed");
    std::fs::rename(&aside, &file).expect("moved back");
    failed.expect_err("the traces are not removed");
    assert_eq!(found(&desk, "parcel").len(), 1);
    let again = desk.contacts().erase("northwind", jo, noted());
    assert_eq!(again.expect("erased").contacts, []);
}

#[test]
fn pages_after_a_message_id_end_at_every_limit() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    sign_in(&desk, &["ana"]);
    // A message has the id `parcel`, and the others the word.
    for (id, address, text) in [
        ("parcel", "@jo", "hello"),
        ("2", "@ann", "my parcel"),
        ("3", "@eve", "my parcel"),
        ("4", "@bob", "my parcel"),
    ] {
        let message = json!({"id": id, "channel": "x", "text": text,
            "author": {"address": address}});
        take_in(&desk, vec![delivered(message)]);
    }
    // Resolved one after the other; the last stays open.
    let bob = contact_at(&desk, "@bob");
    for row in all(&desk) {
        if row.contact != Some(bob) {
            act(&desk, row.id, supervisor(), AgentAction::Resolve).expect("resolved");
        }
    }
    for limit in 1..6 {
        let (mut listed, mut after) = (Vec::new(), None);
        for _ in 0..9 {
            let request = ListRequest {
                filter: ListFilter {
                    states: Some(ConversationState::ALL.into_iter().collect()),
                    ..ListFilter::default()
                },
                text: Some("parcel".to_owned()),
                limit,
                after,
                ..ListRequest::default()
            };
            let page = desk.conversations().list("northwind", request);
            let page = page.expect("a page");
            listed.extend(page.conversations.iter().map(|(row, _)| row.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(after.is_none(), "pages of {limit} go on for ever");
        let all: BTreeSet<_> = listed.iter().collect();
        assert_eq!((listed.len(), all.len()), (4, 4), "pages of {limit}");
    }
}

#[test]
fn reading_the_list_reads_the_words_into_memory() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    for number in 0..40 {
        let message = json!({"id": format!("m{number}"), "channel": "x", "text": "my parcel",
            "author": {"address": format!("@p{number}")}});
        take_in(&desk, vec![delivered(message)]);
    }
    drop(desk);
    let desk = desk_with(place.path(), true, ROOM);
    assert_eq!(desk.status().word_figures().conversations, 0);
    let list = desk
        .conversations()
        .list("northwind", ListRequest::default());
    assert_eq!(list.expect("a list").counts.matching, 40);
    eventually(|| desk.status().word_figures().conversations == 40);
    assert_eq!(found(&desk, "parcel").len(), 40);
    let figures = desk.status().word_figures();
    assert_eq!(
        (figures.misses, figures.lists_opened),
        (0, 40),
        "{figures:?}"
    );
}

#[test]
fn switched_off_search_stores_no_words_and_deletes_those_that_are_stored() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    let message = json!({"id": "1", "channel": "x", "text": "my parcel",
        "author": {"address": "@jo"}});
    take_in(&desk, vec![delivered(message)]);
    let id = all(&desk)[0].id;
    drop(desk);

    let desk = desk_with(place.path(), false, ROOM);
    let company = northwind(&desk);
    let lists = |desk: &Desk| {
        let lists = desk.journal().word_lists(company, &[id]);
        lists.expect("readable").len()
    };
    eventually(|| lists(&desk) == 0);
    let message = json!({"id": "2", "channel": "x", "text": "a second message",
        "author": {"address": "@jo"}});
    take_in(&desk, vec![delivered(message)]);
    assert_eq!(lists(&desk), 0);
    let request = ListRequest {
        text: Some("parcel".to_owned()),
        limit: 5,
        ..ListRequest::default()
    };
    let refused = desk.conversations().list("northwind", request);
    assert!(matches!(refused, Err(DeskError::SearchOff)), "{refused:?}");
    let outdated = desk.journal().count_outdated_words(company);
    assert_eq!(outdated.expect("readable"), 0);
    drop(desk);

    // Switched on again, the words of all texts are collected.
    let desk = desk_with(place.path(), true, ROOM);
    eventually(|| found(&desk, "parcel second") == BTreeSet::from([id]));
}

#[test]
fn a_search_goes_on_through_resolved_conversations_and_says_how_far_it_went() {
    let place = tempfile::tempdir().expect("a place");
    let desk = desk_with(place.path(), true, ROOM);
    let mut resolved = Vec::new();
    for number in 0..1_200 {
        let text = match number {
            3 => "the only giraffe",
            _ => "my parcel",
        };
        let message = json!({"id": format!("m{number}"), "channel": "x", "text": text,
            "author": {"address": format!("@p{number}")}});
        resolved.push(delivered(message));
    }
    take_in(&desk, resolved);
    for row in all(&desk) {
        act(&desk, row.id, supervisor(), AgentAction::Resolve).expect("resolved");
    }
    let request = |after| ListRequest {
        filter: ListFilter {
            states: Some([ConversationState::Resolved].into()),
            ..ListFilter::default()
        },
        text: Some("parcel".to_owned()),
        limit: 100,
        after,
        ..ListRequest::default()
    };
    let (mut listed, mut searched, mut after, mut last) = (0, 0, None, None);
    loop {
        let page = desk
            .conversations()
            .list("northwind", request(after))
            .expect("a page");
        let report = page.search.expect("a search");
        assert!(report.is_complete, "{report:?}");
        listed += page.conversations.len();
        searched += report.resolved;
        assert!(
            report.back_to <= last.or(Some(Timestamp::MAX)),
            "{report:?}"
        );
        last = report.back_to.or(last);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!((listed, searched), (1_199, 1_200));
    assert_eq!(found(&desk, "giraffe").len(), 1);
}
