//! Rollouts: a candidate generation runs as a shadow beside the active one, or as
//! a canary for a share of the conversations.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_events::{RolloutCounts, RolloutEnd, RolloutEndedEvent};
use patchbay_generations::rollout::{
    ArmReport, Breach, ComparisonReport, RolloutPoint, RolloutReport,
};
use patchbay_generations::service::{ChangeRequest, RolloutSettings};
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{NUMBER, next_page, page_limit, parse_field};
use patchbay_model::rollout::{Bounds, RolloutKind, Share};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::generation_changes::{HowDocument, PlanDocument, change, name_for_record};
use crate::schema;
use patchbay_http::descriptions;

/// Longest reason, in bytes.
const REASON_BYTES: usize = 1_000;
/// Default page size of the rollouts that ended.
const HISTORY_PAGE: usize = 20;
/// Largest page size of them.
const MOST_HISTORY: usize = 100;

/// A rollout to start or change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolloutRequest {
    /// Number of a stored generation, the candidate.
    generation: u64,
    /// `shadow`: the candidate runs beside the active generation without effect.
    /// `canary`: the candidate decides for a share of the conversations.
    #[schema(value_type = descriptions::RolloutKind)]
    kind: RolloutKind,
    /// Share of the conversations, such as `5%`, at most 90%. Default 10% for a
    /// shadow, 5% for a canary. A larger share includes the conversations of a
    /// smaller one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    share: Option<Share>,
    /// When a canary is aborted automatically. Default: the bounds of a running canary
    /// stay.
    #[serde(default)]
    #[schema(value_type = Option<schema::Bounds>)]
    bounds: Option<Bounds>,
    /// The active generation that the caller expects; if another is active, the
    /// request fails.
    #[serde(default)]
    expected: Option<u64>,
    /// Name for the record. Default: the token's, or `operator` without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// The end of a rollout.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndRequest {
    /// Reason, for the record; at most 1,000 bytes.
    #[serde(default)]
    reason: Option<String>,
    /// Name for the record. Default: the token's, or `operator` without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// The state of a rollout.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutDocument {
    /// Number of the candidate generation.
    generation: u64,
    /// Number of the active generation, the control.
    control: u64,
    /// `shadow` or `canary`.
    #[schema(value_type = descriptions::RolloutKind)]
    kind: RolloutKind,
    /// Share of the conversations.
    #[schema(value_type = String)]
    share: Share,
    /// When a canary is aborted automatically.
    #[schema(value_type = schema::Bounds)]
    bounds: Bounds,
    /// Who started it.
    by: String,
    /// When it was started.
    since: Timestamp,
    /// Decisions of the candidate.
    #[schema(value_type = schema::Arm)]
    candidate_arm: ArmReport,
    /// Decisions of the control: on its share of a canary, or those that the shadow
    /// repeated.
    #[schema(value_type = schema::Arm)]
    control_arm: ArmReport,
    /// Comparison of both answers to the same input.
    #[schema(value_type = schema::Comparison)]
    compared: ComparisonReport,
    /// Figures over time, oldest first: at most 120, every ten seconds at first and less
    /// often the longer the rollout runs.
    #[schema(value_type = Vec<schema::RolloutPoint>)]
    points: Vec<RolloutPoint>,
    /// The bound that the canary exceeds, just before it is aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Breach>)]
    breach: Option<Breach>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RolloutHistoryQuery {
    /// `next` of the page before.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// Page size, 1 to 100. Default 20.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// Rollouts that ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutHistory {
    /// The newest first.
    rollouts: Vec<EndedRolloutDocument>,
    /// Value of `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// The end of a rollout.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedRolloutDocument {
    /// Number of the candidate generation.
    generation: u64,
    /// Number of the generation that was active.
    control: u64,
    /// `shadow` or `canary`; absent where that was not readable any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    kind: Option<RolloutKind>,
    /// Share of the conversations; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    share: Option<Share>,
    /// When it ended.
    ended_at: Timestamp,
    /// `aborted`: an operator ended it. `promoted`: the candidate became active.
    /// `superseded`: another generation became active, or another rollout began.
    /// `bound-exceeded`: the host aborted the canary. `unbuildable`: the candidate
    /// cannot be built any more.
    #[schema(value_type = String)]
    because: RolloutEnd,
    /// Who ended it; absent: the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The operator's reason, or which bound was exceeded, or why the candidate
    /// cannot be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The bound that was exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Breach>)]
    breach: Option<Breach>,
    /// Numbers; absent as above.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Counts>)]
    counts: Option<RolloutCounts>,
}

impl EndedRolloutDocument {
    fn new(ended_at: Timestamp, ended: RolloutEndedEvent) -> EndedRolloutDocument {
        EndedRolloutDocument {
            generation: ended.generation,
            control: ended.control,
            kind: ended.kind,
            share: ended.share,
            ended_at,
            because: ended.because,
            by: ended.by,
            reason: ended.reason,
            breach: ended.breach,
            counts: ended.counts,
        }
    }
}

impl From<RolloutReport> for RolloutDocument {
    fn from(report: RolloutReport) -> RolloutDocument {
        RolloutDocument {
            generation: report.generation,
            control: report.control,
            kind: report.terms.kind,
            share: report.terms.share,
            bounds: report.terms.bounds,
            by: report.terms.by,
            since: report.terms.since,
            candidate_arm: report.candidate_arm,
            control_arm: report.control_arm,
            compared: report.compared,
            points: report.points,
            breach: report.breach,
        }
    }
}

