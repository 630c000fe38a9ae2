//! A policy in TypeScript, from `patchbay new` to a replayed decision.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::command::{joined, patchbay, patchbay_with_environment, root, stderr, stdout};
use crate::decisions::decide;
use crate::project::Project;
use crate::test_server::TestServer;

/// Lowest major version of Node.js that builds policies.
const LEAST_NODE: u32 = 20;

/// Whether Node.js and npm are there; says what is skipped where not.
fn has_node() -> bool {
    let version = |tool: &str| {
        let output = Command::new(tool).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let major = text.trim().trim_start_matches('v').split('.').next()?;
        major.parse::<u32>().ok()
    };
    let has = version("node").is_some_and(|major| major >= LEAST_NODE) && version("npm").is_some();
    if !has {
        skip("policies in TypeScript; install Node.js 20 or later with npm");
    }
    has
}

/// Print what is not tested on this machine, and what to install.
fn skip(what: &str) {
    // Not captured, as the lines of tests are.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// Run npm in a directory.
fn npm(directory: &Path, arguments: &[&str]) -> Output {
    let command = Command::new("npm")
        .args(arguments)
        .current_dir(directory)
        .output();
    command.expect("npm starts")
}

fn install(project: &Project) {
    let flags = ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit"];
    joined(&npm(&project.path(""), &flags), 0);
}

/// The digest of the component that a project is built into.
fn built(project: &Project) -> Value {
    let built = project.run(&["build", "care", "--json"]);
    joined(&built, 0);
    let document: Value = serde_json::from_str(&stdout(&built)).expect("JSON");
    document["digest"].clone()
}

/// A company whose stages are decided by the policy `care`.
fn company() -> &'static str {
    "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\nroute = [\"care\"]\ntone = [\"care\"]\nescalate = [\"care\"]\n[plugin.care]\npack = \"care\"\nsettings = { words = { \"money back\" = \"refund\" } }\n[queue.general]\ndefault = true\n[record]\ntranscripts = \"all\"\n"
}

#[test]
fn a_new_policy_is_tested_built_alike_anywhere_and_replayed_byte_for_byte() {
    if !has_node() {
        return;
    }
    let stages = "classify,route,tone,escalate";
    let project = Project::in_language("typescript", stages);
    install(&project);
    let unit_tests = npm(&project.path(""), &["test"]);
    assert!(joined(&unit_tests, 0).contains("5 passed"));
    let cases = project.run(&["test", "care"]);
    assert!(joined(&cases, 0).contains("4 passed"));

    // Another directory, another time, the packages installed anew.
    let other = Project::in_language("typescript", stages);
    std::fs::rename(project.path("node_modules"), other.path("node_modules")).expect("moved");
    let digest = built(&other);
    std::fs::rename(other.path("node_modules"), project.path("node_modules")).expect("moved");
    assert_eq!(built(&project), digest, "the components differ");

    // Time, random numbers and the log are in the transcript.
    project.change(
        "src/policy.ts",
        "const text = interaction.text.toLowerCase();",
        "const text = interaction.text.toLowerCase();\n    console.log(new Date().toISOString(), Math.random(), interaction.author.name, interaction.attachments.length);",
    );
    project.write("northwind.toml", company());
    let config = project.write_server_settings();
    let server = TestServer::start(&config);
    decide(&server, "northwind", "1", "I want my MONEY BACK");
    let (_, decisions) = server.send("GET", "decisions", "");
    let decisions = decisions["decisions"].as_array().expect("a list");
    assert!(!decisions.is_empty(), "no decision");
    for decision in decisions {
        let id = decision["id"].to_string();
        let config = config.to_str().expect("UTF-8");
        let replayed = project.run(&[
            "replay",
            "--config",
            config,
            "--company",
            "northwind",
            "--json",
            &id,
        ]);
        joined(&replayed, 0);
        let document: Value = serde_json::from_str(&stdout(&replayed)).expect("JSON");
        assert_eq!(document["same"], json!(1), "{document}");
    }
}

