//! Schemas of answers.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{OutcomeKind, Severity, Stage, Verdict};

/// The decisions about one interaction or draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Id of the interaction.
    interaction: Option<String>,
    /// Id of the draft.
    draft: Option<String>,
    outcome: OutcomeKind,
    /// Details, if the outcome is not `ok`.
    problem: Option<Outcome>,
    /// What the interaction is; absent if no policy has an opinion.
    classification: Option<Classification>,
    /// Where its conversation is routed.
    route: Option<RoutePlan>,
    /// Result of the tone check; absent if no policy has an opinion.
    tone: Option<Review>,
    /// Escalation; absent if no policy has an opinion.
    escalation: Option<Escalation>,
    /// Fallbacks used because a plugin failed or had no opinion.
    #[serde(default)]
    fallbacks: Vec<Fallback>,
    stamp: Stamp,
    micros: Micros,
}

/// Outcome of a plugin call, with details.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    kind: OutcomeKind,
    /// What happened.
    detail: Option<String>,
    limit: Option<LimitHit>,
    /// Call stack at a trap, innermost frame first.
    #[serde(default)]
    backtrace: Vec<String>,
}

/// The limit that was exceeded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitHit {
    /// Name of the limit, such as `cpu` or `memory`.
    limit: String,
    /// Its value.
    value: u64,
    /// Unit of the value.
    unit: String,
}

/// What an interaction is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// Intents of the author, most likely first.
    #[schema(max_items = 64)]
    intents: Vec<Intent>,
    /// Codes of topics.
    #[schema(max_items = 64)]
    topics: Vec<String>,
    /// -1 (angry) to 1 (delighted).
    #[schema(minimum = -1, maximum = 1)]
    sentiment: Option<f64>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    urgency: Option<u8>,
    /// Language (BCP 47).
    language: Option<String>,
    /// Probability of spam, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    spam: Option<f64>,
    /// Probability of abuse, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    abuse: Option<f64>,
    /// Whether the author expects a reply.
    reply_expected: Option<bool>,
    /// Personal data found in the text.
    #[schema(max_items = 64)]
    personal_data: Vec<PersonalData>,
    /// Reason.
    why: String,
    /// Name of the plugin that each field comes from, if several answered.
    #[serde(default)]
    provenance: BTreeMap<String, String>,
}

/// A possible intent of the author.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Code of the intent.
    name: String,
    /// 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
}

/// Personal data found in a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalData {
    /// Code of its kind, such as `payment-card`.
    kind: String,
    /// Offset of its first byte in the text's UTF-8.
    start: u32,
    /// Offset after its last byte.
    end: u32,
}

/// Route of a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutePlan {
    target: RouteTarget,
    /// Requirements of agents, relaxed step by step.
    #[schema(max_items = 16)]
    steps: Vec<RouteStep>,
    /// Preferred agents.
    #[serde(default)]
    #[schema(max_items = 64)]
    preferences: Vec<Preference>,
    /// Ids of agents who are not offered the conversation.
    #[serde(default)]
    #[schema(max_items = 64)]
    excluded: Vec<String>,
    /// 0 to 100; null: the queue's.
    #[schema(minimum = 0, maximum = 100)]
    priority: Option<u8>,
    /// Timeout of an offer, such as `90s`; absent: the company's.
    offer_timeout: Option<String>,
    /// SLA targets by clock (`first_response`, `next_response`, `resolution`), as
    /// durations such as `30m`.
    sla: BTreeMap<String, String>,
    /// Codes of tags to add.
    #[schema(max_items = 64)]
    tags: Vec<String>,
    /// Reason.
    why: String,
}

/// Target of a route.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTarget {
    /// `queue`, `agent`, `hold` or `close`.
    kind: String,
    /// Id of the queue or agent.
    id: Option<String>,
    /// For `agent` and `hold`: the queue it belongs to meanwhile and returns to.
    queue: Option<String>,
    /// For `agent` and `hold`: when it ends.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// For `agent`: whether it keeps waiting while they are away or offline.
    #[serde(default)]
    while_away: bool,
}

