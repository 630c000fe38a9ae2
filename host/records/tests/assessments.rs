//! The stored classification belongs to one interaction.

use jiff::Timestamp;
use patchbay_journal::Ordinal;
use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_records::snapshot::Snapshot;
use patchbay_records::unanswered::{UnansweredMessage, Wording};
use serde_json::json;

fn fraud() -> Classification {
    Classification {
        intents: vec![Intent {
            name: "fraud".to_owned(),
            confidence: 0.9,
        }],
        why: "the words of a policy".to_owned(),
        ..Classification::default()
    }
}

#[test]
fn a_stored_classification_is_that_of_its_interaction_alone() {
    let mut snapshot = Snapshot::new("x", Timestamp::UNIX_EPOCH, 0);
    assert_eq!(
        snapshot.assessment_of(Ordinal(1)),
        None,
        "before it is classified"
    );
    snapshot.set_assessment(Ordinal(1), Some(&fraud()));
    let stored = snapshot.assessment_of(Ordinal(1)).expect("stored");
    assert_eq!(stored.intents, fraud().intents);
    assert_eq!(stored.why, "", "a policy's words are not kept");
    assert_eq!(
        snapshot.assessment_of(Ordinal(2)),
        None,
        "of another message"
    );
    snapshot.set_assessment(Ordinal(2), None);
    assert_eq!(snapshot.assessment_of(Ordinal(1)), None, "replaced");
    assert_eq!(snapshot.assessment_of(Ordinal(2)), None, "no opinion");
}

#[test]
fn a_snapshot_of_an_earlier_version_has_that_of_its_newest_interactions() {
    let mut snapshot = Snapshot::new("x", Timestamp::UNIX_EPOCH, 0);
    snapshot.add_interaction(Ordinal(7), None);
    snapshot.set_assessment(Ordinal(7), Some(&fraud()));
    let mut document = json!(snapshot);
    let fields = document.as_object_mut().expect("an object");
    fields.remove("assessed").expect("stored");
    let snapshot: Snapshot = serde_json::from_value(document).expect("readable");
    assert!(snapshot.assessment_of(Ordinal(7)).is_some());
    assert_eq!(snapshot.assessment_of(Ordinal(8)), None, "a new message");
}

/// A conversation whose customer wrote these messages, each about one intent.
fn waiting(intents: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot::new("x", Timestamp::UNIX_EPOCH, 0);
    for (ordinal, intent) in (1..).zip(intents) {
        receive(&mut snapshot, ordinal, intent);
    }
    snapshot
}

fn receive(snapshot: &mut Snapshot, ordinal: u64, intent: &str) {
    snapshot.add_interaction(Ordinal(ordinal), None);
    snapshot.set_assessment(Ordinal(ordinal), Some(&about(intent)));
    let wording = Wording {
        ordinal,
        started_ms: 0,
        written_at: None,
        accepted_at: Timestamp::UNIX_EPOCH,
    };
    let message = UnansweredMessage::new(&ordinal.to_string(), true, wording);
    snapshot.unanswered.add(message);
}

fn about(intent: &str) -> Classification {
    let mut classification = fraud();
    classification.intents[0].name = intent.to_owned();
    classification
}

fn intent_of(snapshot: &Snapshot, ordinal: u64) -> Option<&str> {
    let classification = snapshot.assessment_of(Ordinal(ordinal))?;
    Some(classification.top_intent()?.name.as_str())
}

#[test]
fn the_newest_message_left_has_its_classification_when_newer_ones_are_taken_back() {
    let mut snapshot = waiting(&["fraud", "refund", "praise"]);
    snapshot.forget_interactions(&[3]);
    assert_eq!(intent_of(&snapshot, 2), Some("refund"));
    snapshot.forget_interactions(&[2]);
    assert_eq!(intent_of(&snapshot, 1), Some("fraud"));
    snapshot.forget_interactions(&[1]);
    assert_eq!(snapshot.assessment, None);

    let mut snapshot = waiting(&["fraud", "refund", "praise"]);
    snapshot.forget_interactions(&[2]);
    assert_eq!(intent_of(&snapshot, 3), Some("praise"), "the newest stays");
    snapshot.forget_interactions(&[3]);
    assert_eq!(intent_of(&snapshot, 1), Some("fraud"), "the one left");
}

#[test]
fn an_edited_message_that_becomes_the_newest_has_the_classification_of_its_new_words() {
    let mut snapshot = waiting(&["fraud", "refund"]);
    snapshot.replace_interaction(Ordinal(1), Ordinal(3));
    snapshot.set_earlier_assessment(Ordinal(3), Some(&about("praise")));
    assert_eq!(intent_of(&snapshot, 2), Some("refund"));
    snapshot.forget_interactions(&[2]);
    assert_eq!(intent_of(&snapshot, 3), Some("praise"));
}

#[test]
fn classifications_of_answered_messages_are_not_kept() {
    let mut snapshot = waiting(&["fraud", "refund"]);
    assert!(!snapshot.earlier_assessments.is_empty());
    snapshot.unanswered.clear();
    receive(&mut snapshot, 3, "praise");
    assert!(snapshot.earlier_assessments.is_empty());
    // However many wait, few are kept.
    let many = ["refund"; 100];
    let stored = serde_json::to_string(&waiting(&many).earlier_assessments).expect("JSON");
    assert_eq!(stored.matches("refund").count(), 4);
}
