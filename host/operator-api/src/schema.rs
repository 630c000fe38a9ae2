//! Schemas of what other crates serialize, as types for the OpenAPI document. The server's
//! contract tests check answers against them.

#![allow(dead_code, reason = "read by the derive of their schemas only")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use patchbay_http::code_schema::OutcomeKind;
use patchbay_http::descriptions::{Decision, Stage};
use patchbay_model::rollout::Bound as ModelBound;
use serde_json::Value;
use utoipa::ToSchema;

patchbay_http::code_schemas! {
    RolloutBound of ModelBound, "What a canary is bounded in.", |bound| match bound {
        ModelBound::Failures => "share of decisions in which a policy fails",
        ModelBound::P99 => "time of the slowest of a hundred decisions",
        ModelBound::Disagreement => "share of decisions that differ from the control's",
    };
}

/// When a canary is aborted automatically.
#[derive(ToSchema)]
#[schema(as = RolloutBounds)]
pub(crate) struct Bounds {
    /// Decisions of the canary before the first comparison, from 1. Default 200.
    #[schema(required = false, minimum = 1)]
    after: u64,
    /// How much its share of failures may exceed the control's, 0 to 1. Default 0.01; null:
    /// unbounded.
    #[schema(minimum = 0, maximum = 1)]
    failures: Option<f64>,
    /// How many times the control's p99 its own may be, from 1. Differences below a millisecond
    /// are ignored. Default 2; null: unbounded.
    #[schema(minimum = 1)]
    p99: Option<f64>,
    /// Its share of answers that differ from the control's, 0 to 1. Default null: unbounded.
    #[schema(minimum = 0, maximum = 1)]
    disagreement: Option<f64>,
}

/// A bound that a canary exceeds.
#[derive(ToSchema)]
#[schema(as = RolloutBreach)]
pub(crate) struct Breach {
    /// Which one.
    bound: RolloutBound,
    /// Measured value: a share, or a multiple of the control's p99.
    measured: f64,
    /// Allowed value, in the same unit.
    allowed: f64,
    /// Decisions of the canary so far.
    decisions: u64,
}

/// The decisions of one generation during a rollout.
#[derive(ToSchema)]
#[schema(as = RolloutArm)]
pub(crate) struct Arm {
    /// Number of decisions.
    decisions: u64,
    /// Decisions in which a policy failed, by outcome.
    failures: BTreeMap<String, u64>,
    /// Attempts that found no free instance; they are repeated.
    overloaded: u64,
    /// Times since the host started; absent: no decision since then.
    #[schema(required = false)]
    latency: Option<Latency>,
}

/// Times of decisions, in microseconds: queue, instantiation and policy calls.
#[derive(ToSchema)]
#[schema(as = RolloutLatency)]
pub(crate) struct Latency {
    /// Number of decisions since the host started.
    decisions: u64,
    /// Median.
    p50_micros: u64,
    /// 99th percentile.
    p99_micros: u64,
    /// Maximum.
    max_micros: u64,
}

/// Comparison of both generations' answers to the same inputs.
#[derive(ToSchema)]
#[schema(as = RolloutComparison)]
pub(crate) struct Comparison {
    /// Decisions without a failure in either generation.
    decisions: u64,
    /// Those with equal answers, apart from `why`.
    agreed: u64,
    /// Fields that differ, the most frequent first; at most 200.
    differences: Vec<ComparedField>,
    /// Not compared: a policy of either generation failed.
    failed: u64,
    /// Not compared: the host had no headroom, or the queue was full.
    no_time: u64,
    /// Not compared: no instance was free.
    no_room: u64,
}

/// A field that differs.
#[derive(ToSchema)]
#[schema(as = RolloutField)]
pub(crate) struct ComparedField {
    /// Its path, such as `route.target.id`; `[]` is any index of a list.
    field: String,
    /// Number of decisions in which it differs.
    decisions: u64,
    /// The first five.
    examples: Vec<Example>,
}