/// Requirements of agents for a time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteStep {
    /// Minimum proficiency, 1 to 5, by skill.
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    /// Languages, of which the agent must speak one.
    #[serde(default)]
    languages: Vec<String>,
    /// The step is skipped if fewer agents qualify.
    minimum_agents: Option<u32>,
    /// Duration of the step, such as `2m`; absent: unlimited.
    expires: Option<String>,
}

/// A preferred agent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// The agent's id.
    agent: String,
    /// Preference, 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    score: u8,
}

/// Result of a tone check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    verdict: Verdict,
    /// Findings in the draft.
    findings: Vec<Finding>,
    /// For a held draft: teams that must approve it, in this order; empty: any
    /// supervisor.
    #[serde(default)]
    #[schema(max_items = 8)]
    approvers: Vec<String>,
    /// Reason.
    why: String,
}

/// A finding in a draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Code of the finding, such as `personal-data.public`.
    code: String,
    severity: Severity,
    /// Offset of its first byte in the draft's UTF-8.
    start: Option<u32>,
    /// Offset after its last byte.
    end: Option<u32>,
    /// Message for the agent.
    message: String,
    /// Suggested replacement.
    suggestion: Option<String>,
}

/// Escalation actions.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    #[schema(max_items = 32)]
    actions: Vec<EscalationAction>,
    /// Reason.
    why: String,
}

/// An escalation action.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationAction {
    /// `raise-priority`, `re-route`, `require-approval`, `notify`,
    /// `open-incident` or `wake-up`.
    kind: String,
    /// Team to notify, queue, approving team, subject of the incident, or name of the
    /// wake-up.
    target: Option<String>,
    /// Message of a notification.
    message: Option<String>,
    /// Minimum priority, or urgency of the notification.
    #[schema(minimum = 0, maximum = 100)]
    priority: Option<u8>,
    /// When the policy is called again.
    #[schema(format = DateTime)]
    at: Option<String>,
}

/// A rule that decided instead of a plugin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    stage: Stage,
    /// The rule that decided: `continue`, `default-queue`, `next`, `hold`,
    /// `revise`, `block` or `alert`.
    rule: String,
    /// Name of the plugin that failed; absent if no policy had an opinion.
    plugin: Option<String>,
    /// Reason.
    because: String,
}

/// Generation and plugins that decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// Number of the generation.
    generation: u64,
    /// The plugins, in the order of their calls.
    plugins: Vec<PluginPart>,
}

/// One plugin's part in a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginPart {
    stage: Stage,
    /// Name in the pipeline.
    name: String,
    /// Name of its pack.
    pack: String,
    /// Version of its pack.
    version: String,
    /// Digest of its component, `sha256:…`.
    digest: String,
    /// Digest of its settings.
    settings: String,
    /// Digest of the snapshot its instance started from.
    snapshot: Option<String>,
    outcome: OutcomeKind,
    /// Details, if the outcome is not `ok`.
    problem: Option<Outcome>,
    /// How often its instance was used, from 1; 0 if it was not called.
    #[serde(rename = "use")]
    use_number: u32,
    micros: Micros,
    /// Peak linear memory, in bytes.
    peak_memory: u64,
    /// Limit of linear memory, in bytes.
    memory_limit: u64,
    /// Number of host calls.
    host_calls: u32,
    /// Fuel used; only with fuel metering.
    fuel: Option<u64>,
    /// Log lines it wrote.
    #[serde(default)]
    log: Vec<LogLine>,
    /// Number of log lines dropped beyond the limit.
    #[serde(default)]
    log_dropped: u32,
    /// Its own answer, if a transcript was requested.
    answer: Option<Value>,
    /// Every host call, if a transcript was requested.
    transcript: Option<Vec<HostCall>>,
}

/// A log line of a plugin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
    level: String,
    message: String,
}

/// One host call of a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostCall {
    /// Interface and function, as in the contract.
    name: String,
    /// The arguments.
    args: Value,
    /// The result; absent if the call was stopped.
    result: Option<Value>,
    /// Why the call was stopped.
    stopped: Option<String>,
}

/// Times of the phases, in whole microseconds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Micros {
    /// Waiting for an instance.
    queue: u64,
    /// Creating or finding an instance.
    instantiate: u64,
    /// Running the plugin, including its host calls.
    call: u64,
}
