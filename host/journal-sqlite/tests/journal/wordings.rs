//! The wordings of one message id: which is new, older, known, or the same with
//! other attributes.

use patchbay_journal::*;
use patchbay_model::conversation_state::ConversationState;

use crate::store::{TestStore, accept_one, arrival, at, commit, conversation};

/// A delivery: kind, text, the channel's second, other attributes.
type Step = (InputKind, &'static str, Option<i64>, u8);

use InputKind::{Delete, Edit, Message};

fn offer(company: CompanyId, (kind, text, second, details): Step) -> Arrival {
    let body = format!("{text} {second:?} {details}");
    Arrival {
        kind,
        said: *blake3::hash(text.as_bytes()).as_bytes(),
        details: [details; 32],
        written_at: second.map(at),
        ..arrival(company, "m1", &body)
    }
}

/// What became of an arrival, in one word.
fn word(outcome: &AcceptOutcome) -> &'static str {
    match outcome {
        AcceptOutcome::Accepted(input) => match (input.wording, input.kind) {
            (WordingStatus::Superseded, _) => "old",
            (WordingStatus::First, Edit) => "first-edit",
            (_, kind) => kind.as_str(),
        },
        AcceptOutcome::Duplicate { .. } => "same",
        AcceptOutcome::Updated { .. } => "counters",
        AcceptOutcome::Conflict | AcceptOutcome::Busy { .. } | AcceptOutcome::Full { .. } => "busy",
    }
}

/// What becomes of each delivery of a sequence, also where the journal is opened
/// again before each.
fn outcomes(steps: &[Step]) -> Vec<&'static str> {
    let run = |reopens: bool| -> Vec<&'static str> {
        let store = TestStore::new();
        let mut journal = store.open();
        let mut words = Vec::new();
        for step in steps {
            if reopens {
                drop(journal);
                journal = store.open();
            }
            let company = journal.company("acme").unwrap();
            let accepted = journal.accept(vec![offer(company, *step)]).unwrap();
            words.push(word(&accepted[0]));
        }
        words
    };
    let words = run(false);
    assert_eq!(run(true), words, "after a restart");
    words
}

#[test]
fn the_newest_wording_counts_and_every_repeat_is_known() {
    let cases: &[(&[Step], &[&str])] = &[
        // Without times: the order of acceptance.
        (
            &[
                (Message, "yes", None, 0),
                (Message, "no", None, 0),
                (Message, "yes", None, 0),
                (Message, "yes", None, 0),
                (Edit, "no", None, 0),
                (Edit, "no", None, 0),
            ],
            &["message", "edit", "edit", "same", "edit", "same"],
        ),
        // With times: the newer one, whenever it comes.
        (
            &[
                (Message, "a", Some(0), 0),
                (Edit, "c", Some(5), 0),
                (Edit, "b", Some(3), 0),
                (Edit, "b", Some(3), 0),
                (Message, "a", Some(0), 0),
                (Edit, "d", Some(6), 0),
            ],
            &["message", "edit", "old", "same", "same", "edit"],
        ),
        // An edit before its message.
        (
            &[
                (Edit, "c", Some(5), 0),
                (Message, "a", Some(0), 0),
                (Edit, "b", Some(3), 0),
                (Edit, "c", Some(5), 0),
            ],
            &["first-edit", "old", "old", "same"],
        ),
        // Other attributes, and other times alone.
        (
            &[
                (Message, "a", Some(1), 0),
                (Message, "a", Some(1), 1),
                (Message, "a", Some(1), 1),
                (Message, "a", Some(2), 1),
                (Message, "b", Some(3), 1),
                (Message, "b", Some(3), 2),
                (Message, "a", Some(2), 3),
            ],
            &[
                "message", "counters", "same", "same", "edit", "counters", "old",
            ],
        ),
        // Deleted: it comes back only where the channel dates that later.
        (
            &[
                (Message, "a", Some(1), 0),
                (Delete, "", Some(5), 0),
                (Delete, "", Some(6), 0),
                (Message, "a", Some(1), 0),
                (Edit, "b", Some(4), 0),
                (Edit, "b", None, 0),
                (Edit, "c", Some(9), 0),
                (Delete, "", Some(7), 0),
                (Delete, "", None, 0),
            ],
            &[
                "message",
                "delete",
                "same",
                "same",
                "old",
                "old",
                "first-edit",
                "old",
                "delete",
            ],
        ),
        // Said again at a later time: what was written before that is older.
        (
            &[
                (Message, "yes", Some(0), 0),
                (Edit, "yes", Some(5), 0),
                (Edit, "no", Some(3), 0),
                (Message, "yes", Some(0), 0),
                (Edit, "no", Some(6), 0),
            ],
            &["message", "same", "old", "same", "edit"],
        ),
        (
            &[
                (Message, "a", Some(0), 0),
                (Delete, "", Some(5), 0),
                (Delete, "", Some(9), 0),
                (Edit, "b", Some(7), 0),
                (Edit, "c", Some(10), 0),
            ],
            &["message", "delete", "same", "old", "first-edit"],
        ),
        // A deletion before its message.
        (
            &[
                (Delete, "", None, 0),
                (Message, "a", None, 0),
                (Message, "b", Some(1), 0),
            ],
            &["delete", "old", "old"],
        ),
    ];
    for (steps, expected) in cases {
        assert_eq!(outcomes(steps), *expected, "{steps:?}");
    }
}

