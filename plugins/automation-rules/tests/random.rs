//! Random rules and messages: reading the rules and running them never panics, and gives the same again.

use automation_rules::AutomationRules;
use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;
use proptest::prelude::*;
use serde_json::Value;

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "refund",
        "%",
        "_",
        "\\",
        "",
        " ",
        "é😀",
        "open",
        "all",
        "7",
        "3",
        "12",
        "true",
        "2026-02-30",
        "2025-12-01",
        "high",
        "nil",
        "incoming",
        "a{{b}}",
        "last_responding_agent",
        "\u{0}",
        "1e400",
        "-0",
    ])
    .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => prop::collection::vec(word(), 0..4).prop_map(Value::from),
        1 => word().prop_map(Value::from),
        1 => any::<i64>().prop_map(|number| json!([number])),
        1 => any::<bool>().prop_map(|flag| json!([flag])),
        1 => Just(json!({ "from": ["open"], "to": [] })),
        1 => Just(json!([[1], null, { "team_ids": [3], "message": "x" }])),
        1 => Just(Value::Null),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "content",
        "status",
        "assignee_id",
        "team_id",
        "inbox_id",
        "priority",
        "labels",
        "email",
        "name",
        "phone_number",
        "created_at",
        "last_activity_at",
        "message_type",
        "private_note",
        "plan",
        "seats",
        "renewed",
        "vip",
        "nothing",
        "city",
    ]);
    let operator = prop::sample::select(vec![
        "equal_to",
        "not_equal_to",
        "contains",
        "does_not_contain",
        "is_present",
        "is_not_present",
        "is_greater_than",
        "is_less_than",
        "days_before",
        "starts_with",
        "attribute_changed",
        "x",
    ]);
    let joined = prop::sample::select(vec![json!("and"), json!("OR"), json!(""), Value::Null]);
    let of = prop::sample::select(vec![Value::Null, json!("contact_attribute")]);
    (key, operator, value(), joined, of).prop_map(|(key, operator, values, joined, of)| {
        json!({ "attribute_key": key, "filter_operator": operator, "values": values,
            "query_operator": joined, "custom_attribute_type": of })
    })
}

fn action() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "assign_agent",
        "assign_team",
        "remove_assigned_team",
        "add_label",
        "change_priority",
        "resolve_conversation",
        "snooze_conversation",
        "open_conversation",
        "change_status",
        "send_webhook_event",
        "send_email_to_team",
        "send_message",
        "add_private_note",
        "mute_conversation",
        "x",
    ]);
    (name, value())
        .prop_map(|(name, parameters)| json!({ "action_name": name, "action_params": parameters }))
}

fn rule() -> impl Strategy<Value = Value> {
    let event = prop::sample::select(vec![
        "conversation_created",
        "conversation_opened",
        "conversation_updated",
        "message_created",
        "x",
    ]);
    (event, prop::collection::vec(condition(), 0..4), prop::collection::vec(action(), 0..4))
        .prop_map(|(event, conditions, actions)| json!({ "name": "r", "event_name": event, "conditions": conditions, "actions": actions }))
}

/// A rule that is mostly accepted, so that running is tested too.
fn valid_rule() -> impl Strategy<Value = Value> {
    let event = prop::sample::select(vec![
        "conversation_created",
        "conversation_opened",
        "message_created",
    ]);
    let condition = prop::sample::select(vec![
        json!({ "attribute_key": "content", "filter_operator": "contains", "values": ["%f_n%", "é"] }),
        json!({ "attribute_key": "labels", "filter_operator": "not_equal_to", "values": ["money"] }),
        json!({ "attribute_key": "seats", "filter_operator": "is_greater_than", "values": [3], "custom_attribute_type": "contact_attribute" }),
        json!({ "attribute_key": "renewed", "filter_operator": "days_before", "values": ["30"], "custom_attribute_type": "contact_attribute" }),
        json!({ "attribute_key": "team_id", "filter_operator": "is_present" }),
    ]);
    let action = prop::sample::select(vec![
        json!({ "action_name": "assign_agent", "action_params": [7] }),
        json!({ "action_name": "assign_team", "action_params": ["3"] }),
        json!({ "action_name": "assign_team", "action_params": ["nil"] }),
        json!({ "action_name": "add_label", "action_params": ["money"] }),
        json!({ "action_name": "change_priority", "action_params": ["low"] }),
        json!({ "action_name": "snooze_conversation" }),
        json!({ "action_name": "resolve_conversation" }),
        json!({ "action_name": "send_message", "action_params": ["Hi"] }),
    ]);
    (event, condition, prop::collection::vec(action, 1..4), any::<bool>()).prop_map(|(event, condition, actions, always)| {
        let conditions = if always { json!([]) } else { json!([condition]) };
        json!({ "name": "r", "event_name": event, "conditions": conditions, "actions": actions })
    })
}

fn settings(rules: Vec<Value>) -> Value {
    json!({
        "rules": rules, "agents": { "7": "ana" }, "teams": { "3": "billing" }, "inboxes": { "12": { "channel": "chat" } },
        "custom-attributes": { "plan": "list", "seats": "number", "renewed": "date", "vip": "checkbox" },
        "messages": "bot", "default-queue": "general", "accept": ["conversation_updated", "add_label", "add_private_note"],
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_rule_is_read_without_a_panic(rules in prop::collection::vec(rule(), 0..3)) {
        let first = prepare::<AutomationRules>(settings(rules.clone())).err().map(|it| it.to_string());
        let second = prepare::<AutomationRules>(settings(rules)).err().map(|it| it.to_string());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn valid_rules_give_valid_answers_and_the_same_again(
        rules in prop::collection::vec(valid_rule(), 1..6),
        text in prop::collection::vec(word(), 0..6),
        cause in prop::sample::select(vec!["new", "reopened", "held", "returned", "expired", "re-routed", "x"]),
        seats in word(),
        queue in prop::sample::select(vec!["billing", "general"]),
    ) {
        let policy: AutomationRules = prepare(settings(rules)).expect("a result");
        let interaction = || Interaction::example("chat", text.join(" ")).attribute("seats", seats.as_str()).attribute("renewed", seats.as_str());
        let conversation = || -> Conversation { Conversation::example(interaction()).cause(cause).queue(queue).into() };
        let world = || World::new().agent(Agent::example("ana")).queue(Queue::example("billing")).queue(Queue::example("general"));
        let decide = || world().enter(|| {
            let plan = policy.route(&conversation()).expect("a result");
            if let Some(plan) = &plan {
                validate(plan, &conversation()).expect("a valid answer");
            }
            let trigger: Trigger = Trigger::example("classified").conversation(Conversation::example(interaction()).cause(cause).queue(queue)).into();
            let escalation = policy.escalate(&trigger).expect("a result");
            if let Some(escalation) = &escalation {
                validate(escalation, &trigger).expect("a valid answer");
            }
            format!("{plan:?} {escalation:?}")
        });
        prop_assert_eq!(decide(), decide());
    }
}
