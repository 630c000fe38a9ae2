//! Status, metrics and log of a running server.

use std::fs::File;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::command::{patchbay, stderr, stdout};
use crate::decisions::{Place, answer, company, decide, document, heard};
use crate::test_server::TestServer;

const TEXT: &str = "Where is my zebra-striped umbrella, ordered last week?";

fn status(place: &Place, rest: &[&str]) -> Output {
    let own = ["status", "--config", &place.config];
    patchbay(&[&own[..], rest].concat())
}

/// The status of one company, once it is as wanted.
fn eventually(place: &Place, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let all = document(&status(place, &["--json", "--company", name]), 0);
        if is_so(&all["companies"][0]) {
            return all;
        }
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn an_open_circuit_breaker_is_in_status_alerts_and_metrics() {
    let place = Place::new(&[
        ("northwind", "", ""),
        ("failing", "", "limits = { output = \"1B\" }"),
    ]);
    let server = TestServer::start(Path::new(&place.config));
    decide(&server, "northwind", "1", TEXT);
    let well = status(&place, &["--company", "northwind", "--check"]);
    assert_eq!(well.status.code(), Some(0), "{}", stderr(&well));
    assert!(stdout(&well).contains("healthy"), "{}", stdout(&well));
    assert!(stdout(&well).contains("generation  1, since"));

    for id in 0..12 {
        // One customer would open the breaker for themselves only.
        let message = heard(&id.to_string(), TEXT).replace("josephine", &format!("jo-{id}"));
        server.send_for("failing", "POST", "interactions", &message);
    }
    let all = eventually(&place, "failing", |company| {
        company["breakers"]
            .as_array()
            .is_some_and(|open| !open.is_empty())
    });
    assert_eq!(all["healthy"], false);
    let stage = &all["companies"][0]["stages"][0];
    assert_eq!(stage["stage"], "classify");
    assert!(
        stage["outcomes"]["bad-output"].as_u64() >= Some(10),
        "{stage}"
    );
    let checked = status(&place, &["--check"]);
    assert_eq!(checked.status.code(), Some(1));
    let said = stdout(&checked);
    assert!(said.contains("breakers    care at classify open"), "{said}");
    assert!(!stdout(&well).contains("breakers"));

    let alert = loop {
        let (_, alerts) = server.send_for("failing", "GET", "alerts", "");
        let alerts = alerts["alerts"].as_array().cloned().unwrap_or_default();
        let found = alerts
            .into_iter()
            .find(|one| one["kind"] == "breaker-opened");
        match found {
            Some(found) => break found,
            None => sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(alert["data"]["plugin"], "care", "{alert}");
    assert_eq!(alert["data"]["outcome"], "bad-output", "{alert}");
    let (_, none) = server.send("GET", "alerts", "");
    assert!(!none.to_string().contains("breaker"), "{none}");

    let page = server.page("/metrics", &[]).1;
    for line in [
        r#"patchbay_breaker_open{company="failing",stage="classify",plugin="care"} 1"#,
        r#"patchbay_breaker_open{company="northwind",stage="classify",plugin="care"} 0"#,
        r#"patchbay_breaker_turns_total{company="failing",generation="1",stage="classify",plugin="care",to="opened"} 1"#,
        r#"patchbay_decisions_total{company="northwind",generation="1",stage="classify",plugin="care",outcome="ok"} 1"#,
        r#"patchbay_phase_seconds_count{stage="classify",phase="commit"}"#,
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }

    let top = [
        "top",
        "--config",
        &place.config,
        "--once",
        "--interval",
        "100ms",
    ];
    let drawn = stdout(&patchbay(&top));
    for expected in [
        "decisions/s",
        "northwind",
        "classify",
        "breakers   care at classify open",
    ] {
        assert!(drawn.contains(expected), "{expected} is not in\n{drawn}");
    }
    let machine = patchbay(&[&top[..], &["--json", "--company", "northwind"]].concat());
    let machine = document(&machine, 0);
    assert_eq!(machine["companies"][0]["company"], "northwind");
    let no_terminal = patchbay(&["top", "--config", &place.config]);
    assert_eq!(no_terminal.status.code(), Some(2));
    assert!(stderr(&no_terminal).contains("--once"));
    let unknown = status(&place, &["--company", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    drop(server);
    let gone = status(&place, &["--check"]);
    assert_eq!(gone.status.code(), Some(4));
}

#[test]
fn a_company_created_while_the_server_runs_has_metrics() {
    let place = Place::new(&[("northwind", "", "")]);
    let server = TestServer::start(Path::new(&place.config));
    let late = place.path("late.toml");
    let small = "[record]\ntranscripts = \"all\"\nlimit = \"4KiB\"";
    std::fs::write(&late, company("late", small, "", "Late")).expect("written");
    let late = late.to_str().expect("UTF-8");
    let applied = patchbay(&[
        "apply",
        "--config",
        &place.config,
        late,
        "--new",
        "--by",
        "eva",
    ]);
    assert_eq!(applied.status.code(), Some(0), "{}", stderr(&applied));
    let long = format!("{TEXT} {}", "It was in the blue bag. ".repeat(200));
    decide(&server, "late", "1", &long);
    let all = eventually(&place, "late", |company| {
        company["desk"]["unrecorded"].as_u64() >= Some(1)
    });
    assert_eq!(all["companies"][0]["generation"], 1);
}

#[test]
fn the_log_names_decisions_and_contains_no_personal_data() {
    let place = Place::new(&[
        ("northwind", "", ""),
        ("failing", "", "limits = { output = \"1B\" }"),
    ]);
    let log = place.path("server.log");
    let file = File::create(&log).expect("made");
    let flags = ["--log-format", "json"];
    let server =
        TestServer::with_flags(Path::new(&place.config), Stdio::from(file), "debug", &flags);
    decide(&server, "northwind", "1", TEXT);
    decide(&server, "failing", "2", TEXT);
    answer(&server);
    server.send(
        "POST",
        "interactions",
        "{\"text\": \"zebra-striped\", broken",
    );
    // What is decided is logged once it is on disk, which is seen from outside first.
    let written = || std::fs::read_to_string(&log).expect("written");
    while !["\"decided\"", "a policy failed"]
        .iter()
        .all(|message| written().contains(message))
    {
        sleep(Duration::from_millis(20));
    }
    drop(server);
    let log = written();
    // The last line may be cut off with the server.
    let lines: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(lines.len() + 1 >= log.lines().count(), "{log}");
    let decided = |line: &&Value| {
        let fields = &line["fields"];
        fields["message"] == "decided" && fields["company"] == "northwind"
    };
    let found = lines.iter().find(decided).expect("a line of the decision");
    let fields = &found["fields"];
    assert_eq!(
        fields["conversation"].as_str().map(str::len),
        Some(32),
        "{found}"
    );
    assert!(fields["decision"].as_u64() > Some(0), "{found}");
    let failed = |line: &&Value| line["fields"]["message"] == "a policy failed";
    let failed = lines.iter().find(failed).expect("a line of the failure");
    for field in [
        "company",
        "conversation",
        "decision",
        "stage",
        "plugin",
        "outcome",
    ] {
        assert!(!failed["fields"][field].is_null(), "{failed}");
    }
    for personal in ["umbrella", "zebra", "josephine", "Jo Smith", "Sorry"] {
        assert!(!log.contains(personal), "{personal} is in the log");
    }
}
