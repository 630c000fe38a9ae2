//! A server that is run, asked and killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{guests, patchbay, root, stderr, stdout};

/// A server on a free port, killed when it is dropped.
pub(crate) struct Served {
    process: std::process::Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn start(config: &Path) -> Served {
        Served::logging(config, Stdio::null(), "error")
    }

    /// The same, with its log.
    pub(crate) fn logging(config: &Path, log: Stdio, level: &str) -> Served {
        Served::with(config, log, level, &[])
    }

    /// The same, with further flags.
    pub(crate) fn with(config: &Path, log: Stdio, level: &str, flags: &[&str]) -> Served {
        let mut process = Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .args(["serve", "--json", "--config"])
            .arg(config)
            .args(flags)
            .env("CARGO_TARGET_DIR", guests())
            .stdout(Stdio::piped())
            .env("RUST_LOG", level)
            .stderr(log)
            .spawn()
            .expect("started");
        let mut said = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        while !said.contains('}') {
            assert!(stdout.read_line(&mut said).expect("UTF-8") > 0, "{said}");
        }
        let said: Value = serde_json::from_str(&said).expect("JSON");
        Served {
            process,
            address: said["address"].as_str().expect("an address").to_owned(),
        }
    }

    /// A page that is no JSON.
    pub(crate) fn page(&self, path: &str) -> String {
        let mut stream = std::net::TcpStream::connect(&self.address).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.ask_of("northwind", method, path, body)
    }

    pub(crate) fn ask_of(
        &self,
        company: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> (u16, Value) {
        let mut stream = std::net::TcpStream::connect(&self.address).expect("it listens");
        write!(
            stream,
            "{method} /v1/companies/{company}/{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        (
            status.expect("a status"),
            serde_json::from_str(body).unwrap_or(Value::Null),
        )
    }

    /// The company's open conversations, once as many entries are written.
    fn conversations(&self, entries: u64) -> Vec<Value> {
        loop {
            let (status, answer) = self.ask("GET", "conversations", "");
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

impl Drop for Served {
    fn drop(&mut self) {
        // SIGKILL: nothing is finished, nothing flushed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn conversations_outlive_a_server_that_is_killed_and_people_can_be_erased() {
    let place = tempfile::tempdir().expect("a place");
    let packs = root().join("plugins").canonicalize().expect("there");
    let company = "company = \"northwind\"\n[pipeline]\nclassify = [\"care\"]\nroute = [\"care\"]\nescalate = [\"care\"]\n[plugin.care]\npack = \"social-care\"\ngrants = { interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\"] }\nsettings = { brand = \"Northwind\" }\n[queue.general]\ndefault = true\nsla = { first-response = \"30m\" }\n";
    std::fs::write(place.path().join("northwind.toml"), company).expect("written");
    let config = place.path().join("patchbay.toml");
    let settings = format!(
        "companies = [\"northwind.toml\"]\npacks = [{packs:?}]\n[server]\nlisten = \"127.0.0.1:0\"\n[journal]\npath = \"kept/desk.db\"\nkey = \"keys/desk.key\"\n"
    );
    std::fs::write(&config, settings).expect("written");
    let config_path = config.to_str().expect("UTF-8");
    let lost_card = r#"{"id":"1","channel":"x","text":"Lost my card 4111 1111 1111 1111, help!","author":{"address":"@jo","reach":120}}"#;
    let again = r#"{"id":"2","channel":"x","text":"Anybody there?","author":{"address":"@jo"}}"#;

    let contact = {
        let server = Served::start(&config);
        let (status, receipts) = server.ask("POST", "interactions", lost_card);
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
        let server = Served::start(&config);
        let (_, receipts) = server.ask("POST", "interactions", lost_card);
        assert_eq!(receipts["duplicate"], 1, "{receipts}");
        server.ask("POST", "interactions", again);
        let all = server.conversations(2);
        assert_eq!(all.len(), 1, "the same conversation goes on: {all:?}");
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
        "not without --yes"
    );
    let erased = contacts(&["erase", &contact, "--yes"]);
    assert_eq!(erased.status.code(), Some(0), "{}", stderr(&erased));
    assert!(!stdout(&contacts(&["export", &contact])).contains("4111"));
    let server = Served::start(&config);
    server.ask("POST", "interactions", &again.replace("\"2\"", "\"3\""));
    assert_eq!(
        server.conversations(3).len(),
        2,
        "who was erased is somebody new"
    );
}
