//! Activations and rollbacks under load.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_events::ActivationCause;
use patchbay_events::EventKind;
use patchbay_generations::Generation;
use patchbay_generations::activation::{ActivateError, ActivationConflict, Change};
use patchbay_generations::assemble::cases::CasesInterrupted;
use patchbay_generations::service::{ChangeError, ChangeRequest};
use patchbay_journal::{Commit, EntryScope, NewEntry, NewOutbox, OutboxState};
use patchbay_model::final_failure::{FinalFailure, FinalKind};
use patchbay_pass::ReceiptStatus;
use serde_json::json;

use crate::fixture::{assembler, feed, file, fixture, head, request, said};

/// Number of activations.
const SWAPS: u64 = 200;
/// Threads that deliver interactions.
const SENDERS: usize = 3;
/// Customers.
const PEOPLE: usize = 24;

/// The target is gone.
fn gone() -> FinalFailure {
    FinalFailure {
        kind: FinalKind::Refused,
        problem: "410 Gone".to_owned(),
    }
}

#[test]
fn hundreds_of_activations_under_load_lose_nothing_and_every_answer_matches_its_stamp() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    let over = AtomicBool::new(false);
    let delivered = AtomicUsize::new(0);
    let mut used: Vec<Weak<Generation>> = Vec::new();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (over, delivered) = (&over, &delivered);
            scope.spawn(move || {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let batch = (0..8).map(|part| {
                        let id = format!("{sender}-{number}-{part}");
                        said(&id, (number * 8 + part + sender) % PEOPLE)
                    });
                    let receipts = desk.accept("northwind", batch.collect()).expect("accepted");
                    for receipt in &receipts {
                        let taken = matches!(receipt.status, ReceiptStatus::Accepted { .. });
                        assert!(taken, "{receipt:?}");
                    }
                    delivered.fetch_add(receipts.len(), Ordering::Relaxed);
                    // Full load with a bounded backlog.
                    while desk.status().undecided() > 500 {
                        std::thread::yield_now();
                    }
                }
            });
        }
        for swap in 0..SWAPS {
            let number = 2 - swap % 2;
            let plan = service
                .activate("northwind", number, &request())
                .expect("swapped");
            assert_eq!(plan.before, Some(3 - number));
            let generation = desk.generation("northwind").expect("present");
            assert_eq!(generation.number, number);
            used.push(Arc::downgrade(&generation));
        }
        over.store(true, Ordering::Relaxed);
    });
    desk.wait_until_idle();

    let mut by_generation = BTreeMap::<u64, u64>::new();
    let mut order = BTreeMap::<_, Vec<_>>::new();
    let mut decided = 0;
    let mut swaps = 0;
    for entry in feed(desk) {
        let head = head(&entry);
        if entry.kind == EventKind::GenerationActivated as u16 {
            swaps += 1;
        }
        if entry.kind != EventKind::Received as u16 {
            continue;
        }
        decided += 1;
        assert_eq!(head["outcome"], "ok", "{head}");
        let generation = head["stamp"]["generation"].as_u64().expect("a stamp");
        let answer = match generation {
            1 => "odd",
            2 => "even",
            other => panic!("generation {other} was never active"),
        };
        assert_eq!(
            head["classification"]["intents"][0]["name"], answer,
            "{head}"
        );
        *by_generation.entry(generation).or_default() += 1;
        let place = (entry.sequence, entry.input.expect("of an input"));
        order.entry(entry.conversation).or_default().push(place);
    }
    assert_eq!(decided, delivered.load(Ordering::Relaxed), "each once");
    assert_eq!(swaps, SWAPS + 1);
    for (conversation, places) in order {
        assert!(places.is_sorted(), "{conversation:?}: {places:?}");
        let inputs: Vec<_> = places.iter().map(|(_, input)| *input).collect();
        assert!(inputs.is_sorted(), "{conversation:?}: {inputs:?}");
    }
    assert_eq!(
        by_generation.len(),
        2,
        "both were active: {by_generation:?}"
    );
    for marker in ["third", "fourth", "fifth"] {
        let text = file(marker);
        let built = service.assembler().build_text(&text, Path::new("."), 0);
        let plan = service.apply(&built.expect("valid").source, &request());
        plan.expect("applied");
    }
    let alive = used.iter().filter(|used| used.strong_count() > 0).count();
    assert_eq!(alive, 0, "inactive generations are dropped");
}

