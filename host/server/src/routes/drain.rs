//! Having the host, or a company, take nothing in while what is at hand is
//! finished.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use jiff::Timestamp;
use patchbay_desk::{Desk, Drain, Left};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::problem::Problem;
use crate::schema;

/// Most bytes of an operator's reason.
pub(super) const REASON_BYTES: usize = 500;

/// What is said with a drain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrainRequest {
    /// Why, for the list and the audit trail; at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
}

/// Whether it is drained, and what is left to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrainDocument {
    /// Whether nothing is taken in.
    draining: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Who ordered it: id of a token, or `local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Interactions, clocks and requests that wait to be decided about or are
    /// being decided.
    undecided: u64,
    /// What waits to go out.
    outbox_waiting: u64,
    /// Of the host: companies that are drained on their own, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    companies: Option<Vec<DrainedCompany>>,
}

/// A company that takes nothing in, whatever the host does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrainedCompany {
    /// Its name.
    company: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Who ordered it: id of a token, or `local`.
    by: String,
    /// Why, in their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl DrainDocument {
    fn of(drain: Option<Drain>, left: Left) -> DrainDocument {
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

/// Whether the host is drained
#[utoipa::path(
    get,
    path = "/v1/drain",
    operation_id = "drain",
    tag = "operation",
    responses((status = 200, description = "Whether, and what is left to do.", body = DrainDocument), schema::NoDocument)
)]
pub(super) async fn of_host(State(app): State<Arc<App>>) -> Result<Json<DrainDocument>, Problem> {
    Ok(Json(host(app).await?))
}

/// Drain the host
///
/// Nothing is taken in for any company any more: interactions and decisions
/// are answered 503, `/readyz` says so, and what is at hand is finished. It
/// ends when it is undone, or the host is started again.
#[utoipa::path(
    put,
    path = "/v1/drain",
    operation_id = "begin_drain",
    tag = "operation",
    request_body = DrainRequest,
    responses((status = 200, description = "It drains.", body = DrainDocument), schema::NotDone)
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<DrainDocument>, Problem> {
    let asked: DrainRequest = app.json(request).await?;
    let reason = reason(asked.reason)?;
    let entry = caller.entry("drain.ordered", None, &json!({"reason": reason}));
    if app.desk().is_ok() {
        app.read(move |desk| Ok(desk.journal().audit(entry)?))
            .await?;
    }
    let drain = Drain {
        since: Timestamp::now(),
        by: caller.id(),
        reason,
    };
    if app.draining.set(Some(drain)).is_none() {
        tracing::warn!("draining: nothing is taken in until that is undone");
    }
    Ok(Json(host(app).await?))
}

/// Have the host take in again
///
/// Doing it again is no error.
#[utoipa::path(
    delete,
    path = "/v1/drain",
    operation_id = "undo_drain",
    tag = "operation",
    responses((status = 200, description = "It takes in.", body = DrainDocument), schema::NoDocument)
)]
pub(super) async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<DrainDocument>, Problem> {
    let entry = caller.entry("drain.lifted", None, &json!({}));
    if app.draining.get().is_some() && app.desk().is_ok() {
        app.read(move |desk| Ok(desk.journal().audit(entry)?))
            .await?;
    }
    if app.draining.set(None).is_some() {
        tracing::info!("taking in again");
    }
    Ok(Json(host(app).await?))
}

/// Whether a company is drained
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/drain",
    operation_id = "company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Whether, and what is left to do.", body = DrainDocument), schema::NoDocument)
)]
pub(super) async fn of_company(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<DrainDocument>, Problem> {
    app.read(move |desk| of(desk, &company)).await
}

/// Drain a company
///
/// Nothing is taken in for it any more: interactions and decisions are
/// answered 503, and what is at hand is finished. It holds across restarts,
/// until it is undone.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/drain",
    operation_id = "begin_company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = DrainRequest,
    responses((status = 200, description = "It drains.", body = DrainDocument), schema::NotDone)
)]
pub(super) async fn begin_company(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<DrainDocument>, Problem> {
    let asked: DrainRequest = app.json(request).await?;
    let reason = reason(asked.reason)?;
    app.read(move |desk| {
        let about = json!({"reason": reason});
        let entry = caller.entry("drain.ordered", Some(&company), &about);
        let drain = Drain {
            since: desk.now(),
            by: caller.id(),
            reason,
        };
        desk.drain(&company, drain, entry)?;
        of(desk, &company)
    })
    .await
}

/// Have a company take in again
///
/// Doing it again is no error.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/drain",
    operation_id = "undo_company_drain",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "It takes in.", body = DrainDocument), schema::NoDocument)
)]
pub(super) async fn undo_company(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
) -> Result<Json<DrainDocument>, Problem> {
    app.read(move |desk| {
        let entry = caller.entry("drain.lifted", Some(&company), &json!({}));
        desk.undo_drain(&company, &caller.id(), entry)?;
        of(desk, &company)
    })
    .await
}

fn of(desk: &Desk, company: &str) -> Result<Json<DrainDocument>, Problem> {
    let drain = desk.draining(company)?;
    Ok(Json(DrainDocument::of(drain, desk.left(Some(company))?)))
}

/// The host's, with what waits for its threads beside the desk's.
async fn host(app: Arc<App>) -> Result<DrainDocument, Problem> {
    let drain = app.draining.get();
    let mut left = Left::default();
    let mut companies = Vec::new();
    if app.desk().is_ok() {
        let look = |desk: &Desk| Ok((desk.left(None)?, desk.drained()));
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

/// An operator's words, if they are not too many.
pub(super) fn reason(reason: Option<String>) -> Result<Option<String>, Problem> {
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    match &reason {
        Some(text) => super::doing::bounded("reason", text, REASON_BYTES).map(|()| reason),
        None => Ok(None),
    }
}