/// A decision in which a field differs. Values are there only where they are free of customer
/// text.
#[derive(ToSchema)]
#[schema(as = RolloutExample)]
pub(crate) struct Example {
    /// Number of the decision, as in `decisions/{decision}`; absent for a stateless request,
    /// and until the decision is committed.
    decision: Option<u64>,
    /// Its conversation; absent for a stateless request.
    conversation: Option<String>,
    /// Its interaction.
    interaction: Option<String>,
    /// The control's value.
    control: Option<Value>,
    /// The candidate's value.
    candidate: Option<Value>,
}

/// Figures of a rollout at a moment. Shares and times are those of the last 1,000 to 2,000
/// decisions of an arm, by which the bounds of a canary are judged; absent: it had none since
/// the host started.
#[derive(ToSchema)]
pub(crate) struct RolloutPoint {
    /// The moment.
    at: Timestamp,
    /// Decisions of the candidate so far.
    decisions: u64,
    /// Share of the candidate's decisions in which a policy failed, 0 to 1.
    candidate_failures: Option<f64>,
    /// The same of the control. The bound is this plus `bounds.failures`.
    control_failures: Option<f64>,
    /// Time of the slowest of a hundred decisions of the candidate, in microseconds.
    candidate_p99: Option<u64>,
    /// The same of the control. The bound is this times `bounds.p99`.
    control_p99: Option<u64>,
    /// Share of the compared decisions in which both generations differ, 0 to 1.
    disagreement: Option<f64>,
}

/// Numbers of a rollout that has ended.
#[derive(ToSchema)]
#[schema(as = RolloutCounts)]
pub(crate) struct Counts {
    /// Decisions of the candidate.
    decisions: u64,
    /// Those in which a policy failed.
    failed: u64,
    /// Decisions of both generations that were compared.
    compared: u64,
    /// Those that were equal.
    agreed: u64,
}

/// A value that differs between two generations.
#[derive(ToSchema)]
#[schema(as = GenerationDifference)]
pub(crate) struct Difference {
    /// A path in the company file, `pack NAME …`, `plugin NAME data NAME`, or `article ID`.
    path: String,
    /// The earlier value, as text; absent: added.
    before: Option<String>,
    /// The later value, as text; absent: removed.
    after: Option<String>,
}