#[test]
fn a_stopping_host_aborts_case_runs_and_changes_nothing() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    let built = service
        .assembler()
        .build_text(&file("third"), Path::new("."), 0);
    let mut source = built.expect("valid").source;
    let said = json!({"id": "1", "channel": "chat", "text": "marker"});
    let case = json!({"settings": {"marker": "third"}, "steps": [{"classify": said}]});
    for pack in source.packs.values_mut() {
        let pack = Arc::make_mut(pack);
        for number in 0..4 {
            pack.cases
                .insert(format!("{number}.json"), case.to_string());
        }
    }
    // Stops before the third case.
    let calls = std::cell::Cell::new(0);
    let continues = || calls.replace(calls.get() + 1) < 2;
    let interrupted = service.assembler().run_cases(&source, &continues);
    assert_eq!((interrupted, calls.get()), (Err(CasesInterrupted), 3));
    // An aborted run does not count as passed.
    let calls = std::cell::Cell::new(0);
    let continues = || calls.replace(calls.get() + 1) < 4;
    let failures = service.assembler().run_cases(&source, &continues);
    assert_eq!((failures, calls.get()), (Ok(Vec::new()), 4));

    let mut bounds = BoundSettings::default();
    bounds.set(Bound::CaseTime, Scope::Item, 0);
    let late = assembler()
        .with_bounds(bounds)
        .run_cases(&source, &|| true)
        .expect("not interrupted");
    let (limit, _) = late[0].exceeded.expect("a limit");
    assert_eq!((limit.bound, late.len()), (Bound::CaseTime, 1), "{late:?}");

    service.stop();
    let is_stopping =
        |refused: &ChangeError| matches!(refused, ChangeError::Activate(ActivateError::Stopping));
    for refused in [
        service.apply(&source, &request()),
        service.activate("northwind", 2, &request()),
        service.roll_back("northwind", Some(2), &request()),
    ] {
        let refused = refused.expect_err("stopping");
        assert!(is_stopping(&refused), "{refused}");
    }
    let company = desk.company("northwind").expect("present");
    let journal = desk.journal();
    assert_eq!(
        journal.active_generation(company).expect("readable"),
        Some(1)
    );
    let all = journal.generations(company, u64::MAX, 9).expect("readable");
    assert_eq!(all.len(), 2, "nothing was stored");
    desk.stop();
    let generation = desk.generation("northwind").expect("present");
    let change = Change {
        generation,
        new: None,
        expected: Some(1),
        by: "test".to_owned(),
        because: ActivationCause::Activated,
        moved: BTreeMap::new(),
        audit: None,
    };
    let refused = desk.activate(change).expect_err("stopped");
    assert!(is_stopping(&refused.into()));
}

#[test]
fn a_commit_from_a_replaced_generation_is_found_at_the_next_activation() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    let text = file("third") + "[queue.tax]\n";
    let built = service.assembler().build_text(&text, Path::new("."), 0);
    let plan = service.apply(&built.expect("valid").source, &request());
    assert_eq!(plan.expect("applied").number, 3);
    desk.accept("northwind", vec![said("1", 1)])
        .expect("accepted");
    desk.wait_until_idle();
    let swap = |number| service.activate("northwind", number, &request());
    swap(2).expect("tax is empty");
    let journal = desk.journal();
    let mut row = journal
        .unresolved_conversations(None, 9)
        .expect("readable")
        .remove(0);
    row.queue = Some("tax".to_owned());
    let late = Commit {
        expected: row.sequence,
        entries: vec![requeued(desk.now())],
        conversation: row,
        scope: EntryScope::default(),
        state: Vec::new(),
        outbox: Vec::new(),
        sent: Vec::new(),
        failed: Vec::new(),
        files: Vec::new(),
        removed_files: Vec::new(),
        taken_back: Vec::new(),
        words: Vec::new(),
        has_outdated_words: false,
        at: desk.now(),
    };
    let committed = journal.commit_all(vec![late]).expect("written");
    assert!(committed[0].is_ok(), "{committed:?}");
    let refused = swap(1).expect_err("a conversation is in tax");
    let ChangeError::Invalid { conflicts, .. } = refused else {
        panic!("{refused}");
    };
    assert!(
        conflicts[0].to_string().contains("\"tax\""),
        "{conflicts:?}"
    );
    swap(3).expect("the queue exists");
}

