//! Operations on a running server: bypass, drain, requeue; and restoring a backup.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{patchbay, root, stderr, stdout};
use crate::test_server::TestServer;

/// A channel's gateway: what it was given, and whether it takes anything.
struct Sink {
    url: String,
    given: Arc<Mutex<Vec<(String, String)>>>,
    takes: Arc<AtomicBool>,
}

impl Sink {
    fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        let given = Arc::new(Mutex::new(Vec::new()));
        let takes = Arc::new(AtomicBool::new(true));
        let (taking, willing) = (Arc::clone(&given), Arc::clone(&takes));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let (head, body) = request(&mut stream);
                let key = head
                    .lines()
                    .find_map(|line| line.strip_prefix("webhook-id: "));
                let status = match willing.load(Ordering::SeqCst) {
                    true => {
                        let key = key.unwrap_or_default().to_owned();
                        taking.lock().expect("no panic").push((key, body));
                        "204 No Content"
                    }
                    false => "503 Service Unavailable",
                };
                let _ = write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
            }
        });
        Sink { url, given, takes }
    }

    fn given(&self) -> Vec<(String, String)> {
        self.given.lock().expect("no panic").clone()
    }
}

fn request(stream: &mut std::net::TcpStream) -> (String, String) {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    loop {
        let read = stream.read(&mut bytes).expect("a request");
        text += std::str::from_utf8(&bytes[..read]).expect("UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if Some(body.len()) == length || read == 0 {
            return (head.to_lowercase(), body.to_owned());
        }
    }
}

/// A server's settings and one company, whose replies go to a sink.
struct Place {
    directory: TempDir,
    config: String,
    sink: Sink,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().expect("a place");
        let packs = root().join("plugins").canonicalize().expect("there");
        let sink = Sink::start();
        let company = format!(
            "company = \"northwind\"\npublish = \"sink\"\n[pipeline]\nclassify = [\"care\"]\nroute = [\"care\"]\ntone = [\"care\"]\n[plugin.care]\npack = \"social-care\"\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\"] }}\nsettings = {{ brand = \"Northwind\" }}\n[queue.general]\ndefault = true\n[target.sink]\nwebhook = {{ url = {:?} }}\n[record]\ntranscripts = \"all\"\n",
            sink.url
        );
        std::fs::write(directory.path().join("northwind.toml"), company).expect("written");
        let settings = format!(
            "companies = [\"northwind.toml\"]\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n[egress]\nallow = [\"127.0.0.0/8\"]\n"
        );
        let config = directory.path().join("patchbay.toml");
        std::fs::write(&config, settings).expect("written");
        Place {
            config: config.to_str().expect("UTF-8").to_owned(),
            directory,
            sink,
        }
    }

    fn start(&self) -> TestServer {
        TestServer::start(Path::new(&self.config))
    }

    fn path(&self, name: &str) -> String {
        let path = self.directory.path().join(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    /// A verb about northwind.
    fn about(&self, verb: &str, rest: &[&str]) -> Output {
        let own = [verb, "--config", &self.config, "--company", "northwind"];
        patchbay(&[&own[..], rest].concat())
    }

    fn of_host(&self, rest: &[&str]) -> Output {
        let (verb, rest) = rest.split_first().expect("a verb");
        patchbay(&[&[*verb, "--config", &self.config], rest].concat())
    }
}

#[track_caller]
fn document(output: &Output, code: i32) -> Value {
    ended(output, code);
    serde_json::from_str(&stdout(output)).expect("JSON")
}

#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    let said = stdout(output) + &stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: not within a minute");
}

fn hear(server: &TestServer, id: &str) -> u16 {
    let said = json!({"id": id, "channel": "chat", "text": "Where is my order?",
        "author": {"address": format!("@{id}")}});
    server.send("POST", "interactions", &said.to_string()).0
}

