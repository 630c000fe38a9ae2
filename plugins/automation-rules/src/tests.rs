use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;
use serde_json::Value;

use crate::AutomationRules;
mod escalation;
mod refusals;

fn settings(rules: Value) -> Value {
    json!({
        "rules": rules,
        "agents": { "7": "ana", "8": "bo" },
        "teams": { "3": "billing", "5": "sales" },
        "webhooks": { "https://hooks.example/chat": "crm" },
        "team-targets": { "3": "billing-leads", "5": "sales-leads" },
        "messages": "bot",
        "default-queue": "general",
        "accept": ["conversation_updated", "add_label", "add_private_note"],
    })
}

fn policy(rules: Value) -> AutomationRules {
    prepare(settings(rules)).unwrap_or_else(|problems| panic!("{problems}"))
}

fn rule(event: &str, word: &str, actions: Value) -> Value {
    json!({
        "name": word, "event_name": event, "actions": actions,
        "conditions": [{ "attribute_key": "content", "filter_operator": "contains", "values": [word] }],
    })
}

fn action(name: &str, parameters: Value) -> Value {
    json!({ "action_name": name, "action_params": parameters })
}

fn says(text: &str) -> ConversationExample {
    Conversation::example(Interaction::example("chat", text).id("m1"))
}

fn route(policy: &AutomationRules, conversation: impl Into<Conversation>) -> Option<RoutePlan> {
    World::new().enter(|| policy.route(&conversation.into()).expect("a result"))
}

#[test]
fn a_new_conversation_goes_to_its_team_and_agent_with_labels_and_priority() {
    let policy = policy(json!([rule(
        "conversation_created",
        "bill",
        json!([
            action("assign_team", json!([3])),
            action("assign_agent", json!([7])),
            action("add_label", json!(["big_deal", "vip"])),
            action("change_priority", json!(["urgent"])),
            action("add_private_note", json!(["Ask for the invoice."])),
        ])
    )]));
    let plan = route(&policy, says("My bill")).expect("a result");
    assert_eq!(
        (
            plan.target.kind.as_str(),
            plan.target.id.as_deref(),
            plan.target.queue.as_deref()
        ),
        ("agent", Some("ana"), Some("billing"))
    );
    assert_eq!(
        (plan.tags, plan.priority),
        (vec!["big-deal".to_owned(), "vip".to_owned()], Some(90))
    );
    assert_eq!(
        plan.why,
        "Automation rule 0 (bill) applies. Note: Ask for the invoice."
    );
    assert!(route(&policy, says("Hello")).is_none());
}

#[test]
fn a_label_alone_goes_to_the_default_queue() {
    let policy = policy(json!([rule(
        "conversation_created",
        "bill",
        json!([action("add_label", json!(["money"]))])
    )]));
    let plan = route(&policy, says("My bill")).expect("a result");
    assert_eq!(
        (plan.target.id.as_deref(), plan.tags),
        (Some("general"), vec!["money".to_owned()])
    );
}

#[test]
fn a_rule_that_only_notifies_leaves_the_route_to_others() {
    let policy = policy(json!([rule(
        "conversation_created",
        "bill",
        json!([action(
            "send_webhook_event",
            json!(["https://hooks.example/chat"])
        )])
    )]));
    assert!(route(&policy, says("My bill")).is_none());
}

#[test]
fn a_later_rule_reads_what_an_earlier_one_changed_and_its_assignment_wins() {
    let labelled = json!({
        "name": "second", "event_name": "conversation_created",
        "conditions": [
            { "attribute_key": "labels", "filter_operator": "equal_to", "values": ["money"], "query_operator": "and" },
            { "attribute_key": "team_id", "filter_operator": "equal_to", "values": [3], "query_operator": "AND" },
            { "attribute_key": "priority", "filter_operator": "equal_to", "values": ["high"] },
        ],
        "actions": [action("assign_team", json!([5]))],
    });
    let policy = policy(json!([
        rule(
            "conversation_created",
            "bill",
            json!([
                action("assign_team", json!([3])),
                action("add_label", json!(["money"])),
                action("change_priority", json!(["high"])),
            ])
        ),
        labelled,
    ]));
    let plan = route(&policy, says("My bill")).expect("a result");
    assert_eq!(plan.target.id.as_deref(), Some("sales"));
    assert_eq!(plan.why, "Automation rules 0 (bill), 1 (second) apply.");
}

