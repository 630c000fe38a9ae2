//! Records of people, imported into a journal file and by a running server.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::command::{patchbay, stderr, stdout};
use crate::test_server::TestServer;

/// A company without policies, and the path of its server settings.
fn place() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().expect("a place");
    let company = "company = \"northwind\"\n[queue.general]\ndefault = true\n";
    std::fs::write(place.path().join("northwind.toml"), company).expect("written");
    let config = place.path().join("patchbay.toml");
    let settings = "companies = [\"northwind.toml\"]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"kept/desk.db\"\nkey = \"keys/desk.key\"\n";
    std::fs::write(&config, settings).expect("written");
    (place, config)
}

fn contacts(config: &Path, rest: &[&str]) -> Output {
    let config = config.to_str().expect("UTF-8");
    let northwind = ["contacts", "--config", config, "--company", "northwind"];
    patchbay(&[&northwind[..], rest].concat())
}

fn import(config: &Path, file: &Path, flags: &[&str]) -> Output {
    let file = file.to_str().expect("UTF-8");
    contacts(config, &[&["import", file], flags].concat())
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("JSON")
}

const PEOPLE: &str = "id,verified,address.email,address.sms,attribute.tier
C-1,true,jo@example.org,+41791234567,gold
C-2,,ann@example.org,,silver
C-2,,ben@example.org,,silver
C-3,perhaps,eve@example.org,,
";

#[test]
fn a_file_is_imported_once_by_a_server_or_without_one() {
    let (place, config) = place();
    let file = place.path().join("people.csv");
    std::fs::write(&file, PEOPLE).expect("written");
    let missing = import(&config, &file, &[]);
    assert_eq!(missing.status.code(), Some(4), "there is no journal yet");
    let server = TestServer::start(&config);
    let dry = import(&config, &file, &["--dry-run"]);
    assert!(
        stdout(&dry).contains("2 created, 2 refused (dry run"),
        "{}",
        stdout(&dry)
    );
    let first = import(&config, &file, &["--json"]);
    assert_eq!(first.status.code(), Some(1), "{}", stderr(&first));
    let summary = json(&first);
    assert_eq!(
        (&summary["created"], &summary["refused"]),
        (&2.into(), &2.into())
    );
    let problems = summary["problems"].as_array().expect("a list");
    let found: Vec<_> = problems
        .iter()
        .map(|one| (one["line"].as_u64(), one["code"].as_str()))
        .collect();
    assert_eq!(
        found,
        [(Some(4), Some("id-twice")), (Some(5), Some("invalid"))]
    );
    assert_eq!(summary["links"][0]["line"], 2);
    let said =
        r#"{"id":"1","channel":"sms","text":"Hello?","author":{"address":"0041 79 123 45 67"}}"#;
    assert_eq!(server.send("POST", "interactions", said).0, 202);
    drop(server);
    // The same again, on the file.
    let text = stdout(&import(&config, &file, &[]));
    assert!(
        text.contains("people.csv:4: an earlier row has the same id; keep one row"),
        "{text}"
    );
    assert!(
        text.contains("2 unchanged, 2 refused; nothing was changed"),
        "{text}"
    );
    let ndjson = place.path().join("people.ndjson");
    std::fs::write(&ndjson, "{\"id\": \"C-2\", \"deleted\": true}\n").expect("written");
    let deleted = import(&config, &ndjson, &[]);
    assert_eq!(deleted.status.code(), Some(0), "{}", stderr(&deleted));
    assert_eq!(stdout(&deleted).trim(), "1 deleted");
}

#[test]
fn a_file_of_many_requests_keeps_its_lines() {
    let (place, config) = place();
    let file = place.path().join("people.jsonl");
    let mut lines = String::new();
    for number in 0..2_500 {
        lines += &format!(
            "{{\"id\": \"C-{number}\", \"addresses\": [{{\"channel\": \"x\", \"address\": \"@a{number}\"}}]}}\n"
        );
    }
    // An address of the first request, and a row that is none in the last.
    lines +=
        "{\"id\": \"D\", \"addresses\": [{\"channel\": \"x\", \"address\": \"@A7\"}]}\nnothing\n";
    std::fs::write(&file, lines).expect("written");
    let _server = TestServer::start(&config);
    let summary = json(&import(&config, &file, &["--json"]));
    assert_eq!(
        (&summary["created"], &summary["records"]),
        (&2_500.into(), &2_502.into())
    );
    let problems = summary["problems"].as_array().expect("a list");
    let found: Vec<_> = problems
        .iter()
        .map(|one| (one["line"].as_u64(), one["code"].as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Some(2_501), Some("other-record")),
            (Some(2_502), Some("malformed"))
        ]
    );
}

