//! Deliveries of channels that could not be decoded.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_config::bound::Bound;
use patchbay_gateway::Rerun;
use patchbay_http::bounds::Requester;
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_http::work_share::on_share;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::attachments;
use patchbay_http::descriptions;
use patchbay_http::request_fields::next_page;

/// Items per page.
const PAGE: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct QuarantineQuery {
    /// Number of the previous page's last item.
    after: Option<u64>,
}

/// Deliveries in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuarantineList {
    /// At most 500, sorted by number.
    items: Vec<QuarantineDocument>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A delivery in quarantine, without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuarantineDocument {
    /// Its number.
    number: u64,
    /// Name of the channel.
    channel: String,
    /// Name of the connection.
    connection: String,
    /// When it reached the host.
    received_at: Timestamp,
    /// Path of the first item that could not be decoded.
    place: String,
    /// What is wrong with it.
    reason: String,
    /// Its size.
    bytes: u64,
}

/// Result of decoding a delivery again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RerunDocument {
    /// `accepted`: the delivery left the quarantine; `undecodable`: it stays.
    result: &'static str,
    /// Path of the first item that could not be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// List deliveries in quarantine
///
/// Authentic deliveries of channels that could not be decoded wholly. They are kept
/// for 30 days.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/quarantine",
    operation_id = "quarantine",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), QuarantineQuery),
    responses((status = 200, description = "The deliveries.", body = QuarantineList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<QuarantineQuery>,
) -> Result<Json<QuarantineList>, Problem> {
    app.read(move |desk| {
        let after = query.after.unwrap_or_default();
        let items = desk.channels().quarantined(&company, after, PAGE)?;
        let next = next_page(&items, PAGE, |item| item.number);
        let items = items.into_iter().map(|item| QuarantineDocument {
            number: item.number,
            channel: item.channel,
            connection: item.account,
            received_at: item.received_at,
            place: item.place,
            reason: item.reason,
            bytes: item.bytes,
        });
        Ok(Json(QuarantineList {
            items: items.collect(),
            next,
        }))
    })
    .await
}

/// Download a delivery in quarantine
///
/// The body as it came, to be saved: what customers wrote is in it. Each download is
/// recorded in the audit trail.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/quarantine/{number}",
    operation_id = "quarantined_body",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("number" = u64, Path, description = "Number of the delivery."),
    ),
    responses(
        (status = 200, description = "The body.", body = Vec<u8>, content_type = "application/octet-stream"),
        descriptions::ReadErrors,
        (status = 413, description = "It is larger than the host permits files to be.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many files are being downloaded.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, number)): Path<(String, u64)>,
) -> Result<Response, Problem> {
    // The place goes with the work, which goes on after the client has left.
    let permit = app.bounds.enter(Bound::Files, &Requester::current())?;
    let gateway = app.gateway.clone().ok_or(Problem::of(Kind::NoJournal))?;
    let limits = attachments::limits(&app);
    let (body, permit) = app
        .read(move |desk| {
            let body = gateway.quarantined_body(&company, number, limits);
            let body = body.map_err(attachments::failure)?;
            let body = body.ok_or_else(|| Problem::of(Kind::UnknownDelivery))?;
            // The download is recorded before it is answered.
            let about = json!({"number": number});
            let entry = caller.entry("quarantine.downloaded", Some(&company), &about);
            desk.journal().append_audit(entry)?;
            Ok((body, permit))
        })
        .await?;
    let name = format!("delivery-{number}");
    Ok(attachments::answer(body, Some(&name), permit))
}

/// Decode a delivery in quarantine again
///
/// With the adapter of this version. What was accepted before is a duplicate.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/quarantine/{number}/retry",
    operation_id = "retry_quarantined",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("number" = u64, Path, description = "Number of the delivery."),
    ),
    responses((status = 200, description = "The result.", body = RerunDocument), descriptions::ActionErrors)
)]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, number)): Path<(String, u64)>,
) -> Result<Json<RerunDocument>, Problem> {
    let host = Arc::clone(&app);
    let rerun = on_share(&app.shares.requests, move || {
        let gateway = host.gateway.as_ref().ok_or(Problem::of(Kind::NoJournal))?;
        let about = json!({"number": number});
        let entry = caller.entry("quarantine.retried", Some(&company), &about);
        Ok::<_, Problem>(gateway.rerun(&company, number, entry)?)
    })
    .await??;
    match rerun {
        Rerun::Accepted => Ok(Json(RerunDocument {
            result: "accepted",
            place: None,
            reason: None,
        })),
        Rerun::Undecodable { place, reason } => Ok(Json(RerunDocument {
            result: "undecodable",
            place: Some(place),
            reason: Some(reason),
        })),
        Rerun::NotFound => Err(Problem::of(Kind::UnknownDelivery)),
        Rerun::NoConnection => Err(Problem::of(Kind::ConnectionNotOpen)
            .detail("the company has no such connection now, or it is not open")),
        Rerun::Busy => Err(Problem::busy("the host is at a bound; try again later")),
    }
}

/// Remove a delivery from quarantine
///
/// Its content is lost.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/quarantine/{number}",
    operation_id = "remove_quarantined",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("number" = u64, Path, description = "Number of the delivery."),
    ),
    responses((status = 204, description = "It is removed."), descriptions::ActionErrors)
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, number)): Path<(String, u64)>,
) -> Result<StatusCode, Problem> {
    app.read(move |desk| {
        let about = json!({"number": number});
        let entry = caller.entry("quarantine.removed", Some(&company), &about);
        match desk
            .channels()
            .remove_quarantined(&company, number, entry)?
        {
            true => Ok(StatusCode::NO_CONTENT),
            false => Err(Problem::of(Kind::UnknownDelivery)),
        }
    })
    .await
}
