//! The cases of packs that `apply` runs.

use serde_json::{Value, json};

use crate::command::joined;
use crate::project::Project;
use crate::test_server::TestServer;

const NORTHWIND: &str = "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\ntone = [\"care\"]\n[plugin.care]\npack = \"care\"\n[queue.general]\ndefault = true\n";

#[test]
fn cases_share_prepared_policies_and_those_of_an_unchanged_pack_are_not_run_again() {
    let project = Project::of_stages("classify,tone");
    let tone = project.path("cases/tone/shouting.json");
    std::fs::copy(&tone, project.path("cases/tone/again.json")).expect("copied");
    let config = project.write_server_settings();
    project.write("northwind.toml", NORTHWIND);
    // It creates the company, and runs no cases.
    drop(TestServer::start(&config));
    let apply = |queue: &str, code: i32| {
        let text = format!("{NORTHWIND}[queue.{queue}]\n");
        project.write("northwind.toml", &text);
        let apply = ["apply", "northwind.toml", "--offline", "--verbose"];
        joined(&project.run(&apply), code)
    };
    let runs = |printed: &str| {
        let lines = printed.matches("ran the test cases of a pack").count();
        (
            lines,
            printed.matches("cases=3 failed=0 prepared=2").count(),
        )
    };
    // Three cases, of which two have the same settings.
    let first = apply("tax", 0);
    assert_eq!(runs(&first), (1, 1), "{first}");
    let second = apply("fraud", 0);
    assert_eq!(runs(&second), (0, 0), "{second}");
    // Another case makes it another pack.
    let text = std::fs::read_to_string(&tone).expect("a case");
    project.write("care/cases/tone/again.json", &(text + "\n"));
    let third = apply("legal", 0);
    assert_eq!(runs(&third), (1, 1), "{third}");
    let wrong = json!({"steps": [{"tone": {"text": "Hello"}, "expect": {"verdict": "block"}}]});
    project.write("care/cases/tone/again.json", &wrong.to_string());
    let refused = apply("press", 1);
    assert!(refused.contains("case tone/again.json"), "{refused}");
}

#[test]
fn cases_that_fail_when_a_server_creates_the_company_are_run_by_the_next_apply() {
    let project = Project::of_stages("classify,tone");
    let wrong = json!({"steps": [{"tone": {"text": "Hello"}, "expect": {"verdict": "block"}}]});
    project.write("care/cases/tone/wrong.json", &wrong.to_string());
    let config = project.write_server_settings();
    project.write("northwind.toml", NORTHWIND);
    drop(TestServer::start(&config));
    project.write("northwind.toml", &format!("{NORTHWIND}[queue.tax]\n"));
    let refused = joined(&project.run(&["apply", "northwind.toml", "--offline"]), 1);
    assert!(refused.contains("case tone/wrong.json"), "{refused}");
}

#[test]
fn a_case_that_is_added_after_a_rollback_is_run_before_the_stored_file_is_active_again() {
    let project = Project::of_stages("classify,tone");
    let config = project.write_server_settings();
    project.write("northwind.toml", NORTHWIND);
    drop(TestServer::start(&config));
    let apply = |code: i32| {
        let apply = ["apply", "northwind.toml", "--offline"];
        joined(&project.run(&apply), code)
    };
    project.write("northwind.toml", &format!("{NORTHWIND}[queue.tax]\n"));
    apply(0);
    let back = ["rollback", "--company", "northwind"];
    joined(&project.run(&back), 0);
    let wrong = json!({"steps": [{"tone": {"text": "Hello"}, "expect": {"verdict": "block"}}]});
    project.write("care/cases/tone/wrong.json", &wrong.to_string());
    let refused = apply(1);
    assert!(refused.contains("case tone/wrong.json"), "{refused}");
    let list = ["generations", "list", "--company", "northwind", "--json"];
    let active = || {
        let printed = joined(&project.run(&list), 0);
        let list: Value = serde_json::from_str(&printed).expect("JSON");
        let all = list.as_array().expect("a list").iter();
        let active = all.filter(|one| one["active"] == true);
        let numbers = active.map(|one| one["generation"].as_u64());
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(active(), [Some(1)]);
    std::fs::remove_file(project.path("cases/tone/wrong.json")).expect("removed");
    apply(0);
    assert_eq!(active(), [Some(2)]);
}