fn change_request(
    caller: &Caller,
    by: Option<String>,
    expected: Option<u64>,
) -> Result<ChangeRequest, Problem> {
    Ok(ChangeRequest {
        expected,
        by: name_for_record(caller, by)?,
        actor: caller.id(),
        ..ChangeRequest::default()
    })
}

/// Start or change a rollout
///
/// A company has at most one rollout. A request with the same generation and kind
/// changes the share and bounds of the running one. A rollout continues across
/// restarts; any activation ends it.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/rollout",
    operation_id = "try_generation",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RolloutRequest,
    responses(
        (status = 200, description = "State of the rollout.", body = RolloutDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<RolloutDocument>, Problem> {
    let body: RolloutRequest = app.json(request).await?;
    let request = change_request(&caller, body.by, body.expected)?;
    let default_share = match body.kind {
        RolloutKind::Shadow => "10%",
        RolloutKind::Canary => "5%",
    };
    let default_share = default_share.parse().unwrap_or(Share::ALL);
    let proposal = RolloutSettings {
        kind: body.kind,
        share: body.share.unwrap_or(default_share),
        bounds: body.bounds,
    };
    let name = company.clone();
    app.with_change_turn(&company, move |app, generations, _, cancel| {
        let request = ChangeRequest { cancel, ..request };
        let report = app.locks.with_lock(&name, || {
            generations.start_rollout(&name, body.generation, proposal, &request)
        })?;
        Ok(Json(report.into()))
    })
    .await
}

/// Get the rollout
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/rollout",
    operation_id = "rollout",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "State of the rollout.", body = RolloutDocument), descriptions::ReadErrors)
)]
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<RolloutDocument>, Problem> {
    app.read(move |desk| {
        let report = desk.rollout(&company)?;
        let report = report.ok_or(Problem::of(Kind::NoRollout))?;
        Ok(Json(report.into()))
    })
    .await
}

/// Get the end of the last rollout
///
/// When the last shadow run or canary that has ended did so, why, and what it
/// counted; as long as its entry of the feed is stored.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/rollout/last",
    operation_id = "last_rollout",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "End of the last rollout.", body = EndedRolloutDocument), descriptions::ReadErrors)
)]
pub(crate) async fn last(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<EndedRolloutDocument>, Problem> {
    app.read(move |desk| {
        let last = desk.last_rollout_end(&company, Timestamp::MIN, false)?;
        let (at, ended) = last.ok_or(Problem::of(Kind::NoRollout))?;
        Ok(Json(EndedRolloutDocument::new(at, ended)))
    })
    .await
}

/// List rollouts that ended
///
/// The newest first: when each shadow run or canary ended, why and by whom, and what it
/// counted; as long as its entry of the feed is stored.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/rollout/history",
    operation_id = "rollout_history",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company."), RolloutHistoryQuery),
    responses((status = 200, description = "A page of rollouts.", body = RolloutHistory), descriptions::ReadErrors)
)]
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<RolloutHistoryQuery>,
) -> Result<Json<RolloutHistory>, Problem> {
    let limit = page_limit(query.limit.as_deref(), HISTORY_PAGE, MOST_HISTORY)?;
    let before: Option<u64> = parse_field("before", query.before.as_deref(), NUMBER)?;
    app.read(move |desk| {
        let ends = desk.rollout_ends(&company, before.unwrap_or(u64::MAX), limit)?;
        let next = next_page(&ends, limit, |(number, ..)| *number);
        let rollouts = ends.into_iter();
        let rollouts = rollouts.map(|(_, at, ended)| EndedRolloutDocument::new(at, ended));
        Ok(Json(RolloutHistory {
            rollouts: rollouts.collect(),
            next,
        }))
    })
    .await
}

/// Activate the candidate generation
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollout/promote",
    operation_id = "promote",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = HowDocument,
    responses(
        (status = 200, description = "The planned change.", body = PlanDocument),
        (status = 201, description = "The change.", body = PlanDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn promote(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let how: HowDocument = app.json(request).await?;
    let request = how.change_request(&caller, app.settings.secrets_of(&company))?;
    change(
        &app,
        company.clone(),
        request,
        move |generations, request| Ok(generations.promote(&company, request)?),
    )
    .await
}

/// Abort the rollout
///
/// The active generation stays active. Answers the final state of the rollout.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollout/abort",
    operation_id = "abort_rollout",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = EndRequest,
    responses(
        (status = 200, description = "Final state of the rollout.", body = RolloutDocument),
        descriptions::ActionErrors,
    )
)]
pub(crate) async fn abort(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<RolloutDocument>, Problem> {
    let body: EndRequest = app.json(request).await?;
    let request = change_request(&caller, body.by, None)?;
    let reason = body.reason;
    if reason
        .as_ref()
        .is_some_and(|reason| reason.len() > REASON_BYTES)
    {
        return Err(Problem::invalid(
            "reason",
            format!("must be at most {REASON_BYTES} bytes"),
        ));
    }
    let name = company.clone();
    app.with_change_turn(&company, move |app, generations, _, cancel| {
        let request = ChangeRequest { cancel, ..request };
        let abort = || generations.abort(&name, reason.as_deref(), &request);
        Ok(Json(app.locks.with_lock(&name, abort)?.into()))
    })
    .await
}
