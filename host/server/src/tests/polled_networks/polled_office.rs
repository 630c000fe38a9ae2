//! An office whose company has a connection to one polled network.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use patchbay_generations::Environment;
use serde_json::{Value, json};

use super::{Answer, PolledNetwork, Post, Replies, Request};
use crate::settings::ServerSettings;
use crate::tests::networks::stand_in::{IsFor, StandIn, Turn};
use crate::tests::office::Office;

/// The agent of the office.
const AGENT: &str = "ana";

/// A stand-in for the provider of a polled network.
pub(super) struct Provider {
    network: &'static PolledNetwork,
    stand_in: StandIn,
    posts: Arc<Mutex<Vec<Post>>>,
}

impl Provider {
    pub(super) async fn start(network: &'static PolledNetwork) -> Provider {
        let stand_in = StandIn::http(|_, _| Answer::bad_gateway()).await;
        let posts = Arc::<Mutex<Vec<Post>>>::default();
        let there = Arc::clone(&posts);
        stand_in.accept_by(Arc::new(move |number, request| {
            (network.answer)(&there.lock(), number, request)
        }));
        Provider {
            network,
            stand_in,
            posts,
        }
    }

    /// A customer posts now.
    pub(super) fn post(&self, number: u32, text: &str) {
        self.posts.lock().push(Post {
            number,
            text: text.to_owned(),
            at: jiff::Timestamp::now().as_second(),
        });
    }

    /// What it does with the next requests for pages.
    pub(super) fn next_pages(&self, turns: impl IntoIterator<Item = Turn>) {
        self.next_for(self.network.is_page, turns);
    }

    /// What it does with the next requests of a kind.
    pub(super) fn next_for(&self, is_for: IsFor, turns: impl IntoIterator<Item = Turn>) {
        self.stand_in.next_for(is_for, turns);
    }

    /// Forgets what it was to do.
    pub(super) fn accept_all(&self) {
        self.stand_in.accept_all();
    }

    /// The requests of a kind that it got.
    pub(super) fn requests(&self, is_for: IsFor) -> Vec<Request> {
        let requests = self.stand_in.requests().into_iter();
        requests.filter(is_for).collect()
    }

    /// The requests for pages.
    pub(super) fn pages(&self) -> Vec<Request> {
        self.requests(self.network.is_page)
    }

    /// Starts a host that polls it.
    pub(super) async fn office(&self) -> PolledOffice {
        let network = self.network;
        let settings = network.settings.replace("API", &self.stand_in.url);
        let secrets = network.secrets.iter();
        let secrets: String = secrets
            .map(|(role, _)| format!("secrets.{role} = {{ env = \"{}\" }}\n", variable(role)))
            .collect();
        let name = network.name;
        let connection =
            format!("[channel.{name}.connection.main]\nsettings = {{ {settings} }}\n{secrets}");
        let office = Office::built(&[AGENT], ("", &connection), with_secrets(network));
        PolledOffice {
            network,
            office: office.await,
        }
    }
}

/// The variable of a secret.
fn variable(role: &str) -> String {
    role.to_uppercase().replace('-', "_")
}

fn with_secrets(network: &'static PolledNetwork) -> impl FnOnce(&mut ServerSettings) {
    move |settings| {
        let secrets = network.secrets.iter();
        let variables = secrets.map(|(role, value)| (variable(role), *value));
        settings.environment = Environment::of(variables);
    }
}

/// A host that polls a provider.
pub(super) struct PolledOffice {
    pub(super) network: &'static PolledNetwork,
    pub(super) office: Office,
}

