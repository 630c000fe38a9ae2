use serde_json::{Value, json};

use super::{ACCOUNT, adapter, adapter_with};
use crate::decision::{Decision, answers_by_status, impossible_decisions, texts};

const PATH: &str = "https://zendesk.example/api/v2/tickets/5158";

fn request(key: &str, end: &str, body: Value) -> Value {
    json!([
        format!("decision-01J/{key}"),
        "PUT",
        format!("{PATH}{end}"),
        body
    ])
}

#[test]
fn a_decision_adds_tags_sets_group_assignee_and_priority_and_adds_a_note() {
    let expected = [
        request(
            "1",
            "/tags",
            json!({"tags": ["pb_refund", "pb_parcel", "pb_vip"]}),
        ),
        request(
            "2",
            "",
            json!({"ticket": {
                "group_id": 360_001_234_567_u64,
                "assignee_id": 8_447_388_090_496_u64,
                "priority": "urgent",
            }}),
        ),
        request(
            "note",
            "",
            json!({"ticket": {
                "comment": {
                    "body": "Patchbay: queue billing, agent ana, priority 85\n- Asks for money back.\n- Wrote three times.",
                    "public": false,
                },
                "metadata": {"patchbay_key": "decision-01J/note"},
            }}),
        ),
    ];
    let decision = Decision::new(ACCOUNT, "5158");
    assert_eq!(decision.shown(&*adapter()), expected);
}

#[test]
fn tags_that_are_there_are_not_added_and_unknown_ones_are() {
    let tags = |labels: Option<&[&str]>| {
        let decision = Decision {
            labels: labels.map(texts),
            ..Decision::new(ACCOUNT, "5158")
        };
        decision.shown(&*adapter())[0][3]["tags"].clone()
    };
    assert_eq!(tags(None), json!(["pb_refund", "pb_parcel", "pb_vip"]));
    assert_eq!(tags(Some(&["pb_vip"])), json!(["pb_refund", "pb_parcel"]));
    assert_eq!(
        tags(Some(&["pb_vip", "pb_refund", "pb_parcel"])),
        json!(null)
    );
}

#[test]
fn what_the_settings_do_not_name_stays_as_it_is() {
    let empty = Decision::empty(ACCOUNT, "5158");
    assert_eq!(empty.shown(&*adapter()), [json!(null); 0]);
    let other = Decision {
        queue: Some("returns"),
        agent: Some("bo"),
        priority: 29,
        ..Decision::empty(ACCOUNT, "5158")
    };
    assert_eq!(other.shown(&*adapter()), [json!(null); 0]);
    let own = adapter_with("priorities", json!({"low": 0})).expect("opens");
    let expected = request("1", "", json!({"ticket": {"priority": "low"}}));
    assert_eq!(other.shown(&*own), [expected]);
}

#[test]
fn an_answer_means_what_its_status_says() {
    answers_by_status(&*adapter(), &Decision::new(ACCOUNT, "5158"));
    impossible_decisions(&*adapter(), ACCOUNT);
}
