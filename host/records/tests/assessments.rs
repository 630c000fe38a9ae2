//! The stored classification belongs to one interaction.

use jiff::Timestamp;
use patchbay_journal::Ordinal;
use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_records::snapshot::Snapshot;
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
    snapshot.add_interaction(Ordinal(7));
    snapshot.set_assessment(Ordinal(7), Some(&fraud()));
    let mut document = json!(snapshot);
    let fields = document.as_object_mut().expect("an object");
    fields.remove("assessed").expect("stored");
    let snapshot: Snapshot = serde_json::from_value(document).expect("readable");
    assert!(snapshot.assessment_of(Ordinal(7)).is_some());
    assert_eq!(snapshot.assessment_of(Ordinal(8)), None, "a new message");
}
