//! `pack import`: what it writes, and what it refuses.

use serde_json::{Value, json};

use crate::command::{joined, root};
use crate::project::Project;
use crate::test_server::TestServer;

fn export(second_queue: &str) -> Value {
    json!({
        "workflow": { "configuration": { "task_routing": {
            "filters": [{ "filter_friendly_name": "Gold", "expression": "customer_value == 'Gold'",
                          "targets": [{ "queue": "WQa", "priority": 50, "timeout": 60 }, { "queue": second_queue }] }],
            "default_filter": { "queue": "WQb" } } } },
        "task_queues": [
            { "sid": "WQa", "friendly_name": "Support", "target_workers": "skills HAS 'support'" },
            { "sid": "WQb", "friendly_name": "Everyone", "target_workers": "1==1" } ],
        "workers": [{ "sid": "WK1", "friendly_name": "Ana", "attributes": "{\"skills\": [\"support\"]}" }] })
}

#[test]
fn an_export_of_taskrouter_becomes_a_company_file_and_agents() {
    let project = Project::new();
    project.write("export.json", &export("WQb").to_string());
    let import = [
        "pack",
        "import",
        "taskrouter",
        "export.json",
        "--company",
        "acme",
    ];
    let printed = joined(&project.run(&import), 0);
    assert!(
        printed.contains("acme/company.toml: the company file: 2 queues"),
        "{printed}"
    );
    let company = std::fs::read_to_string(project.beside("acme/company.toml")).expect("written");
    assert!(
        company.contains("pack = \"taskrouter-workflow@^0.1\""),
        "{company}"
    );
    let agents = std::fs::read_to_string(project.beside("acme/agents.jsonl")).expect("written");
    assert_eq!(
        agents,
        "{\"id\":\"ana\",\"name\":\"Ana\",\"skills\":{\"support\":1}}\n"
    );
    // The pack of the repository runs it.
    let packs = root().join("plugins").canonicalize().expect("there");
    project.write(
        "patchbay.toml",
        &format!(
            "companies = [\"acme/company.toml\"]\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n"
        ),
    );
    drop(TestServer::start(&project.beside("patchbay.toml")));
    let apply = ["apply", "acme/company.toml", "--dry-run", "--offline"];
    let applied = joined(&project.run(&apply), 0);
    assert!(applied.contains("nothing differs"), "{applied}");
    let again = joined(&project.run(&import), 1);
    assert!(again.contains("company.toml exists already"), "{again}");
}

#[test]
fn automation_rules_of_chatwoot_become_a_company_file_that_applies() {
    let project = Project::new();
    let rule = |name: &str, action: Value| {
        json!({ "id": 1, "account_id": 1, "name": name, "event_name": "conversation_created", "active": true,
                "conditions": [{ "attribute_key": "content", "filter_operator": "contains", "values": ["bill"], "query_operator": null }],
                "actions": [{ "action_name": "assign_team", "action_params": [3] }, action] })
    };
    let label = json!({ "action_name": "add_label", "action_params": ["money"] });
    let mute = json!({ "action_name": "mute_conversation", "action_params": [] });
    let export = json!({
        "automation_rules": { "payload": [rule("Bills", label), rule("Mute", mute)] },
        "teams": [{ "id": 3, "name": "Billing" }],
        "agents": [{ "id": 7, "name": "Ana", "email": "ana@acme.example" }],
    });
    project.write("export.json", &export.to_string());
    let import = [
        "pack",
        "import",
        "chatwoot",
        "export.json",
        "--company",
        "acme",
    ];
    let refused = joined(&project.run(&import), 1);
    let path = "/automation_rules/payload/1/actions/1/action_name";
    assert!(
        refused.contains(&format!(
            "not supported: {path}: the action `mute_conversation`"
        )),
        "{refused}"
    );
    assert!(!project.beside("acme").exists());
    let partial = joined(&project.run(&[&import[..], &["--partial"]].concat()), 0);
    assert!(
        partial.contains("acme/company.toml: the company file: 2 queues, 1 agents, and 2 rules"),
        "{partial}"
    );
    assert!(partial.contains("`active = false`"), "{partial}");
    let packs = root().join("plugins").canonicalize().expect("there");
    project.write(
        "patchbay.toml",
        &format!(
            "companies = [\"acme/company.toml\"]\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n"
        ),
    );
    drop(TestServer::start(&project.beside("patchbay.toml")));
    let apply = ["apply", "acme/company.toml", "--dry-run", "--offline"];
    let applied = joined(&project.run(&apply), 0);
    assert!(applied.contains("nothing differs"), "{applied}");
}

#[test]
fn what_cannot_be_expressed_is_named_and_written_only_partially() {
    let project = Project::new();
    project.write("export.json", &export("WQmissing").to_string());
    let import = [
        "pack",
        "import",
        "taskrouter",
        "export.json",
        "--company",
        "acme",
    ];
    let refused = joined(&project.run(&import), 1);
    let path = "/workflow/configuration/task_routing/filters/0/targets/1/queue";
    assert!(
        refused.contains(&format!("not supported: {path}: WQmissing")),
        "{refused}"
    );
    assert!(!project.beside("acme").exists());
    let partial = joined(
        &project.run(&[&import[..], &["--partial", "--output", "out"]].concat()),
        0,
    );
    assert!(partial.contains(&format!("left out: {path}")), "{partial}");
    assert!(project.beside("out/company.toml").exists());
}

#[test]
fn another_document_and_another_system_are_refused() {
    let project = Project::new();
    project.write("other.json", "{\"a\": 1}");
    let other = joined(
        &project.run(&[
            "pack",
            "import",
            "taskrouter",
            "other.json",
            "--company",
            "acme",
        ]),
        1,
    );
    assert!(other.contains("no TaskRouter export"), "{other}");
    let system = joined(
        &project.run(&[
            "pack",
            "import",
            "genesys",
            "other.json",
            "--company",
            "acme",
        ]),
        2,
    );
    assert!(
        system.contains("expected one of chatwoot, taskrouter"),
        "{system}"
    );
    let name = joined(
        &project.run(&[
            "pack",
            "import",
            "taskrouter",
            "other.json",
            "--company",
            "Acme!",
        ]),
        2,
    );
    assert!(name.contains("no company name"), "{name}");
}