/// The entry of a conversation that an operator put back into its queue.
fn requeued(at: Timestamp) -> NewEntry {
    NewEntry {
        kind: EventKind::Requeued as u16,
        at,
        input: None,
        contact: None,
        head: "{}".to_owned(),
        sealed: Vec::new(),
    }
}

#[test]
fn a_target_is_removed_once_no_delivery_to_it_is_pending() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    let apply = |text: &str| {
        let built = service.assembler().build_text(text, Path::new("."), 0);
        service.apply(&built.expect("valid").source, &request())
    };
    let target = "[target.sink]\nwebhook = { url = \"https://sink.example/\" }\n";
    apply(&(file("third") + target)).expect("applied");
    let receipts = desk.accept("northwind", vec![said("1", 1)]);
    receipts.expect("accepted");
    desk.wait_until_idle();
    let journal = desk.journal();
    let rows = journal.unresolved_conversations(None, 9);
    let row = rows.expect("readable").remove(0);
    let item = |key: &str| NewOutbox {
        key: key.to_owned(),
        target: "sink".to_owned(),
        conversation: None,
        payload: b"{}".to_vec(),
        not_before: desk.now(),
        can_take_back: false,
    };
    let commit = Commit {
        expected: row.sequence,
        entries: vec![requeued(desk.now())],
        conversation: row,
        scope: EntryScope::default(),
        state: Vec::new(),
        outbox: vec![item("failed"), item("pending")],
        sent: Vec::new(),
        failed: Vec::new(),
        files: Vec::new(),
        removed_files: Vec::new(),
        taken_back: Vec::new(),
        words: Vec::new(),
        has_outdated_words: false,
        at: desk.now(),
    };
    let committed = journal.commit_all(vec![commit]).expect("written");
    assert!(committed[0].is_ok(), "{committed:?}");
    let outbox = desk.outbox();
    let failed = outbox.fail("northwind", "failed", &gone());
    failed.expect("noted");
    let refused = apply(&file("fourth")).expect_err("one is pending");
    let ChangeError::Invalid { conflicts, .. } = refused else {
        panic!("{refused}");
    };
    let [conflict] = &conflicts[..] else {
        panic!("{conflicts:?}");
    };
    assert_eq!(*conflict, ActivationConflict::Target("sink".to_owned(), 1));
    let advice = conflict.to_string();
    assert!(
        advice.contains("outbox list --state waiting"),
        "what to do: {advice}"
    );
    // Failed for good, both stay as they are, and nothing sends them.
    let failed = outbox.fail("northwind", "pending", &gone());
    failed.expect("noted");
    let plan = apply(&file("fourth")).expect("nothing is pending");
    let warning = "the target \"sink\" is removed: 2 deliveries to it that failed";
    let mut warnings = plan.warnings.iter();
    assert!(
        warnings.any(|one| one.starts_with(warning)),
        "{:?}",
        plan.warnings
    );
    let company = desk.company("northwind").expect("present");
    let dead = journal.outbox_items(company, OutboxState::Dead, "", 9);
    assert_eq!(dead.expect("readable").len(), 2);
}