#[test]
fn an_error_names_its_line_in_the_sources() {
    if !has_node() {
        return;
    }
    let project = Project::in_language("typescript", "classify");
    let missing = joined(&project.run(&["build", "care"]), 4);
    let advice = "the npm package @patchbay/sdk is not installed";
    assert!(missing.contains(advice), "{missing}");
    assert!(missing.contains("`npm ci`"), "{missing}");
    install(&project);

    let line = "const text = interaction.text.toLowerCase();";
    project.change(
        "src/policy.ts",
        line,
        "const text = (interaction as any).txt.toLowerCase();",
    );
    let settings = r#"{"words": {"money back": "refund"}}"#;
    let run = [
        "run",
        "care",
        "--stage",
        "classify",
        "--settings",
        settings,
        "care/interactions.jsonl",
    ];
    let failed = project.run(&run);
    let printed = joined(&failed, 1);
    let text = std::fs::read_to_string(project.path("src/policy.ts")).expect("the policy");
    let line = text
        .lines()
        .position(|line| line.contains(".txt."))
        .expect("the line")
        + 1;
    let place = format!("cannot read property 'toLowerCase' of undefined (src/policy.ts:{line}:");
    assert!(printed.contains(&place), "{place} in {printed}");

    project.change(
        "src/policy.ts",
        "export default policy({",
        "export default policy({{",
    );
    let syntax = joined(&project.run(&["build", "care"]), 3);
    assert!(syntax.contains("src/policy.ts:"), "{syntax}");
    assert!(
        syntax.contains("the sources of care do not compile"),
        "{syntax}"
    );
}

#[test]
fn a_project_contains_the_package_that_npm_would_publish() {
    if !has_node() {
        return;
    }
    let project = Project::in_language("typescript", "classify");
    let listed = Command::new("tar")
        .args(["tf", "vendor/patchbay-sdk-0.1.0.tar"])
        .current_dir(project.path(""))
        .output()
        .expect("tar starts");
    let listed = stdout(&listed);
    let mut listed: Vec<&str> = listed
        .lines()
        .filter_map(|path| path.strip_prefix("package/"))
        .collect();
    listed.sort_unstable();
    let sdk = root().join("sdk/javascript");
    let published = npm(&sdk, &["pack", "--dry-run", "--json"]);
    joined(&published, 0);
    let published = stdout(&published);
    let json = &published[published.find("[\n").expect("a list")..];
    let published: Value = serde_json::from_str(json).expect("JSON");
    let files = published[0]["files"].as_array().expect("a list").iter();
    let mut files: Vec<&str> = files.filter_map(|file| file["path"].as_str()).collect();
    files.sort_unstable();
    assert_eq!(listed, files);
}

#[test]
fn a_machine_without_node_is_told_what_to_install() {
    let directory = root().join("plugins/office-hours");
    if !root().join("node_modules/@patchbay/sdk").exists() {
        skip("a build without Node.js; run `npm ci` in the root of the repository");
        return;
    }
    let built = patchbay_with_environment(&directory, &[("PATH", "/nowhere")], &["build"]);
    let printed = joined(&built, 4);
    assert!(printed.contains("node cannot be started"), "{printed}");
    assert!(printed.contains("install Node.js 20 or later"), "{printed}");
}

#[test]
fn the_office_hours_pack_decides_as_its_cases_say() {
    if !has_node() {
        return;
    }
    if !root().join("node_modules/@patchbay/sdk").exists() {
        skip("plugins/office-hours; run `npm ci` in the root of the repository");
        return;
    }
    let tested = patchbay(&["test", "plugins/office-hours"]);
    assert!(
        joined(&tested, 0).contains("25 passed"),
        "{}",
        stderr(&tested)
    );
    let unit_tests = npm(&root(), &["test", "--workspaces"]);
    joined(&unit_tests, 0);
}
