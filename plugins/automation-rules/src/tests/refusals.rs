use super::*;
use crate::vocabulary::{ACTIONS, ATTRIBUTES, EVENTS, OPERATORS, OTHER_ACTIONS, OTHER_ATTRIBUTES};

fn paths(rules: Value) -> Vec<String> {
    match prepare::<AutomationRules>(settings(rules)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|it| it.path.clone()).collect(),
    }
}

#[test]
fn every_construct_that_is_not_supported_is_named_with_its_path() {
    let rules = json!([
        rule("conversation_resolved", "a", json!([action("mute_conversation", Value::Null)])),
        { "name": "b", "event_name": "conversation_created", "execution_delay": 60, "actions": [
            action("assign_agent", json!([99])),
            action("assign_team", json!([99])),
            action("send_message", json!(["Hi {{contact.name}}"])),
            action("send_webhook_event", json!(["https://elsewhere.example"])),
            action("change_priority", json!(["nil"])),
            action("change_status", json!(["pending"])),
            action("add_label", json!(["!"])),
            action("send_email_to_team", json!([{ "team_ids": [9], "message": "x" }])),
            action("asign_team", json!([3])),
        ] },
        { "name": "c", "event_name": "message_craeted", "actions": [] },
    ]);
    assert_eq!(
        paths(rules),
        [
            "/rules/0/event_name",
            "/rules/0/actions/0/action_name",
            "/rules/1/execution_delay",
            "/rules/1/actions/0/action_params/0",
            "/rules/1/actions/1/action_params/0",
            "/rules/1/actions/2/action_params/0",
            "/rules/1/actions/3/action_params/0",
            "/rules/1/actions/4/action_params/0",
            "/rules/1/actions/5/action_params/0",
            "/rules/1/actions/6/action_params/0",
            "/rules/1/actions/7/action_params/0/team_ids/0",
            "/rules/1/actions/8/action_name",
            "/rules/2/actions",
            "/rules/2/event_name",
        ]
    );
}

#[test]
fn what_is_done_in_part_must_be_accepted() {
    let mut settings = settings(json!([
        rule(
            "conversation_updated",
            "a",
            json!([action("assign_team", json!([3]))])
        ),
        rule(
            "message_created",
            "a",
            json!([
                action("add_label", json!(["a"])),
                action("add_private_note", json!(["a"]))
            ])
        ),
    ]));
    assert!(prepare::<AutomationRules>(settings.clone()).is_ok());
    settings["accept"] = json!([]);
    settings["default-queue"] = Value::Null;
    let Err(problems) = prepare::<AutomationRules>(settings) else {
        panic!("accepted");
    };
    let paths: Vec<&str> = problems.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/rules/0/event_name",
            "/rules/1/actions/0/action_name",
            "/default-queue",
            "/rules/1/actions/1/action_name",
            "/default-queue",
        ]
    );
}

#[test]
fn an_unknown_field_of_a_rule_is_refused() {
    let mut unknown = rule(
        "conversation_created",
        "a",
        json!([action("assign_team", json!([3]))]),
    );
    unknown["monitor_id"] = json!(3);
    let Err(problems) = prepare::<AutomationRules>(settings(json!([unknown]))) else {
        panic!("accepted");
    };
    assert!(problems.to_string().contains("monitor_id"), "{problems}");
}

#[test]
fn the_readme_names_every_word_of_the_vocabulary() {
    let readme = include_str!("../../README.md");
    let words = EVENTS
        .iter()
        .map(|(name, _)| *name)
        .chain(OPERATORS.iter().map(|(name, _)| *name))
        .chain(ATTRIBUTES.iter().map(|(name, ..)| *name))
        .chain(OTHER_ATTRIBUTES.iter().copied())
        .chain(ACTIONS.iter().copied())
        .chain(OTHER_ACTIONS.iter().map(|(name, _)| *name));
    for word in words {
        assert!(
            readme.contains(&format!("`{word}`")),
            "{word} is not in README.md"
        );
    }
}
