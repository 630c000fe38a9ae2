use super::*;

fn escalate(
    world: &World,
    policy: &AutomationRules,
    about: ConversationExample,
) -> Vec<(String, Option<String>, Option<String>)> {
    let trigger = Trigger::example("classified").conversation(about).into();
    let answer = world.enter(|| policy.escalate(&trigger).expect("a result"));
    let actions = answer.map_or_else(Vec::new, |answer| answer.actions);
    actions
        .into_iter()
        .map(|it| (it.kind, it.target, it.message))
        .collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn messages_mails_and_webhooks_notify_targets_once() {
    let policy = policy(json!([
        rule(
            "conversation_created",
            "bill",
            json!([
                action("send_message", json!(["We are on it."])),
                action(
                    "send_email_to_team",
                    json!([{ "team_ids": [3, "5"], "message": "A bill came in" }])
                ),
            ])
        ),
        rule(
            "message_created",
            "bill",
            json!([
                action("send_webhook_event", json!(["https://hooks.example/chat"])),
                action("send_message", json!(["We are on it."])),
            ])
        ),
    ]));
    let world = World::new();
    world.enter(|| policy.route(&says("My bill").into()).expect("a result"));
    assert_eq!(
        escalate(&world, &policy, says("My bill")),
        [
            ("notify".to_owned(), some("bot"), some("We are on it.")),
            (
                "notify".to_owned(),
                some("billing-leads"),
                some("A bill came in")
            ),
            (
                "notify".to_owned(),
                some("sales-leads"),
                some("A bill came in")
            ),
            (
                "notify".to_owned(),
                some("crm"),
                some("automation_event.message_created: bill")
            ),
        ]
    );
    let second = Conversation::example(Interaction::example("chat", "My bill, again").id("m2"))
        .interaction_count(3)
        .queue("general");
    let kinds: Vec<_> = escalate(&world, &policy, second)
        .into_iter()
        .map(|(_, target, _)| target)
        .collect();
    assert_eq!(
        kinds,
        [some("crm"), some("bot")],
        "the rule of the creation does not run again"
    );
}

#[test]
fn a_message_that_is_not_routed_moves_its_conversation_by_escalation() {
    let policy = policy(json!([
        rule(
            "message_created",
            "bill",
            json!([
                action("assign_team", json!([3])),
                action("change_priority", json!(["urgent"]))
            ])
        ),
        rule(
            "message_created",
            "boss",
            json!([action("assign_agent", json!([7]))])
        ),
    ]));
    let world = World::new();
    let owned = |text: &str| {
        Conversation::example(Interaction::example("chat", text).id("m2"))
            .interaction_count(3)
            .queue("sales")
            .owner("bo")
    };
    assert_eq!(
        escalate(&world, &policy, owned("The bill")),
        [
            ("raise-priority".to_owned(), None, None),
            ("re-route".to_owned(), some("billing"), None)
        ]
    );
    assert_eq!(
        escalate(&world, &policy, owned("Your boss")),
        [("re-route".to_owned(), None, None)]
    );
    let rerouted = owned("Your boss").cause("re-routed");
    let plan = world
        .enter(|| policy.route(&rerouted.into()).expect("a result"))
        .expect("a result");
    assert_eq!(plan.target.id.as_deref(), Some("ana"));
    assert!(
        escalate(
            &world,
            &policy,
            owned("Your boss")
                .owner("ana")
                .cause("re-routed")
                .queue("sales")
        )
        .is_empty()
    );
}

#[test]
fn a_route_that_another_policy_asked_for_does_not_run_the_rules_of_messages() {
    let policy = policy(json!([rule(
        "message_created",
        "bill",
        json!([action("assign_team", json!([3]))])
    )]));
    let rerouted = says("My bill").cause("re-routed").queue("general");
    assert!(route(&policy, rerouted).is_none());
}

#[test]
fn a_message_ends_a_snooze() {
    let policy = policy(json!([rule(
        "conversation_created",
        "later",
        json!([
            action("assign_team", json!([3])),
            action("snooze_conversation", Value::Null)
        ])
    )]));
    let world = World::new();
    world.enter(|| policy.route(&says("later").into()).expect("a result"));
    assert!(
        escalate(
            &world,
            &policy,
            says("later").state("on-hold").queue("billing")
        )
        .is_empty()
    );
    let next = || {
        Conversation::example(Interaction::example("chat", "Hello?").id("m2"))
            .interaction_count(2)
            .state("on-hold")
            .queue("billing")
    };
    assert_eq!(
        escalate(&world, &policy, next()),
        [("re-route".to_owned(), None, None)]
    );
    let plan = world
        .enter(|| {
            policy
                .route(&next().cause("re-routed").into())
                .expect("a result")
        })
        .expect("a result");
    assert_eq!(
        (plan.target.kind.as_str(), plan.target.id.as_deref()),
        ("queue", Some("billing"))
    );
}

#[test]
fn a_notice_of_a_new_conversation_is_sent_also_when_more_messages_came_before_the_decision() {
    let policy = policy(json!([rule(
        "conversation_created",
        "bill",
        json!([action("send_message", json!(["We are on it."]))])
    )]));
    let world = World::new();
    let first = || says("My bill").interaction_count(3);
    world.enter(|| policy.route(&first().into()).expect("a result"));
    assert_eq!(
        escalate(&world, &policy, first()),
        [("notify".to_owned(), some("bot"), some("We are on it."))]
    );
}
