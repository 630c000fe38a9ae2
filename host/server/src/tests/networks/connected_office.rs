//! An office whose company has a connection of every adapter.

use std::time::Duration;

use patchbay_generations::Environment;
use serde_json::{Value, json};

use super::super::client::Answer as HttpAnswer;
use super::super::office::Office;
use super::stand_in::{StandIn, Turn};
use super::{Answers, Expected, Message, NETWORKS, Network, signatures};
use crate::settings::ServerSettings;

/// URL at which the providers reach the host.
pub(super) const PUBLIC: &str = "https://care.northwind.example";

/// An office, and a stand-in for each provider.
pub(super) struct ConnectedOffice {
    pub(super) office: Office,
    stand_ins: Vec<(&'static str, StandIn)>,
}

impl ConnectedOffice {
    /// An office with an agent for each network, who is named like it.
    pub(super) async fn open() -> ConnectedOffice {
        ConnectedOffice::set(|_| {}).await
    }

    /// The same with changed settings.
    pub(super) async fn set(change: impl FnOnce(&mut ServerSettings)) -> ConnectedOffice {
        ConnectedOffice::with("", change).await
    }

    /// The same with more tables in the company file.
    pub(super) async fn with(
        tables: &str,
        change: impl FnOnce(&mut ServerSettings),
    ) -> ConnectedOffice {
        ConnectedOffice::of(&NETWORKS, tables, change).await
    }

    /// The same with connections of these networks only.
    pub(super) async fn of(
        networks: &[&Network],
        tables: &str,
        change: impl FnOnce(&mut ServerSettings),
    ) -> ConnectedOffice {
        let mut stand_ins = Vec::new();
        let mut file = tables.to_owned();
        for network in networks {
            let mut url = String::new();
            if let Some(Answers { accepted, .. }) = network.answers {
                let stand_in = match network.name {
                    "email" => StandIn::mail(accepted).await,
                    _ => StandIn::http(accepted).await,
                };
                url.clone_from(&stand_in.url);
                stand_ins.push((network.name, stand_in));
            }
            file += &network.connection(&url);
        }
        let variables = networks.iter().flat_map(|network| {
            let secrets = network.secrets.iter();
            secrets.map(|(role, value)| (network.variable(role), *value))
        });
        let environment = Environment::of(variables);
        let agents: Vec<&str> = networks.iter().map(|network| network.name).collect();
        let top = format!("public-url = \"{PUBLIC}\"\n");
        let office = Office::built(&agents, (&top, &file), |settings| {
            settings.environment = environment;
            change(settings);
        });
        ConnectedOffice {
            office: office.await,
            stand_ins,
        }
    }

    /// The stand-in of a network that sends replies.
    pub(super) fn stand_in(&self, network: &Network) -> &StandIn {
        let found = self
            .stand_ins
            .iter()
            .find(|(name, _)| *name == network.name);
        &found.expect("it sends replies").1
    }

    /// Sends a delivery as the provider does.
    pub(super) async fn deliver(&self, network: &Network, body: &[u8], number: u32) -> HttpAnswer {
        let path = format!("/webhooks/northwind/{}/main", network.name);
        let headers = (network.sign)(&format!("{PUBLIC}{path}"), body, number);
        let headers = headers.iter();
        let headers: String = headers
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: care.northwind.example\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        self.office.server.client.raw(&request).await
    }

    /// Sends a delivery that must be taken.
    pub(super) async fn delivered(&self, network: &Network, body: &[u8], number: u32) {
        let answer = self.deliver(network, body, number).await;
        assert_eq!(answer.status, 200, "{}: {answer:?}", network.name);
    }

    /// Delivers a customer's first message, written now; its conversation, which the
    /// network's agent has.
    pub(super) async fn conversation(&self, network: &Network, customer: u32) -> String {
        self.conversation_at(network, customer, signatures::now())
            .await
    }

    /// The same of a message that was written at a time.
    pub(super) async fn conversation_at(
        &self,
        network: &Network,
        customer: u32,
        at: i64,
    ) -> String {
        let before = self.conversations().await;
        let text = "Where is my order?";
        let message = Message { customer, text, at };
        self.delivered(network, &(network.messages)(&[message], 1), 1)
            .await;
        let after = self.conversations().await;
        let mut new = after.iter().filter(|it| !before.contains(it));
        let conversation = new.next().expect("a new conversation").clone();
        assert_eq!(new.next(), None, "{}", network.name);
        let agent = network.name;
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": agent});
        let path = format!("/conversations/{conversation}/actions");
        let assigned = self.office.post(&path, assign).await;
        assert_eq!(assigned.status, 200, "{agent}: {assigned:?}");
        conversation
    }

    /// Ids of the open conversations, once all that came is decided.
    pub(super) async fn conversations(&self) -> Vec<String> {
        self.office.settled().await;
        let open = self.office.get("/conversations").await.json();
        let all = open["conversations"].as_array().expect("a list");
        let ids = all.iter().filter_map(|one| one["id"].as_str());
        ids.map(str::to_owned).collect()
    }

    pub(super) async fn document(&self, conversation: &str) -> Value {
        let path = format!("/conversations/{conversation}");
        self.office.get(&path).await.json()
    }

    /// The network's agent replies.
    pub(super) async fn reply(&self, network: &Network, conversation: &str, text: &str) {
        let path = format!("/conversations/{conversation}/replies");
        let reply = json!({"by": network.name, "id": "r1", "text": text});
        let sent = self.office.post(&path, reply).await;
        assert_eq!(sent.status, 200, "{}: {sent:?}", network.name);
    }

    /// A reply on a new conversation of a network, to which its provider does this.
    pub(super) async fn replied(
        &self,
        network: &Network,
        turns: impl IntoIterator<Item = Turn>,
    ) -> String {
        self.stand_in(network).next(turns);
        let conversation = self.conversation(network, 1).await;
        self.reply(network, &conversation, "It left this morning.")
            .await;
        conversation
    }

    /// Entries of a kind in the history of a conversation.
    pub(super) async fn entries(&self, conversation: &str, kind: &str) -> Vec<Value> {
        let document = self.document(conversation).await;
        let history = document["history"].as_array().expect("a history");
        let entries = history.iter().filter(|entry| entry["kind"] == kind);
        entries.map(|entry| entry["data"].clone()).collect()
    }

    /// Waits for an entry of a kind.
    pub(super) async fn entry(&self, network: &Network, conversation: &str, kind: &str) -> Value {
        for _ in 0..6_000 {
            if let Some(entry) = self.entries(conversation, kind).await.pop() {
                return entry;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let document = self.document(conversation).await;
        panic!("{}: no {kind} within a minute: {document}", network.name);
    }

    /// Waits until a reply is delivered or failed, as expected.
    pub(super) async fn becomes(&self, network: &Network, conversation: &str, expected: Expected) {
        let name = network.name;
        match expected {
            Expected::Delivered => {
                self.entry(network, conversation, "reply-delivered").await;
                let failed = self.entries(conversation, "reply-undeliverable").await;
                assert_eq!(failed, Vec::<Value>::new(), "{name}");
            }
            Expected::Failed(kind, problem) => {
                let failed = self
                    .entry(network, conversation, "reply-undeliverable")
                    .await;
                assert_eq!(failed["kind"], kind, "{name}: {failed}");
                let text = failed["problem"].as_str().unwrap_or_default();
                assert!(text.contains(problem), "{name}: {failed}");
                let delivered = self.entries(conversation, "reply-delivered").await;
                assert_eq!(delivered, Vec::<Value>::new(), "{name}");
            }
        }
    }
}
