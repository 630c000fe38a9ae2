use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::traceparent::Traceparent;

use crate::store::{TestStore, accept_one, arrival, at, commit, conversation};

fn taken(journal: &SqliteJournal, arrival: Arrival) -> Input {
    match journal.accept(vec![arrival]).unwrap().remove(0) {
        AcceptOutcome::Accepted(taken) => *taken,
        other => panic!("not taken: {other:?}"),
    }
}

#[test]
fn a_message_that_turns_out_to_be_an_edit_is_busy_while_edits_are_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let ordinal = accept_one(&journal, arrival(company, "m1", "hello"));
    let offered = |message: &str, body: &str| Arrival {
        no_edit: true,
        ..arrival(company, message, body)
    };
    let all = vec![
        offered("m1", "or rather"),
        offered("m1", "hello"),
        offered("m2", "hello"),
    ];
    let answers = journal.accept(all).unwrap();
    assert!(
        matches!(answers[0], AcceptOutcome::Busy { .. }),
        "{answers:?}"
    );
    assert_eq!(answers[1], AcceptOutcome::Duplicate { ordinal });
    assert!(
        matches!(answers[2], AcceptOutcome::Accepted(_)),
        "{answers:?}"
    );
    let later = taken(&journal, arrival(company, "m1", "or rather"));
    assert_eq!(
        later.kind,
        InputKind::Edit,
        "it is accepted when edits are allowed"
    );
}

#[test]
fn the_trace_context_is_stored_and_no_part_of_the_identity() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of = Traceparent {
        trace: [1; 16],
        span: [2; 8],
        sampled: true,
    };
    let traced = Arrival {
        traceparent: Some(of),
        ..arrival(company, "m1", "hello")
    };
    let first = taken(&journal, traced);
    assert_eq!(first.traceparent, Some(of));
    // The same delivery in another trace is a duplicate.
    let again = arrival(company, "m1", "hello");
    let again = journal.accept(vec![again]).unwrap();
    assert_eq!(again[0].ordinal(), Some(first.ordinal));
    let untraced = taken(&journal, arrival(company, "m2", "hello"));
    drop(journal);
    let journal = store.open();
    let pending = journal.pending(Ordinal::default(), 10).unwrap();
    let stored: Vec<_> = pending.iter().map(|one| &one.input).collect();
    assert_eq!(stored, [&first, &untraced]);
}

#[test]
fn an_arrival_is_accepted_once_however_often_it_is_delivered() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let one = arrival(company, "m1", "hello");
    let ordinal = accept_one(&journal, one.clone());
    let duplicate = AcceptOutcome::Duplicate { ordinal };
    let both = vec![one.clone(), one.clone()];
    assert_eq!(
        journal.accept(both).unwrap(),
        [duplicate.clone(), duplicate.clone()]
    );
    drop(journal);
    let journal = store.open();
    assert_eq!(journal.accept(vec![one]).unwrap(), [duplicate]);
    assert_eq!(journal.pending(Ordinal(0), 10).unwrap().len(), 1);
}

#[test]
fn companies_channels_and_accounts_do_not_share_message_ids() {
    let store = TestStore::new();
    let journal = store.open();
    let one = arrival(journal.company("a").unwrap(), "m", "hello");
    let mut others = vec![one.clone(); 4];
    others[1].company = journal.company("b").unwrap();
    others[2].channel = "sms".into();
    others[3].account = "support".into();
    let accepted = journal.accept(others).unwrap();
    let ordinals: Vec<_> = accepted.iter().map(|a| a.ordinal().unwrap().0).collect();
    assert_eq!(ordinals, [1, 2, 3, 4]);
}

#[test]
fn the_same_id_with_another_body_is_an_edit_on_the_same_thread() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let first = taken(&journal, arrival(company, "m1", "hello"));
    let mut other = arrival(company, "m1", "hello, world");
    other.thread = b"elsewhere".to_vec();
    let edit = taken(&journal, other.clone());
    assert_eq!(
        (edit.kind, &edit.thread, edit.slot),
        (InputKind::Edit, &first.thread, first.slot)
    );
    let mut delete = other.clone();
    delete.kind = InputKind::Delete;
    assert_eq!(taken(&journal, delete).kind, InputKind::Delete);
    let again = journal
        .accept(vec![arrival(company, "m1", "hello"), other])
        .unwrap();
    assert_eq!(again[0].ordinal(), Some(first.ordinal));
    assert_eq!(
        again[1],
        AcceptOutcome::Duplicate {
            ordinal: edit.ordinal
        }
    );
}

#[test]
fn a_reply_joins_the_thread_of_its_parent_even_in_one_batch() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let parent = arrival(company, "parent", "a");
    let mut child = arrival(company, "child", "b");
    child.in_reply_to = Some("parent".into());
    let mut grandchild = arrival(company, "grandchild", "c");
    grandchild.in_reply_to = Some("child".into());
    let mut stranger = arrival(company, "stranger", "d");
    stranger.in_reply_to = Some("never seen".into());
    journal
        .accept(vec![parent.clone(), child, grandchild, stranger.clone()])
        .unwrap();
    let threads: Vec<_> = journal.pending(Ordinal(0), 10).unwrap();
    let threads: Vec<_> = threads
        .into_iter()
        .map(|p| (p.input.thread, p.input.slot))
        .collect();
    let of = |thread: &Vec<u8>| (thread.clone(), Slot::for_thread(company, thread));
    let (root, other) = (of(&parent.thread), of(&stranger.thread));
    assert_eq!(threads, [root.clone(), root.clone(), root, other]);
}

