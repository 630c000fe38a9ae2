//! The audit trail: who did what to the host.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_journal::{AuditChain, AuditHash, Audited};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Acts of one answer.
const PAGE: usize = 500;

/// Acts of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditList {
    /// Oldest first, at most 500.
    acts: Vec<ActDocument>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// An administrative act.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActDocument {
    /// Its number: 1, 2, 3 … for all companies together.
    number: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Name of the company it was done to; absent: to the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Who did it: id of a token, `local` (a program on the server's machine,
    /// without a token) or `command-line` (whoever has the journal's files).
    actor: String,
    /// What: a code `docs/access.md` lists. The set grows.
    act: String,
    /// To what: ids and numbers.
    #[schema(value_type = Object)]
    details: Value,
    /// Hash of the act before; of the first, zeros.
    previous: String,
    /// Hash of all of this.
    hash: String,
}

/// What a walk along the whole trail found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditReport {
    /// Whether everything is as it was written, and what was expected is there.
    sound: bool,
    /// Acts that are right, from the first one on.
    entries: u64,
    /// Hash of the last of them. Kept elsewhere, it shows later that nothing up
    /// to here was changed or taken away.
    head: String,
    /// The first act that is not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<BrokenDocument>,
    /// Number of the act with the hash that was expected; absent: none has it,
    /// or none was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
}

/// An act that is not right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrokenDocument {
    /// Its number.
    number: u64,
    /// `missing`, `unchained` (it does not follow the one before) or `changed`.
    why: &'static str,
}

/// Where the list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterAct {
    /// Number of the last act of the answer before.
    after: Option<u64>,
}

/// What should be there.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Expected {
    /// A head that was kept: 64 hexadecimal digits.
    expect: Option<String>,
}

impl AuditList {
    fn of(acts: Vec<Audited>) -> AuditList {
        let next = (acts.len() == PAGE)
            .then(|| acts.last().map(|act| act.number))
            .flatten();
        AuditList {
            acts: acts.into_iter().map(ActDocument::of).collect(),
            next,
        }
    }
}

impl ActDocument {
    fn of(act: Audited) -> ActDocument {
        let entry = act.entry;
        ActDocument {
            number: act.number,
            at: entry.at,
            company: entry.company,
            actor: entry.actor,
            act: entry.act,
            // What somebody changed may be no JSON any more.
            details: serde_json::from_str(&entry.details).unwrap_or(Value::Null),
            previous: act.previous.to_string(),
            hash: act.hash.to_string(),
        }
    }
}

impl AuditReport {
    fn of(chain: AuditChain, expected: Option<AuditHash>) -> AuditReport {
        let is_there = expected.is_none() || chain.expected.is_some();
        AuditReport {
            sound: chain.broken.is_none() && is_there,
            entries: chain.entries,
            head: chain.head.to_string(),
            broken: chain.broken.map(|broken| BrokenDocument {
                number: broken.number,
                why: broken.why.as_str(),
            }),
            expected: chain.expected,
        }
    }
}

/// The audit trail
///
/// Of every company, and of the host.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "audit",
    tag = "access",
    params(AfterAct),
    responses((status = 200, description = "Who did what.", body = AuditList), schema::NoDocument)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(page): Query<AfterAct>,
) -> Result<Json<AuditList>, Problem> {
    app.read(move |desk| {
        let acts = desk
            .journal()
            .audited(None, page.after.unwrap_or(0), PAGE)?;
        Ok(Json(AuditList::of(acts)))
    })
    .await
}

/// A company's audit trail
///
/// What was done to the company. Its numbers have gaps: they count what was done
/// to all.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/audit",
    operation_id = "company_audit",
    tag = "access",
    params(("company" = String, Path, description = "Name of the company."), AfterAct),
    responses((status = 200, description = "Who did what.", body = AuditList), schema::NoDocument)
)]
pub(super) async fn of_company(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(page): Query<AfterAct>,
) -> Result<Json<AuditList>, Problem> {
    app.read(move |desk| {
        desk.company(&company)?;
        let after = page.after.unwrap_or(0);
        let acts = desk.journal().audited(Some(&company), after, PAGE)?;
        Ok(Json(AuditList::of(acts)))
    })
    .await
}

/// Check the audit trail
///
/// Walks along all of it, and names the first act that is not what was written.
/// Acts taken off its end leave a trail that is right as far as it goes: a head
/// kept elsewhere, given as `expect`, shows that.
#[utoipa::path(
    get,
    path = "/v1/audit/verify",
    operation_id = "verify_audit",
    tag = "access",
    params(Expected),
    responses((status = 200, description = "What was found.", body = AuditReport), schema::NoDocument)
)]
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    Query(asked): Query<Expected>,
) -> Result<Json<AuditReport>, Problem> {
    let expected: Option<AuditHash> = match asked.expect.as_deref().map(str::parse) {
        None => None,
        Some(Ok(hash)) => Some(hash),
        Some(Err(_)) => {
            return Err(Problem::of(Kind::InvalidInput)
                .field("expect")
                .detail("must be a head of the trail: 64 hexadecimal digits"));
        }
    };
    app.read(move |desk| {
        let chain = desk.journal().verify_audit(expected)?;
        Ok(Json(AuditReport::of(chain, expected)))
    })
    .await
}
