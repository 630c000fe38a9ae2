//! Shadow runs and canaries from the command line.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::command::{patchbay, stderr, stdout};
use crate::decisions::{Place, company, document, heard};
use crate::test_server::TestServer;

fn ask(place: &Place, verb: &str, rest: &[&str]) -> Output {
    let own = [verb, "--config", &place.config, "--company", "northwind"];
    patchbay(&[&own[..], rest].concat())
}

/// What is said of it, which must end with a code.
fn said(output: &Output, code: i32) -> String {
    let all = format!("{}{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{all}");
    all
}

#[test]
fn a_generation_runs_as_a_shadow_then_as_a_canary_across_a_kill_and_is_promoted() {
    let place = Place::new(&[("northwind", "", "")]);
    let without_server = said(&ask(&place, "shadow", &["2"]), 4);
    assert!(
        without_server.contains("patchbay serve"),
        "{without_server}"
    );
    let server = TestServer::start(Path::new(&place.config));
    let text = company("northwind", "", "", "Northwind");
    let text = text.replace("[queue.fraud]\n", "[queue.fraud]\npriority = 40\n");
    let next = place.path("next.toml");
    std::fs::write(&next, text).expect("written");
    let next = next.to_str().expect("UTF-8");
    let kept = patchbay(&["apply", next, "--config", &place.config, "--keep-only"]);
    said(&kept, 0);

    said(&ask(&place, "shadow", &["report"]), 1);
    said(&ask(&place, "shadow", &["2", "--sample", "5"]), 2);
    said(&ask(&place, "shadow", &["9"]), 1);
    let begun = said(&ask(&place, "shadow", &["2", "--sample", "100%"]), 0);
    assert!(begun.contains("beside generation 1 in 100%"), "{begun}");
    let wrong = said(&ask(&place, "canary", &["report"]), 1);
    assert!(wrong.contains("as a shadow"), "{wrong}");
    let message = heard("1", "Where is my parcel?");
    let (status, _) = server.send("POST", "interactions", &message);
    assert_eq!(status, 202);
    let report = loop {
        let report = document(&ask(&place, "shadow", &["report", "--json"]), 0);
        if report["compared"]["decisions"].as_u64() >= Some(1) {
            break report;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(
        report["compared"]["agreed"],
        report["compared"]["decisions"]
    );
    let shown = said(&ask(&place, "shadow", &["report"]), 0);
    assert!(shown.contains("the same 1 (100.0%)"), "{shown}");

    let begun = ["2", "--share", "40%", "--max-p99", "off", "--by", "eva"];
    let begun = said(&ask(&place, "canary", &begun), 0);
    assert!(begun.contains("decides for 40%"), "{begun}");
    let more = said(
        &ask(&place, "canary", &["2", "--share", "45%", "--after", "9"]),
        0,
    );
    assert!(more.contains("decides for 45%"), "{more}");
    // Killed: nothing is finished, nothing flushed.
    drop(server);
    let _server = TestServer::start(Path::new(&place.config));
    let report = document(&ask(&place, "canary", &["report", "--json"]), 0);
    assert_eq!(
        (&report["share"], &report["by"]),
        (&"45%".into(), &"operator".into())
    );
    assert_eq!(
        report["bounds"]["p99"],
        Value::Null,
        "limits that are not given keep their value"
    );
    assert_eq!(report["bounds"]["after"], 9);
    let status = patchbay(&["status", "--config", &place.config]);
    let status = said(&status, 0);
    assert!(status.contains("generation 2, canary of 45%"), "{status}");
    let planned = said(&ask(&place, "canary", &["promote", "--dry-run"]), 0);
    assert!(
        planned.contains("generation 2 would replace generation 1"),
        "{planned}"
    );
    let promoted = said(&ask(&place, "canary", &["promote"]), 0);
    assert!(promoted.contains("generation 2 is active"), "{promoted}");
    said(&ask(&place, "canary", &["abort", "--reason", "late"]), 1);
}

#[test]
fn a_canary_that_the_host_aborts_is_in_its_report_and_in_the_status() {
    let place = Place::new(&[("northwind", "", "")]);
    let server = TestServer::start(Path::new(&place.config));
    let status = || {
        let check = ["status", "--check", "--config", &place.config];
        patchbay(&check)
    };
    said(&status(), 0);
    let failing = company("northwind", "", "limits = { output = \"1B\" }", "Northwind");
    let next = place.path("next.toml");
    std::fs::write(&next, failing).expect("written");
    let next = next.to_str().expect("UTF-8");
    let kept = patchbay(&["apply", next, "--config", &place.config, "--keep-only"]);
    said(&kept, 0);
    let begun = ["2", "--share", "90%", "--after", "5", "--max-p99", "off"];
    said(&ask(&place, "canary", &begun), 0);
    let mut sent = 0;
    while server.send("GET", "rollout", "").0 == 200 {
        let id = sent.to_string();
        // Each customer has a conversation, which the share includes or not.
        let message = heard(&id, "Where is my parcel?").replace("josephine", &format!("jo-{id}"));
        assert_eq!(server.send("POST", "interactions", &message).0, 202);
        sent += 1;
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let report = document(&ask(&place, "canary", &["report", "--json"]), 0);
    assert_eq!(report["because"], "bound-exceeded", "{report}");
    let (decisions, failed) = (&report["counts"]["decisions"], &report["counts"]["failed"]);
    assert!(decisions.as_u64() >= Some(5), "{report}");
    assert!(failed.as_u64() >= Some(5), "{report}");
    let shown = said(&ask(&place, "canary", &["report"]), 0);
    for words in [
        "the last was the canary of generation 2 for 90%".to_owned(),
        "by the host: bound-exceeded (generation 1 was active)".to_owned(),
        "reason     a policy failed in ".to_owned(),
        format!("candidate  {decisions} decisions, {failed} failed"),
    ] {
        assert!(shown.contains(&words), "{words:?} is not in\n{shown}");
    }
    let unhealthy = said(&status(), 1);
    assert!(unhealthy.contains("canary"), "{unhealthy}");
}
