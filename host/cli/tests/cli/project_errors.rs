//! Mistakes in a policy's project: the message names each, with what to do.

use crate::command::{joined, patchbay, patchbay_with_environment, stderr, stdout};
use crate::project::Project;
use crate::test_server::TestServer;

#[test]
fn a_schema_that_is_not_of_the_settings_type_is_rejected_until_it_is_updated() {
    let project = Project::of_stages("classify,route,tone,escalate");
    let run = |arguments: &[&str]| project.run(arguments);
    let tested = run(&["test", "care", "--offline"]);
    assert_eq!(
        tested.status.code(),
        Some(0),
        "{}{}",
        stdout(&tested),
        stderr(&tested)
    );
    assert_eq!(stdout(&tested).lines().last(), Some("4 passed, 0 failed"));
    // Its interface for routes has a type of the agents' one.
    let inspected = stdout(&run(&["inspect", "care", "--offline"]));
    assert!(inspected.contains("patchbay:care/agents@"), "{inspected}");
    assert!(!inspected.contains("warning"), "{inspected}");
    // As its cases say: it has no opinion on a new conversation.
    for stage in ["route", "escalate"] {
        let file = "care/interactions.jsonl";
        let decided = run(&["run", "care", "--stage", stage, file, "--text", "--offline"]);
        let lines = stdout(&decided);
        let is_declined = |line: &str| line.contains(": declined");
        assert!(
            lines.lines().count() > 1 && lines.lines().all(is_declined),
            "{lines}"
        );
    }

    project.change(
        "src/lib.rs",
        "QueueRef::from(\"general\")",
        "QueueRef::from(\"care\")",
    );
    for verb in ["build", "test"] {
        let output = run(&[verb, "care", "--offline"]);
        assert_eq!(output.status.code(), Some(3), "{verb}");
        let message = stderr(&output);
        for part in [
            "out of date",
            "/properties/queue/default",
            "--update-schema",
        ] {
            assert!(message.contains(part), "{verb}: {part} is not in {message}");
        }
    }
    let updated = run(&["build", "care", "--offline", "--update-schema"]);
    assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
    let tested = run(&["test", "care", "--offline", "-v"]);
    assert_eq!(
        tested.status.code(),
        Some(0),
        "{}{}",
        stdout(&tested),
        stderr(&tested)
    );
    assert!(
        stdout(&tested).contains("ok      care/cases/tone"),
        "{}",
        stdout(&tested)
    );

    std::fs::remove_file(project.path("settings.schema.json")).expect("removed");
    let output = run(&["build", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("settings.schema.json does not exist"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_company_file_whose_pack_has_an_outdated_schema_is_rejected() {
    const NORTHWIND: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n";
    let project = Project::of_stages("route");
    let config = project.write_server_settings();
    project.write("northwind.toml", NORTHWIND);
    project.change(
        "src/lib.rs",
        "QueueRef::from(\"general\")",
        "QueueRef::from(\"care\")",
    );
    let server = TestServer::start(&config);
    let with_pack =
        "[pipeline]\nroute = [\"care\"]\n[plugin.care]\npack = \"care\"\n[queue.care]\n";
    project.write("northwind.toml", &format!("{NORTHWIND}{with_pack}"));
    let apply = ["apply", "northwind.toml", "--offline"];
    let keep = ["apply", "northwind.toml", "--offline", "--keep-only"];
    let shadow = ["shadow", "2", "--company", "northwind"];
    let refuse = |command: &[&str]| {
        let printed = joined(&project.run(command), 1);
        for part in [
            "northwind.toml:7:8",
            "is out of date: /properties/queue/default is \"general\" in the file and \"care\" in the settings type",
            "write it again with `patchbay build",
            "--update-schema`",
        ] {
            assert!(
                printed.contains(part),
                "{command:?}: {part} is not in {printed}"
            );
        }
    };
    refuse(&apply);
    // A shadow run needs a stored generation, and none is stored.
    refuse(&keep);
    let none = joined(&project.run(&shadow), 1);
    assert!(none.contains("no generation 2"), "{none}");
    refuse(&["serve", "--check", "--offline"]);

    joined(
        &project.run(&["build", "care", "--offline", "--update-schema"]),
        0,
    );
    joined(&project.run(&keep), 0);
    joined(&project.run(&shadow), 0);
    drop(server);
}

#[test]
fn a_component_without_a_decision_and_a_misspelt_case_are_named() {
    let project = Project::of_stages("tone");
    let run = |arguments: &[&str]| project.run(arguments);
    for name in ["LOUD.JSON", "quiet.json5"] {
        let copy = project.path(&format!("cases/tone/{name}"));
        std::fs::copy(project.path("cases/tone/shouting.json"), copy).expect("copied");
    }
    let output = run(&["test", "care", "--offline"]);
    let printed = stdout(&output);
    assert_eq!(printed.lines().last(), Some("2 passed, 0 failed"));
    let warned = stderr(&output);
    assert!(
        warned.contains("quiet.json5 is not a test case"),
        "{warned}"
    );
    project.change("cases/tone/shouting.json", "\"verdict\"", "\"verdct\"");
    let output = run(&["test", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let printed = stdout(&output);
    assert!(printed.contains("did you mean \"verdict\""), "{printed}");

    project.change("src/lib.rs", "export!(Care: tone);", "");
    let output = run(&["build", "care", "--offline"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stderr(&output).contains("exports no decision"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn schemas_are_printed_by_name() {
    for name in ["company", "pack", "case", "decision"] {
        let output = patchbay(&["schema", name]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(schema["type"], "object", "{name}");
    }
    let unknown = patchbay(&["schema", "compny"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("company, pack, case, decision"));
}

/// A program in place of rustc that has the target once the file `added` is there, one in
/// place of rustup that adds it, and one in place of cargo that fails.
fn toolchain_without_target(place: &std::path::Path) -> [(&'static str, String); 3] {
    use std::os::unix::fs::PermissionsExt;
    let shown = place.display();
    let programs = [
        (
            "RUSTC",
            format!("test -e {shown}/added && echo {shown} || echo {shown}/none"),
        ),
        ("RUSTUP", format!("echo \"$@\" >> {shown}/added")),
        (
            "CARGO",
            "echo 'error: cargo was called' >&2; exit 101".to_owned(),
        ),
    ];
    programs.map(|(name, script)| {
        let path = place.join(name.to_lowercase());
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("executable");
        (name, path.display().to_string())
    })
}

#[test]
fn a_build_adds_the_target_that_the_toolchain_lacks() {
    let project = Project::of_stages("classify");
    let place = tempfile::tempdir().expect("a place");
    let programs = toolchain_without_target(place.path());
    let programs = programs
        .each_ref()
        .map(|(name, path)| (*name, path.as_str()));
    let directory = project.path("");
    let build = |flags: &[&str], code: i32| {
        let arguments = [&["build", "."], flags].concat();
        joined(
            &patchbay_with_environment(&directory, &programs, &arguments),
            code,
        )
    };
    let offline = build(&["--offline"], 4);
    assert!(
        offline.contains("rustup target add wasm32-wasip2"),
        "{offline}"
    );
    assert!(!place.path().join("added").exists());
    let online = build(&[], 3);
    assert!(!online.contains("cannot compile for"), "{online}");
    let added = std::fs::read_to_string(place.path().join("added")).expect("rustup ran");
    assert_eq!(added, "target add wasm32-wasip2\n");
}