#[test]
fn a_full_backlog_of_a_company_refuses_that_company_only() {
    let store = TestStore::new();
    let mut options = store.options();
    options.backlog_per_company = 2;
    options.retry_after = Duration::from_secs(7);
    let journal = SqliteJournal::open(&options).unwrap();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let batch = ["1", "2", "3", "1"].map(|id| arrival(a, id, id)).to_vec();
    let accepted = journal.accept(batch).unwrap();
    let busy = AcceptOutcome::Busy {
        retry_after: Duration::from_secs(7),
    };
    assert_eq!(accepted[2], busy);
    assert_eq!(
        accepted[3],
        AcceptOutcome::Duplicate {
            ordinal: Ordinal(1)
        },
        "a duplicate is recognised even if the backlog is full"
    );
    accept_one(&journal, arrival(b, "1", "1"));
    journal
        .commit(commit(&conversation(a, "t"), 0, Some(Ordinal(1))))
        .unwrap();
    assert_eq!(accept_one(&journal, arrival(a, "3", "3")), Ordinal(4));
}

#[test]
fn a_full_total_backlog_refuses_every_company() {
    let store = TestStore::new();
    let mut options = store.options();
    options.backlog = 2;
    let journal = SqliteJournal::open(&options).unwrap();
    let mut accept = |name: &str| {
        let company = journal.company(name).unwrap();
        journal.accept(vec![arrival(company, "1", "1")]).unwrap()[0].ordinal()
    };
    assert_eq!(
        ["a", "b", "c"].map(&mut accept),
        [Some(Ordinal(1)), Some(Ordinal(2)), None]
    );
}

#[test]
fn an_invalid_arrival_refuses_the_whole_batch() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let long = "m".repeat(300);
    for bad in ["", &long] {
        let batch = vec![arrival(company, "good", ""), arrival(company, bad, "")];
        let refused = journal.accept(batch).unwrap_err();
        assert!(
            matches!(
                refused,
                JournalError::Invalid {
                    what: "message id",
                    ..
                }
            ),
            "{refused}"
        );
    }
    assert_eq!(journal.pending(Ordinal(0), 10).unwrap(), []);
}

#[test]
fn pending_inputs_are_listed_page_by_page_and_survive_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let batch: Vec<_> = (0..10)
        .map(|id| arrival(company, &id.to_string(), "a"))
        .collect();
    journal.accept(batch).unwrap();
    for (done, thread) in [(1, "a"), (2, "b"), (5, "c")] {
        let commit = commit(&conversation(company, thread), 0, Some(Ordinal(done)));
        journal.commit(commit).unwrap();
    }
    let listed = |journal: &SqliteJournal, after| -> Vec<u64> {
        let page = journal.pending(Ordinal(after), 4).unwrap();
        page.iter().map(|pending| pending.input.ordinal.0).collect()
    };
    assert_eq!(listed(&journal, 0), [3, 4, 6, 7]);
    drop(journal);
    let journal = store.open();
    assert_eq!(listed(&journal, 7), [8, 9, 10]);
    assert_eq!(journal.status().unwrap().pending, 7);
    assert_eq!(
        accept_one(&journal, arrival(company, "new", "a")),
        Ordinal(11)
    );
}

#[test]
fn an_input_holds_its_arrival() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut sent = arrival(company, "m1", "hello");
    sent.received_at = "2026-02-03T04:05:06.123456Z".parse().unwrap();
    accept_one(&journal, sent.clone());
    let row = journal
        .newest_input(company, "x", "", "m1")
        .unwrap()
        .unwrap();
    assert_eq!((row.received_at, &row.body), (sent.received_at, &sent.body));
    assert_eq!(
        journal.inputs(company, &[Ordinal(1), Ordinal(9)]).unwrap(),
        [row]
    );
    let other = journal.company("other").unwrap();
    assert_eq!(journal.inputs(other, &[Ordinal(1)]).unwrap(), []);
    assert_eq!(journal.newest_input(company, "x", "", "m2").unwrap(), None);
}

#[test]
fn an_accepted_input_is_returned_as_it_is_read_later() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut exact = arrival(company, "m1", "hello");
    exact.received_at = "2026-02-03T04:05:06.123456789Z".parse().unwrap();
    exact.accepted_at = "1969-12-31T23:59:59.123456789Z".parse().unwrap();
    let mut edit = arrival(company, "m1", "hello, world");
    edit.thread = b"elsewhere".to_vec();
    let mut reply = arrival(company, "m2", "and?");
    reply.in_reply_to = Some("m1".into());
    let accepted = journal.accept(vec![exact, edit, reply]).unwrap();
    let ordinals = [1, 2, 3].map(Ordinal);
    let read = journal.inputs(company, &ordinals).unwrap();
    for (accepted, read) in accepted.into_iter().zip(read) {
        assert_eq!(accepted, AcceptOutcome::Accepted(Box::new(read)));
    }
}

