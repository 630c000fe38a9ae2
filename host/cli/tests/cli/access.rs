//! Tokens and the audit trail, by the command line: with a server and without.

use std::fs::File;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{patchbay, patchbay_with, stderr, stdout};
use crate::test_server::TestServer;

/// A server's settings and a company without policies, in a place of their own.
struct Host {
    place: TempDir,
    config: String,
}

impl Host {
    fn new() -> Host {
        let place = tempfile::tempdir().expect("a place");
        let company = "company = \"northwind\"\n[queue.general]\ndefault = true\n";
        std::fs::write(place.path().join("northwind.toml"), company).expect("written");
        let settings = "companies = [\"northwind.toml\"]\npacks = []\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"kept/desk.db\"\nkey = \"keys/desk.key\"\n";
        let config = place.path().join("patchbay.toml");
        std::fs::write(&config, settings).expect("written");
        Host {
            config: config.to_str().expect("UTF-8").to_owned(),
            place,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn at<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend(["--config", &self.config]);
        all
    }

    fn run(&self, arguments: &[&str]) -> Output {
        patchbay(&self.at(arguments))
    }

    fn with(&self, token: &str, arguments: &[&str]) -> Output {
        patchbay_with(token, &self.at(arguments))
    }

    /// Meddle with the journal, behind its back.
    fn meddle(&self, change: &str) {
        let raw = rusqlite::Connection::open(self.path("kept/desk.db")).expect("a database");
        raw.execute_batch(change).expect("changed");
    }
}

#[track_caller]
fn ends(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap_or_default()
}

/// The secret a token was made with: all there is on stdout.
#[track_caller]
fn secret(output: &Output) -> String {
    ends(output, 0);
    let text = stdout(output);
    let secret = text.strip_suffix('\n').expect("a line").to_owned();
    assert!(secret.starts_with("pb_") && secret.len() == 67, "{secret}");
    assert!(!stderr(output).contains(&secret));
    secret
}

/// The status of a request with an Authorization header.
fn status(server: &TestServer, path: &str, authorization: &str) -> u16 {
    let headers = [("authorization", authorization)];
    let shown = usize::from(!authorization.is_empty());
    server.page(path, &headers[..shown]).0
}

#[test]
fn tokens_are_created_used_and_revoked_and_never_logged() {
    let host = Host::new();
    let create = ["token", "create", "--role", "operator"];
    // Before there is a server, and even a journal.
    let olga = secret(&host.run(&[&create[..], &["--name", "olga"]].concat()));
    let (log, server) = {
        let path = host.path("log");
        let log = File::create(&path).expect("a file");
        let config = PathBuf::from(&host.config);
        (path, TestServer::with_log(&config, log.into(), "trace"))
    };
    let refused = host.run(&["token", "list"]);
    ends(&refused, 1);
    assert!(
        stderr(&refused).contains("PATCHBAY_TOKEN"),
        "{}",
        stderr(&refused)
    );
    let list = ends(&host.with(&olga, &["token", "list", "--json"]), 0);
    assert_eq!(list["tokens"][0]["name"], "olga");
    assert_eq!(list["tokens"][0]["created_by"], "command-line");
    let auditor = [
        "--role",
        "auditor",
        "--company",
        "northwind",
        "--expires",
        "30d",
        "--json",
    ];
    let made = ends(
        &host.with(&olga, &[&["token", "create"], &auditor[..]].concat()),
        0,
    );
    assert_eq!(made["company"], "northwind");
    let auditor = made["secret"].as_str().expect("a secret").to_owned();
    let file = host.path("auditor.token");
    std::fs::write(&file, format!("{auditor}\n")).expect("written");
    let file = file.to_str().expect("UTF-8");
    // A file goes before the environment.
    let own = [
        "audit",
        "list",
        "--company",
        "northwind",
        "--json",
        "--token-file",
        file,
    ];
    let acts = ends(&host.with(&olga, &own), 0);
    assert_eq!(acts["acts"][0]["act"], "token.created", "{acts}");
    assert_eq!(acts["acts"][0]["actor_name"], "olga", "{acts}");
    let table = host.with(&olga, &[&own[..4], &own[5..]].concat());
    let table = stdout(&table);
    assert!(table.contains("olga ("), "{table}");
    ends(
        &host.with(&olga, &["audit", "list", "--token-file", file]),
        1,
    );
    for wrong in ["hunter2", "pb_0"] {
        let refused = host.with(wrong, &["token", "list"]);
        ends(&refused, 2);
        assert!(!stderr(&refused).contains(wrong), "{}", stderr(&refused));
    }
    for (header, wanted) in [
        (format!("Bearer {olga}"), 200),
        (format!("Bearer {auditor}"), 403),
        (format!("Basic {olga}"), 401),
        (String::new(), 401),
    ] {
        assert_eq!(status(&server, "/metrics", &header), wanted);
    }
    let query = format!("/metrics?access_token={olga}");
    assert_eq!(status(&server, &query, ""), 401);
    let id = made["id"].as_str().expect("an id");
    for _ in 0..2 {
        let revoked = host.with(&olga, &["token", "revoke", id]);
        ends(&revoked, 0);
    }
    let queues = "/v1/companies/northwind/queues";
    let header = format!("Bearer {auditor}");
    assert_eq!(status(&server, queues, &header), 401);
    let verified = ends(&host.with(&olga, &["audit", "verify", "--json"]), 0);
    assert_eq!(
        (&verified["sound"], &verified["entries"]),
        (&true.into(), &3.into())
    );
    drop(server);
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("/metrics"), "the log has requests: {log}");
    for token in [&olga, &auditor] {
        assert!(!log.contains(&token[3..]), "a token is in the log");
    }
    // Without a server the command opens the journal and needs no token.
    let list = ends(&host.run(&["token", "list", "--json"]), 0);
    assert_eq!(list["tokens"][1]["state"], "revoked");
}

