//! A server with a company whose agents work over HTTP, and a target for their replies.

use std::path::Path;
use std::sync::{Arc, Mutex};

use patchbay_outbound::egress::EgressSettings;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::Running;
use super::client::Answer;
use crate::settings::{JournalSettings, ServerSettings};

pub(super) const COMPANY: &str = "/v1/companies/northwind";

/// Keys and bodies that a target received, in order.
pub(super) type Given = Arc<Mutex<Vec<(String, Value)>>>;

pub(super) struct Office {
    pub(super) server: Running,
    given: Given,
    /// The company file.
    pub(super) file: String,
    place: TempDir,
}

/// A target that accepts every delivery.
pub(super) async fn sink() -> (String, Given) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let given = Given::default();
    let taking = Arc::clone(&given);
    tokio::spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                return;
            };
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            while let Ok(read) = stream.read(&mut part).await {
                bytes.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let header = |name: &str| {
                    let mut lines = head.lines();
                    lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
                };
                let length = header("content-length:").and_then(|text| text.parse().ok());
                if read == 0 || Some(body.len()) == length {
                    let key = header("webhook-id:").unwrap_or_default();
                    let body = serde_json::from_str(body).unwrap_or_default();
                    taking.lock().expect("no panic").push((key, body));
                    break;
                }
            }
            let _ = stream
                .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
                .await;
        }
    });
    (format!("http://{address}/"), given)
}

impl Office {
    /// A server with a journal, a target for replies, and these agents signed
    /// in.
    pub(super) async fn with(agents: &[&str]) -> Office {
        Office::set(agents, |_| {}).await
    }

    /// The same with changed settings.
    pub(super) async fn set(agents: &[&str], change: impl FnOnce(&mut ServerSettings)) -> Office {
        Office::built(agents, ("", ""), change).await
    }

    /// The same with more in the company file.
    pub(super) async fn of(agents: &[&str], more: &str) -> Office {
        Office::built(agents, ("", more), |_| {}).await
    }

    /// The same with keys at the top of the company file and tables at its end.
    pub(super) async fn built(
        agents: &[&str],
        (keys, tables): (&str, &str),
        change: impl FnOnce(&mut ServerSettings),
    ) -> Office {
        let place = tempfile::tempdir().expect("a place");
        let (url, given) = sink().await;
        let file = format!(
            "company = \"northwind\"\npublish = \"sink\"\n{keys}[queue.general]\ndefault = true\n[queue.tax]\nskills = {{ tax = 3 }}\n[target.sink]\nwebhook = {{ url = \"{url}\" }}\n{tables}"
        );
        let server = Office::start(&file, &place, change).await;
        let office = Office {
            server,
            given,
            file,
            place,
        };
        for agent in agents {
            let path = format!("/agents/{agent}");
            assert_eq!(office.put(&path, json!({})).await.status, 200);
            let there = json!({"presence": "available"});
            let set = office.put(&format!("{path}/presence"), there).await;
            assert_eq!(set.json()["before"], "offline", "{set:?}");
        }
        office
    }

    /// A server of this company file, with its journal in a directory.
    async fn start(
        file: &str,
        place: &TempDir,
        change: impl FnOnce(&mut ServerSettings),
    ) -> Running {
        let journal = JournalSettings {
            backlog: 1_000,
            ..JournalSettings::at(place.path().join("desk.db"))
        };
        Running::of(file, |settings| {
            settings.journal = Some(journal);
            settings.egress = EgressSettings {
                allow: vec!["127.0.0.0/8".parse().expect("a range")],
                ..EgressSettings::default()
            };
            change(settings);
        })
        .await
    }

    /// Stops the server, and starts another with its journal.
    pub(super) async fn restarted(self, change: impl FnOnce(&mut ServerSettings)) -> Office {
        assert_eq!(self.server.stop().await.abandoned, 0);
        let server = Office::start(&self.file, &self.place, change).await;
        Office {
            server,
            given: self.given,
            file: self.file,
            place: self.place,
        }
    }

    /// The directory of the journal.
    pub(super) fn place(&self) -> &Path {
        self.place.path()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.server.client.get(&format!("{COMPANY}{path}")).await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        let path = format!("{COMPANY}{path}");
        self.server.client.post(&path, body.to_string()).await
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Answer {
        self.with_method("PUT", path, &body.to_string()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        self.with_method("DELETE", path, "{}").await
    }

    pub(super) async fn with_method(&self, method: &str, path: &str, body: &str) -> Answer {
        let head = self.server.client.head(method, &format!("{COMPANY}{path}"));
        let request = format!(
            "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.server.client.raw(request.as_bytes()).await
    }

    /// Delivers a message; the conversation once it is routed.
    pub(super) async fn hear(&self, id: &str) -> String {
        let message =
            json!({"id": id, "channel": "chat", "text": "Hello?", "author": {"address": id}});
        let taken = self.post("/interactions", message).await;
        assert_eq!(taken.status, 202, "{taken:?}");
        self.settled().await;
        let open = self.get("/conversations").await.json();
        let all = open["conversations"].as_array().expect("a list").clone();
        let newest = all.iter().max_by_key(|one| one["created_at"].to_string());
        newest.expect("one")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    pub(super) async fn settled(&self) {
        let desk = self.server.app.desk().expect("a desk");
        let settled = tokio::task::spawn_blocking(move || desk.wait_until_idle());
        settled.await.expect("no panic");
    }

    /// A conversation that an agent has accepted.
    pub(super) async fn taken(&self, id: &str, by: &str) -> String {
        let conversation = self.hear(id).await;
        let agent = self.get(&format!("/agents/{by}")).await.json();
        let offer = agent["offers"][0]["id"].as_u64().expect("an offer");
        let accept = format!("/offers/{offer}/accept");
        let done = self.post(&accept, json!({"by": by})).await;
        assert_eq!(done.json()["owner"], by, "{done:?}");
        conversation
    }

    /// Waits until the target has received this many deliveries.
    pub(super) async fn given(&self, wanted: usize) -> Vec<(String, Value)> {
        for _ in 0..6_000 {
            let given = self.given.lock().expect("no panic").clone();
            if given.len() >= wanted {
                return given;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("nothing came within a minute");
    }
}