/// A type with the fields of a row of the list of decisions before its own.
macro_rules! with_row {
    ($( #[$about:meta] )* $name:ident { $( $( #[$meta:meta] )* $field:ident: $type:ty, )* }) => {
        #[derive(ToSchema)]
        $( #[$about] )*
        pub(crate) struct $name {
            /// Number of the decision: that of its entry in the company's feed.
            id: u64,
            /// Id of the conversation; absent for a stateless request.
            conversation: Option<String>,
            /// The channel's id of the interaction, where the entry is of one.
            interaction: Option<String>,
            /// Kind of the entry.
            kind: String,
            /// When the decision was committed.
            at: Timestamp,
            /// Outcome of the decision.
            outcome: OutcomeKind,
            /// Number of the generation that decided.
            generation: u64,
            /// Stages with a plugin.
            stages: BTreeSet<Stage>,
            /// Names of the plugins.
            plugins: BTreeSet<String>,
            /// `kept`, or `not-kept` if it exceeded the limit; absent if no transcript was
            /// requested.
            transcript: Option<String>,
            $( $( #[$meta] )* $field: $type, )*
        }
    };
}

with_row! {
    /// A decision, as codes and numbers.
    #[schema(as = DecisionSummary)]
    DecisionRow {}
}

with_row! {
    /// A decision with its record, as far as the journal retains it. Personal data are masked
    /// unless an auditor unseals them.
    DecisionDocument {
        /// True: the author was erased, and with them what follows.
        #[schema(required = false)]
        erased: Option<bool>,
        /// The decision itself; absent if no record was stored.
        record: Option<Decision>,
        /// What the plugins could read, as codes, numbers and digests of texts.
        given: Option<BTreeMap<String, Value>>,
        /// The texts of `given`; absent if one of the authors was erased.
        texts: Option<BTreeMap<String, Value>>,
    }
}

/// A type with the fields of a verdict of a replay behind its own.
macro_rules! with_verdict {
    ($( #[$about:meta] )* $name:ident { $( #[doc = $doc:literal] $field:ident: $type:ty, )+ }) => {
        $( #[$about] )*
        #[derive(ToSchema)]
        pub(crate) struct $name {
            $( #[doc = $doc] $field: $type, )+
            /// `same` (the same bytes), `different`, `diverged` (another host call: the policy
            /// is not deterministic) or `not-replayable`.
            result: String,
            /// With `different`: every field that differs.
            differences: Option<Vec<ReplayedField>>,
            /// With `diverged`: number of the host call, from 1.
            call: Option<u64>,
            /// With `diverged`: the call in the replay; absent: the policy made no further call.
            asked: Option<ReplayedCall>,
            /// With `diverged`: the call in the record; absent: the record has no further call.
            recorded: Option<ReplayedCall>,
            /// With `not-replayable`: `erased`, `no-transcript`, `pack-not-kept`,
            /// `reused-instance`, `not-called` or `not-compared`.
            why: Option<String>,
            /// With `not-replayable`: the outcome then or now, where that is the reason.
            ended: Option<OutcomeKind>,
        }
    };
}

with_verdict! {
    /// Result of a replay: of the whole decision, and of each plugin.
    ReplayReport {
        /// Number of the decision.
        id: u64,
        /// Each plugin, in the order of the record.
        parts: Vec<ReplayedPlugin>,
    }
}

with_verdict! {
    /// Replay of one plugin.
    ReplayedPlugin {
        /// The stage.
        stage: Stage,
        /// Name of the plugin in the pipelines.
        name: String,
    }
}

/// A host call without its result.
#[derive(ToSchema)]
pub(crate) struct ReplayedCall {
    /// Interface and function, as in the contract.
    name: String,
    /// The arguments; handles as numbers.
    args: Value,
}

/// A field that a replay answers otherwise.
#[derive(ToSchema)]
pub(crate) struct ReplayedField {
    /// Path of the field, such as `intents[0].confidence`; empty: the whole.
    field: String,
    /// Its value in the record; absent where the record lacks it.
    recorded: Option<Value>,
    /// Its value now; absent where the answer lacks it.
    replayed: Option<Value>,
}

/// A pack without the bytes of its component and data.
#[derive(ToSchema)]
pub(crate) struct PackBundle {
    /// Name: the manifest's, or for a component without one the file's.
    name: String,
    /// Text of `pack.toml`; absent for a component without one.
    manifest: Option<String>,
    /// Text of the settings schema.
    schema: Option<String>,
    /// Digest of the component, such as `sha256:…`.
    component: String,
    /// Text of each case, by its path below `cases/`.
    #[schema(required = false)]
    cases: BTreeMap<String, String>,
    /// Tables and bytes, by name.
    #[schema(required = false)]
    data: BTreeMap<String, DataPart>,
    /// The image that the pack came in, and its signatures.
    provenance: Option<BTreeMap<String, Value>>,
}

/// A table or bytes of a pack.
#[derive(ToSchema)]
pub(crate) struct DataPart {
    /// `table` or `bytes`.
    kind: String,
    /// Digest of the bytes, such as `sha256:…`.
    digest: String,
}

/// An approved answer.
#[derive(ToSchema)]
#[schema(as = KnowledgeArticle)]
pub(crate) struct Article {
    /// Identifier, unique; 1 to 256 bytes.
    id: String,
    /// Title, in the article's language; 1 to 1,024 bytes.
    title: String,
    /// The approved wording; 1 byte to 64 KiB.
    text: String,
    /// Intents it answers, each 1 to 64 bytes; at most 64.
    #[schema(required = false)]
    intents: Vec<String>,
    /// Language (BCP 47), at most 64 bytes; absent where it serves any.
    language: Option<String>,
    /// Phrases that an answer must not contain, each 1 to 1,024 bytes; at most 64.
    #[schema(required = false, rename = "never-say")]
    never_say: Vec<String>,
}