#[test]
fn an_invalid_token_request_is_refused_with_its_reason() {
    let host = Host::new();
    for (arguments, code, says) in [
        (&["--role", "supervisor"][..], 2, "--company"),
        (&["--role", "king"], 2, "integrator, operator, agent"),
        (&["--role", "agent", "--company", "northwind"], 2, "--agent"),
        (&["--role", "auditor", "--agent", "ana"], 2, "--agent"),
        (&["--role", "operator", "--company", "moon"], 1, "northwind"),
        (
            &[
                "--role",
                "agent",
                "--company",
                "northwind",
                "--agent",
                "zoe",
            ],
            1,
            "zoe",
        ),
        (&["--role", "operator", "--expires", "1s"], 2, "--expires"),
        (
            &["--role", "operator", "--expires", "1d", "--never-expires"],
            2,
            "--never-expires",
        ),
        (&["--role", "operator", "--name", " "], 1, "name"),
    ] {
        let refused = host.run(&[&["token", "create"], arguments].concat());
        ends(&refused, code);
        let said = stderr(&refused);
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert_eq!(stdout(&refused), "");
    }
    assert_eq!(
        ends(&host.run(&["token", "list", "--json"]), 0)["tokens"],
        Value::Array(Vec::new())
    );
    let unknown = host.run(&["token", "revoke", "0123456789abcdef0123456789abcdef"]);
    ends(&unknown, 1);
    ends(&host.run(&["token", "revoke", "olga"]), 2);
    ends(&host.run(&["audit", "verify", "--expect", "x"]), 2);
}