#[test]
fn a_rollback_requires_a_queue_for_every_open_conversation() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    assert!(
        service.roll_back("northwind", None, &request()).is_err(),
        "nothing before"
    );
    let text = file("third") + "[queue.tax]\n";
    let built = service
        .assembler()
        .build_text(&text, Path::new("."), 0)
        .expect("valid");
    let plan = service.apply(&built.source, &request()).expect("applied");
    assert_eq!(plan.number, 3);
    let receipts = desk
        .accept("northwind", vec![said("1", 1)])
        .expect("accepted");
    assert_eq!(receipts.len(), 1);
    desk.wait_until_idle();
    let company = desk.company("northwind").expect("present");
    let conversation = desk
        .journal()
        .unresolved_conversations(None, 9)
        .expect("readable")
        .remove(0);
    assert_eq!(conversation.queue.as_deref(), Some("general"));
    let actor = patchbay_model::actor::Actor {
        id: "eva".to_owned(),
        role: patchbay_model::actor::ActorRole::Supervisor,
    };
    let tax = patchbay_pass::agent_action::Destination::Queue("tax".to_owned());
    let transfer = patchbay_pass::agent_action::AgentAction::Transfer(tax);
    let done = desk
        .conversations()
        .act("northwind", conversation.id, actor, transfer);
    done.expect("a desk that works").expect("transferred");
    let refused = service
        .roll_back("northwind", None, &request())
        .expect_err("an open conversation");
    let ChangeError::Invalid { conflicts, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert!(
        conflicts[0].to_string().contains("moved-to"),
        "{}",
        conflicts[0]
    );
    assert_eq!(
        desk.generation("northwind").expect("present").number,
        3,
        "nothing changed"
    );

    let moved = ChangeRequest {
        moved: BTreeMap::from([("tax".to_owned(), "general".to_owned())]),
        ..request()
    };
    let stale = ChangeRequest {
        expected: Some(2),
        ..moved.clone()
    };
    assert!(
        service.roll_back("northwind", None, &stale).is_err(),
        "another generation is active"
    );
    let plan = service
        .roll_back("northwind", None, &moved)
        .expect("rolled back");
    assert_eq!(
        (plan.number, plan.before),
        (1, Some(3)),
        "2 was never active"
    );
    desk.wait_until_idle();
    let conversation = desk.journal().conversation(company, conversation.id);
    let conversation = conversation.expect("readable").expect("present");
    assert_eq!(conversation.queue.as_deref(), Some("general"));
    assert!(
        service.activate("northwind", 1, &request()).is_err(),
        "already active"
    );
    assert!(
        service.activate("northwind", 9, &request()).is_err(),
        "there is none"
    );
}

/// A company with one queue, to which the other one moved.
fn one_queue(queue: &str, other: &str) -> String {
    format!(
        "company = \"harbour\"\n[queue.{queue}]\ndefault = true\n[queue.{other}]\nmoved-to = \"{queue}\"\n"
    )
}

#[test]
fn queues_that_swap_names_under_load_lose_no_conversation() {
    let fixture = fixture();
    let (desk, service) = (&fixture.desk, &fixture.service);
    let texts = [one_queue("front", "back"), one_queue("back", "front")];
    let sources = texts.map(|text| {
        let built = service.assembler().build_text(&text, Path::new("."), 0);
        built.expect("valid").source
    });
    for source in &sources {
        service.apply(source, &request()).expect("applied");
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for sender in 0..2 {
            let over = &over;
            scope.spawn(move || {
                for number in 0..400 {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("{sender}-{number}");
                    let delivery = said(&id, number * 2 + sender);
                    desk.accept("harbour", vec![delivery]).expect("accepted");
                }
            });
        }
        for swap in 0..40 {
            let number = 1 + swap % 2;
            service
                .activate("harbour", number, &request())
                .expect("swapped");
        }
        over.store(true, Ordering::Relaxed);
    });
    desk.wait_until_idle();
    let company = desk.company("harbour").expect("present");
    let open = desk
        .journal()
        .unresolved_conversations(None, 10_000)
        .expect("readable");
    let open: Vec<_> = open
        .into_iter()
        .filter(|row| row.company == company)
        .collect();
    assert!(!open.is_empty());
    for row in &open {
        assert_eq!(row.queue.as_deref(), Some("back"), "{row:?}");
    }
    let queues = desk.roster().queues("harbour").expect("present");
    let waiting: Vec<_> = queues
        .iter()
        .map(|queue| (queue.id.as_str(), queue.waiting))
        .collect();
    assert_eq!(
        waiting,
        [("back", open.len())],
        "all conversations are in the existing queue"
    );
}
