//! Health of the host and its companies.

mod readings;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::Load;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::work_share::on_share;
use patchbay_model::bypass::Bypass;
use patchbay_model::rollout::Share;
use patchbay_service::app::App;
use patchbay_watcher::WatchedFile;
use serde::Serialize;
use utoipa::ToSchema;

use crate::alerts::AlertDocument;
use crate::status_scope::{StatusQuery, StatusScope};
use patchbay_http::descriptions;

/// Health of the host and its companies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostStatus {
    /// Version of the host.
    version: &'static str,
    /// When the server was started.
    started_at: Timestamp,
    /// Seconds since the start.
    uptime: u64,
    /// Whether `alerts` is empty.
    healthy: bool,
    /// What needs attention, one sentence each; including that of companies.
    concerns: Vec<String>,
    /// The same as alerts, the most severe first.
    alerts: Vec<AlertDocument>,
    /// `calm`, `busy` or `full`.
    #[schema(value_type = String)]
    load: Load,
    /// Decisions running; absent for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    running: Option<u64>,
    /// Requests waiting for a thread; absent for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<usize>,
    /// The journal; absent without one, and for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<JournalState>,
    /// Which packs the server accepts; absent for a company's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<PackTrust>,
    /// Upper bounds of the ranges of `times`, in microseconds; one more range holds
    /// the times above.
    bounds: &'static [u64],
    /// Sorted by name.
    companies: Vec<CompanyStatus>,
    /// Watched company files that are invalid and define no known company, sorted by
    /// name; absent if the request names a company.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<WatchedFile>,
}

/// Which packs the server accepts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PackTrust {
    /// Whether there is a trust policy. Without one, no signature counts.
    policy: bool,
    /// Whether packs without a signature are accepted.
    unsigned: bool,
    /// Why the policy cannot be used; every pack is refused then.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Counts and size of the journal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JournalState {
    /// Size of its files.
    bytes: u64,
    /// Interactions, clocks and actions waiting for a decision.
    undecided: usize,
    /// Running clocks.
    clocks: usize,
    /// Whether it can write; if not, an alert says why.
    writable: bool,
    /// Free space on its disk; absent where the system does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bytes: Option<u64>,
}

/// Health of a company. `patchbay status` prints every field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyStatus {
    /// Name of the company.
    company: String,
    /// Problems that need attention, one sentence each.
    concerns: Vec<String>,
    /// Number of the active generation.
    generation: u64,
    /// When that was activated; absent without a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// Circuit breakers that are open.
    breakers: Vec<OpenBreaker>,
    /// The running rollout; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<RolloutSummary>,
    /// Bypassed stages and plugins.
    #[schema(value_type = Vec<crate::bypasses::BypassDocument>)]
    bypasses: Vec<Bypass>,
    /// Whether it is draining.
    draining: bool,
    /// State of its watched company file, if that is invalid or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<WatchedFile>,
    /// Stages at which plugins were called since the start.
    stages: Vec<StageStatus>,
    /// Its desk; absent without a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    desk: Option<DeskStatus>,
}

/// An open circuit breaker: the plugin failed repeatedly and is not called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenBreaker {
    /// Name of the plugin.
    plugin: String,
    /// The stage.
    stage: &'static str,
}

/// A rollout in short; `GET …/rollout` has the details.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OnTrial)]
pub(crate) struct RolloutSummary {
    /// Number of the candidate generation.
    generation: u64,
    /// `shadow` or `canary`.
    kind: &'static str,
    /// Share of the conversations.
    #[schema(value_type = String)]
    share: Share,
    /// The candidate's decisions.
    decisions: u64,
    /// Of those, decisions in which a plugin failed.
    failed: u64,
    /// Decisions compared with the control's.
    compared: u64,
    /// Of those, decisions with equal answers.
    agreed: u64,
}

/// Calls at a stage since the start.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageStatus {
    /// The stage.
    stage: &'static str,
    /// Plugin calls by outcome. Counts of retired generations are dropped.
    outcomes: BTreeMap<&'static str, u64>,
    /// Numbers of decisions by duration, in the ranges of `bounds`.
    times: Vec<u64>,
    /// Median duration in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50: Option<u64>,
    /// 99th percentile in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    p99: Option<u64>,
}

/// Counts of a company's desk.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct DeskStatus {
    /// Inputs waiting for a decision.
    undecided: usize,
    /// Queues, sorted by id.
    queues: Vec<QueueDepth>,
    /// Open offers to agents.
    offers: usize,
    /// Items of the outbox waiting for delivery.
    outbox_waiting: u64,
    /// Items of the outbox whose delivery failed for good.
    outbox_dead: u64,
    /// Bytes that it stores in the journal.
    stored_bytes: u64,
    /// How many it may store; beyond them its deliveries are rejected.
    stored_bytes_limit: u64,
    /// Decisions since the start whose transcript was not stored because it exceeded
    /// the company's limit.
    unrecorded: u64,
}

/// A queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueDepth {
    /// Id of the queue.
    id: String,
    /// Number of waiting conversations, without those offered to an agent.
    waiting: usize,
    /// Waiting time of the oldest, in seconds.
    oldest: i64,
}

/// Get the health of the host and its companies
///
/// For each company: active generation, queues, open circuit breakers, bypasses and
/// rollout. A company's token sees that company only.
#[utoipa::path(
    get,
    path = "/v1/status",
    operation_id = "status",
    tag = "operation",
    params(StatusQuery),
    responses((status = 200, description = "Health and concerns.", body = HostStatus), descriptions::ReadErrors)
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<StatusQuery>,
) -> Result<Json<HostStatus>, Problem> {
    let scope = StatusScope::new(&app, &caller, query)?;
    if let (Some(name), None) = (&scope.company, &scope.generation) {
        let reason = app.companies.unready_reason(name).unwrap_or_default();
        return Err(Problem::of(Kind::CompanyNotReady).detail(reason));
    }
    let observed = Arc::clone(&app);
    let status = on_share(&observed.shares.observation, move || {
        readings::host_status(&app, &scope)
    })
    .await?;
    status.map(Json)
}
