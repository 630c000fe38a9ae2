//! Draining: the host or a company accepts nothing new and finishes work in
//! progress.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::{Desk, Drain, RemainingWork};
use patchbay_http::problem::Problem;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Longest reason, in bytes.
pub(crate) const REASON_BYTES: usize = 500;

/// A drain to start.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrainRequest {
    /// Reason, for the status and the audit trail; at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
}

/// Whether the host or company is draining, and the work in progress.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrainDocument {
    /// Whether nothing new is accepted.
    draining: bool,
    /// Start of the drain.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// Who started it: id of a token, or `local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Interactions, clocks and requests that wait for a decision or are being
    /// decided about.
    undecided: u64,
    /// Items of the outbox waiting for delivery.
    outbox_waiting: u64,
    /// For the host: companies with a drain of their own, sorted by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    companies: Option<Vec<DrainedCompany>>,
}

/// A company with a drain of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrainedCompany {
    /// Name of the company.
    company: String,
    /// Start of the drain.
    since: Timestamp,
    /// Who started it: id of a token, or `local`.
    by: String,
    /// Reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl DrainDocument {
    fn of(drain: Option<Drain>, left: RemainingWork) -> DrainDocument {
        DrainDocument {
            draining: drain.is_some(),
            since: drain.as_ref().map(|drain| drain.since),
            by: drain.as_ref().map(|drain| drain.by.clone()),
            reason: drain.and_then(|drain| drain.reason),
            undecided: left.undecided,
            outbox_waiting: left.outbox,
            companies: None,
        }
    }
}

/// Get the host's drain
#[utoipa::path(
    get,
    path = "/v1/drain",
    operation_id = "drain",
    tag = "operation",
    responses((status = 200, description = "Whether it is draining, and the work in progress.", body = DrainDocument), descriptions::ReadErrors)
)]
pub(crate) async fn of_host(State(app): State<Arc<App>>) -> Result<Json<DrainDocument>, Problem> {
    Ok(Json(host(app).await?))
}

/// Drain the host
///
/// For every company, interactions and decisions are answered 503, `/readyz`
/// reports not ready, and work in progress finishes. Ends when it is undone or the
/// host restarts.
#[utoipa::path(
    put,
    path = "/v1/drain",
    operation_id = "begin_drain",
    tag = "operation",
    request_body = DrainRequest,
    responses((status = 200, description = "The drain.", body = DrainDocument), descriptions::ActionErrors)
)]
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<DrainDocument>, Problem> {
    let body: DrainRequest = app.json(request).await?;
    let reason = reason(body.reason)?;
    let entry = caller.entry("drain.ordered", None, &json!({"reason": reason}));
    if app.desk().is_ok() {
        app.read(move |desk| Ok(desk.journal().append_audit(entry)?))
            .await?;
    }
    let drain = Drain {
        since: Timestamp::now(),
        by: caller.id(),
        reason,
    };
    if app.drain.write().replace(drain).is_none() {
        tracing::warn!("draining the host: nothing new is accepted until `patchbay drain --undo`");
    }
    Ok(Json(host(app).await?))
}

/// End the host's drain
///
/// Idempotent.
#[utoipa::path(
    delete,
    path = "/v1/drain",
    operation_id = "undo_drain",
    tag = "operation",
    responses((status = 200, description = "Not draining.", body = DrainDocument), descriptions::ReadErrors)
)]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<DrainDocument>, Problem> {
    let entry = caller.entry("drain.lifted", None, &json!({}));
    if app.drain.read().is_some() && app.desk().is_ok() {
        app.read(move |desk| Ok(desk.journal().append_audit(entry)?))
            .await?;
    }
    if app.drain.write().take().is_some() {
        tracing::info!("the drain has ended");
    }
    Ok(Json(host(app).await?))
}

/// Get a company's drain
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/drain",
    operation_id = "company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Whether it is draining, and the work in progress.", body = DrainDocument), descriptions::ReadErrors)
)]
pub(crate) async fn of_company(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<DrainDocument>, Problem> {
    app.read(move |desk| of(desk, &company)).await
}

/// Drain a company
///
/// The company's interactions and decisions are answered 503, and work in progress
/// finishes. Lasts across restarts until it is undone.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/drain",
    operation_id = "begin_company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = DrainRequest,
    responses((status = 200, description = "The drain.", body = DrainDocument), descriptions::ActionErrors)
)]
pub(crate) async fn begin_company(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<DrainDocument>, Problem> {
    let body: DrainRequest = app.json(request).await?;
    let reason = reason(body.reason)?;
    app.read(move |desk| {
        let about = json!({"reason": reason});
        let entry = caller.entry("drain.ordered", Some(&company), &about);
        let drain = Drain {
            since: desk.now(),
            by: caller.id(),
            reason,
        };
        desk.drains().start(&company, drain, entry)?;
        of(desk, &company)
    })
    .await
}

/// End a company's drain
///
/// Idempotent.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/drain",
    operation_id = "undo_company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Not draining.", body = DrainDocument), descriptions::ReadErrors)
)]
pub(crate) async fn undo_company(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
) -> Result<Json<DrainDocument>, Problem> {
    app.read(move |desk| {
        let entry = caller.entry("drain.lifted", Some(&company), &json!({}));
        desk.drains().end(&company, &caller.id(), entry)?;
        of(desk, &company)
    })
    .await
}

fn of(desk: &Desk, company: &str) -> Result<Json<DrainDocument>, Problem> {
    let drain = desk.drains().of(company)?;
    Ok(Json(DrainDocument::of(
        drain,
        desk.drains().remaining(Some(company))?,
    )))
}

/// The host's drain. Work in progress includes requests waiting for a thread.
async fn host(app: Arc<App>) -> Result<DrainDocument, Problem> {
    let drain = app.drain.read().clone();
    let mut left = RemainingWork::default();
    let mut companies = Vec::new();
    if app.desk().is_ok() {
        let look = |desk: &Desk| Ok((desk.drains().remaining(None)?, desk.drains().all()));
        (left, companies) = app.read(look).await?;
    }
    left.undecided += app.workers.waiting() as u64;
    let drained = |(company, drain): (String, Drain)| DrainedCompany {
        company,
        since: drain.since,
        by: drain.by,
        reason: drain.reason,
    };
    Ok(DrainDocument {
        companies: Some(companies.into_iter().map(drained).collect()),
        ..DrainDocument::of(drain, left)
    })
}

/// Checks the length of a reason; an empty one counts as none.
pub(crate) fn reason(reason: Option<String>) -> Result<Option<String>, Problem> {
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    match &reason {
        Some(text) => patchbay_http::request_fields::check_length("reason", text, REASON_BYTES)
            .map(|()| reason),
        None => Ok(None),
    }
}
