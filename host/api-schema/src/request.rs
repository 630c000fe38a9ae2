//! Schemas of requests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::Classification;
use super::{ConversationState, Direction, Presence, Stage, Visibility, WrittenBy};

/// An interaction to decide about, with its context.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    interaction: Interaction,
    /// Stages to run. Default `classify` and `route`.
    #[serde(default)]
    stages: Vec<Stage>,
    /// Its conversation. Default a new one.
    conversation: Option<Conversation>,
    #[serde(default)]
    contact: Contact,
    /// Earlier interactions of the conversation, newest first.
    #[serde(default)]
    #[schema(max_items = 256)]
    earlier: Vec<Interaction>,
    /// What the interaction is. If given, it is not classified.
    classification: Option<Classification>,
    /// The agents. Default those of the company file.
    agents: Option<Vec<Agent>>,
    /// The queues, including the company's default queue. Default those of the company
    /// file.
    #[schema(max_items = 256)]
    queues: Option<Vec<Queue>>,
    /// Trigger of the escalation. Default `classified`.
    trigger: Option<Trigger>,
    /// Seed of the policies' random numbers. Default derived from the id.
    seed: Option<u64>,
    /// Include every host call in the answer.
    #[serde(default)]
    transcript: bool,
}

/// A draft to check, with its context.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToneRequest {
    draft: Draft,
    /// The interaction it answers.
    interaction: Option<Interaction>,
    /// What the interaction is. Default: it is classified first.
    classification: Option<Classification>,
    /// Its conversation.
    conversation: Option<Conversation>,
    /// Whether the agent is still typing.
    #[serde(default)]
    composing: bool,
    /// Seed of the policies' random numbers. Default derived from the id.
    seed: Option<u64>,
    /// Include every host call in the answer.
    #[serde(default)]
    transcript: bool,
}

/// A message, post, call or mention. Unknown fields are stored as attributes.
#[derive(Deserialize, ToSchema)]
pub struct Interaction {
    /// Identifier given by the channel.
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Code of the channel, such as `x`, `facebook`, `whatsapp`, `email`.
    #[schema(max_length = 64)]
    channel: String,
    /// What was written; at most 512 KiB of UTF-8. Policies and agents read the
    /// first 64 KiB.
    #[schema(max_length = 524288)]
    text: String,
    #[serde(default)]
    direction: Direction,
    /// Default the channel's usual visibility.
    visibility: Option<Visibility>,
    /// The company's account that was addressed.
    #[schema(max_length = 512)]
    account: Option<String>,
    /// Language that the channel reports (BCP 47). Anything else is ignored, with
    /// a warning.
    language: Option<String>,
    /// When the channel received it.
    #[schema(format = DateTime)]
    received_at: Option<String>,
    #[serde(default)]
    author: Author,
    /// Conversation that the channel or integrator assigns.
    #[schema(max_length = 256)]
    conversation: Option<String>,
    /// Id of the interaction it answers.
    #[schema(max_length = 256)]
    in_reply_to: Option<String>,
    #[serde(default)]
    #[schema(max_items = 32)]
    attachments: Vec<Attachment>,
    /// When this wording was written, for an edit; it orders the wordings of a
    /// message. Default `received_at`.
    #[schema(format = DateTime)]
    edited_at: Option<String>,
    /// Whether a program wrote it without a person, such as a greeting or an
    /// out-of-office reply.
    automatic: Option<bool>,
    /// Other data of the sender; at most 64 entries and 16 KiB as JSON.
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

/// Author of an interaction, as the channel reports it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// Handle, number or mail address.
    #[schema(max_length = 512)]
    address: Option<String>,
    /// Display name.
    #[schema(max_length = 512)]
    name: Option<String>,
    /// Number of followers.
    reach: Option<u64>,
    /// Whether the channel has verified the account.
    verified: Option<bool>,
}

/// A file of an interaction or draft, without its content.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `document`, `location` or `other`. Default `other`.
    #[serde(default)]
    kind: String,
    /// File name.
    name: Option<String>,
    /// Media type.
    media_type: Option<String>,
    /// Size in bytes.
    size: Option<u64>,
    /// URL of the content.
    url: Option<String>,
}

