//! What the server answers.

#![allow(dead_code, reason = "read by nobody: they are descriptions")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{OutcomeKind, Stage};

/// One decision, or several about one interaction made in one pass.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    /// Id of the interaction.
    interaction: Option<String>,
    /// Id of the draft.
    draft: Option<String>,
    outcome: OutcomeKind,
    /// The particulars, where it did not end well.
    problem: Option<Outcome>,
    /// What the interaction is; absent where no policy has an opinion.
    classification: Option<Classification>,
    /// Where its conversation goes.
    route: Option<RoutePlan>,
    /// Whether the draft may go out.
    tone: Option<Review>,
    /// Who else must know; absent where no policy has an opinion.
    escalation: Option<Escalation>,
    /// What the host did where a policy failed or none had an opinion.
    #[serde(default)]
    fallbacks: Vec<Fallback>,
    stamp: Stamp,
    micros: Micros,
}

/// How a call to a policy ended, with what is needed to understand why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    kind: OutcomeKind,
    /// What in particular happened.
    detail: Option<String>,
    limit: Option<LimitHit>,
    /// Frames of the policy's call stack at a trap, innermost first.
    #[serde(default)]
    backtrace: Vec<String>,
}

/// A limit that was hit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LimitHit {
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
pub(crate) struct Classification {
    /// What the author wants, likeliest first.
    #[schema(max_items = 64)]
    intents: Vec<Intent>,
    /// What it is about: codes.
    #[schema(max_items = 64)]
    topics: Vec<String>,
    /// -1 (angry) to 1 (delighted).
    #[schema(minimum = -1, maximum = 1)]
    sentiment: Option<f64>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    urgency: Option<u8>,
    /// BCP 47.
    language: Option<String>,
    /// How surely it is spam, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    spam: Option<f64>,
    /// How surely it is abusive, 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    abuse: Option<f64>,
    /// Whether the author expects a reply.
    reply_expected: Option<bool>,
    /// Personal data found in the text.
    #[schema(max_items = 64)]
    personal_data: Vec<PersonalData>,
    /// Why.
    why: String,
    /// Which plugin each field is from, where several answered.
    #[serde(default)]
    provenance: BTreeMap<String, String>,
}

/// What the author may want.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Intent {
    /// A code.
    name: String,
    /// 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
}

/// Personal data found in a text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonalData {
    /// A code, such as `payment-card`.
    kind: String,
    /// First byte of the text's UTF-8.
    start: u32,
    /// The byte after the last.
    end: u32,
}

/// Where a conversation goes, and on what terms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoutePlan {
    target: RouteTarget,
    /// Who qualifies, relaxing over time.
    #[schema(max_items = 16)]
    steps: Vec<RouteStep>,
    /// Preferred agents.
    #[serde(default)]
    #[schema(max_items = 64)]
    preferences: Vec<Preference>,
    /// Agents who are not offered it.
    #[serde(default)]
    #[schema(max_items = 64)]
    excluded: Vec<String>,
    /// 0 to 100; null: the queue's own.
    #[schema(minimum = 0, maximum = 100)]
    priority: Option<u8>,
    /// How long an offer of it stands, such as `90s`; absent: as long as the
    /// company says.
    offer_timeout: Option<String>,
    /// Targets by clock (`first_response`, `next_response`, `resolution`),
    /// as durations such as `30m`.
    sla: BTreeMap<String, String>,
    /// Tags to add: codes.
    #[schema(max_items = 64)]
    tags: Vec<String>,
    /// Why.
    why: String,
}

/// Where a conversation goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteTarget {
    /// `queue`, `agent`, `hold` or `close`.
    kind: String,
    /// Which queue or agent.
    id: Option<String>,
    /// Of `agent` and `hold`: the queue it belongs to meanwhile and goes to
    /// afterwards.
    queue: Option<String>,
    /// Of `agent` and `hold`: until when.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Of `agent`: whether it waits on while they are not there.
    #[serde(default)]
    while_away: bool,
}

/// Who qualifies for a while.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RouteStep {
    /// Least proficiency, 1 to 5, by skill.
    #[serde(default)]
    skills: BTreeMap<String, u8>,
    /// Languages of which one must be spoken.
    #[serde(default)]
    languages: Vec<String>,
    /// The step is skipped if fewer qualify.
    minimum_agents: Option<u32>,
    /// How long it lasts, such as `2m`; absent: for good.
    expires: Option<String>,
}

