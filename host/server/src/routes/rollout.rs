//! A generation on trial: beside the one that decides, or for a share of the
//! conversations.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use patchbay_desk::setups::{Proposal, Wanted};
use patchbay_desk::{ArmReport, Breach, Compared, RolloutError, RolloutReport};
use patchbay_model::rollout::{Bounds, RolloutKind, Share};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::generations::{self, PlanDocument, asked_by, changed};
use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Most bytes of a reason.
const REASON_BYTES: usize = 1_000;

/// A generation to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolloutRequest {
    /// Number of a generation that is kept.
    generation: u64,
    /// `shadow`: it is asked beside the one that decides, and has no effect.
    /// `canary`: it decides for a share of the conversations.
    #[schema(value_type = String)]
    kind: RolloutKind,
    /// Of which share of the conversations, such as `5%`; a shadow of 10%, a
    /// canary of 5% unless said, and at most 90%. A greater share takes all a
    /// smaller one took.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    share: Option<Share>,
    /// When a canary is taken back by itself: `after` (200) decisions, where
    /// `failures` (0.01 more than beside it), `p99` (2 times that beside it) or
    /// `disagreement` (null) go beyond what they say; null: never. Left out,
    /// those of a canary that is tried already stay.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    bounds: Option<Bounds>,
    /// The generation the company decides by, as far as the caller knows; if
    /// it is another by now, nothing is tried.
    #[serde(default)]
    expected: Option<u64>,
    /// Who asks.
    #[serde(default)]
    by: Option<String>,
}

/// What becomes of it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndRequest {
    /// Why, for the record; at most 1,000 bytes.
    #[serde(default)]
    reason: Option<String>,
    /// Who asks.
    #[serde(default)]
    by: Option<String>,
}

/// How a generation on trial stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RolloutDocument {
    /// Number of the generation that is tried.
    generation: u64,
    /// Number of the one the company decides by.
    control: u64,
    /// `shadow` or `canary`.
    #[schema(value_type = String)]
    kind: RolloutKind,
    /// Of which share of the conversations.
    #[schema(value_type = String)]
    share: Share,
    /// When a canary is taken back by itself.
    #[schema(value_type = Object)]
    bounds: Bounds,
    /// Who had it tried.
    by: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// What it came to: `decisions`, `failures` by outcome, `latency` in
    /// microseconds.
    #[schema(value_type = Object)]
    candidate_arm: ArmReport,
    /// What the other came to: on its own share, or on what a shadow was asked
    /// about.
    #[schema(value_type = Object)]
    control_arm: ArmReport,
    /// How their answers to the same compare: `decisions`, `agreed`,
    /// `differences` by field with examples, and how many were not compared,
    /// by why (`failed`, `no_time`, `no_room`).
    #[schema(value_type = Object)]
    compared: Compared,
    /// The bound a canary is beyond, just before it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    breach: Option<Breach>,
}

impl std::convert::From<RolloutReport> for RolloutDocument {
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
            breach: report.breach,
        }
    }
}

fn wanted(caller: &Caller, by: Option<String>, expected: Option<u64>) -> Result<Wanted, Problem> {
    Ok(Wanted {
        expected,
        by: asked_by(caller, by)?,
        actor: caller.id(),
        ..Wanted::default()
    })
}

/// Try a generation on live traffic
///
/// One at a time. Asked for again with the same generation and kind, it goes on
/// by the new terms. Kept across restarts, and ended by any activation.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/rollout",
    operation_id = "try_generation",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RolloutRequest,
    responses(
        (status = 200, description = "How it stands.", body = RolloutDocument),
        schema::NotDone,
    )
)]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<Json<RolloutDocument>, Problem> {
    let asked: RolloutRequest = app.json(request).await?;
    let wanted = wanted(&caller, asked.by, asked.expected)?;
    let usual = match asked.kind {
        RolloutKind::Shadow => "10%",
        RolloutKind::Canary => "5%",
    };
    let usual = usual.parse().unwrap_or(Share::ALL);
    let proposal = Proposal {
        kind: asked.kind,
        share: asked.share.unwrap_or(usual),
        bounds: asked.bounds,
    };
    app.in_turn(company.clone(), move |setups| {
        let report = setups.try_out(&company, asked.generation, proposal, &wanted)?;
        Ok(Json(report.into()))
    })
    .await
}

/// How the generation on trial stands
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/rollout",
    operation_id = "rollout",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "How it stands.", body = RolloutDocument), schema::NoDocument)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<RolloutDocument>, Problem> {
    app.read(move |desk| {
        let report = desk.rollout(&company)?;
        let report = report.ok_or(Problem::of(Kind::NothingTried))?;
        Ok(Json(report.into()))
    })
    .await
}

/// Decide by the generation on trial
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollout/promote",
    operation_id = "promote",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = generations::HowDocument,
    responses(
        (status = 200, description = "What would happen.", body = PlanDocument),
        (status = 201, description = "What happened.", body = PlanDocument),
        schema::NotDone,
    )
)]
pub(super) async fn promote(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanDocument>), Problem> {
    let how: generations::HowDocument = app.json(request).await?;
    let wanted = how.wanted(&caller, app.settings.secrets_of(&company))?;
    changed(&app, company.clone(), move |setups| {
        Ok(setups.promote(&company, &wanted)?)
    })
    .await
}

/// Try it no more
///
/// The company decides by what it decided by all the while. Answers how the
/// trial stood.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/rollout/abort",
    operation_id = "abort_rollout",
    tag = "generations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = EndRequest,
    responses(
        (status = 200, description = "How it stood.", body = RolloutDocument),
        schema::NotDone,
    )
)]
pub(super) async fn abort(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<Json<RolloutDocument>, Problem> {
    let asked: EndRequest = app.json(request).await?;
    let wanted = wanted(&caller, asked.by, None)?;
    let reason = asked.reason;
    if reason
        .as_ref()
        .is_some_and(|reason| reason.len() > REASON_BYTES)
    {
        return Err(Problem::of(Kind::InvalidInput)
            .field("reason")
            .detail(format!("must be at most {REASON_BYTES} bytes")));
    }
    app.in_turn(company.clone(), move |setups| {
        let report = setups.abort(&company, reason.as_deref(), &wanted)?;
        Ok(Json(report.into()))
    })
    .await
}

impl std::convert::From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Problem {
        let kind = match error {
            RolloutError::Journal(error) => return error.into(),
            RolloutError::Desk(error) => return error.into(),
            RolloutError::NothingTried => Kind::NothingTried,
            RolloutError::Tried(_) => Kind::AlreadyTried,
            RolloutError::Active(_) => Kind::AlreadyActive,
        };
        Problem::of(kind).detail(error.to_string())
    }
}