#[test]
fn rules_of_the_creation_run_before_those_of_the_message() {
    let policy = policy(json!([
        rule(
            "message_created",
            "bill",
            json!([action("assign_team", json!([5]))])
        ),
        rule(
            "conversation_created",
            "bill",
            json!([action("assign_team", json!([3]))])
        ),
    ]));
    assert_eq!(
        route(&policy, says("My bill"))
            .expect("a result")
            .target
            .id
            .as_deref(),
        Some("sales")
    );
}

#[test]
fn resolving_and_snoozing_close_and_hold() {
    let policy = policy(json!([
        rule(
            "conversation_created",
            "spam",
            json!([action("resolve_conversation", Value::Null)])
        ),
        rule(
            "conversation_created",
            "later",
            json!([
                action("assign_team", json!([3])),
                action("change_status", json!(["snoozed"]))
            ])
        ),
    ]));
    assert_eq!(
        route(&policy, says("spam")).expect("a result").target.kind,
        "close"
    );
    let held = route(&policy, says("later")).expect("a result");
    assert_eq!(
        (
            held.target.kind.as_str(),
            held.target.queue.as_deref(),
            held.target.until
        ),
        ("hold", Some("billing"), None)
    );
}

#[test]
fn an_inactive_rule_is_not_used_and_not_checked() {
    let mut inactive = rule(
        "conversation_resolved",
        "bill",
        json!([action("mute_conversation", Value::Null)]),
    );
    inactive["active"] = json!(false);
    let policy = policy(json!([inactive]));
    assert!(route(&policy, says("My bill")).is_none());
}

#[test]
fn opening_again_is_an_event_of_its_own() {
    let policy = policy(json!([
        rule(
            "conversation_opened",
            "bill",
            json!([action("assign_agent", json!(["last_responding_agent"]))])
        ),
        rule(
            "conversation_created",
            "bill",
            json!([action("assign_team", json!([3]))])
        ),
    ]));
    let reopened = says("My bill")
        .cause("reopened")
        .last_agent("bo")
        .queue("sales");
    let plan = route(&policy, reopened).expect("a result");
    assert_eq!(
        (plan.target.id.as_deref(), plan.target.queue.as_deref()),
        (Some("bo"), Some("sales"))
    );
    assert_eq!(
        route(&policy, says("My bill"))
            .expect("a result")
            .target
            .id
            .as_deref(),
        Some("billing")
    );
}

#[test]
fn what_a_team_has_stays_with_it_when_no_rule_applies() {
    let policy = policy(json!([rule(
        "conversation_created",
        "bill",
        json!([action("assign_team", json!([3]))])
    )]));
    let returned = says("My bill").cause("returned").queue("billing");
    assert_eq!(
        route(&policy, returned)
            .expect("a result")
            .target
            .id
            .as_deref(),
        Some("billing")
    );
    assert!(route(&policy, says("My bill").cause("returned").queue("general")).is_none());
}

#[test]
fn the_label_of_a_message_is_a_topic() {
    let policy = policy(json!([
        rule(
            "message_created",
            "bill",
            json!([action("add_label", json!(["money"]))])
        ),
        json!({ "name": "open", "event_name": "message_created", "actions": [action("add_label", json!(["open"]))],
            "conditions": [{ "attribute_key": "status", "filter_operator": "equal_to", "values": ["open"] }] }),
    ]));
    let interaction = Interaction::example("chat", "My bill").into();
    let answer = policy
        .classify(&interaction)
        .expect("no failure")
        .expect("an opinion");
    validate(&answer, &interaction).expect("a valid answer");
    assert_eq!(answer.topics, ["money"]);
    assert!(
        policy
            .classify(&Interaction::example("chat", "Hello").into())
            .expect("a result")
            .is_none()
    );
}
