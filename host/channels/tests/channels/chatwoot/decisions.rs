use serde_json::{Value, json};

use super::{ACCOUNT, adapter, adapter_with};
use crate::decision::{Decision, answers_by_status, impossible_decisions, texts};

const PATH: &str = "https://chatwoot.example/api/v1/accounts/1/conversations/207";

fn request(key: &str, end: &str, body: Value) -> Value {
    json!([
        format!("decision-01J/{key}"),
        "POST",
        format!("{PATH}/{end}"),
        body
    ])
}

/// The API replaces the list of labels: those that are there stay.
#[test]
fn a_decision_sets_labels_priority_team_and_agent_and_adds_a_note() {
    let expected = [
        request(
            "1",
            "labels",
            json!({"labels": ["shop", "vip", "pb-refund", "pb-parcel", "pb-vip", "pb-pt-br"]}),
        ),
        request("2", "toggle_priority", json!({"priority": "urgent"})),
        request("3", "assignments", json!({"team_id": 3})),
        request("4", "assignments", json!({"assignee_id": 21})),
        request(
            "note",
            "messages",
            json!({
                "content": "Patchbay: queue billing, agent ana, priority 85\n- Asks for money back.\n- Wrote three times.",
                "message_type": "outgoing",
                "private": true,
                "content_type": "text",
                "content_attributes": {"patchbay_key": "decision-01J/note"},
            }),
        ),
    ];
    let decision = Decision::new(ACCOUNT, "207");
    assert_eq!(decision.shown(&*adapter()), expected);
}

#[test]
fn labels_are_not_written_when_those_there_are_unknown_or_nothing_is_new() {
    let labels = |labels: Option<&[&str]>| {
        let decision = Decision {
            labels: labels.map(texts),
            ..Decision::new(ACCOUNT, "207")
        };
        let requests = decision.shown(&*adapter());
        let mut bodies = requests.iter().map(|request| &request[3]["labels"]);
        bodies.find(|labels| !labels.is_null()).cloned()
    };
    assert_eq!(labels(None), None);
    let all = ["pb-refund", "pb-parcel", "pb-vip", "pb-pt-br", "other"];
    assert_eq!(labels(Some(&all)), None);
    assert_eq!(
        labels(Some(&[])),
        Some(json!(["pb-refund", "pb-parcel", "pb-vip", "pb-pt-br"]))
    );
}

#[test]
fn what_the_settings_do_not_name_stays_as_it_is() {
    let empty = Decision::empty(ACCOUNT, "207");
    assert_eq!(empty.shown(&*adapter()), [json!(null); 0]);
    let other = Decision {
        queue: Some("returns"),
        agent: Some("bo"),
        priority: 29,
        ..Decision::empty(ACCOUNT, "207")
    };
    assert_eq!(other.shown(&*adapter()), [json!(null); 0]);
    let silent = adapter_with("notes", json!(false)).expect("opens");
    let silent = Decision::new(ACCOUNT, "207").shown(&*silent);
    assert!(silent.iter().all(|request| request[3]["private"].is_null()));
    let bare = adapter_with("labels", json!([])).expect("opens");
    let bare = Decision::new(ACCOUNT, "207").shown(&*bare);
    assert_eq!(bare[0][3], json!({"priority": "urgent"}));
    let none = adapter_with("priorities", json!({})).expect("opens");
    let none = Decision::new(ACCOUNT, "207").shown(&*none);
    assert!(none.iter().all(|request| request[3]["priority"].is_null()));
}

#[test]
fn a_priority_is_that_of_the_highest_step() {
    for (priority, name) in [(30, "medium"), (59, "medium"), (60, "high"), (80, "urgent")] {
        let decision = Decision {
            priority,
            ..Decision::empty(ACCOUNT, "207")
        };
        let expected = request("1", "toggle_priority", json!({"priority": name}));
        assert_eq!(decision.shown(&*adapter()), [expected]);
    }
}

/// A reason can quote a customer: it mentions no agent and has no placeholder.
#[test]
fn a_note_has_no_markup_that_acts_and_is_bounded() {
    let long = "x".repeat(5_000);
    let decision = Decision {
        reasons: texts(&[
            "Said [@Emma](mention://user/21/Emma)\n and {{agent.email}}.",
            " ",
            &long,
        ]),
        ..Decision::empty(ACCOUNT, "207")
    };
    let requests = decision.shown(&*adapter());
    let note = requests[0][3]["content"].as_str().expect("a text");
    let lines: Vec<&str> = note.lines().collect();
    assert_eq!(lines[0], "Patchbay: priority 0");
    assert_eq!(
        lines[1],
        "- Said [@Emma](mention: //user/21/Emma) and {\u{200b}{agent.email}}."
    );
    assert_eq!((lines.len(), lines[2].len()), (3, 1_002));
}

#[test]
fn an_answer_means_what_its_status_says() {
    answers_by_status(&*adapter(), &Decision::new(ACCOUNT, "207"));
    impossible_decisions(&*adapter(), ACCOUNT);
}