#[test]
fn reactions_and_echoes_are_no_wording() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let of_kind = |kind, text| offer(company, (kind, text, None, 0));
    let all = vec![
        of_kind(InputKind::Reaction, "+1"),
        of_kind(Message, "a"),
        of_kind(InputKind::Reaction, "+2"),
        of_kind(Message, "b"),
        of_kind(InputKind::Reaction, "+1"),
        of_kind(Message, "b"),
    ];
    let accepted = journal.accept(all).unwrap();
    let words: Vec<_> = accepted.iter().map(word).collect();
    assert_eq!(
        words,
        ["reaction", "message", "reaction", "edit", "same", "same"]
    );
}

#[test]
fn new_counters_are_an_input_that_waits_like_others() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let first = accept_one(&journal, offer(company, (Message, "a", None, 0)));
    let updated = journal.accept(vec![offer(company, (Message, "a", None, 1))]);
    let AcceptOutcome::Updated { ordinal, input } = updated.unwrap().remove(0) else {
        panic!("new counters");
    };
    assert_eq!((ordinal, input.kind), (first, InputKind::Counters));
    let pending = journal.pending(first, 10).unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].input, *input);
    // Under load they are left out.
    let offered = Arrival {
        no_edit: true,
        ..offer(company, (Message, "a", None, 2))
    };
    let skipped = journal.accept(vec![offered]).unwrap();
    assert_eq!(skipped, [AcceptOutcome::Duplicate { ordinal: first }]);
}

#[test]
fn the_inputs_of_an_earlier_version_are_wordings_too() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    for step in [(Message, "a", None, 0), (Message, "b", None, 0)] {
        accept_one(&journal, offer(company, step));
    }
    drop(journal);
    let raw = store.raw();
    // As the migration leaves them.
    raw.execute_batch(
        "DELETE FROM message_state;
         UPDATE inbound SET written_at = NULL, content = NULL, wording = NULL;",
    )
    .unwrap();
    drop(raw);
    store.downgrade(4);
    let journal = store.open();
    let pending = journal.pending(Ordinal(0), 10).unwrap();
    let wordings: Vec<_> = pending.iter().map(|one| one.input.wording).collect();
    assert_eq!(wordings, [WordingStatus::First, WordingStatus::Newer]);
    let all = [
        (Message, "b", None, 0),
        (Message, "a", None, 0),
        (Message, "c", None, 0),
    ];
    let all = all.map(|step| offer(company, step)).to_vec();
    let accepted = journal.accept(all).unwrap();
    let words: Vec<_> = accepted.iter().map(word).collect();
    assert_eq!(words, ["same", "edit", "edit"]);
    assert!(journal.check().unwrap().is_sound());
}

#[test]
fn the_state_of_a_message_goes_with_its_inputs() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let mut row = conversation(company, "m1");
    row.state = ConversationState::Resolved;
    let steps = [(Message, "a", None, 0), (Message, "b", None, 0)];
    for (step, sequence) in steps.into_iter().zip(0..) {
        let ordinal = accept_one(&journal, offer(company, step));
        let decided = journal.commit(commit(&row, sequence, Some(ordinal)));
        decided.unwrap();
    }
    let states = |store: &TestStore| -> u32 {
        let query = "SELECT count(*) FROM message_state";
        store.raw().query_row(query, [], |row| row.get(0)).unwrap()
    };
    drop(journal);
    assert_eq!(states(&store), 1);
    let journal = store.open();
    journal.compact(at(1_000_000)).unwrap();
    drop(journal);
    assert_eq!(states(&store), 0);
}