/// The one conversation of a customer, once it is decided about.
fn conversation(server: &TestServer, wanted: usize) -> Vec<String> {
    let open = || {
        let (_, open) = server.send("GET", "conversations", "");
        let all = open["conversations"].as_array().expect("a list").clone();
        let ids = all.iter().filter_map(|one| one["id"].as_str());
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("conversations", || open().len() == wanted);
    open()
}

fn reply(server: &TestServer, conversation: &str, id: &str) -> Value {
    let reply = json!({"by": "eva", "role": "supervisor", "id": id, "then": "stay",
        "text": "Your order is on its way, and here by Friday."});
    let path = format!("conversations/{conversation}/replies");
    let (status, answer) = server.send("POST", &path, &reply.to_string());
    assert_eq!(status, 200, "{answer}");
    answer["reply"]["status"].clone()
}

#[test]
fn a_bypass_is_listed_explained_and_lifted_and_survives_a_restart() {
    let place = Place::new();
    {
        let server = place.start();
        for (wrong, code) in [
            (&["nobody"][..], 1),
            (&["escalate"], 1),
            (&["tone", "--for", "25h"], 1),
            (&["tone", "--for", "soon"], 2),
            (&[], 2),
            (&["lift", "tone"], 1),
        ] {
            ended(&place.about("bypass", wrong), code);
        }
        let made = place.about(
            "bypass",
            &[
                "tone",
                "--for",
                "30m",
                "--reason",
                "holds everything",
                "--json",
            ],
        );
        assert_eq!(document(&made, 0)["stage"], "tone");
        assert_eq!(hear(&server, "1"), 202);
        let id = conversation(&server, 1).remove(0);
        assert_eq!(reply(&server, &id, "r1"), "held");
    }
    let server = place.start();
    let list = ended(&place.about("bypass", &["list"]), 0);
    assert!(
        list.contains("stage tone") && list.contains("holds everything"),
        "{list}"
    );
    let decisions = document(
        &place.about("decisions", &["list", "--stage", "tone", "--json"]),
        0,
    );
    let decision = decisions["decisions"][0]["id"].to_string();
    assert_eq!(decisions["decisions"][0]["outcome"], "bypassed");
    let told = ended(&place.about("decisions", &["explain", &decision]), 0);
    assert!(
        told.contains("Not called: bypassed: stage tone is bypassed until"),
        "{told}"
    );
    assert!(told.contains("held the draft for approval"), "{told}");
    let replayed = place.about("replay", &[&decision]);
    assert_eq!(
        replayed.status.code(),
        Some(0),
        "{}{}",
        stdout(&replayed),
        stderr(&replayed)
    );
    let (_, alerts) = server.send("GET", "alerts", "");
    assert!(alerts.to_string().contains("bypassed"), "{alerts}");
    ended(&place.about("bypass", &["lift", "tone"]), 0);
    assert!(ended(&place.about("bypass", &["list"]), 0).contains("no active bypass"));
    let id = conversation(&server, 1).remove(0);
    assert_eq!(reply(&server, &id, "r2"), "published");
    let audit = ended(
        &place.of_host(&["audit", "list", "--company", "northwind"]),
        0,
    );
    for act in ["bypass.ordered", "bypass.lifted"] {
        assert!(audit.contains(act), "{act} in {audit}");
    }
}

#[test]
fn a_company_drains_until_undone_and_the_host_until_it_restarts() {
    let place = Place::new();
    {
        let server = place.start();
        assert_eq!(hear(&server, "1"), 202);
        let drained = document(
            &place.of_host(&["drain", "--reason", "upgrade", "--json"]),
            0,
        );
        assert_eq!(
            (&drained["draining"], &drained["undecided"]),
            (&json!(true), &json!(0))
        );
        assert_eq!(hear(&server, "2"), 503);
        let decide = r#"{"interaction":{"id":"1","channel":"x","text":"Hello"}}"#;
        assert_eq!(server.send("POST", "decide", decide).0, 503);
        let id = conversation(&server, 1).remove(0);
        assert_eq!(
            reply(&server, &id, "r1"),
            "published",
            "agents continue to work"
        );
        ended(&place.of_host(&["drain", "--undo", "--status"]), 2);
        ended(&place.of_host(&["drain"]), 0);
    }
    let server = place.start();
    assert_eq!(
        hear(&server, "2"),
        202,
        "a restart ends the drain of the host"
    );
    ended(&place.about("drain", &[]), 0);
    assert_eq!(hear(&server, "3"), 503);
    drop(server);
    let server = place.start();
    assert_eq!(
        hear(&server, "3"),
        503,
        "a restart does not end the drain of a company"
    );
    let undone = document(&place.about("drain", &["--undo", "--json"]), 0);
    assert_eq!(undone["draining"], false);
    assert_eq!(hear(&server, "3"), 202);
    let own = ["drain", "--config", &place.config, "--company", "nobody"];
    ended(&patchbay(&own), 1);
}

#[test]
fn alerts_are_listed_for_a_person_and_as_json() {
    let place = Place::new();
    let _server = place.start();
    assert!(ended(&place.of_host(&["alerts"]), 0).contains("nothing needs attention"));
    assert_eq!(
        document(&place.of_host(&["alerts", "--json"]), 0)["alerts"],
        json!([])
    );
    ended(&place.about("drain", &["--reason", "upgrade"]), 0);
    for shown in [
        ended(&place.of_host(&["alerts"]), 1),
        ended(&place.about("alerts", &[]), 1),
    ] {
        let lines: Vec<&str> = shown.lines().collect();
        assert!(
            lines[0].starts_with("notice ") && lines[0].contains("northwind: "),
            "{shown}"
        );
        assert!(
            lines[1].contains("`patchbay drain --undo` ends it"),
            "{shown}"
        );
        assert_eq!(lines.len(), 2, "{shown}");
    }
    let listed = document(&place.about("alerts", &["--json"]), 1);
    let alert = &listed["alerts"][0];
    assert_eq!(alert["kind"], "draining", "{listed}");
    assert_eq!(alert["severity"], "notice");
    assert_eq!(alert["company"], "northwind");
    assert!(
        alert["since"].is_string() && alert["what"].is_string(),
        "{listed}"
    );
    ended(&place.about("drain", &["--undo"]), 0);
    assert!(ended(&place.about("alerts", &[]), 0).contains("nothing needs attention"));
}

#[test]
fn agents_are_listed_for_a_person_and_as_json() {
    let place = Place::new();
    let server = place.start();
    let none = ended(&place.about("agents", &["list"]), 0);
    assert!(none.contains("northwind has no agents"), "{none}");
    let file = place.path("agents.jsonl");
    let agents = "{\"id\": \"ana\", \"capacity\": 50}\n{\"id\": \"ben\"}\n";
    std::fs::write(&file, agents).expect("written");
    ended(&place.about("agents", &["import", &file]), 0);
    let presence = json!({"presence": "available"}).to_string();
    assert_eq!(server.send("PUT", "agents/ana/presence", &presence).0, 200);
    let shown = ended(&place.about("agents", &["list"]), 0);
    let rows: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec!["agent", "presence", "load"],
            vec!["ana", "available", "0", "of", "50", "units"],
            vec!["ben", "offline", "0", "of", "100", "units"],
        ],
        "{shown}"
    );
    let listed = document(&place.about("agents", &["list", "--json"]), 0);
    let agents = listed["agents"].as_array().expect("a list");
    assert_eq!(agents.len(), 2, "{listed}");
    assert_eq!(agents[0]["id"], "ana", "{listed}");
    assert_eq!(agents[0]["presence"], "available", "{listed}");
    assert_eq!(agents[1]["presence"], "offline", "{listed}");
}

