//! Policies in Python: the SDK installed as a wheel, a new project, and the example pack. Skipped
//! with a message where Python or the packages of its registry are missing.

mod project;

use std::path::Path;
use std::sync::Arc;

use patchbay_engine::Recording;
use patchbay_engine::config::Allocation;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_engine::replay::{RecordedResult, ReplayVerdict, replay};
use patchbay_model::decision::stage::Stage;
use patchbay_pack::Pack;
use patchbay_pack_build::{BuildOptions, open_pack};
use patchbay_suite::host::{TIMEOUT, said, small, spec};
use serde_json::json;

use patchbay_test_python::Environment;
use project::{Project, root};

#[test]
fn the_sdk_passes_its_tests_and_types() {
    let Some(environment) = installed() else {
        return;
    };
    environment.check(&root().join("sdk/python"));
}

#[test]
fn new_projects_pass_their_tests_and_types() {
    let Some(environment) = installed() else {
        return;
    };
    for stages in [
        &[Stage::Route][..],
        &[Stage::Tone],
        &[Stage::Escalate, Stage::Classify],
    ] {
        environment.check(Project::new(environment, stages).directory());
    }
}

#[test]
fn a_new_project_is_built_and_passes_its_cases() {
    let Some(environment) = installed() else {
        return;
    };
    let project = Project::new(environment, &Stage::ALL);
    environment.check(project.directory());
    project.change(
        "policy.py",
        "text = interaction.text.lower()",
        "text = interaction.text.lower()\n        if \"the time\" in text:\n            raise ValueError(datetime.now(UTC))",
    );
    project.change(
        "policy.py",
        "from dataclasses import",
        "from datetime import UTC, datetime\nfrom dataclasses import",
    );
    project.write(
        "cases/classify/a-failure.json",
        &json!({
            "note": "A failure names file and line; the clock is that of the decision",
            "now": "2026-03-02T10:15:00Z",
            "steps": [{
                "classify": {"id": "1", "channel": "x", "text": "The time?"},
                "expect": {"outcome": "failed", "problem": {"detail": {"contains": [
                    "policy.py:", " in classify: ValueError: 2026-03-02 10:15:00+00:00",
                ]}}}
            }]
        })
        .to_string(),
    );
    assert_eq!(project.pass_cases(), 5);
}

#[test]
fn the_example_pack_is_the_same_from_two_directories_and_passes_its_cases() {
    let Some(environment) = installed() else {
        return;
    };
    let first = Project::copy(environment, "plugins/customer-tiers");
    let second = Project::copy(environment, "plugins/customer-tiers");
    environment.check(first.directory());
    assert_eq!(first.pass_cases(), 14);
    let (one, two) = (first.pack(), second.pack());
    assert_eq!(one.digest(), two.digest());
    let place = first.directory().to_string_lossy().into_owned();
    for absent in [&*place, ".venv", "_pytest"] {
        let mut windows = one.component.windows(absent.len());
        assert!(
            !windows.any(|it| it == absent.as_bytes()),
            "{absent} is in the component"
        );
    }
}

#[test]
fn decisions_of_the_example_pack_replay_to_the_same_bytes() {
    let Some(environment) = installed() else {
        return;
    };
    let pack = Project::copy(environment, "plugins/customer-tiers").pack();
    let settings = json!({
        "tiers": {"gold": {"queue": "general", "priority": 80}},
        "contracts": {"premium": {"first-response-minutes": 15}},
        "customers": {"@ana": {"tier": "gold", "contract": "premium", "manager": "ana"}},
    });
    let settings = pack.complete_settings(settings).expect("valid settings");
    let mut guest = spec(pack.component.clone());
    guest.settings = settings;
    let engine = Engine::serving(small(Allocation::Pooling), None).expect("an engine");
    let plugin = Plugin::activate(&engine, guest).expect("activated");
    let mut company = Pipelines::new("general");
    company.push(Stage::Route, Arc::new(plugin));
    let mut pass = company
        .begin([Stage::Route], TIMEOUT)
        .recording(Recording::ALL);
    let parts = pass.route(&said("Is anybody there?")).plugins;
    let json = serde_json::to_string(&parts).expect("JSON");
    let parts: Vec<RecordedResult> = serde_json::from_str(&json).expect("valid JSON");
    assert!(json.contains("tier-gold"), "{json}");
    let verdicts: Vec<ReplayVerdict> = replay(&parts, &company)
        .into_iter()
        .map(|part| part.verdict)
        .collect();
    assert_eq!(verdicts, [ReplayVerdict::Same]);
}

#[test]
fn a_project_without_its_packages_says_what_to_run() {
    let Some(environment) = installed() else {
        return;
    };
    let project = Project::new(environment, &[Stage::Tone]);
    project.change("requirements.txt", "pytest==", "pytest==0");
    let error = open(project.directory()).expect_err("another version");
    assert!(
        error.contains("but requirements.txt pins 0") && error.contains("pip install -r"),
        "{error}"
    );
    let bare = project.directory().join(".venv");
    std::fs::remove_file(&bare).expect("a link");
    std::fs::create_dir_all(bare.join("bin")).expect("a directory");
    std::os::unix::fs::symlink(environment.base_python(), bare.join("bin/python")).expect("a link");
    let error = open(project.directory()).expect_err("no packages");
    assert!(
        error.contains("has no packages patchbay-sdk and componentize-py")
            && error.contains("python3 -m venv .venv"),
        "{error}"
    );
}

/// The environment that tests share.
fn installed() -> Option<&'static Environment> {
    Environment::installed(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

#[test]
fn a_package_that_a_policy_imports_must_be_pinned() {
    let Some(environment) = installed() else {
        return;
    };
    let project = Project::new(environment, &[Stage::Tone]);
    project.change(
        "policy.py",
        "\nfrom dataclasses",
        "\nimport iniconfig\nfrom dataclasses",
    );
    project.change("requirements.txt", "iniconfig==", "iniconfig>=");
    let error = open(project.directory()).expect_err("several versions");
    assert!(
        error.contains("the policy imports __init__.py of iniconfig, but requirements.txt:")
            && error.contains("allows several versions; write `iniconfig=="),
        "{error}"
    );
    let file = project.directory().join("requirements.txt");
    let text = std::fs::read_to_string(file).expect("a file");
    let (before, rest) = text.split_once("iniconfig>=").expect("a line");
    let after = rest.find("\nlibrt").expect("a next line");
    project.write(
        "requirements.txt",
        &format!("{before}{}", &rest[after + 1..]),
    );
    let error = open(project.directory()).expect_err("not pinned");
    assert!(
        error.contains("requirements.txt does not pin it for this Python; add `iniconfig=="),
        "{error}"
    );
}

fn open(directory: &Path) -> Result<Pack, String> {
    let options = BuildOptions {
        quiet: true,
        ..BuildOptions::default()
    };
    open_pack(directory, &options).map_err(|error| error.to_string())
}
