//! Everything that is wrong with a company file is reported at once, by `apply` with and without a
//! server, and by `serve --check`.

use std::process::Output;

use serde_json::json;

use crate::command::{joined, patchbay_with_environment};
use crate::project::Project;
use crate::test_server::TestServer;

const QUEUES: &str = "[queue.general]\ndefault = true\n[queue.fraud]\nskills = { vat = 1 }\n";

/// A project with a setting for each kind of reference; its component is `care.wasm`.
fn project_with_references() -> Project {
    let project = Project::of_stages("route");
    let names = "{AgentRef, QueueRef, SkillRef, TargetRef, TeamRef}";
    project.change(
        "src/lib.rs",
        "references::QueueRef",
        &format!("references::{names}"),
    );
    let mut fields = "queue: QueueRef,\n".to_owned();
    for (field, kind) in [
        ("press", "TargetRef"),
        ("skill", "SkillRef"),
        ("team", "TeamRef"),
        ("agent", "AgentRef"),
    ] {
        fields += &format!("/// A name.\n#[serde(default)]\npub {field}: Option<{kind}>,\n");
    }
    project.change("src/lib.rs", "queue: QueueRef,\n", &fields);
    let build = ["build", "care", "--offline", "--update-schema"];
    joined(
        &project.run(&[&build[..], &["--output", "care.wasm"]].concat()),
        0,
    );
    project.write_server_settings();
    project
}

/// A company file with this pack and these settings of its plugin.
fn company(pack: &str, settings: &str) -> String {
    format!(
        "company = \"northwind\"\n[pipeline]\nroute = [\"care\"]\n[plugin.care]\npack = {pack:?}\n[plugin.care.settings]\n{settings}{QUEUES}[agent.ana]\nteams = [\"legal\"]\n[target.press]\nwebhook = {{ url = \"https://press.example/\" }}\n"
    )
}

#[test]
fn a_misspelt_name_in_settings_is_reported_with_its_place_and_the_nearest_name() {
    let project = project_with_references();
    project.write(
        "northwind.toml",
        &format!("company = \"northwind\"\n{QUEUES}"),
    );
    // It creates the journal.
    drop(TestServer::start(&project.beside("patchbay.toml")));
    let settings = "queue = \"fruad\"\npress = \"pres\"\nskill = \"vta\"\nteam = \"legla\"\nagent = \"anna\"\n";
    // Agents may also come from the roster: those names are warnings.
    let rejected = [
        "northwind.toml is rejected for 2 reasons",
        "/queue: unknown queue \"fruad\"",
        "did you mean \"fraud\"",
        "/press: unknown target \"pres\"",
        "did you mean \"press\"",
    ];
    let warned = [
        "/skill: unknown skill \"vta\" in the company file; did you mean \"vat\"",
        "/team: unknown team \"legla\" in the company file; did you mean \"legal\"",
        "/agent: unknown agent \"anna\" in the company file; did you mean \"ana\"",
    ];
    let warned_places = [
        "(line 9, column 9)",
        "(line 10, column 8)",
        "(line 11, column 9)",
    ];
    let commands = [
        &["apply", "northwind.toml", "--offline"][..],
        &["serve", "--check", "--offline"],
    ];
    for pack in ["care", "care.wasm"] {
        project.write("northwind.toml", &company(pack, settings));
        for command in commands {
            let printed = joined(&project.run(command), 1);
            for part in [&rejected[..], &warned].concat() {
                assert!(
                    printed.contains(part),
                    "{pack} {command:?}: {part} is not in {printed}"
                );
            }
            // Each at its own value.
            for place in ["northwind.toml:7:9", "northwind.toml:8:9"] {
                assert_eq!(printed.matches(place).count(), 1, "{place}: {printed}");
            }
            for place in warned_places {
                let place = format!("settings of plugin \"care\" {place}: ");
                assert_eq!(printed.matches(&place).count(), 1, "{place}: {printed}");
            }
        }
    }
    // Warnings alone reject nothing.
    let valid = settings
        .replace("fruad", "fraud")
        .replace("pres\"", "press\"");
    project.write("northwind.toml", &company("care", &valid));
    for command in commands {
        let printed = joined(&project.run(command), 0);
        for part in warned {
            assert!(
                printed.contains(part),
                "{command:?}: {part} is not in {printed}"
            );
        }
    }
}

const BAD_SECRETS: [&str; 2] = ["whsec_first%secret", "whpk_second%secret"];
const ENVIRONMENT: [(&str, &str); 2] = [
    ("PATCHBAY_TEST_PRESS_KEY", BAD_SECRETS[0]),
    ("PATCHBAY_TEST_OLD_LAW_KEY", BAD_SECRETS[1]),
];

