//! Lines of the server's log.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::command::{joined, patchbay, stderr};
use crate::decisions::{Place, company};
use crate::project::Project;
use crate::test_server::TestServer;

#[test]
fn a_rollback_is_logged_with_its_company_generations_and_actor() {
    let place = Place::new(&[("northwind", "", "")]);
    let log = place.path("server.log");
    let stderr = Stdio::from(File::create(&log).expect("made"));
    let flags = ["--log-format", "json"];
    let _server = TestServer::with_flags(Path::new(&place.config), stderr, "info", &flags);
    let text = company("northwind", "", "", "Northwind") + "[queue.tax]\n";
    let next = place.path("next.toml");
    std::fs::write(&next, text).expect("written");
    let next = next.to_str().expect("UTF-8");
    let config = ["--config", &place.config];
    joined(&patchbay(&[&["apply", next], &config[..]].concat()), 0);
    let rollback = ["rollback", "--company", "northwind", "--by", "max"];
    joined(&patchbay(&[&rollback[..], &config].concat()), 0);

    let text = std::fs::read_to_string(&log).expect("a log");
    let mut fields = text.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(line["fields"].clone())
    });
    let activated = |fields: &Value| fields["message"] == "generation activated";
    let last = fields.rfind(activated).expect("a line");
    for (field, value) in [
        ("company", Value::from("northwind")),
        ("generation", 1.into()),
        ("before", 2.into()),
        ("by", "max".into()),
        ("because", "rolled-back".into()),
    ] {
        assert_eq!(last[field], value, "{field} of {last}");
    }
}

#[test]
fn lines_of_cargo_are_objects_of_a_log_in_json() {
    let project = Project::of_stages("tone");
    project.write_server_settings();
    project.write("northwind.toml", "company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = \"care\"\n[queue.general]\ndefault = true\n");
    let check = ["serve", "--check", "--log-format", "json", "--offline"];
    let output = project.run(&check);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let log = stderr(&output);
    let mut lines_of_cargo = 0;
    for line in log.lines() {
        let parsed: Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{line:?} is not JSON: {error}"));
        let message = parsed["fields"]["message"].as_str().unwrap_or_default();
        lines_of_cargo += usize::from(message.starts_with("cargo: "));
    }
    assert!(lines_of_cargo > 0, "{log}");
}