#[test]
fn changes_to_the_audit_log_are_found() {
    let host = Host::new();
    for name in ["a", "b", "c", "d"] {
        secret(&host.run(&["token", "create", "--role", "auditor", "--name", name]));
    }
    let verify = |more: &[&str]| host.run(&[&["audit", "verify", "--json"], more].concat());
    let head = ends(&verify(&[]), 0)["head"]
        .as_str()
        .expect("a head")
        .to_owned();
    let kept = ends(&verify(&["--expect", &head]), 0);
    assert_eq!(kept["expected"], 4);
    host.meddle("DELETE FROM audit WHERE number > 2");
    assert_eq!(ends(&verify(&[]), 0)["entries"], 2);
    let missed = host.run(&["audit", "verify", "--expect", &head]);
    ends(&missed, 1);
    assert!(stdout(&missed).contains(&head), "{}", stdout(&missed));
    host.meddle("UPDATE audit SET details = '{\"role\":\"operator\"}' WHERE number = 2");
    let broken = host.run(&["audit", "verify"]);
    ends(&broken, 1);
    let said = stdout(&broken);
    assert!(
        said.contains("entry 2 breaks the hash chain: changed"),
        "{said}"
    );
    let checked = host.run(&["journal", "check"]);
    ends(&checked, 1);
    assert!(
        stdout(&checked).contains("entry 2 of the audit trail"),
        "{}",
        stdout(&checked)
    );
}

#[test]
fn a_note_says_that_an_operator_of_the_whole_host_is_missing() {
    let host = Host::new();
    let create = |role: &str| host.run(&["token", "create", "--role", role]);
    let missing = "needs an operator of the whole host";
    assert!(stderr(&create("auditor")).contains(missing));
    assert!(!stderr(&create("operator")).contains(missing));
    assert!(!stderr(&create("auditor")).contains(missing));
}

#[test]
fn actions_without_a_server_are_in_the_audit_log() {
    let host = Host::new();
    secret(&host.run(&["token", "create", "--role", "operator"]));
    let copy = host.path("copy.db");
    ends(
        &host.run(&["journal", "backup", copy.to_str().expect("UTF-8")]),
        0,
    );
    ends(&host.run(&["journal", "compact", "--older-than", "90d"]), 0);
    let acts = ends(&host.run(&["audit", "list", "--json"]), 0);
    let acts = acts["acts"].as_array().expect("acts");
    let told: Vec<_> = acts
        .iter()
        .map(|act| act["act"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(told, ["token.created", "journal.backup", "journal.compact"]);
    assert!(
        acts.iter().all(|act| act["actor"] == "command-line"),
        "{acts:?}"
    );
}

#[test]
fn a_link_opens_the_console_for_one_person() {
    let host = Host::new();
    let link = [
        "token",
        "link",
        "--company",
        "northwind",
        "--role",
        "supervisor",
    ];
    // The code is in the memory of a server.
    let refused = host.run(&link);
    ends(&refused, 4);
    assert_eq!(stdout(&refused), "");
    let olga = secret(&host.run(&["token", "create", "--role", "operator"]));
    let server = TestServer::start(&PathBuf::from(&host.config));
    let made = host.with(&olga, &[&link[..], &["--name", "max"]].concat());
    ends(&made, 0);
    let address = stdout(&made);
    let code = address
        .split_once("/console/#/sign-in?code=")
        .expect("an address")
        .1
        .trim();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    assert!(!stderr(&made).contains(code));
    // The code is no token.
    let queues = "/v1/companies/northwind/queues";
    assert_eq!(status(&server, queues, &format!("Bearer {code}")), 401);
    let elsewhere = ["--url", "https://care.example/", "--json"];
    let made = ends(&host.with(&olga, &[&link[..], &elsewhere].concat()), 0);
    let url = made["url"].as_str().expect("an address");
    assert!(url.starts_with("https://care.example/console/#/"), "{url}");
    assert_eq!(made["token"]["role"], "supervisor");
    let refused = host.with(&olga, &["token", "link", "--role", "supervisor"]);
    ends(&refused, 1);
    assert!(stderr(&refused).contains("company"), "{}", stderr(&refused));
}