#[test]
fn an_agent_whose_offer_timed_out_is_listed_as_not_responding() {
    let place = Place::new();
    let file = place.path("northwind.toml");
    let mut text = std::fs::read_to_string(&file).expect("there");
    text += "[desk]\noffer-timeout = \"1s\"\n";
    std::fs::write(&file, text).expect("written");
    let server = place.start();
    let available = json!({"presence": "available"}).to_string();
    server.send("PUT", "agents/ana", "{}");
    assert_eq!(server.send("PUT", "agents/ana/presence", &available).0, 200);
    assert_eq!(hear(&server, "1"), 202);
    let listed = || ended(&place.about("agents", &["list"]), 0);
    eventually("an offer that times out", || {
        listed().contains("available, not responding")
    });
    let as_json = document(&place.about("agents", &["list", "--json"]), 0);
    assert_eq!(as_json["agents"][0]["not_responding"], true, "{as_json}");
    assert_eq!(server.send("PUT", "agents/ana/presence", &available).0, 200);
    let back = listed();
    assert!(
        back.contains("available") && !back.contains("not responding"),
        "{back}"
    );
}

#[test]
fn conversations_are_listed_shown_and_requeued() {
    let place = Place::new();
    let server = place.start();
    for id in ["1", "2", "3"] {
        assert_eq!(hear(&server, id), 202);
    }
    let all = conversation(&server, 3);
    server.send("PUT", "agents/ana", "{}");
    for id in &all[..2] {
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": "ana"});
        let path = format!("conversations/{id}/actions");
        let (status, answer) = server.send("POST", &path, &assign.to_string());
        assert_eq!(status, 200, "{answer}");
    }
    let of_ana = &["list", "--agent", "ana", "--json"];
    let held = document(&place.about("conversations", of_ana), 0);
    assert_eq!(held["conversations"].as_array().map(Vec::len), Some(2));
    let shown = ended(&place.about("conversations", &["show", &all[0]]), 0);
    assert!(
        shown.contains("assigned") && !shown.contains("order"),
        "{shown}"
    );

    let requeue = |rest: &[&str]| place.about("conversations", &[&["requeue"], rest].concat());
    let dry = document(
        &requeue(&["--agent", "ana", "--all", "--dry-run", "--json"]),
        0,
    );
    assert_eq!(
        (&dry["requeued"], &dry["dry_run"]),
        (&json!(2), &json!(true))
    );
    let held = document(&place.about("conversations", of_ana), 0);
    assert_eq!(
        held["conversations"].as_array().map(Vec::len),
        Some(2),
        "a dry run"
    );
    let done = document(&requeue(&["--agent", "ana", "--all", "--json"]), 0);
    assert_eq!(done["requeued"], 2);
    for one in done["conversations"].as_array().expect("a list") {
        assert_eq!(
            (&one["from"], &one["agent"]),
            (&json!("active"), &json!("ana")),
            "{one}"
        );
        assert_eq!(
            (&one["state"], &one["queue"]),
            (&json!("queued"), &json!("general")),
            "{one}"
        );
    }
    let held = document(&place.about("conversations", of_ana), 0);
    assert_eq!(held["conversations"], json!([]));
    let waiting = document(&requeue(&["--queue", "general", "--all", "--json"]), 0);
    assert_eq!(waiting["requeued"], 3, "all that wait in the queue");

    let unknown = "0".repeat(32);
    let some = document(&requeue(&[&all[2], &unknown, "--json"]), 1);
    assert_eq!(
        (&some["requeued"], &some["refused"]),
        (&json!(1), &json!(1))
    );
    ended(&requeue(&["--all"]), 2);
    ended(&requeue(&[]), 2);
    ended(&requeue(&["no-id"]), 1);
    let audit = ended(
        &place.of_host(&["audit", "list", "--company", "northwind"]),
        0,
    );
    assert!(audit.contains("conversations.requeued"), "{audit}");
}

