use std::borrow::Cow;

use patchbay_company::CompanyFile;
use serde_json::{Value, json};
use taskrouter_document::{Expression, Place};

use crate::{Import, Options, System};

fn import(document: &Value) -> Import {
    let system = System::find("taskrouter").expect("a system");
    let options = Options {
        company: "acme".to_owned(),
        pack: "taskrouter-workflow@^0.1".to_owned(),
    };
    (system.import)(&document.to_string(), &options).unwrap_or_else(|error| panic!("{error}"))
}

fn paths(import: &Import) -> Vec<&str> {
    import
        .unsupported
        .iter()
        .map(|construct| construct.path.as_str())
        .collect()
}

/// The company file as it is read, and its settings.
fn company(import: &Import) -> (CompanyFile, Value) {
    let text = &import.files[0].text;
    let file = CompanyFile::parse(text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let settings = serde_json::to_value(file.plugin["workflow"].settings.get_ref());
    (file, settings.expect("settings"))
}

fn agents(import: &Import) -> Vec<Value> {
    let lines = import.files[1].text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn export() -> Value {
    let configuration = json!({ "task_routing": {
        "filters": [ {
            "filter_friendly_name": "Gold",
            "expression": "customer_value == 'Gold'",
            "targets": [
                { "queue": "WQsupport", "priority": 10, "timeout": 300,
                  "expression": "worker.english_level >= 3 AND worker.agent_id == task.requested_agent" },
                { "queue": "WQeveryone", "order_by": "worker.english_level DESC" } ] } ],
        "default_filter": { "queue": "WQeveryone" } } });
    json!({
        "workflow": { "sid": "WW1", "friendly_name": "Care", "configuration": configuration.to_string(),
                      "task_reservation_timeout": 90, "assignment_callback_url": null },
        "task_queues": { "task_queues": [
            { "sid": "WQsupport", "friendly_name": "Support", "target_workers": "skills HAS 'support'" },
            { "sid": "WQeveryone", "friendly_name": "Everyone", "target_workers": "1==1" } ], "meta": {} },
        "workers": [
            { "sid": "WK1", "friendlyName": "Ana Sousa",
              "attributes": "{\"skills\":[\"support\"],\"english_level\":4,\"languages\":[\"english\",\"pt\"],\"agent_id\":\"a7\"}" },
            { "sid": "WK2", "friendly_name": "Bo", "attributes": { "routing": { "skills": ["support"], "levels": { "support": 2 } } } } ] })
}

#[test]
fn an_export_becomes_a_company_file_and_a_roster() {
    let import = import(&export());
    assert_eq!(import.unsupported, []);
    let (file, settings) = company(&import);
    assert_eq!(file.default_queue(), Some("everyone"));
    let skills = &file.queue["support"].get_ref().skills;
    assert_eq!(skills.get("support"), Some(&1));
    assert_eq!(settings["queues"]["WQsupport"], "support");
    assert_eq!(
        settings["workers"],
        json!({
        "WK1": "ana-sousa", "Ana Sousa": "ana-sousa", "WK2": "bo", "Bo": "bo", "a7": "ana-sousa" })
    );
    assert_eq!(
        settings["worker-attributes"],
        json!({ "english_level": "level:english-level", "agent_id": "id" })
    );
    assert_eq!(settings["languages"], json!({ "english": "en" }));
    assert_eq!(
        settings["workflow"]["task_routing"]["filters"][0]["targets"][0]["timeout"],
        300
    );
    assert!(import.files[0].text.contains("offer-timeout = \"90s\""));
    assert_eq!(
        agents(&import),
        [
            json!({ "id": "ana-sousa", "name": "Ana Sousa", "skills": { "english-level": 4, "support": 1 },
                "languages": ["en", "pt"] }),
            json!({ "id": "bo", "name": "Bo", "skills": { "support": 2 } })
        ]
    );
}

#[test]
fn a_configuration_alone_gives_queues_by_their_sid() {
    let import = import(&json!({ "task_routing": { "default_filter": { "queue": "WQccc" } } }));
    let (file, settings) = company(&import);
    assert_eq!(
        (file.default_queue(), import.files.len()),
        (Some("wqccc"), 1)
    );
    assert_eq!(settings["queues"], json!({ "WQccc": "wqccc" }));
    assert!(
        import.notes[0].contains("no task queues"),
        "{:?}",
        import.notes
    );
}

#[test]
fn members_that_no_skills_express_are_listed_by_name() {
    let mut document = export();
    document["task_queues"] = json!([
        { "sid": "WQsupport", "friendly_name": "Support", "target_workers": "skills HAS 'support' AND english_level != 4" },
        { "sid": "WQeveryone", "friendly_name": "Everyone" } ]);
    let import = import(&document);
    assert_eq!(import.unsupported, []);
    let queues: Vec<Value> = agents(&import)
        .iter()
        .map(|agent| agent["queues"].clone())
        .collect();
    assert_eq!(
        queues,
        [json!(["everyone"]), json!(["everyone", "support"])]
    );
    assert!(import.notes[0].contains("Support"), "{:?}", import.notes);
}

#[test]
fn every_construct_without_a_counterpart_is_named_and_left_out() {
    let mut document = export();
    document["workflow"] = json!({ "assignment_callback_url": "https://acme.example/assign", "configuration": { "task_routing": {
        "filters": [
            { "expression": "type =~ 'x'", "targets": [{ "queue": "WQsupport" }] },
            { "expression": "1==1", "targets": [
                { "queue": "WQsupport", "timeout": 5, "priority": 9, "expression": "worker.activity_name == 'Idle'" },
                { "queue": "WQother", "priority": 3, "wrap_up": 3, "skip_if": "workers.WA1 == 0" } ] } ],
        "default_filter": { "queue": "WQeveryone" } } } });
    document["activities"] = json!([{ "sid": "WA1" }]);
    document["task_queues"]["task_queues"][0]["task_order"] = json!("LIFO");
    document["task_queues"]["task_queues"][1]["max_reserved_workers"] = json!(5);
    document["workers"][0]["attributes"] =
        json!({ "levels": { "english": 7.5 }, "languages": ["elvish"] });
    let import = import(&document);
    assert_eq!(
        paths(&import),
        [
            "/activities",
            "/workflow/assignment_callback_url",
            "/task_queues/task_queues/0/task_order",
            "/task_queues/task_queues/1/max_reserved_workers",
            "/workflow/configuration/task_routing/filters/0/expression",
            "/workflow/configuration/task_routing/filters/1/targets/1/wrap_up",
            "/workflow/configuration/task_routing/filters/1/targets/1/skip_if",
            "/workflow/configuration/task_routing/filters/0/targets/0/expression",
            "/workers/0/attributes/levels/english",
            "/workers/0/attributes/languages",
            "/workflow/configuration/task_routing/filters/0/targets/1/queue",
            "/workflow/configuration/task_routing/filters/0/targets/1/priority",
        ]
    );
    let (_, settings) = company(&import);
    let filters = settings["workflow"]["task_routing"]["filters"].clone();
    assert_eq!(
        filters,
        json!([{ "expression": "1==1", "targets": [
        { "queue": "WQsupport", "timeout": 5, "priority": 9 }, { "queue": "WQother", "priority": 3 } ] }])
    );
    assert_eq!(settings["accept"], json!(["lower-priority"]));
}

#[test]
fn priorities_above_100_keep_their_order() {
    let import = import(
        &json!({ "task_routing": { "filters": [ { "expression": "1==1", "targets": [
        { "queue": "a", "priority": 0, "timeout": 5 }, { "priority": 500, "timeout": 5 }, { "priority": 1000 } ] } ] } }),
    );
    let (_, settings) = company(&import);
    assert_eq!(
        settings["priorities"],
        json!({ "0": 0, "500": 50, "1000": 100 })
    );
}

#[test]
fn what_is_no_export_is_refused() {
    let options = Options {
        company: "acme".to_owned(),
        pack: "p@1".to_owned(),
    };
    for (text, part) in [
        ("{", "line 1, column 1"),
        ("[]", "no TaskRouter export"),
        ("{\"workflows\": []}", "0 workflows"),
        ("{\"configuration\": \"{\"}", "`configuration` is not JSON"),
    ] {
        let error = super::import(text, &options)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}

fn leveled(expression: &str, order_by: Option<&str>, levels: &[i64]) -> Import {
    let mut target = json!({ "queue": "WQa", "expression": expression });
    if let Some(order_by) = order_by {
        target["order_by"] = json!(order_by);
    }
    let workers = levels.iter().enumerate().map(|(index, level)| {
        json!({ "sid": format!("WK{index}"), "friendly_name": format!("w{index}"),
                "attributes": { "levels": { "english": level } } })
    });
    import(&json!({
        "workflow": { "task_routing": { "filters": [{ "expression": "1==1", "targets": [target] }] } },
        "task_queues": [{ "sid": "WQa", "friendly_name": "All" }],
        "workers": workers.collect::<Vec<_>>() }))
}

#[test]
fn levels_beyond_five_become_as_many_classes_as_expressions_tell_apart() {
    let expression = "worker.levels.english >= 50 AND NOT (80 < worker.levels.english OR worker.levels.english == 60)";
    let import = leveled(expression, None, &[10, 50, 59, 60, 61, 80, 81, 100]);
    assert_eq!(import.unsupported, []);
    let (_, settings) = company(&import);
    assert_eq!(
        settings["workflow"]["task_routing"]["filters"][0]["targets"][0]["expression"],
        "worker.levels.english >= 2 AND (NOT (worker.levels.english >= 5 OR worker.levels.english == 3))"
    );
    let classes: Vec<Value> = agents(&import)
        .iter()
        .map(|it| it["skills"]["english"].clone())
        .collect();
    assert_eq!(classes, [1, 2, 2, 3, 4, 4, 5, 5]);
    assert!(
        import.notes[0].contains("below 50 is 1, from 50 is 2"),
        "{:?}",
        import.notes
    );
}

#[test]
fn levels_that_five_classes_do_not_express_are_named() {
    for (expression, order_by, levels) in [
        ("worker.levels.english >= task.level", None, &[7, 9][..]),
        ("worker.levels.english IN [7, 9]", None, &[7, 9]),
        (
            "1==1",
            Some("worker.levels.english DESC"),
            &[1, 2, 3, 4, 5, 6],
        ),
    ] {
        let import = leveled(expression, order_by, levels);
        assert!(!import.unsupported.is_empty(), "{expression}");
    }
    let import = leveled("1==1", Some("worker.levels.english DESC"), &[10, 20, 30]);
    let classes: Vec<Value> = agents(&import)
        .iter()
        .map(|it| it["skills"]["english"].clone())
        .collect();
    assert_eq!(
        (classes, import.unsupported),
        (vec![json!(1), json!(2), json!(3)], vec![])
    );
}

#[test]
fn an_expression_holds_for_the_same_workers_after_their_levels_are_classes() {
    let levels: Vec<i64> = (-1..=12).collect();
    let holds = |text: &str, level: f64| {
        let expression = Expression::parse(text, Place::Target)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        expression.holds(&|_| Cow::Owned(taskrouter_document::Value::Number(level)))
    };
    let name = "worker.levels.english";
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        for bound in ["0", "3", "5", "7", "12", "6.5"] {
            // No level equals a fraction.
            if bound == "6.5" && ["==", "!="].contains(&operator) {
                continue;
            }
            for text in [
                format!("{name} {operator} {bound}"),
                format!("{bound} {operator} {name}"),
                format!("NOT {name} {operator} {bound} AND {name} != 4"),
            ] {
                let import = leveled(&text, None, &levels);
                assert_eq!(import.unsupported, [], "{text}");
                let (_, settings) = company(&import);
                let target = &settings["workflow"]["task_routing"]["filters"][0]["targets"][0];
                let new = target["expression"].as_str().expect("an expression");
                for (level, agent) in levels.iter().zip(agents(&import)) {
                    let class = agent["skills"]["english"].as_f64().expect("a class");
                    assert_eq!(
                        holds(new, class),
                        holds(&text, *level as f64),
                        "{text} → {new} for {level}"
                    );
                }
            }
        }
    }
}
