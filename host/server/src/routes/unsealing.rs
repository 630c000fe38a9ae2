//! Reading what customers wrote in many decisions, as one act of the audit
//! trail.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use patchbay_desk::Desk;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// What the trail calls it.
const ACT: &str = "decisions.unsealed";
/// How long it holds: longer than a replay takes.
const HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// Which decisions are to be read as they are.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnsealingRequest {
    /// Number of the first.
    from: u64,
    /// Number of the last.
    to: u64,
    /// How many of those between them.
    decisions: u64,
}

/// The act they are read under.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnsealingDocument {
    /// Its number in the audit trail, for `under` of each decision; it holds
    /// for a day, for whoever made it.
    act: u64,
}

/// Unseal many decisions
///
/// Writes one act into the audit trail for all of them, instead of one for
/// each: for a replay.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decisions/unsealings",
    operation_id = "unseal_decisions",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = UnsealingRequest,
    responses((status = 201, description = "It is in the audit trail.", body = UnsealingDocument), schema::NotDone)
)]
pub(super) async fn unseal(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<UnsealingDocument>), Problem> {
    let asked: UnsealingRequest = app.json(request).await?;
    let most = asked
        .to
        .checked_sub(asked.from)
        .map(|span| span.saturating_add(1));
    if most.is_none_or(|most| !(1..=most).contains(&asked.decisions)) {
        return Err(Problem::of(Kind::InvalidInput)
            .field("decisions")
            .detail("must be 1 to as many as lie from `from` to `to`"));
    }
    app.read(move |desk| {
        desk.company(&company)?;
        let about = json!(asked);
        let act = desk
            .journal()
            .audit(caller.entry(ACT, Some(&company), &about))?;
        Ok((StatusCode::CREATED, Json(UnsealingDocument { act })))
    })
    .await
}

/// Somebody reads what a customer wrote: that stands in the audit trail, or did
/// before for many decisions at once.
pub(super) fn opened(
    desk: &Desk,
    company: &str,
    id: u64,
    caller: &Caller,
    under: Option<u64>,
) -> Result<(), Problem> {
    let Some(act) = under else {
        let entry = caller.entry("decision.unsealed", Some(company), &json!({"decision": id}));
        return Ok(desk.journal().audit(entry).map(|_| ())?);
    };
    let before = act.saturating_sub(1);
    let found = desk.journal().audited(Some(company), before, 1)?;
    let holds = found.first().is_some_and(|found| {
        let entry = &found.entry;
        let about = serde_json::from_str::<UnsealingRequest>(&entry.details);
        found.number == act
            && entry.act == ACT
            && entry.actor == caller.id()
            && Timestamp::now().duration_since(entry.at) < HOLDS
            && about.is_ok_and(|about| (about.from..=about.to).contains(&id))
    });
    match holds {
        true => Ok(()),
        false => Err(Problem::of(Kind::Forbidden)
            .field("under")
            .detail("is no act under which this decision may be read; leave it out")),
    }
}
