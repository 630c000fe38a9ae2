//! What was decided about a message, as it lies in the outbox for a help desk.

use patchbay_adapter::DecisionReport;
use serde::Deserialize;

/// The body of a decision.
#[derive(Debug, Deserialize)]
pub(crate) struct DecisionDocument {
    #[serde(rename = "type")]
    kind: String,
    channel: String,
    #[serde(default)]
    pub(crate) account: Option<String>,
    #[serde(default)]
    thread: Option<String>,
    #[serde(default)]
    message_provider_id: Option<String>,
    /// Labels of the conversation when the message came, if the help desk says them.
    #[serde(default)]
    labels: Option<Vec<String>>,
    intents: Vec<String>,
    topics: Vec<String>,
    tags: Vec<String>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    sentiment: Option<f64>,
    #[serde(default)]
    urgency: Option<u8>,
    #[serde(default)]
    spam: Option<f64>,
    #[serde(default)]
    queue: Option<String>,
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    priority: Option<u8>,
    reasons: Vec<String>,
}

impl DecisionDocument {
    /// Parses the body; `None` if it is no decision.
    pub(crate) fn parse(body: &[u8]) -> Option<DecisionDocument> {
        let document: DecisionDocument = serde_json::from_slice(body).ok()?;
        (document.kind == "decision").then_some(document)
    }

    /// The decision, as an adapter encodes it.
    pub(crate) fn report<'a>(&'a self, key: &'a str) -> DecisionReport<'a> {
        DecisionReport {
            key,
            channel: &self.channel,
            account: self.account.as_deref().unwrap_or_default(),
            conversation: self.thread.as_deref(),
            message: self.message_provider_id.as_deref(),
            labels: self.labels.as_deref(),
            intents: &self.intents,
            topics: &self.topics,
            tags: &self.tags,
            language: self.language.as_deref(),
            sentiment: self.sentiment,
            urgency: self.urgency,
            spam: self.spam,
            queue: self.queue.as_deref(),
            agent: self.agent.as_deref(),
            priority: self.priority,
            reasons: &self.reasons,
        }
    }
}
