//! Writing, testing and running policies; settings; the contract.

use std::process::Stdio;

use serde_json::Value;

use crate::command::{command, lines, patchbay, patchbay_in, root, stderr, stdout};
use crate::project::Project;

const CARE: &str = "plugins/social-care";

#[test]
fn every_command_has_help_with_an_example() {
    for verb in [
        "demo",
        "serve",
        "new",
        "schema",
        "build",
        "test",
        "run",
        "bench",
        "inspect",
        "contract",
        "journal",
        "contacts",
        "doctor",
        "bypass",
        "drain",
        "conversations",
    ] {
        let output = patchbay(&[verb, "--help"]);
        assert_eq!(output.status.code(), Some(0), "{verb}");
        let help = stdout(&output);
        assert!(help.contains("Example"), "{verb} shows no example:\n{help}");
        assert!(help.contains("--json"), "{verb} has no --json:\n{help}");
    }
    assert!(stdout(&patchbay(&["--help"])).contains("Exit codes"));
}

#[test]
fn an_invalid_command_line_is_exit_code_2() {
    for arguments in [
        &["frobnicate"][..],
        &["run", CARE],
        &["run", CARE, "--stage", "sing", "-"],
    ] {
        assert_eq!(patchbay(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_new_policy_builds_and_passes_its_cases_outside_the_repository() {
    let project = Project::new();
    let tested = project.run(&["test", "care", "--offline"]);
    assert_eq!(
        tested.status.code(),
        Some(0),
        "{}{}",
        stdout(&tested),
        stderr(&tested)
    );
    assert_eq!(stdout(&tested).lines().last(), Some("2 passed, 0 failed"));
    let inspected = project.run(&["inspect", "care", "--offline", "--json"]);
    let document: Value = serde_json::from_slice(&inspected.stdout).expect("JSON");
    assert_eq!(
        document["component"]["stages"],
        serde_json::json!(["classify", "tone"])
    );
    // A second one of the same name overwrites nothing.
    assert_eq!(project.run(&["new", "care"]).status.code(), Some(4));
    assert_eq!(project.run(&["new", "My Care"]).status.code(), Some(2));
}

#[test]
fn a_policy_that_does_not_compile_shows_the_compiler_error() {
    let project = Project::new();
    std::fs::write(project.path("src/lib.rs"), "this is no Rust").expect("written");
    let output = project.run(&["build", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("src/lib.rs"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_failing_case_shows_the_difference() {
    let project = Project::new();
    project.change("cases/tone/shouting.json", "\"revise\"", "\"block\"");
    let output = project.run(&["test", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = stdout(&output);
    assert!(shown.contains("step 1 (tone): tone.verdict"), "{shown}");
    assert!(
        shown.contains("expected  \"block\"") && shown.contains("found     \"revise\""),
        "{shown}"
    );
    assert_eq!(shown.lines().last(), Some("1 passed, 1 failed"));
}

#[test]
fn a_manifest_with_an_unknown_key_is_pointed_at() {
    let place = tempfile::tempdir().expect("a place");
    patchbay_in(place.path(), &["new", "typo"], "");
    let manifest = place.path().join("typo/pack.toml");
    let text = std::fs::read_to_string(&manifest).expect("there");
    std::fs::write(&manifest, text.replace("deadline =", "deadlin =")).expect("written");
    let output = patchbay_in(place.path(), &["build", "typo"], "");
    assert_eq!(output.status.code(), Some(3));
    let shown = stderr(&output);
    assert!(
        shown.contains("deadlin") && shown.contains("pack.toml:"),
        "{shown}"
    );
}

#[test]
fn the_packs_of_the_repository_pass_their_cases() {
    for (pack, least) in [
        (CARE, 60),
        ("plugins/automation-rules", 20),
        ("plugins/cel-rules", 20),
        ("plugins/taskrouter-workflow", 40),
    ] {
        let output = patchbay(&["test", pack]);
        let shown = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{shown}{}", stderr(&output));
        let passed = shown
            .lines()
            .last()
            .and_then(|line| line.strip_suffix(" passed, 0 failed"))
            .and_then(|count| count.parse::<u32>().ok());
        assert!(passed.is_some_and(|count| count >= least), "{shown}");
    }
}

#[test]
fn decisions_are_one_a_line_in_the_order_of_the_input() {
    let mut input = String::new();
    for number in 0..500 {
        input.push_str(&format!("{{\"id\":\"{number}\",\"channel\":\"x\",\"text\":\"My card was stolen, number {number}!\"}}\n"));
    }
    let output = patchbay_in(
        &root(),
        &["run", CARE, "--stage", "classify", "-", "--jobs", "4"],
        &input,
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let decisions = lines(&output);
    assert_eq!(decisions.len(), 500);
    for (number, decision) in decisions.iter().enumerate() {
        assert_eq!(decision["interaction"], number.to_string());
        assert_eq!(decision["outcome"], "ok");
        let classification = &decision["classification"];
        assert!(classification["sentiment"].is_number() && classification["spam"].is_number());
        assert!(classification["abuse"].is_number() && classification["intents"].is_array());
        assert!(decision["micros"]["call"].is_number());
    }
}

#[test]
fn decisions_are_lines_of_text_for_a_person() {
    let input = "{\"id\":\"7\",\"text\":\"My card was stolen!\"}\n{\"text\":7}\n";
    let run = |format: &str| {
        let command = ["run", CARE, "--stage", "classify", "-", format];
        let output = patchbay_in(&root(), &command, input);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stdout(&output)
    };
    let text = run("--text");
    let shown: Vec<&str> = text.lines().collect();
    assert_eq!(shown.len(), 2, "{text}");
    assert!(
        shown[0].starts_with("7: ") && shown[0].contains(" %)"),
        "{text}"
    );
    assert!(shown[1].starts_with("line 2 is invalid: "), "{text}");
    for line in run("--json").lines() {
        assert!(line.starts_with('{'), "{line}");
    }
}

#[test]
fn a_closed_pipe_ends_the_run() {
    let mut input = String::new();
    for number in 0..20_000 {
        input.push_str(&format!("{{\"text\":\"number {number}\"}}\n"));
    }
    let place = tempfile::tempdir().expect("a place");
    let file = place.path().join("many.jsonl");
    std::fs::write(&file, input).expect("written");
    let mut child = command()
        .args(["run", CARE, "--stage", "classify"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    drop(child.stdout.take());
    assert!(child.wait().expect("the command ends").code().is_some());
}

#[test]
fn a_directory_is_not_a_valid_input() {
    let output = patchbay(&["run", CARE, "--stage", "classify", "docs"]);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(
        stdout(&output).contains("cannot be read"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn every_stage_answers_under_its_own_key_as_the_schema_says() {
    let schema = patchbay(&["schema", "decision"]);
    let schema = serde_json::from_slice(&schema.stdout).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let row =
        "{\"id\":\"1\",\"channel\":\"x\",\"text\":\"I will sue you, my parcel never came!\"}\n";
    for (stage, key) in [
        ("classify", "classification"),
        ("route", "route"),
        ("tone", "tone"),
        ("escalate", "escalation"),
    ] {
        let output = patchbay_in(&root(), &["run", CARE, "--stage", stage, "-"], row);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{stage}: {}",
            stderr(&output)
        );
        let decision = &lines(&output)[0];
        assert!(decision[key].is_object(), "{stage}: {decision}");
        let errors: Vec<String> = schema
            .iter_errors(decision)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0], "{stage}: {decision}");
    }
}

#[test]
fn an_invalid_line_gives_an_error_in_its_place() {
    let input = "{\"text\":\"fine\"}\nno json\n\n{\"text\":7}\n[1]\n{\"text\":\"also fine\"}\n";
    let output = patchbay_in(&root(), &["run", CARE, "--stage", "classify", "-"], input);
    assert_eq!(output.status.code(), Some(1));
    let documents = lines(&output);
    assert_eq!(documents.len(), 5);
    assert_eq!(documents[0]["outcome"], "ok");
    assert_eq!(documents[1]["line"], 2);
    assert_eq!(documents[2]["error"]["field"], "text");
    assert_eq!(documents[3]["line"], 5);
    assert_eq!(documents[4]["interaction"], "6");
    assert!(
        stderr(&output).contains("3 of 5 lines are invalid"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn errors_tell_why_a_file_is_not_a_component() {
    let place = tempfile::tempdir().expect("a place");
    for (name, bytes, words) in [
        ("empty.wasm", &b""[..], "empty"),
        ("text.wasm", b"hello there", "not a WebAssembly file"),
        ("module.wasm", b"\0asm\x01\0\0\0", "core module"),
        (
            "short.wasm",
            b"\0asm\x0d\0\x01\0\x01\xff",
            "not a valid component",
        ),
    ] {
        let path = place.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        let output = patchbay(&["inspect", path.to_str().expect("UTF-8")]);
        assert_eq!(output.status.code(), Some(3), "{name}");
        assert!(
            stderr(&output).contains(words),
            "{name}: {}",
            stderr(&output)
        );
    }
    assert_eq!(
        patchbay(&["inspect", "nowhere.wasm"]).status.code(),
        Some(3)
    );
}

#[test]
fn the_contract_is_in_the_binary() {
    let place = tempfile::tempdir().expect("a place");
    let to = place.path().to_str().expect("UTF-8");
    assert_eq!(
        patchbay(&["contract", "--output", to]).status.code(),
        Some(0)
    );
    let written = std::fs::read_to_string(place.path().join("care/types.wit")).expect("written");
    let ours = std::fs::read_to_string(root().join("wit/care/types.wit")).expect("there");
    assert_eq!(written, ours);
    assert!(!place.path().join("released").exists());
}

#[test]
fn released_contracts_are_in_the_binary() {
    let place = tempfile::tempdir().expect("a place");
    let to = place.path().to_str().expect("UTF-8");
    let output = patchbay(&["contract", "--released", "0.1.0", "--output", to]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let written = std::fs::read_to_string(place.path().join("routing/routing.wit"));
    let released = root().join("wit/released/0.1.0/routing/routing.wit");
    let released = std::fs::read_to_string(released).expect("there");
    assert_eq!(written.expect("written"), released);
    let output = patchbay(&["contract", "--released", "0.0.9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("0.1.0"), "{}", stderr(&output));
}

#[test]
fn the_doctor_finds_no_error_on_this_machine() {
    let output = patchbay(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(findings.iter().all(|finding| finding["level"] != "error"));
}

#[test]
fn a_server_s_settings_are_checked_before_it_serves() {
    let place = tempfile::tempdir().expect("a place");
    let write = |name: &str, text: &str| {
        let path = place.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let packs = root().join("plugins").canonicalize().expect("there");
    write(
        "north.toml",
        "company = \"north\"\n[pipeline]\nclassify = [\"car\"]\n[plugin.care]\npack = \"social-care\"\nlimits = { deadline = \"2h\" }\n[queue.general]\n",
    );
    let config = write(
        "patchbay.toml",
        &format!("companies = [\"north.toml\"]\npacks = [{packs:?}]\n"),
    );
    let output = patchbay(&["serve", "--config", &config, "--check"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let shown = stderr(&output);
    assert!(
        shown.contains("north.toml:3"),
        "the error lacks the line:\n{shown}"
    );
    assert!(
        shown.contains("no queue is the default"),
        "a reason is missing:\n{shown}"
    );
    assert_eq!(
        patchbay(&["serve", "--config", "nowhere.toml"])
            .status
            .code(),
        Some(4)
    );
}