#[test]
fn what_is_no_file_of_people_is_an_error() {
    let (place, config) = place();
    let _server = TestServer::start(&config);
    let file = place.path().join("people.xlsx");
    let absent = import(&config, &file, &[]);
    assert_eq!(absent.status.code(), Some(4), "{}", stderr(&absent));
    std::fs::write(&file, PEOPLE).expect("written");
    let unknown = import(&config, &file, &[]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        stderr(&unknown).contains("--format csv"),
        "{}",
        stderr(&unknown)
    );
    let given = import(&config, &file, &["--format", "csv", "--json"]);
    assert_eq!(json(&given)["created"], 2);
    let other = import(&config, &file, &["--format", "ndjson", "--json"]);
    assert_eq!(json(&other)["refused"], 5);
    let empty = place.path().join("empty.csv");
    std::fs::write(&empty, "").expect("written");
    let empty = import(&config, &empty, &[]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(stdout(&empty).contains("the first line must name the columns"));
}

#[test]
fn opt_outs_are_recorded_by_hand_and_by_list() {
    let (place, config) = place();
    let server = TestServer::start(&config);
    let opt_out = |rest: &[&str]| contacts(&config, &[&["opt-out"], rest].concat());
    let add = ["add", "sms", "0041 79 123 45 67", "--source", "letter"];
    assert_eq!(stdout(&opt_out(&add)).trim(), "opted out");
    let spelled = ["add", "sms", "+41791234567"];
    assert!(stdout(&opt_out(&spelled)).contains("nothing was changed"));
    let list = place.path().join("stop.csv");
    std::fs::write(
        &list,
        "channel,address,opted_out\nsms,+41791234567,false\nsms,+41791234568,\nsms,,\n",
    )
    .expect("written");
    let list = list.to_str().expect("UTF-8");
    let dry = opt_out(&["import", list, "--dry-run"]);
    assert!(
        stdout(&dry).contains("2 changed, 0 unchanged, 1 refused (dry run"),
        "{}",
        stdout(&dry)
    );
    let done = opt_out(&["import", list]);
    assert_eq!(done.status.code(), Some(1));
    assert!(stdout(&done).contains("stop.csv:4: "), "{}", stdout(&done));
    drop(server);
    let listed = json(&opt_out(&["list", "--json"]));
    let states: Vec<_> = listed["opt_outs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|said| said["opted_out"].as_bool())
        .collect();
    assert_eq!(
        states.iter().filter(|state| **state == Some(true)).count(),
        1
    );
    assert_eq!(states.len(), 2);
    let gone = opt_out(&["remove", "sms", "+41791234568"]);
    assert_eq!(stdout(&gone).trim(), "opted in again");
    assert!(!stdout(&opt_out(&["list"])).contains("41791"));
    for wrong in [
        &["add", "SMS!", "+1"][..],
        &["add", "sms", ""],
        &["add", "sms", "+41791234567", "--purpose", "all"],
        &["add", "sms", "+41791234567", "--at", "yesterday"],
    ] {
        assert_eq!(opt_out(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn an_erasure_on_the_file_says_what_stays_open_and_one_on_the_server_resolves_it() {
    let (_place, config) = place();
    let server = TestServer::start(&config);
    let said = r#"{"id":"1","channel":"x","text":"Hello?","author":{"address":"@jo"}}"#;
    assert_eq!(server.send("POST", "interactions", said).0, 202);
    let contact = server.conversations(1)[0]["contact"].clone();
    let contact = contact.as_str().expect("a contact");
    drop(server);
    let on_file = contacts(&config, &["erase", contact, "--yes"]);
    assert_eq!(on_file.status.code(), Some(0), "{}", stderr(&on_file));
    let open = "still open of this person: 1 conversation; start the server and repeat the command";
    assert!(stdout(&on_file).contains(open), "{}", stdout(&on_file));
    let again = contacts(&config, &["erase", contact, "--yes", "--json"]);
    assert_eq!(json(&again)["open_conversations"], 1);
    let server = TestServer::start(&config);
    let on_server = contacts(&config, &["erase", contact, "--yes"]);
    let shown = stdout(&on_server);
    assert!(
        shown.contains("erased 0 contacts") && !shown.contains("still open"),
        "{shown}"
    );
    let (_, left) = server.send("GET", "conversations", "");
    assert_eq!(left["conversations"], serde_json::json!([]), "{left}");
}
