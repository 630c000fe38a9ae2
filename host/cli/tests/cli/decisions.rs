//! Recorded decisions: list, explain, replay and export, with a server and
//! without.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{patchbay, root, stderr, stdout};
use crate::test_server::TestServer;

const LOST_CARD: &str = "Lost my card 4111 1111 1111 1111, help!";

/// A server's settings and companies that differ in what they keep.
pub(crate) struct Place {
    directory: TempDir,
    pub(crate) config: String,
}

impl Place {
    pub(crate) fn new(companies: &[(&str, &str, &str)]) -> Place {
        let directory = tempfile::tempdir().expect("a place");
        let packs = root().join("plugins").canonicalize().expect("there");
        let mut files = Vec::new();
        for (name, record, limits) in companies {
            let file = format!("{name}.toml");
            let text = company(name, record, limits, "Northwind");
            std::fs::write(directory.path().join(&file), text).expect("written");
            files.push(file);
        }
        let settings = format!(
            "companies = {files:?}\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n"
        );
        let config = directory.path().join("patchbay.toml");
        std::fs::write(&config, settings).expect("written");
        Place {
            config: config.to_str().expect("UTF-8").to_owned(),
            directory,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn decisions(&self, company: &str, rest: &[&str]) -> Output {
        let own = ["decisions", "--config", &self.config, "--company", company];
        patchbay(&[&own[..], rest].concat())
    }

    fn replay(&self, rest: &[&str]) -> Output {
        let own = [
            "replay",
            "--config",
            &self.config,
            "--company",
            "northwind",
            "--json",
        ];
        patchbay(&[&own[..], rest].concat())
    }

    /// Decisions of a company, oldest first.
    fn lines(&self, company: &str) -> Vec<Value> {
        let output = self.decisions(company, &["list", "--json"]);
        let mut lines = document(&output, 0)["decisions"]
            .as_array()
            .expect("a list")
            .clone();
        lines.reverse();
        lines
    }
}

pub(crate) fn company(name: &str, record: &str, limits: &str, brand: &str) -> String {
    format!(
        "company = {name:?}\npublish = \"sink\"\n[pipeline]\nclassify = [\"care\"]\nroute = [\"care\"]\ntone = [\"care\"]\nescalate = [\"care\"]\n[plugin.care]\npack = \"social-care\"\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\"] }}\nsettings = {{ brand = {brand:?} }}\n{limits}\n[queue.general]\ndefault = true\nsla = {{ first-response = \"30m\" }}\n[queue.fraud]\n[target.sink]\nwebhook = {{ url = \"https://sink.example/\" }}\n{record}\n"
    )
}

#[track_caller]
pub(crate) fn document(output: &Output, code: i32) -> Value {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        stdout(output),
        stderr(output)
    );
    serde_json::from_str(&stdout(output)).expect("JSON")
}

pub(crate) fn heard(id: &str, text: &str) -> String {
    json!({"id": id, "channel": "x", "text": text, "author": {"address": "@josephine", "name": "Jo Smith", "reach": 120}}).to_string()
}

/// Have a company decide, and wait until it has.
pub(crate) fn decide(server: &TestServer, company: &str, id: &str, text: &str) {
    let (status, answer) = server.send_for(company, "POST", "interactions", &heard(id, text));
    assert_eq!(status, 202, "{answer}");
    loop {
        let (status, answer) = server.send_for(company, "GET", "decisions", "");
        assert_eq!(status, 200, "{answer}");
        if answer["decisions"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
        {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// An agent takes the conversation and answers.
pub(crate) fn answer(server: &TestServer) {
    let (status, answer) = server.send("PUT", "agents/ana", "{}");
    assert_eq!(status, 200, "{answer}");
    let there = r#"{"presence":"available"}"#;
    server.send("PUT", "agents/ana/presence", there);
    let offer = loop {
        let (_, agent) = server.send("GET", "agents/ana", "");
        if let Some(offer) = agent["offers"][0]["id"].as_u64() {
            break offer;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let by = r#"{"by":"ana"}"#;
    server.send("POST", &format!("offers/{offer}/accept"), by);
    let (_, open) = server.send("GET", "conversations", "");
    let conversation = open["conversations"][0]["id"].as_str().expect("an id");
    let reply = r#"{"by":"ana","id":"r1","text":"Sorry to hear that, we have blocked it."}"#;
    let path = format!("conversations/{conversation}/replies");
    let (status, answer) = server.send("POST", &path, reply);
    assert_eq!(status, 200, "{answer}");
}

/// A directory in which `patchbay test` finds these cases of the reference
/// pack.
fn pack_with(place: &Path) -> PathBuf {
    let source = root().join("plugins/social-care");
    let pack = place.join("pack");
    std::fs::create_dir_all(pack.join("cases")).expect("made");
    for file in ["pack.toml", "settings.schema.json"] {
        std::fs::copy(source.join(file), pack.join(file)).expect("copied");
    }
    let built = patchbay(&[
        "build",
        source.to_str().expect("UTF-8"),
        "--output",
        place.join("care.wasm").to_str().expect("UTF-8"),
    ]);
    assert_eq!(built.status.code(), Some(0), "{}", stderr(&built));
    pack
}

#[test]
fn a_recorded_decision_is_explained_replayed_and_exported_as_a_case() {
    let place = Place::new(&[("northwind", "[record]\ntranscripts = \"all\"", "")]);
    let server = TestServer::start(Path::new(&place.config));
    decide(&server, "northwind", "1", LOST_CARD);
    answer(&server);
    let lines = place.lines("northwind");
    let staged = |stage: &str| {
        let with = |line: &&Value| line["stages"].to_string().contains(stage);
        lines
            .iter()
            .find(with)
            .unwrap_or_else(|| panic!("{stage}: {lines:?}"))
    };
    for stage in ["classify", "route", "escalate", "tone"] {
        assert_eq!(staged(stage)["transcript"], "kept", "{lines:?}");
    }
    let first = staged("classify")["id"].to_string();

    let masked = document(&place.decisions("northwind", &["show", &first]), 0);
    for secret in ["4111", "josephine", "Jo Smith"] {
        assert!(!masked.to_string().contains(secret), "{secret} in {masked}");
    }
    assert!(masked.to_string().contains("[payment-card]"), "{masked}");
    let open = document(
        &place.decisions("northwind", &["show", &first, "--unseal"]),
        0,
    );
    assert_eq!(open["texts"]["interaction"]["text"], LOST_CARD);
    let explained = stdout(&place.decisions("northwind", &["explain", &first]));
    for words in [
        "Stage classify: care (social-care",
        "Read: the interaction's text",
        "Answer: ",
        "The host used this answer.",
        "Result: ",
    ] {
        assert!(explained.contains(words), "{words:?} in\n{explained}");
    }
    assert!(!explained.contains("4111"), "{explained}");

    let stages: Vec<String> = lines.iter().map(|line| line["id"].to_string()).collect();
    for id in &stages {
        assert_eq!(
            document(&place.replay(&[id]), 0)["same"],
            1,
            "by the server"
        );
    }
    let pack = pack_with(place.directory.path());
    for id in &stages {
        let case = pack.join(format!("cases/{id}.json"));
        let case = case.to_str().expect("UTF-8");
        let exported = place.decisions("northwind", &["export-case", id, "--output", case]);
        assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    }
    // A replay is one audit entry, however many decisions it reads.
    let acts = || {
        let listed = ["audit", "list", "--config", &place.config, "--json"];
        let acts = document(&patchbay(&listed), 0)["acts"].take();
        let acts = acts.as_array().cloned().unwrap_or_default().into_iter();
        acts.filter(|act| act["act"].to_string().contains("unsealed"))
            .collect::<Vec<_>>()
    };
    let before = acts().len();
    let own_file = place.path("northwind.toml");
    let own_file = own_file.to_str().expect("UTF-8");
    let tried = document(&place.replay(&["--since", "24h", "--with", own_file]), 0);
    // An offer that times out on a busy machine adds a decision.
    assert_eq!(tried["same"], tried["decisions"], "{tried}");
    assert!(
        tried["same"].as_u64() >= Some(stages.len() as u64),
        "{tried}"
    );
    let after = acts();
    assert_eq!(after.len(), before + 1, "{after:?}");
    let act = &after[before];
    assert_eq!(act["act"], "decisions.unsealed");
    assert_eq!(act["details"]["decisions"], tried["decisions"], "{act}");
    // A failed export reads no personal data, so it is not recorded.
    let no_case = place.decisions("northwind", &["export-case", &first, "--plugin", "nobody"]);
    assert_eq!(no_case.status.code(), Some(1), "{}", stdout(&no_case));
    assert_eq!(acts().len(), before + 1);
    drop(server);

    let component = place.path("care.wasm");
    let test = || {
        patchbay(&[
            "test",
            pack.to_str().expect("UTF-8"),
            "--component",
            component.to_str().expect("UTF-8"),
        ])
    };
    let green = test();
    assert_eq!(green.status.code(), Some(0), "{}", stdout(&green));
    let case = pack.join(format!("cases/{first}.json"));
    let mut wrong: Value =
        serde_json::from_slice(&std::fs::read(&case).expect("there")).expect("JSON");
    let by_journal = stdout(&place.decisions("northwind", &["export-case", &first]));
    assert_eq!(
        serde_json::from_str::<Value>(&by_journal).expect("JSON"),
        wrong
    );
    wrong["steps"][0]["expect"]["classification"]["urgency"] = 1.into();
    std::fs::write(&case, wrong.to_string()).expect("written");
    assert_eq!(test().status.code(), Some(1), "another expectation fails");

    // Without a server the command reads the journal: the result is the same.
    let again = document(&place.replay(&["--since", "24h"]), 0);
    let all = &again["decisions"];
    assert!(all.as_u64() >= Some(stages.len() as u64), "{again}");
    assert_eq!(&again["same"], all, "{again}");
    let company_file = place.path("northwind.toml");
    let file = company_file.to_str().expect("UTF-8");
    let tried = document(&place.replay(&["--since", "24h", "--with", file]), 0);
    assert_eq!(&tried["same"], all, "{tried}");

    // A candidate without routing decides differently, and the report lists it.
    let text = std::fs::read_to_string(&company_file).expect("there");
    let other = place.path("other.toml");
    let without = text.replace("route = [\"care\"]", "route = []");
    std::fs::write(&other, without).expect("written");
    let html = place.path("report.html");
    let (other, report) = (
        other.to_str().expect("UTF-8"),
        html.to_str().expect("UTF-8"),
    );
    let options = [
        "--since", "24h", "--with", other, "--html", report, "--jobs", "2",
    ];
    let differs = document(&place.replay(&options), 1);
    assert!(differs["different"].as_u64() > Some(0), "{differs}");
    assert!(differs["fields"].to_string().contains("route"), "{differs}");
    let page = std::fs::read_to_string(&html).expect("written");
    assert!(page.contains("differs") && !page.contains("4111"), "{page}");
    let tolerated = [&options[..], &["--max-differences", "100"]].concat();
    assert_eq!(
        document(&place.replay(&tolerated), 0)["different"],
        differs["different"]
    );

    // Erasing a contact also erases the decisions about them.
    let contact = open["given"]["contact"]["id"].as_str().expect("a contact");
    let erased = patchbay(&[
        "contacts",
        "--config",
        &place.config,
        "--company",
        "northwind",
        "erase",
        contact,
        "--yes",
    ]);
    assert_eq!(erased.status.code(), Some(0), "{}", stderr(&erased));
    let gone = document(&place.replay(&[&first]), 1);
    assert_eq!(gone["not_replayable"], json!({"erased": 1}));
    let told = stdout(&place.decisions("northwind", &["explain", &first]));
    assert!(told.contains("erased"), "{told}");
    let no_case = place.decisions("northwind", &["export-case", &first]);
    assert_eq!(no_case.status.code(), Some(1));
    assert!(stderr(&no_case).contains("erased"), "{}", stderr(&no_case));
}

#[test]
fn transcripts_are_stored_as_the_company_file_says() {
    let small = "[record]\ntranscripts = \"all\"\nlimit = \"4KiB\"";
    let place = Place::new(&[
        ("quiet", "", ""),
        ("failing", "", "limits = { output = \"1B\" }"),
        ("none", "[record]\ntranscripts = \"off\"", ""),
        ("never", "[record]\ntranscripts = { sampled = 0.0 }", ""),
        ("always", "[record]\ntranscripts = { sampled = 1 }", ""),
        ("small", small, ""),
    ]);
    let server = TestServer::start(Path::new(&place.config));
    let long = format!("{LOST_CARD} {}", "It was in the blue bag. ".repeat(200));
    for (company, text, kept) in [
        ("quiet", LOST_CARD, Value::Null),
        ("failing", LOST_CARD, json!("kept")),
        ("none", LOST_CARD, Value::Null),
        ("never", LOST_CARD, Value::Null),
        ("always", LOST_CARD, json!("kept")),
        ("small", &long, json!("not-kept")),
    ] {
        decide(&server, company, "1", text);
        let line = place.lines(company).remove(0);
        assert_eq!(line["transcript"], kept, "{company}: {line}");
        let id = line["id"].to_string();
        let shown = place.decisions(company, &["show", &id]);
        let shown = document(&shown, 0);
        let parts = shown["record"]["stamp"]["plugins"]
            .as_array()
            .expect("parts")
            .clone();
        let has = parts.iter().all(|part| part["transcript"].is_array());
        assert_eq!(has, kept == "kept", "{company}: {shown}");
        // Every record has the outcome, the answer and its reason.
        assert!(shown["record"]["outcome"].is_string());
        if company != "failing" {
            assert!(
                shown["record"]["classification"]["why"].is_string(),
                "{shown}"
            );
        }
    }
    let (_, failed) = server.send_for("failing", "GET", "decisions?outcome=bad-output", "");
    assert_eq!(failed["decisions"].as_array().map(Vec::len), Some(1));
    let status = patchbay(&["journal", "--config", &place.config, "status", "--json"]);
    assert_eq!(document(&status, 0)["decisions_unrecorded"], 1);
}
