//! What the server is asked.

#![allow(dead_code, reason = "read by nobody: they are descriptions")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Stage;
use super::answer::Classification;

/// An interaction to decide about, with whatever the sender knows of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideRequest {
    interaction: Interaction,
    /// What to decide; `classify` and `route` unless said.
    #[serde(default)]
    stages: Vec<Stage>,
    /// Its conversation; a new one unless said.
    conversation: Option<Conversation>,
    #[serde(default)]
    contact: Contact,
    /// Earlier interactions of the conversation, newest first.
    #[serde(default)]
    #[schema(max_items = 256)]
    earlier: Vec<Interaction>,
    /// What the interaction is, where that is known; then it is not classified.
    classification: Option<Classification>,
    /// The agents there are; the company file's unless said.
    agents: Option<Vec<Agent>>,
    /// The queues there are, the company's default queue among them; the
    /// company file's unless said.
    #[schema(max_items = 256)]
    queues: Option<Vec<Queue>>,
    /// What escalation is asked about; `classified` unless said.
    trigger: Option<Trigger>,
    /// Seed of the policies' random numbers; derived from the id unless said.
    seed: Option<u64>,
    /// Keep every host call in the answer.
    #[serde(default)]
    transcript: bool,
}

/// A draft to check, with what it answers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToneRequest {
    draft: Draft,
    /// The interaction it answers.
    interaction: Option<Interaction>,
    /// What the interaction is; classified first unless said.
    classification: Option<Classification>,
    /// Its conversation.
    conversation: Option<Conversation>,
    /// Whether the agent is still typing.
    #[serde(default)]
    composing: bool,
    /// Seed of the policies' random numbers; derived from the id unless said.
    seed: Option<u64>,
    /// Keep every host call in the answer.
    #[serde(default)]
    transcript: bool,
}

/// One message, post, call or mention. Fields nobody knows are kept as
/// attributes.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Interaction {
    /// Identifier given by the channel.
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Code of the channel, such as `x`, `facebook`, `whatsapp`, `email`.
    #[schema(max_length = 64)]
    channel: String,
    /// What was written; at most 64 KiB of UTF-8.
    #[schema(max_length = 65536)]
    text: String,
    #[serde(default)]
    direction: Direction,
    /// The channel's usual unless said.
    visibility: Option<Visibility>,
    /// The company's account that was addressed.
    #[schema(max_length = 512)]
    account: Option<String>,
    /// Language as the channel says (BCP 47).
    #[schema(max_length = 35)]
    language: Option<String>,
    /// When the channel received it.
    #[schema(format = DateTime)]
    received_at: Option<String>,
    #[serde(default)]
    author: Author,
    /// Conversation the channel or integrator puts it in.
    #[schema(max_length = 256)]
    conversation: Option<String>,
    /// Interaction it answers.
    #[schema(max_length = 256)]
    in_reply_to: Option<String>,
    #[serde(default)]
    #[schema(max_items = 32)]
    attachments: Vec<Attachment>,
    /// Anything else the sender gave; at most 64 entries, 16 KiB as JSON.
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

/// Whether an interaction came in or went out; `inbound` unless said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Direction {
    #[default]
    Inbound,
    Outbound,
}

/// Who may read it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Visibility {
    Public,
    Private,
}

/// Who wrote an interaction, as the channel says.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Author {
    /// Handle, number or mail address.
    #[schema(max_length = 512)]
    address: Option<String>,
    /// Display name.
    #[schema(max_length = 512)]
    name: Option<String>,
    /// How many people see what they post.
    reach: Option<u64>,
    /// Whether the channel vouches for them.
    verified: Option<bool>,
}

/// A file that came with an interaction, or would go out with a draft; its
/// content is kept elsewhere.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Attachment {
    /// `image`, `video`, `audio`, `document`, `location` or `other`; `other`
    /// unless said.
    #[serde(default)]
    kind: String,
    /// File name.
    name: Option<String>,
    /// Media type.
    media_type: Option<String>,
    /// Size in bytes.
    size: Option<u64>,
    /// Where the content is.
    url: Option<String>,
}

/// A reply that has not gone out yet.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// Identifier of the draft.
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Code of the channel it would go out on.
    #[schema(max_length = 64)]
    channel: String,
    /// The text as it would be sent; at most 64 KiB of UTF-8.
    #[schema(max_length = 65536)]
    text: String,
    /// The channel's usual unless said.
    visibility: Option<Visibility>,
    #[serde(default)]
    written_by: WrittenBy,
    /// Agent who would send it.
    #[schema(max_length = 256)]
    agent: Option<String>,
    /// Interaction it answers, by id.
    #[schema(max_length = 256)]
    interaction: Option<String>,
    /// Files that would go out with it.
    #[serde(default)]
    #[schema(max_items = 32)]
    attachments: Vec<Attachment>,
}

/// Who wrote a draft; `human` unless said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum WrittenBy {
    #[default]
    Human,
    Policy,
}

/// Interactions that belong together, without the interactions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Conversation {
    #[serde(default)]
    id: String,
    #[serde(default)]
    state: ConversationState,
    /// Why a route is asked for; `new` unless said.
    #[serde(default)]
    cause: String,
    /// When its first interaction was accepted.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// How many interactions it holds; 0: as many as are given.
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

/// State of a conversation; `queued` unless said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ConversationState {
    #[default]
    Queued,
    Reserved,
    Active,
    WaitingOnCustomer,
    OnHold,
    AwaitingApproval,
    Wrapping,
    Resolved,
}

/// What is known of the author beyond what the channel says.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Contact {
    /// The company's identifier of the contact.
    id: Option<String>,
    /// Inbound interactions of the last seven days, on every channel.
    #[serde(default)]
    recent_interactions: u32,
    /// Agent who last replied to them.
    last_agent: Option<String>,
}

/// Somebody who answers customers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Agent {
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
    /// Total capacity; 100 unless said.
    #[serde(default)]
    capacity: u32,
    /// Seconds since the agent last took up or finished a conversation.
    idle: Option<u32>,
    /// Queues the agent is a member of; none: every queue whose skills the
    /// agent meets.
    #[serde(default)]
    queues: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
    site: Option<String>,
}

/// Whether somebody is there to work; `available` unless said.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Presence {
    #[default]
    Available,
    Busy,
    Away,
    Offline,
}

/// A line of conversations that wait for an agent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Queue {
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    /// Whether conversations without a route go here.
    #[serde(default)]
    default: bool,
    /// Least proficiency of its members, 1 to 5.
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    /// Conversations that wait in it.
    #[serde(default)]
    waiting: u32,
    /// Seconds the oldest of them has waited.
    longest_wait: Option<u32>,
    /// Whether it is open at all; true unless said.
    #[serde(default)]
    open: bool,
    /// Name of the business hours it keeps; absent: round the clock.
    hours: Option<String>,
}

/// Why an escalation policy is called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Trigger {
    /// A code, such as `classified` or `sla-at-risk`.
    code: String,
    /// The SLA clock it is about.
    clock: Option<String>,
    /// When the target is or was due, or a wake-up was asked for.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// What surges, or the name a wake-up was asked for by.
    subject: Option<String>,
    /// Who declined or let an offer time out, or is silent.
    agent: Option<String>,
    /// How many.
    count: Option<u64>,
    /// What is usual.
    usual: Option<f64>,
    /// Length of a surge's window, such as `15m`.
    window: Option<String>,
}