impl PolledOffice {
    /// How the network takes replies.
    pub(super) fn replies(&self) -> &'static Replies {
        let replies = self.network.replies.as_ref();
        replies.expect("it takes replies")
    }

    /// What the list of connections says of the connection.
    pub(super) async fn listed(&self) -> Value {
        self.office.get("/channels").await.json()["connections"][0].clone()
    }

    /// Waits until the document of the connection is as wanted.
    pub(super) async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..6_000 {
            last = self.listed().await;
            if is(&last) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let name = self.network.name;
        panic!("{name}: not {what} within a minute: {last}");
    }

    /// Waits until so many deliveries were taken and everything is read.
    pub(super) async fn taken(&self, wanted: u64) -> Value {
        let is = |it: &Value| {
            let accepted = it["requests"]["accepted"].as_u64().unwrap_or_default();
            accepted == wanted && it["poll"]["activity"] == "waiting"
        };
        self.until(&format!("{wanted} taken"), is).await
    }

    /// Waits until a poll failed this way.
    pub(super) async fn failing(&self, kind: &str) -> Value {
        let is = |it: &Value| it["poll"]["failure"] == kind;
        self.until(kind, is).await
    }

    /// Begins the next attempt at once.
    pub(super) async fn retry(&self) {
        let path = format!("/channels/{}/retry", self.network.name);
        let answer = self.office.post(&path, json!({})).await;
        assert_eq!(answer.json()["polled"], 1, "{answer:?}");
    }

    /// Polls once more, to the end.
    pub(super) async fn poll(&self) {
        let before = self.listed().await["poll"]["last_complete"].clone();
        self.retry().await;
        let is = |it: &Value| {
            it["poll"]["last_complete"] != before && it["poll"]["activity"] == "waiting"
        };
        self.until("polled again", is).await;
    }

    /// The open conversations, once all that came is decided.
    pub(super) async fn conversations(&self) -> Vec<Value> {
        self.office.settled().await;
        let open = self.office.get("/conversations").await.json();
        open["conversations"].as_array().expect("a list").clone()
    }

    /// How many interactions the conversations have.
    pub(super) async fn interactions(&self) -> u64 {
        let all = self.conversations().await;
        let counts = all.iter().filter_map(|it| it["interactions"].as_u64());
        counts.sum()
    }

    /// The only conversation, which the agent has.
    pub(super) async fn conversation(&self) -> String {
        let all = self.conversations().await;
        let [only] = &all[..] else {
            panic!("{}: {all:?}", self.network.name);
        };
        let id = only["id"].as_str().expect("an id").to_owned();
        let assign = json!({"by": "eva", "role": "supervisor", "action": "assign", "agent": AGENT});
        let path = format!("/conversations/{id}/actions");
        let assigned = self.office.post(&path, assign).await;
        assert_eq!(assigned.status, 200, "{assigned:?}");
        id
    }

    /// The agent replies.
    pub(super) async fn reply(&self, conversation: &str, text: &str) {
        let path = format!("/conversations/{conversation}/replies");
        let reply = json!({"by": AGENT, "id": "r1", "text": text});
        let sent = self.office.post(&path, reply).await;
        assert_eq!(sent.status, 200, "{sent:?}");
    }

    /// Entries of a kind in the history of a conversation.
    pub(super) async fn entries(&self, conversation: &str, kind: &str) -> usize {
        let path = format!("/conversations/{conversation}");
        let document = self.office.get(&path).await.json();
        let history = document["history"].as_array().expect("a history");
        history.iter().filter(|entry| entry["kind"] == kind).count()
    }

    /// Waits until a reply is delivered, and asserts that it did not fail.
    pub(super) async fn delivered(&self, conversation: &str) {
        for _ in 0..6_000 {
            if self.entries(conversation, "reply-delivered").await > 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let name = self.network.name;
        assert_eq!(
            self.entries(conversation, "reply-delivered").await,
            1,
            "{name}"
        );
        assert_eq!(
            self.entries(conversation, "reply-undeliverable").await,
            0,
            "{name}"
        );
    }

    /// The active alert of a kind.
    pub(super) async fn alert(&self, kind: &str) -> Option<Value> {
        let alerts = self.office.server.client.get("/v1/alerts").await.json();
        let alerts = alerts["alerts"].as_array().expect("a list").clone();
        alerts.into_iter().find(|alert| alert["kind"] == kind)
    }

    /// Stops the host, and starts it again with its journal.
    pub(super) async fn restarted(self) -> PolledOffice {
        let office = self.office.restarted(with_secrets(self.network));
        PolledOffice {
            network: self.network,
            office: office.await,
        }
    }
}