#[test]
fn after_a_restore_deliveries_are_sent_again_with_the_same_keys() {
    let place = Place::new();
    let backup = place.path("monday.db");
    let mut key = String::new();
    {
        let server = place.start();
        assert_eq!(hear(&server, "1"), 202);
        let id = conversation(&server, 1).remove(0);
        reply(&server, &id, "r1");
        let done = || server.send("GET", "outbox?state=done", "").1;
        let sent = |wanted| done()["items"].as_array().map(Vec::len) == Some(wanted);
        eventually("the first reply", || sent(1));
        // The second one waits while the backup is taken.
        place.sink.takes.store(false, Ordering::SeqCst);
        reply(&server, &id, "r2");
        ended(&place.of_host(&["journal", "backup", &backup]), 0);
        let waiting = server.send("GET", "outbox?state=waiting", "").1;
        waiting["items"][0]["key"]
            .as_str()
            .expect("a key")
            .clone_into(&mut key);
        place.sink.takes.store(true, Ordering::SeqCst);
        // Retry at once, unless it was delivered meanwhile.
        let _ = place.about("outbox", &["retry", &key]);
        eventually("the second reply", || sent(2));
        assert_eq!(hear(&server, "2"), 202);
        conversation(&server, 2);
        let refused = ended(
            &place.of_host(&["journal", "restore", &backup, "--force"]),
            4,
        );
        assert!(refused.contains("in use"), "{refused}");
    }
    assert_eq!(place.sink.given().len(), 2);
    let refused = ended(&place.of_host(&["journal", "restore", &backup]), 1);
    assert!(refused.contains("--force"), "{refused}");
    let text = place.path("patchbay.toml");
    ended(&place.of_host(&["journal", "restore", &text, "--force"]), 1);
    let restored = place.of_host(&["journal", "restore", &backup, "--force", "--json"]);
    let restored = document(&restored, 0);
    assert_eq!(restored["newest"], 1);
    let aside = restored["set_aside"].as_str().expect("a path");
    assert!(Path::new(aside).exists());

    let server = place.start();
    // The restored journal has no record of this delivery, so it is sent again.
    let _ = place.about("outbox", &["retry", &key]);
    eventually("the second reply again", || place.sink.given().len() == 3);
    assert_eq!(conversation(&server, 1).len(), 1);
    assert_eq!(
        hear(&server, "2"),
        202,
        "the restored journal accepts it as new"
    );
    let id = &conversation(&server, 2)[0];
    reply(&server, id, "r3");
    eventually("the third reply", || place.sink.given().len() == 4);
    let given = place.sink.given();
    assert_eq!(given[1], given[2], "the same key and the same bytes");
    let keys: BTreeSet<&str> = given.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), 3, "{given:?}");
    let checked = document(&place.of_host(&["journal", "check", "--json"]), 0);
    assert_eq!(checked["sound"], true);
    let audit = ended(&place.of_host(&["audit", "list"]), 0);
    assert!(audit.contains("journal.restored"), "{audit}");
}
