//! A server process, and what survives when it is killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use patchbay_client::{BlockingClient, ClientOptions, Method};
use serde_json::Value;

use crate::command::{command, patchbay, root, stderr, stdout};

/// A server on a free port, killed when it is dropped.
pub(crate) struct TestServer {
    process: Child,
    client: BlockingClient,
}

impl TestServer {
    pub(crate) fn start(config: &Path) -> TestServer {
        TestServer::with_log(config, Stdio::null(), "error")
    }

    /// Start with a log of some level.
    pub(crate) fn with_log(config: &Path, log: Stdio, level: &str) -> TestServer {
        TestServer::with_flags(config, log, level, &[])
    }

    /// Start with a log and further flags.
    pub(crate) fn with_flags(config: &Path, log: Stdio, level: &str, flags: &[&str]) -> TestServer {
        TestServer::spawn(config, (log, level), flags, &[])
    }

    /// Start with these variables in the environment.
    pub(crate) fn with_environment(config: &Path, environment: &[(&str, &str)]) -> TestServer {
        TestServer::spawn(config, (Stdio::null(), "error"), &[], environment)
    }

    fn spawn(
        config: &Path,
        (log, level): (Stdio, &str),
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> TestServer {
        let mut process = command()
            .args(["serve", "--json", "--config"])
            .arg(config)
            .args(flags)
            .stdout(Stdio::piped())
            .env("RUST_LOG", level)
            .envs(environment.iter().copied())
            .stderr(log)
            .spawn()
            .expect("started");
        let mut text = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        while !text.contains('}') {
            assert!(stdout.read_line(&mut text).expect("UTF-8") > 0, "{text}");
        }
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let address = document["address"].as_str().expect("an address");
        let options = ClientOptions::http(address.parse().expect("an address"));
        TestServer {
            process,
            client: BlockingClient::new(options).expect("a client"),
        }
    }

    /// GET a page with further headers: its status and text.
    pub(crate) fn page(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let answer = self.client.send(Method::GET, path, headers, String::new());
        let answer = answer.expect("an answer");
        (answer.status.as_u16(), answer.text())
    }

    /// Send a request about the company northwind: status and document.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.send_for("northwind", method, path, body)
    }

    /// Send a request about a company.
    pub(crate) fn send_for(
        &self,
        company: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> (u16, Value) {
        let path = format!("/v1/companies/{company}/{path}");
        let method = method.parse().expect("a method");
        let headers = [("content-type", "application/json")];
        let answer = self.client.send(method, &path, &headers, body.to_owned());
        let answer = answer.expect("an answer");
        (answer.status.as_u16(), answer.json())
    }

    /// The company's open conversations, once they have so many entries.
    pub(crate) fn conversations(&self, entries: u64) -> Vec<Value> {
        loop {
            let (status, answer) = self.send("GET", "conversations", "");
            assert_eq!(status, 200, "{answer}");
            let all = answer["conversations"].as_array().expect("a list").clone();
            let written: u64 = all.iter().filter_map(|one| one["sequence"].as_u64()).sum();
            if written >= entries {
                return all;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // SIGKILL: nothing is completed or flushed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn conversations_survive_a_kill_and_contacts_can_be_erased() {
    let place = tempfile::tempdir().expect("a place");
    let packs = root().join("plugins").canonicalize().expect("there");
    let company = "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\nroute = [\"care\"]\nescalate = [\"care\"]\n[plugin.care]\npack = \"social-care\"\ngrants = { interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\"] }\nsettings = { brand = \"Northwind\" }\n[queue.general]\ndefault = true\nsla = { first-response = \"30m\" }\n";
    std::fs::write(place.path().join("northwind.toml"), company).expect("written");
    let config = place.path().join("patchbay.toml");
    let settings = format!(
        "companies = [\"northwind.toml\"]\npacks = [{packs:?}]\n[dev]\nsources = true\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"kept/desk.db\"\nkey = \"keys/desk.key\"\n"
    );
    std::fs::write(&config, settings).expect("written");
    let config_path = config.to_str().expect("UTF-8");
    let lost_card = r#"{"id":"1","channel":"x","text":"Lost my card 4111 1111 1111 1111, help!","author":{"address":"@jo","reach":120}}"#;
    let again = r#"{"id":"2","channel":"x","text":"Anybody there?","author":{"address":"@jo"}}"#;

    let contact = {
        let server = TestServer::start(&config);
        let (status, receipts) = server.send("POST", "interactions", lost_card);
        assert_eq!(
            (status, &receipts["accepted"]),
            (202, &1.into()),
            "{receipts}"
        );
        let one = server.conversations(1).remove(0);
        assert!(one["tags"].to_string().contains("personal-data"), "{one}");
        assert!(one["due_at"].is_string(), "its clock runs: {one}");
        let journal = |rest: &[&str]| {
            let output =
                patchbay(&[&["journal", "--config", config_path, "--json"], rest].concat());
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            serde_json::from_str::<Value>(&stdout(&output)).expect("JSON")
        };
        assert_eq!(journal(&["status"])["accepted"], 1, "asked of the server");
        assert_eq!(journal(&["check"])["sound"], true);
        let copy = place.path().join("copy.db");
        let copied = copy.to_str().expect("UTF-8");
        assert_eq!(journal(&["backup", copied])["newest"], 1);
        assert!(copy.exists());
        let again = patchbay(&["journal", "--config", config_path, "backup", copied]);
        assert_eq!(again.status.code(), Some(4), "nothing is overwritten");
        assert_eq!(journal(&["compact", "--older-than", "90d"])["inputs"], 0);
        one["contact"].as_str().expect("a contact").to_owned()
    };
    {
        let server = TestServer::start(&config);
        let (_, receipts) = server.send("POST", "interactions", lost_card);
        assert_eq!(receipts["duplicate"], 1, "{receipts}");
        server.send("POST", "interactions", again);
        let all = server.conversations(2);
        assert_eq!(all.len(), 1, "the conversation continues: {all:?}");
        assert_eq!(all[0]["interactions"], 2);
    }
    let checked = patchbay(&["journal", "--config", config_path, "check", "--json"]);
    assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
    let northwind = [
        "contacts",
        "--config",
        config_path,
        "--company",
        "northwind",
    ];
    let contacts = |rest: &[&str]| patchbay(&[&northwind[..], rest].concat());
    assert!(stdout(&contacts(&["export", &contact])).contains("4111"));
    assert_eq!(
        contacts(&["erase", &contact]).status.code(),
        Some(2),
        "--yes is required"
    );
    let erased = contacts(&["erase", &contact, "--yes"]);
    assert_eq!(erased.status.code(), Some(0), "{}", stderr(&erased));
    assert!(!stdout(&contacts(&["export", &contact])).contains("4111"));
    let server = TestServer::start(&config);
    server.send("POST", "interactions", &again.replace("\"2\"", "\"3\""));
    assert_eq!(
        server.conversations(3).len(),
        2,
        "an erased customer who writes again is a new contact"
    );
}
