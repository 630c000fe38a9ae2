use serde_json::json;

use super::*;

fn options() -> Options {
    Options {
        company: "northwind".to_owned(),
        pack: "automation-rules@^0.1".to_owned(),
    }
}

fn read(document: &serde_json::Value) -> Import {
    import(&document.to_string(), &options()).unwrap_or_else(|error| panic!("{error}"))
}

fn paths(import: &Import) -> Vec<&str> {
    import
        .unsupported
        .iter()
        .map(|it| it.path.as_str())
        .collect()
}

/// An export with all parts, as the API of the vendor returns them.
const EXPORT: &str = include_str!("tests/export.json");

#[test]
fn an_export_becomes_a_company_file_that_is_read() {
    let import = import(EXPORT, &options()).expect("a result");
    assert_eq!(import.unsupported, []);
    let text = &import.files[0].text;
    for expected in [
        "company = \"northwind\"",
        "[queue.billing-team]",
        "[agent.ana-sousa]",
        "[target.crm-example.webhook]\nurl = \"https://crm.example/hooks/chat\"",
        "crm-example = \"crm-example\"",
        "action_params = [\"crm-example\"]",
        "default-queue = \"general\"",
        "[[plugin.automation.settings.rules]]",
        "7 = \"ana-sousa\"",
        "channel = \"whatsapp\"",
        "plan = \"list\"",
        "accept = [\"add_label\"]",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    let company = patchbay_company::CompanyFile::parse(text);
    assert!(company.is_ok(), "{text}");
}

#[test]
fn a_bare_list_and_a_payload_are_rules_too() {
    let rule = json!({ "name": "a", "event_name": "conversation_created", "actions": [{ "action_name": "assign_team", "action_params": [3] }] });
    for document in [
        json!([rule]),
        json!({ "payload": [rule] }),
        json!({ "automation_rules": [rule] }),
    ] {
        let import = read(&document);
        assert_eq!(import.unsupported, [], "{document}");
        assert!(import.files[0].text.contains("3 = \"team-3\""));
        assert!(
            import
                .notes
                .iter()
                .any(|note| note.contains("does not list team 3"))
        );
    }
}

#[test]
fn what_is_not_supported_is_named_in_the_export_and_its_rule_is_not_active() {
    let document = json!({ "automation_rules": { "payload": [
        { "name": "good", "event_name": "conversation_created", "actions": [{ "action_name": "resolve_conversation", "action_params": [] }] },
        { "name": "bad", "event_name": "conversation_resolved", "monitor_id": 3, "conditions": [
            { "attribute_key": "campaign_id", "filter_operator": "equal_to", "values": [1], "query_operator": null },
        ], "actions": [{ "action_name": "mute_conversation", "action_params": [] }] },
    ] }, "labels": [] });
    let import = read(&document);
    assert_eq!(
        paths(&import),
        [
            "/labels",
            "/automation_rules/payload/1/monitor_id",
            "/automation_rules/payload/1/event_name",
            "/automation_rules/payload/1/conditions/0/attribute_key",
            "/automation_rules/payload/1/actions/0/action_name",
        ]
    );
    let text = &import.files[0].text;
    assert!(text.contains("active = false"), "{text}");
    assert!(
        text.contains(
            "# /automation_rules/payload/1/actions/0/action_name: the action `mute_conversation`"
        ),
        "{text}"
    );
    let settings: toml::Table = text.parse().expect("valid data");
    let settings =
        serde_json::to_value(&settings["plugin"]["automation"]["settings"]).expect("valid data");
    assert_eq!(automation_rules::problems(&settings.to_string()), []);
}

#[test]
fn what_is_no_rule_is_named_and_left_out() {
    let import = read(
        &json!([{ "event_name": 7 }, "x", { "name": "a", "event_name": "message_created", "actions": "x" }]),
    );
    assert_eq!(paths(&import).first(), Some(&"/1"));
    assert!(
        !import.files[0].text.contains("settings.rules"),
        "{}",
        import.files[0].text
    );
}

#[test]
fn names_that_are_alike_stay_apart() {
    let import = read(&json!({ "automation_rules": [], "teams": [
        { "id": 1, "name": "Sales" }, { "id": 2, "name": "SALES!" }, { "id": 3, "name": "日本" }, { "id": 4, "name": "general" }, { "name": "x" },
    ] }));
    let text = &import.files[0].text;
    for queue in [
        "[queue.sales]",
        "[queue.team-2]",
        "[queue.team-3]",
        "[queue.team-4]",
    ] {
        assert!(text.contains(queue), "{text}");
    }
    assert_eq!(paths(&import), ["/teams/4"]);
}

#[test]
fn settings_name_webhooks_and_contain_no_address() {
    let urls = [
        "https://hooks.example/a?token=s3cret",
        "https://hooks.example/b",
        "https://webhook-2/c",
        "https://user:password@hooks.example/d",
        "http://hooks.example/e",
        "webhook-4",
        "hooks-example",
        "https://hooks.example/a?token=s3cret",
    ];
    let rules = urls.map(|url| {
        json!({ "name": "a", "event_name": "message_created", "actions": [
            { "action_name": "send_webhook_event", "action_params": [url] },
        ] })
    });
    let single = json!({ "name": "a", "event_name": "message_created", "actions": [
        { "action_name": "send_webhook_event", "action_params": urls[1] },
    ] });
    let import = read(&json!([rules.to_vec(), vec![single]].concat()));
    // A text that is no address is not taken for the name of a webhook.
    assert_eq!(
        paths(&import),
        [3, 4, 5, 6].map(|rule| format!("/{rule}/actions/0/action_params/0"))
    );
    let text = &import.files[0].text;
    let table: toml::Table = text.parse().expect("valid data");
    let targets = table["target"].as_table().expect("targets");
    let named: Vec<&String> = targets.keys().collect();
    assert_eq!(named.len(), 3, "{text}");
    for url in &urls[..3] {
        let found = targets.values();
        let found = found.filter(|target| target["webhook"]["url"].as_str() == Some(url));
        assert_eq!(found.count(), 1, "{url}: {text}");
    }
    let settings = &table["plugin"]["automation"]["settings"];
    assert!(!settings.to_string().contains("s3cret"), "{settings}");
    let webhooks = settings["webhooks"].as_table().expect("webhooks");
    assert_eq!(webhooks.keys().collect::<Vec<_>>(), named, "{text}");
    for rule in settings["rules"].as_array().expect("rules") {
        if rule.get("active").is_none() {
            let name = &rule["actions"][0]["action_params"];
            let name = name.get(0).unwrap_or(name).as_str().expect("a name");
            assert!(webhooks.contains_key(name), "{name}: {text}");
        }
    }
    patchbay_company::CompanyFile::parse(text).expect("valid");
}

#[test]
fn another_document_is_refused() {
    for document in ["{}", "7", "{\"payload\": 7}", "\"x\""] {
        let error = import(document, &options()).expect_err("a refusal");
        assert!(
            error.to_string().contains("no export of automation rules"),
            "{error}"
        );
    }
    let error = import("[{]", &options()).expect_err("a refusal");
    assert!(error.to_string().starts_with("line 1, column 3"), "{error}");
}

#[test]
fn a_text_cannot_leave_its_comment_or_value() {
    let import = read(
        &json!({ "teams": [{ "id": 1, "name": "a\n[plugin.x]\npack = \"evil\"" }], "automation_rules": [
        { "name": "\"\"\"\n[agent.eve]\n", "event_name": "x\n[agent.eve]", "actions": [] },
    ] }),
    );
    let table: toml::Table = import.files[0].text.parse().expect("valid data");
    assert!(table.get("agent").is_none());
    assert_eq!(table["plugin"].as_table().expect("valid data").len(), 1);
}

#[test]
fn rules_beyond_the_limit_of_the_pack_are_named_and_left_out() {
    let rules: Vec<_> = (1..=503)
        .map(|id| json!({ "name": "a", "event_name": "conversation_created", "actions": [{ "action_name": "assign_team", "action_params": [id] }] }))
        .collect();
    let import = read(&json!({ "automation_rules": rules }));
    assert_eq!(paths(&import), ["/automation_rules/500"]);
    let message = &import.unsupported[0].message;
    assert!(message.contains("503 rules, more than 500"), "{message}");
    let text = &import.files[0].text;
    let written = text.matches("[[plugin.automation.settings.rules]]").count();
    assert_eq!(written, 500);
    // One for each team that the export does not list; those that are not shown are counted.
    assert_eq!(import.notes.len(), MAX_NOTES + 1);
    assert!(
        import.notes[MAX_NOTES].ends_with("more notes are not listed"),
        "{:?}",
        import.notes.last()
    );
}