#[test]
fn threads_that_retry_the_same_arrivals_accept_each_once_without_gaps() {
    const THREADS: usize = 16;
    const MESSAGES: usize = 200;
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let start = Barrier::new(THREADS);
    let answers: Vec<Vec<AcceptOutcome>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|worker| {
                let (journal, start) = (&journal, &start);
                scope.spawn(move || {
                    start.wait();
                    let mut answers = vec![];
                    // Each starts at another message, with another batch size.
                    let order: Vec<_> = (0..MESSAGES)
                        .map(|at| (at * 7 + worker * 13) % MESSAGES)
                        .map(|id| arrival(company, &id.to_string(), "a"))
                        .collect();
                    for batch in order.chunks(1 + worker) {
                        answers.extend(journal.accept(batch.to_vec()).unwrap());
                    }
                    answers
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let all = answers.iter().flatten();
    let mut taken: Vec<u64> = all
        .filter(|answer| matches!(answer, AcceptOutcome::Accepted(_)))
        .map(|answer| answer.ordinal().unwrap().0)
        .collect();
    taken.sort_unstable();
    assert_eq!(taken, (1..=MESSAGES as u64).collect::<Vec<_>>());
    for answers in &answers {
        let mut each: Vec<_> = answers
            .iter()
            .map(|answer| answer.ordinal().unwrap().0)
            .collect();
        each.sort_unstable();
        assert_eq!(each, taken, "every thread got every ordinal");
    }
    let status = journal.status().unwrap();
    assert!(
        status.operations > status.commits,
        "operations shared commits"
    );
}

#[test]
fn an_input_in_flight_at_three_crashes_is_quarantined() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for id in ["poison", "fine", "late"] {
        accept_one(&journal, arrival(company, id, id));
    }
    drop(journal);
    for crash in 1..=3 {
        let journal = store.open();
        journal.mark_in_flight(0, Ordinal(1)).unwrap();
        journal.mark_in_flight(1, Ordinal(2)).unwrap();
        journal.clear_in_flight(1).unwrap();
        drop(journal);
        let journal = store.open();
        let pending = journal.pending(Ordinal(0), 10).unwrap();
        let counts: Vec<_> = pending.iter().map(|p| (p.crashes, p.quarantined)).collect();
        assert_eq!(counts, [(crash, crash == 3), (0, false), (0, false)]);
    }
    let journal = store.open();
    journal.mark_in_flight(255, Ordinal(1)).unwrap();
    journal
        .commit(commit(&conversation(company, "t"), 0, Some(Ordinal(1))))
        .unwrap();
    drop(journal);
    let journal = store.open();
    let left = journal.pending(Ordinal(0), 10).unwrap();
    assert_eq!(left.iter().map(|p| p.crashes).collect::<Vec<_>>(), [0, 0]);
    let beyond = journal.mark_in_flight(256, Ordinal(2)).unwrap_err();
    assert!(matches!(beyond, JournalError::Invalid { what: "lane", .. }));
    assert_eq!(left[0].input.accepted_at, at(101));
}

#[test]
fn a_message_that_must_not_be_an_edit_is_a_conflict_with_other_words() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let offered = |body: &str, details: u8| Arrival {
        is_final: true,
        details: [details; 32],
        ..arrival(company, "m1", body)
    };
    let ordinal = accept_one(&journal, offered("hello", 0));
    for (body, details, expected) in [
        ("hello", 0, AcceptOutcome::Duplicate { ordinal }),
        // Other attributes are no reason to store it again.
        ("hello", 1, AcceptOutcome::Duplicate { ordinal }),
        ("or rather", 0, AcceptOutcome::Conflict),
        ("hello", 0, AcceptOutcome::Duplicate { ordinal }),
    ] {
        let answer = journal.accept(vec![offered(body, details)]).unwrap();
        assert_eq!(answer, [expected], "{body} {details}");
    }
    assert_eq!(journal.pending(Ordinal(0), 10).unwrap().len(), 1);
}

#[test]
fn of_two_wordings_at_once_that_must_not_be_edits_one_is_stored() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let barrier = Barrier::new(8);
    let write = &|number: usize| {
        let body = format!("wording {}", number % 2);
        let offered = Arrival {
            is_final: true,
            ..arrival(company, "m1", &body)
        };
        barrier.wait();
        journal.accept(vec![offered]).unwrap().remove(0)
    };
    let answers: Vec<AcceptOutcome> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || write(number)))
            .collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.collect()
    });
    let count = |is: fn(&AcceptOutcome) -> bool| answers.iter().filter(|one| is(one)).count();
    assert_eq!(count(|one| matches!(one, AcceptOutcome::Accepted(_))), 1);
    assert_eq!(
        count(|one| matches!(one, AcceptOutcome::Duplicate { .. })),
        3
    );
    assert_eq!(count(|one| *one == AcceptOutcome::Conflict), 4);
}