#[test]
fn every_reason_of_a_rejection_is_listed_at_once_without_any_secret() {
    let project = project_with_references();
    let config = project.write_server_settings();
    project.write(
        "northwind.toml",
        "company = \"northwind\"\n[queue.late]\ndefault = true\n",
    );
    let server = TestServer::with_environment(&config, &ENVIRONMENT);
    let hello = json!({"id": "1", "channel": "chat", "text": "Hello", "author": {"address": "@a"}});
    assert_eq!(
        server.send("POST", "interactions", &hello.to_string()).0,
        202
    );
    while server.send("GET", "conversations", "").1["conversations"] == json!([]) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }

    let run = |command: &[&str]| -> Output {
        patchbay_with_environment(&project.beside(""), &ENVIRONMENT, command)
    };
    let targets = "[target.law]\nwebhook = { url = \"https://law.example/\", secret = { env = \"PATCHBAY_TEST_LAW_KEY\", previous-env = \"PATCHBAY_TEST_OLD_LAW_KEY\" } }\n";
    let press = "https://press.example/\"";
    let signed = format!("{press}, secret = {{ env = \"PATCHBAY_TEST_PRESS_KEY\" }}");
    let file = company("care", "queue = \"fruad\"\n").replace(press, &signed) + targets;
    let reasons = [
        "unknown queue \"fruad\"",
        "target \"press\": the signing key in PATCHBAY_TEST_PRESS_KEY",
        "target \"law\": the signing key in PATCHBAY_TEST_OLD_LAW_KEY",
    ];
    let conflict = "lacks queue \"late\", which has 1 open conversations";
    let warning = "warning: deliveries to target \"law\" will fail: the environment variable PATCHBAY_TEST_LAW_KEY";
    let apply = ["apply", "northwind.toml", "--offline"];
    project.write("northwind.toml", &file);
    let has_all = |printed: &str, expected: &[&str]| {
        for part in expected {
            assert!(printed.contains(part), "{part} is not in {printed}");
        }
        for secret in BAD_SECRETS {
            assert!(!printed.contains(secret), "{secret} is in {printed}");
        }
    };
    let by_server = joined(&run(&apply), 1);
    has_all(&by_server, &reasons);
    has_all(
        &by_server,
        &[conflict, warning, "is rejected for 4 reasons"],
    );
    drop(server);
    let by_journal = joined(&run(&apply), 1);
    has_all(&by_journal, &reasons);
    has_all(
        &by_journal,
        &[conflict, warning, "is rejected for 4 reasons"],
    );
    // The check does not read the journal.
    let checked = joined(&run(&["serve", "--check", "--offline"]), 1);
    has_all(&checked, &reasons);
    let unset = "deliveries to target \"law\" will fail";
    has_all(&checked, &[unset, "is rejected for 3 reasons"]);

    // Nor does a pack that is missing, or a value of another type, hide a signing key.
    for (from, to, reason) in [
        (
            "pack = \"care\"",
            "pack = \"./caer\"",
            "plugin \"care\": no pack",
        ),
        ("default = true", "default = 1", "general"),
    ] {
        project.write("northwind.toml", &file.replace(from, to));
        for command in [&apply[..], &["serve", "--check", "--offline"]] {
            has_all(
                &joined(&run(command), 1),
                &[&[reason][..], &reasons[1..]].concat(),
            );
        }
    }
}

#[test]
fn what_a_policy_rejects_stands_at_its_value() {
    let project = Project::new();
    project.write_server_settings();
    for (settings, places) in [
        (
            "[plugin.care.settings.words]\nlate = \"delay\"\nMoney = \"refund\"\n",
            &["8:9"][..],
        ),
        (
            "settings = { words = { late = \"delay\", Money = \"refund\", \"Back\" = \"refund\" } }\n",
            &["6:48", "6:67"],
        ),
        (
            "settings.words.Money = \"refund\"\nsettings.words.late = \"delay\"\n",
            &["6:24"],
        ),
    ] {
        let file = format!(
            "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\n[plugin.care]\npack = \"care\"\n{settings}{QUEUES}"
        );
        project.write("northwind.toml", &file);
        for command in [
            &["apply", "northwind.toml", "--new", "--dry-run", "--offline"][..],
            &["serve", "--check", "--offline"],
        ] {
            let printed = joined(&project.run(command), 1);
            let found = printed.matches("must be in lower case").count();
            assert_eq!(found, places.len(), "{printed}");
            for place in places {
                let place = format!("northwind.toml:{place}]");
                assert!(printed.contains(&place), "{place} is not in {printed}");
            }
        }
    }
}