/// A reply that is not published yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Identifier of the draft.
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Code of the channel to publish on.
    #[schema(max_length = 64)]
    channel: String,
    /// The text to send; at most 64 KiB of UTF-8.
    #[schema(max_length = 65536)]
    text: String,
    /// Default the channel's usual visibility.
    visibility: Option<Visibility>,
    #[serde(default)]
    written_by: WrittenBy,
    /// Id of its agent.
    #[schema(max_length = 256)]
    agent: Option<String>,
    /// Id of the interaction it answers.
    #[schema(max_length = 256)]
    interaction: Option<String>,
    /// Files to send with it.
    #[serde(default)]
    #[schema(max_items = 32)]
    attachments: Vec<Attachment>,
}

/// A conversation without its interactions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    #[serde(default)]
    id: String,
    #[serde(default)]
    state: ConversationState,
    /// Why a route is requested. Default `new`.
    #[serde(default)]
    cause: String,
    /// When its first interaction was accepted.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// Number of interactions; 0: as many as are given.
    #[serde(default)]
    interaction_count: u32,
    /// Queue it waits in or came from.
    queue: Option<String>,
    /// Agent who owns it.
    owner: Option<String>,
    /// Agent who last replied.
    last_agent: Option<String>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    priority: u8,
    #[serde(default)]
    tags: Vec<String>,
    /// When the oldest unanswered customer message was received.
    #[schema(format = DateTime)]
    unanswered_since: Option<String>,
    /// Subject of the incident it belongs to.
    incident: Option<String>,
}

/// Data about the author that the channel does not report.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The company's identifier of the contact.
    id: Option<String>,
    /// Inbound interactions of the last seven days, on every channel.
    #[serde(default)]
    recent_interactions: u32,
    /// Agent who last replied to them.
    last_agent: Option<String>,
}

/// An agent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Display name.
    name: Option<String>,
    /// Skills with their proficiency, 1 to 5.
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    /// Languages spoken (BCP 47).
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    presence: Presence,
    /// Capacity in use.
    #[serde(default)]
    load: u32,
    /// Total capacity. Default 100.
    #[serde(default)]
    capacity: u32,
    /// Most conversations at once, by channel. Replaces the company's limits.
    #[serde(default)]
    channel_capacity: BTreeMap<String, u32>,
    /// Most conversations at once, by queue. Replaces the queues' limits.
    #[serde(default)]
    queue_capacity: BTreeMap<String, u32>,
    /// Seconds since the agent last accepted or finished a conversation.
    idle: Option<u32>,
    /// Ids of the agent's queues; empty: every queue whose skills the agent meets.
    #[serde(default)]
    queues: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
    site: Option<String>,
}

/// A queue.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Whether conversations without a route go here.
    #[serde(default)]
    default: bool,
    /// Minimum proficiency of its members, 1 to 5, by skill.
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    /// Number of waiting conversations.
    #[serde(default)]
    waiting: u32,
    /// Waiting time of the oldest, in seconds.
    longest_wait: Option<u32>,
    /// Whether it is open. Default true.
    #[serde(default)]
    open: bool,
    /// Name of its business hours; absent: always open.
    hours: Option<String>,
    /// Most of its conversations that one agent holds at once; absent: as many as fit.
    agent_capacity: Option<u32>,
}

/// Why an escalation policy is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// A code, such as `classified` or `sla-at-risk`.
    code: String,
    /// The SLA clock it is about.
    clock: Option<String>,
    /// When the target is or was due, or the wake-up was requested for.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// Subject of a surge, or name of a wake-up.
    subject: Option<String>,
    /// Id of the agent who declined, did not answer an offer, or is silent.
    agent: Option<String>,
    /// Number of interactions or people in a surge.
    count: Option<u64>,
    /// Usual number.
    usual: Option<f64>,
    /// Length of a surge's window, such as `15m`.
    window: Option<String>,
}
