//! Errors and messages for what a new operator mistypes or leaves out, with and
//! without a server.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{patchbay, patchbay_with, stderr, stdout};
use crate::test_server::TestServer;

const NORTHWIND: &str = "company = \"northwind\"\n[queue.general]\ndefault = true\n[queue.tax]\n";

/// A server's settings and a company without policies.
struct Place {
    directory: TempDir,
    config: String,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().expect("a place");
        std::fs::write(directory.path().join("northwind.toml"), NORTHWIND).expect("written");
        let settings = "companies = [\"northwind.toml\"]\npacks = []\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"desk.db\"\nkey = \"desk.key\"\n";
        let config = directory.path().join("patchbay.toml");
        std::fs::write(&config, settings).expect("written");
        Place {
            config: config.to_str().expect("UTF-8").to_owned(),
            directory,
        }
    }

    fn start(&self) -> TestServer {
        TestServer::start(Path::new(&self.config))
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Run a command with --config at its end.
    fn run(&self, arguments: &[&str]) -> Output {
        patchbay(&[arguments, &["--config", &self.config]].concat())
    }

    /// The same, about northwind.
    fn about(&self, arguments: &[&str]) -> Output {
        self.run(&[arguments, &["--company", "northwind"]].concat())
    }
}

/// The output of a command that ended with this exit code.
#[track_caller]
fn ended(output: &Output, code: i32) -> String {
    let said = stdout(output) + &stderr(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[track_caller]
fn says(output: &Output, code: i32, words: &[&str]) -> String {
    let said = ended(output, code);
    // Lines are broken where the terminal ends.
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(flat.contains(word), "{word:?} is not in\n{said}");
    }
    said
}

#[test]
fn a_mistyped_company_is_not_created_without_new() {
    let place = Place::new();
    let mistyped = NORTHWIND.replace("northwind", "nrothwind");
    let file = place.write("mistyped.toml", &mistyped);
    let refusals = |place: &Place| {
        let wanted = ["\"nrothwind\"", "did you mean \"northwind\"?", "--new"];
        says(&place.run(&["apply", &file]), 1, &wanted);
        says(&place.run(&["apply", &file, "--keep-only"]), 1, &wanted);
        says(&place.run(&["apply", &file, "--dry-run"]), 1, &wanted);
        let dry = place.run(&["apply", &file, "--dry-run", "--new"]);
        says(&dry, 0, &["nrothwind: would be created with generation 1"]);
        let unknown = ["generations", "list", "--company", "nrothwind"];
        let known = ["did you mean \"northwind\"?", "the companies are northwind"];
        says(&place.run(&unknown), 1, &known);
    };
    {
        let server = place.start();
        refusals(&place);
        let (status, _) = server.send_for("nrothwind", "GET", "queues", "");
        assert_eq!(status, 404);
    }
    refusals(&place);
    let listed = place.run(&["outbox", "list", "--company", "nrothwind"]);
    says(&listed, 1, &["the companies are northwind"]);
    let begun = place.run(&["apply", &file, "--new"]);
    says(&begun, 0, &["nrothwind: created with generation 1, active"]);
    let known = place.run(&["generations", "list", "--company", "nrothwind"]);
    says(&known, 0, &["generation created activated created by"]);
}

#[test]
fn company_config_and_json_may_follow_the_last_subcommand() {
    let place = Place::new();
    let server = place.start();
    for (verb, code) in [
        (&["generations", "list"][..], 0),
        (&["generations", "show", "1"], 0),
        (&["generations", "diff", "1"], 0),
        (&["generations", "activate", "1"], 1),
        (&["rollback"], 1),
        (&["shadow", "report"], 1),
        (&["canary", "report"], 1),
        (&["status"], 0),
        (&["decisions", "list"], 0),
        (&["decisions", "show", "99"], 1),
        (&["bypass", "list"], 0),
        (&["bypass", "lift", "tone"], 1),
        (&["drain", "--status"], 0),
        (&["conversations", "list"], 0),
        (
            &["contacts", "split", "00000000000000000000000000000000"],
            1,
        ),
        (&["agents", "list"], 0),
        (&["outbox", "list"], 0),
        (&["audit", "list"], 0),
    ] {
        let output = place.about(&[verb, &["--json"]].concat());
        ended(&output, code);
        if code == 0 {
            let document: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
            assert!(!document.is_null(), "{verb:?}");
        }
        // They may also precede it.
        let (first, rest) = verb.split_first().expect("a verb");
        if !rest.is_empty() && !["status", "audit"].contains(first) {
            let own = [*first, "--company", "northwind"];
            ended(&place.run(&[&own[..], rest].concat()), code);
        }
    }
    for verb in [
        "generations list",
        "agents list",
        "bypass list",
        "decisions list",
    ] {
        let verb: Vec<&str> = verb.split(' ').collect();
        says(&place.run(&verb), 2, &["add --company NAME"]);
    }
    drop(server);
}

#[test]
fn an_empty_list_has_a_message_and_a_full_one_has_headings() {
    let place = Place::new();
    let server = place.start();
    for (verb, words) in [
        (&["agents", "list"][..], "northwind has no agents"),
        (&["outbox", "list"], "northwind has no failed deliveries"),
        (&["decisions", "list"], "no recorded decision of northwind"),
        (&["conversations", "list"], "no conversation matches"),
        (&["bypass", "list"], "no active bypass"),
        (&["audit", "list"], "the audit trail is empty"),
    ] {
        says(&place.about(verb), 0, &[words]);
    }
    server.send("PUT", "agents/ana", "{}");
    let hello = r#"{"id":"1","channel":"chat","text":"Hello?","author":{"address":"@jo"}}"#;
    server.send("POST", "interactions", hello);
    loop {
        let (_, open) = server.send("GET", "conversations", "");
        if open["conversations"][0]["id"].is_string() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    for (verb, words) in [
        (
            &["agents", "list"][..],
            &["agent presence load", "0 of 100 units"][..],
        ),
        (
            &["conversations", "list"],
            &["conversation state queue agent since"],
        ),
        (&["audit", "list"], &["number at actor action on details"]),
        (&["decisions", "list"], &["decision at about outcome"]),
    ] {
        says(&place.about(verb), 0, words);
    }
    let (_, open) = server.send("GET", "conversations", "");
    let id = open["conversations"][0]["id"].as_str().expect("an id");
    let words = [
        "waits in queue general for an agent",
        "message from the customer",
    ];
    let shown = says(&place.about(&["conversations", "show", id]), 0, &words);
    assert!(!shown.contains("Hello?"), "{shown}");
}

#[test]
fn requeuing_for_an_unknown_agent_or_queue_is_refused_with_suggestions() {
    let place = Place::new();
    let server = place.start();
    server.send("PUT", "agents/ana", "{}");
    let requeue = |rest: &[&str]| {
        let own = ["conversations", "requeue", "--all", "--dry-run"];
        place.about(&[&own[..], rest].concat())
    };
    says(
        &requeue(&["--agent", "anna"]),
        1,
        &["Unknown agent", "the agents are ana"],
    );
    let queues = [
        "Unknown queue",
        "did you mean \"tax\"? the queues are general, tax",
    ];
    says(&requeue(&["--queue", "taxi"]), 1, &queues);
    says(&requeue(&["--agent", "ana"]), 0, &["0 would be requeued"]);
    let listed = place.about(&["conversations", "list", "--agent", "anna"]);
    says(&listed, 1, &["the agents are ana"]);
}

#[test]
fn the_status_of_the_host_names_drained_companies() {
    let place = Place::new();
    let _server = place.start();
    ended(&place.about(&["drain", "--reason", "moves house"]), 0);
    let words = [
        "the host accepts interactions",
        "northwind accepts no interactions",
        "moves house",
        "--undo",
    ];
    says(&place.run(&["drain", "--status"]), 0, &words);
    says(
        &place.run(&["status", "--check"]),
        1,
        &["northwind: draining"],
    );
    ended(&place.about(&["drain", "--undo"]), 0);
    let told = ended(&place.run(&["drain", "--status"]), 0);
    assert!(!told.contains("northwind"), "{told}");
}

#[test]
fn a_missing_file_is_exit_code_4_for_every_command() {
    let place = Place::new();
    let _server = place.start();
    let other = format!("{}.other", place.config);
    for arguments in [
        &["apply", "nowhere.toml"][..],
        &[
            "replay",
            "--since",
            "1h",
            "--with",
            "nowhere.toml",
            "--company",
            "northwind",
        ],
        &[
            "agents",
            "import",
            "nowhere.jsonl",
            "--company",
            "northwind",
        ],
        &["journal", "restore", "nowhere.db", "--to", &other],
        &["status", "--token-file", "nowhere.token"],
    ] {
        says(&place.run(arguments), 4, &["nowhere"]);
    }
    for arguments in [
        &["status", "--config", "nowhere.toml"][..],
        &["serve", "--config", "nowhere.toml"],
        &[
            "generations",
            "list",
            "--company",
            "a",
            "--config",
            "nowhere.toml",
        ],
        &["token", "list", "--config", "nowhere.toml"],
    ] {
        says(&patchbay(arguments), 4, &["nowhere"]);
    }
    let run = ["run", "nowhere.wasm", "--stage", "tone", "nowhere.jsonl"];
    assert_eq!(
        patchbay(&run).status.code(),
        Some(3),
        "a missing pack is a pack error"
    );
}

#[test]
fn messages_say_what_to_do_next() {
    let place = Place::new();
    let server = place.start();
    let backup = place.write("monday.db", "");
    for name in ["", "  "] {
        let file = place.directory.path().join("northwind.toml");
        let file = file.to_str().expect("UTF-8");
        says(
            &place.run(&["apply", file, "--by", name]),
            2,
            &["must not be empty"],
        );
    }
    let agents = place.write(
        "agents.jsonl",
        "{\"id\": \"ana\"}\n\n{\"id\": \"ben\", \"queues\": [\"nowhere\"]}\n",
    );
    let wrong = place.about(&["agents", "import", &agents]);
    says(
        &wrong,
        1,
        &["agents.jsonl:3", "nowhere", "import the file again"],
    );
    let agents = place.write("agents.json", "[{\"id\": \"ana\"},\n {\"id\": 7}]\n");
    let wrong = place.about(&["agents", "import", &agents]);
    says(&wrong, 1, &["agents.json, agent 2"]);
    assert_eq!(server.send("GET", "agents/ana", "").0, 404, "all or none");
    let with_server = place.run(&["journal", "backup", &backup]);
    says(&with_server, 4, &["already exists", "name another file"]);
    drop(server);
    let without = place.run(&["journal", "backup", &backup]);
    says(&without, 4, &["already exists", "name another file"]);
}

#[test]
fn a_rollback_says_which_generation_it_activates_and_why() {
    let place = Place::new();
    let _server = place.start();
    let file = place.write("next.toml", &NORTHWIND.replace("tax", "fraud"));
    ended(&place.run(&["apply", &file]), 0);
    let file = place.write("last.toml", &NORTHWIND.replace("tax", "billing"));
    ended(&place.run(&["apply", &file]), 0);
    ended(&place.about(&["generations", "activate", "2"]), 0);
    let back = place.about(&["rollback"]);
    says(
        &back,
        0,
        &[
            "generation 1 is active",
            "of the generations before 2, 1 was active last",
        ],
    );
    says(
        &place.about(&["rollback"]),
        1,
        &["activate a later one by its number"],
    );
    ended(&place.about(&["rollback", "3"]), 0);
    let stray = place.about(&["generations", "activate", "1", "--move", "biling=general"]);
    says(
        &stray,
        1,
        &["the company has no queue \"biling\"", "billing"],
    );
}

#[test]
fn all_problems_of_a_company_file_are_listed_at_once() {
    let place = Place::new();
    let packs = crate::command::root().join("plugins");
    let packs = packs.canonicalize().expect("there");
    let settings = std::fs::read_to_string(&place.config).expect("there");
    let settings = settings.replace("packs = []", &format!("packs = [{packs:?}]"));
    std::fs::write(&place.config, settings).expect("written");
    let wrong = "company = \"northwind\"\n[pipeline]\ntone = [\"care\", \"vip\"]\n[plugin.care]\npack = \"social-care\"\ngrants = 7\nsettings = { brand = 7, colour = 1 }\n[plugin.other]\npack = \"social-care\"\nsettings = { least-confidence = 2 }\n[queue.general]\ndefault = \"yes\"\n";
    let file = place.write("wrong.toml", wrong);
    let told = place.run(&["apply", &file, "--dry-run"]);
    let words = [
        "invalid type: integer `7`",
        "plugin \"vip\", which is not defined",
        "brand",
        "colour",
        "least-confidence",
        "invalid type: string \"yes\"",
        "which is not granted",
    ];
    let told = says(&told, 1, &words);
    assert!(
        !told.contains("is the default"),
        "a consequence is listed: {told}"
    );
}

#[test]
fn repeating_a_bypass_keeps_its_end_unless_a_span_is_given() {
    let place = Place::new();
    let company = "company = \"northwind\"\n[pipeline]\ntone = [\"care\"]\n[plugin.care]\npack = \"social-care\"\ngrants = { interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\"] }\nsettings = { brand = \"Northwind\" }\n[queue.general]\ndefault = true\n";
    place.write("northwind.toml", company);
    let packs = crate::command::root().join("plugins");
    let packs = packs.canonicalize().expect("there");
    let settings = std::fs::read_to_string(&place.config).expect("there");
    let settings = settings.replace("packs = []", &format!("packs = [{packs:?}]"));
    std::fs::write(&place.config, settings).expect("written");
    let _server = place.start();
    let bypass = |rest: &[&str]| {
        let output = place.about(&[&["bypass", "tone", "--json"], rest].concat());
        let said = ended(&output, 0);
        let made: Value = serde_json::from_str(&said).expect("JSON");
        made["until"].clone()
    };
    let until = bypass(&["--for", "3h"]);
    assert_eq!(bypass(&["--let-through"]), until, "its end does not change");
    assert_ne!(bypass(&["--for", "10m"]), until);
}

#[test]
fn only_a_revoked_token_is_reported_as_revoked() {
    let place = Place::new();
    let create = ["token", "create", "--role", "operator", "--json"];
    let make = || {
        let made: Value = serde_json::from_str(&ended(&place.run(&create), 0)).expect("JSON");
        let text = |name: &str| made[name].as_str().expect("text").to_owned();
        (text("id"), text("secret"))
    };
    let (id, secret) = make();
    let (_, other) = make();
    let _server = place.start();
    let status = ["status", "--config", &place.config];
    let revoke = ["token", "revoke", &id, "--config", &place.config];
    ended(&patchbay_with(&other, &revoke), 0);
    let told = patchbay_with(&secret, &status);
    says(
        &told,
        1,
        &["the token was revoked", "patchbay token create"],
    );
    let unknown = format!("pb_{}", "0".repeat(64));
    says(
        &patchbay_with(&unknown, &status),
        1,
        &["this host has no such token"],
    );
    let none = says(&patchbay(&status), 1, &["PATCHBAY_TOKEN"]);
    assert!(!none.contains("revoked"), "{none}");
}