/// An agent the policy would rather have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Preference {
    /// The agent's id.
    agent: String,
    /// How much rather.
    #[schema(minimum = 0, maximum = 100)]
    score: u8,
}

/// What should happen to a draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Review {
    verdict: Verdict,
    /// What was found in it.
    findings: Vec<Finding>,
    /// Teams of which somebody must approve it, in this order, where it is
    /// held; none: any supervisor.
    #[serde(default)]
    #[schema(max_items = 8)]
    approvers: Vec<String>,
    /// Why.
    why: String,
}

/// What should happen to a draft, mildest first.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Approve,
    Revise,
    Hold,
    Block,
}

/// Something about a draft.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Finding {
    /// A code, such as `personal-data.public`.
    code: String,
    severity: Severity,
    /// First byte of the draft's UTF-8 it is about.
    start: Option<u32>,
    /// The byte after the last.
    end: Option<u32>,
    /// What to tell the agent.
    message: String,
    /// What to write instead.
    suggestion: Option<String>,
}

/// How much a finding matters.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// Who else must know.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Escalation {
    #[schema(max_items = 32)]
    actions: Vec<EscalationAction>,
    /// Why.
    why: String,
}

/// One thing to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EscalationAction {
    /// `raise-priority`, `re-route`, `require-approval`, `notify`,
    /// `open-incident` or `wake-up`.
    kind: String,
    /// Whom to notify, which queue, who approves, what the incident is about,
    /// or the name of the wake-up.
    target: Option<String>,
    /// What to tell.
    message: Option<String>,
    /// The least priority, or how urgent the news is.
    #[schema(minimum = 0, maximum = 100)]
    priority: Option<u8>,
    /// When to call again.
    #[schema(format = DateTime)]
    at: Option<String>,
}

/// What the host did for want of an answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Fallback {
    stage: Stage,
    /// The rule that decided: `continue`, `default-queue`, `next`, `hold`,
    /// `revise`, `block` or `alert`.
    rule: String,
    /// The plugin that failed; absent where no policy had an opinion.
    plugin: Option<String>,
    /// Why.
    because: String,
}

/// Which setup decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Stamp {
    /// Number of the company's generation.
    generation: u64,
    /// The plugins, in the order they were asked.
    plugins: Vec<PluginPart>,
}

/// One plugin's part in a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PluginPart {
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
    /// Digest of the picture its instance started from.
    snapshot: Option<String>,
    outcome: OutcomeKind,
    /// The particulars, where there are any.
    problem: Option<Outcome>,
    /// Which decision of its instance this was, from 1; 0 where it was not
    /// called.
    #[serde(rename = "use")]
    use_number: u32,
    micros: Micros,
    /// Most linear memory, in bytes.
    peak_memory: u64,
    /// Linear memory it might have had, in bytes.
    memory_limit: u64,
    /// Host calls made.
    host_calls: u32,
    /// Fuel used; on the metered engine only.
    fuel: Option<u64>,
    /// Lines it wrote.
    #[serde(default)]
    log: Vec<LogLine>,
    /// Lines dropped beyond the limit.
    #[serde(default)]
    log_dropped: u32,
    /// What it answered by itself, where a transcript was asked for.
    answer: Option<Value>,
    /// Every host call, where a transcript was asked for.
    transcript: Option<Vec<HostCall>>,
}

/// A line a policy wrote.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogLine {
    /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
    level: String,
    message: String,
}

/// One host call of a decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HostCall {
    /// Interface and function, as in the contract.
    name: String,
    /// The arguments.
    args: Value,
    /// The result; absent where the call was stopped.
    result: Option<Value>,
    /// Why the call was stopped.
    stopped: Option<String>,
}

/// Times of the phases, in whole microseconds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Micros {
    /// Waiting for a place.
    queue: u64,
    /// Finding or making an instance.
    instantiate: u64,
    /// Inside policies, with the host calls they made.
    call: u64,
}

/// That the server lives.
#[derive(serde::Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    /// `ok`.
    pub(crate) status: &'static str,
}

/// That the server decides.
#[derive(serde::Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Readiness {
    /// `ready`.
    pub(crate) status: &'static str,
    /// How many companies it decides for.
    pub(crate) companies: usize,
    /// How many are answered 503, because the setup they decide by cannot be
    /// built any more; the log says which and why.
    pub(crate) unready: usize,
}
