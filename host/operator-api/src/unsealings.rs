//! Unsealing: records in the audit trail that an auditor reads customers' words,
//! once per decision or once for many.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use patchbay_access::Caller;
use patchbay_desk::Desk;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::EntryPage;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Code of an unsealing of many decisions in the audit trail.
const ACT: &str = "decisions.unsealed";
/// How long an unsealing of many decisions is valid.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Decisions to unseal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnsealingRequest {
    /// Number of the first decision.
    from: u64,
    /// Number of the last decision.
    to: u64,
    /// How many decisions between them will be read.
    decisions: u64,
}

/// The unsealing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnsealingDocument {
    /// Its number in the audit trail: pass it as `under` to each decision. Valid for
    /// a day and for the same caller.
    act: u64,
}

/// Unseal many decisions
///
/// Records one entry in the audit trail for all of them, instead of one each, for
/// a replay.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decisions/unsealings",
    operation_id = "unseal_decisions",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = UnsealingRequest,
    responses((status = 201, description = "The unsealing is recorded.", body = UnsealingDocument), descriptions::ActionErrors)
)]
pub(crate) async fn unseal(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<UnsealingDocument>), Problem> {
    let body: UnsealingRequest = app.json(request).await?;
    let most = body
        .to
        .checked_sub(body.from)
        .map(|span| span.saturating_add(1));
    if most.is_none_or(|most| !(1..=most).contains(&body.decisions)) {
        return Err(Problem::invalid(
            "decisions",
            "must be at least 1 and at most the number of decisions from `from` to `to`",
        ));
    }
    app.read(move |desk| {
        desk.company(&company)?;
        let about = json!(body);
        let act = desk
            .journal()
            .append_audit(caller.entry(ACT, Some(&company), &about))?;
        Ok((StatusCode::CREATED, Json(UnsealingDocument { act })))
    })
    .await
}

/// Record that the caller reads a decision unsealed, or check that the unsealing
/// `under` covers it.
pub(crate) fn record(
    desk: &Desk,
    company: &str,
    id: u64,
    caller: &Caller,
    under: Option<u64>,
) -> Result<(), Problem> {
    let Some(act) = under else {
        let entry = caller.entry("decision.unsealed", Some(company), &json!({"decision": id}));
        return Ok(desk.journal().append_audit(entry).map(|_| ())?);
    };
    let page = EntryPage::After(act.saturating_sub(1));
    let found = desk.journal().audit_records(Some(company), page, 1)?;
    let is_valid = found.first().is_some_and(|found| {
        let entry = &found.entry;
        let about = serde_json::from_str::<UnsealingRequest>(&entry.details);
        found.number == act
            && entry.act == ACT
            && entry.actor == caller.id()
            && Timestamp::now().duration_since(entry.at) < VALIDITY
            && about.is_ok_and(|about| (about.from..=about.to).contains(&id))
    });
    match is_valid {
        true => Ok(()),
        false => Err(Problem::of(Kind::Forbidden)
            .field("under")
            .detail("does not cover this decision, has expired, or is another caller's; leave it out or unseal again")),
    }
}
