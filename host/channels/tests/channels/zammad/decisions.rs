use serde_json::{Value, json};

use super::{ACCOUNT, adapter, adapter_with};
use crate::decision::{Decision, answers_by_status, impossible_decisions, texts};

fn request(key: &str, method: &str, path: &str, body: Value) -> Value {
    let url = format!("https://zammad.example/api/v1/{path}");
    json!([format!("decision-01J/{key}"), method, url, body])
}

fn tag(key: &str, tag: &str) -> Value {
    let body = json!({"item": tag, "object": "Ticket", "o_id": 81});
    request(key, "POST", "tags/add", body)
}

#[test]
fn a_decision_adds_tags_sets_group_owner_and_priority_and_adds_a_note() {
    let expected = [
        tag("1", "pb-refund"),
        tag("2", "pb-parcel"),
        tag("3", "pb-vip"),
        request(
            "4",
            "PUT",
            "tickets/81",
            json!({"group_id": 3, "owner_id": 21, "priority_id": 3}),
        ),
        request(
            "note",
            "POST",
            "ticket_articles",
            json!({
                "ticket_id": 81,
                "type": "note",
                "sender": "Agent",
                "internal": true,
                "content_type": "text/plain",
                "body": "Patchbay: queue billing, agent ana, priority 85\n- Asks for money back.\n- Wrote three times.",
                "preferences": {"patchbay_key": "decision-01J/note"},
            }),
        ),
    ];
    let decision = Decision::new(ACCOUNT, "81");
    assert_eq!(decision.shown(&*adapter()), expected);
}

#[test]
fn tags_that_are_there_are_not_added_and_unknown_ones_are() {
    let tags = |labels: Option<&[&str]>| {
        let decision = Decision {
            labels: labels.map(texts),
            ..Decision::new(ACCOUNT, "81")
        };
        let requests = decision.shown(&*adapter());
        let tags = requests
            .iter()
            .filter_map(|request| request[3]["item"].as_str());
        tags.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(tags(None), ["pb-refund", "pb-parcel", "pb-vip"]);
    assert_eq!(tags(Some(&["pb-parcel", "pb-vip"])), ["pb-refund"]);
}

#[test]
fn what_the_settings_do_not_name_stays_as_it_is() {
    let empty = Decision::empty(ACCOUNT, "81");
    assert_eq!(empty.shown(&*adapter()), [json!(null); 0]);
    let other = Decision {
        queue: Some("returns"),
        agent: Some("bo"),
        priority: 29,
        ..Decision::empty(ACCOUNT, "81")
    };
    assert_eq!(other.shown(&*adapter()), [json!(null); 0]);
    let owner = Decision {
        agent: Some("ana"),
        ..Decision::empty(ACCOUNT, "81")
    };
    let expected = request("1", "PUT", "tickets/81", json!({"owner_id": 21}));
    assert_eq!(owner.shown(&*adapter()), [expected]);
}

#[test]
fn a_priority_is_a_number_of_the_settings() {
    let own = adapter_with("priorities", json!({"4": 90, "1": 0})).expect("opens");
    for (priority, id) in [(0, 1), (89, 1), (90, 4)] {
        let decision = Decision {
            priority,
            ..Decision::empty(ACCOUNT, "81")
        };
        let expected = request("1", "PUT", "tickets/81", json!({"priority_id": id}));
        assert_eq!(decision.shown(&*own), [expected]);
    }
}

#[test]
fn an_answer_means_what_its_status_says() {
    answers_by_status(&*adapter(), &Decision::new(ACCOUNT, "81"));
    impossible_decisions(&*adapter(), ACCOUNT);
}
