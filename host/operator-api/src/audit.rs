//! The audit trail.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_access::AccessControl;
use patchbay_desk::Desk;
use patchbay_http::problem::Problem;
use patchbay_journal::{AuditChain, AuditHash, AuditPage, AuditRecord, AuditSearch};
use patchbay_model::input::ID_BYTES;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use patchbay_http::descriptions;
use patchbay_http::entry_order::{EntryOrder, EntryOrderCode, entry_page};
use patchbay_http::request_fields::{TIME, check_length, next_page, page_limit, parse_field};

/// Most entries of a page.
const PAGE: usize = 500;

/// Entries of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditList {
    /// A page of them, in the order asked for. A page of a search, which reads at most 20,000
    /// entries, may have fewer than `limit`, or none, although `next` leads to more.
    acts: Vec<ActDocument>,
    /// Value of `before`, or of `after` where the oldest come first, for the next page;
    /// absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// An administrative action.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActDocument {
    /// Number of the entry: 1, 2, 3 … across all companies.
    number: u64,
    /// Time of the action.
    at: Timestamp,
    /// Name of the company it concerns; absent: the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Who acted: id of a token, `local` (a program on the server's machine
    /// without a token) or `command-line` (with access to the journal's files).
    actor: String,
    /// Name of the token that acted, also of one that was revoked since; absent where `actor`
    /// is not the id of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<String>,
    /// Code of the action, as `docs/access.md` lists them. The set grows.
    act: String,
    /// Ids and numbers of what it concerns.
    #[schema(value_type = Object)]
    details: Value,
    /// Hash of the previous entry; zeros for the first.
    previous: String,
    /// Hash of this entry.
    hash: String,
}

/// Result of verifying the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditReport {
    /// Whether every entry is unchanged, and the expected one exists.
    sound: bool,
    /// Number of unchanged entries from the first one on.
    entries: u64,
    /// Hash of the last of them. Store it elsewhere to prove later that nothing up
    /// to here was changed or removed.
    head: String,
    /// The first entry that is missing or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken: Option<BrokenDocument>,
    /// Number of the entry with the expected hash; absent if no entry has it, or
    /// none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<u64>,
}

/// An entry that is missing or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrokenDocument {
    /// Number of the entry.
    number: u64,
    /// `missing`, `unchained` (its `previous` is not the hash of the one before) or
    /// `changed`.
    why: &'static str,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Order of the entries. Default `newest`.
    #[param(value_type = Option<EntryOrderCode>, inline)]
    order: Option<String>,
    /// `next` of the page before; with `order=oldest` only.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// `next` of the page before, where the newest come first.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// Only actions of this code, such as `token.created`.
    act: Option<String>,
    /// Only actions of this actor: id of a token, `local` or `command-line`.
    actor: Option<String>,
    /// Only actions at this time or later.
    #[param(value_type = Option<Timestamp>)]
    from: Option<String>,
    /// Only actions before this time.
    #[param(value_type = Option<Timestamp>)]
    to: Option<String>,
    /// Only actions with this text in their details, which name what they concern, or in the
    /// company's name; case does not matter. 1 to 256 bytes.
    q: Option<String>,
    /// Page size, 1 to 500. Default 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExpectedHead {
    /// A `head` stored earlier: 64 hexadecimal digits.
    #[param(pattern = "^[0-9a-fA-F]{64}$")]
    expect: Option<String>,
}

/// A page of the trail: of a company, or of the host and all companies.
fn page(
    access: &AccessControl,
    desk: &Desk,
    company: Option<&str>,
    query: &AuditQuery,
) -> Result<AuditList, Problem> {
    let page = entry_page(
        query.order.as_deref(),
        query.after.as_deref(),
        query.before.as_deref(),
        EntryOrder::Newest,
    )?;
    let limit = page_limit(query.limit.as_deref(), PAGE, PAGE)?;
    let search = search(company, query)?;
    let journal = desk.journal();
    let found = match search.is_by_company_at_most() {
        true => {
            let records = journal.audit_records(company, page, limit)?;
            AuditPage {
                next: next_page(&records, limit, |act| act.number),
                records,
            }
        }
        false => journal.search_audit(&search, page, limit)?,
    };
    let names = access.token_names();
    Ok(AuditList {
        next: found.next,
        acts: found
            .records
            .into_iter()
            .map(|act| ActDocument::of(act, &names))
            .collect(),
    })
}

/// What a request asks for.
fn search(company: Option<&str>, query: &AuditQuery) -> Result<AuditSearch, Problem> {
    for (field, text) in [
        ("act", &query.act),
        ("actor", &query.actor),
        ("q", &query.q),
    ] {
        if let Some(text) = text {
            check_length(field, text, ID_BYTES).map_err(|_| {
                let form = format!("must be a text of 1 to {ID_BYTES} bytes, not only white space");
                Problem::bad_parameter(field, form)
            })?;
        }
    }
    let from: Option<Timestamp> = parse_field("from", query.from.as_deref(), TIME)?;
    let to: Option<Timestamp> = parse_field("to", query.to.as_deref(), TIME)?;
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::bad_parameter("to", "must be later than `from`"));
    }
    Ok(AuditSearch {
        company: company.map(str::to_owned),
        act: query.act.clone(),
        actor: query.actor.clone(),
        from,
        to,
        text: query.q.clone(),
    })
}

impl ActDocument {
    fn of(act: AuditRecord, names: &HashMap<String, String>) -> ActDocument {
        let entry = act.entry;
        ActDocument {
            actor_name: names.get(&entry.actor).cloned(),
            number: act.number,
            at: entry.at,
            company: entry.company,
            actor: entry.actor,
            act: entry.act,
            // A manipulated entry may not be JSON.
            details: serde_json::from_str(&entry.details).unwrap_or(Value::Null),
            previous: act.previous.to_string(),
            hash: act.hash.to_string(),
        }
    }
}

impl AuditReport {
    /// The result of verifying a journal's audit trail with an expected hash, if
    /// one was given.
    pub fn of(chain: AuditChain, expected: Option<AuditHash>) -> AuditReport {
        let is_there = expected.is_none() || chain.expected.is_some();
        AuditReport {
            sound: chain.broken.is_none() && is_there,
            entries: chain.entries,
            head: chain.head.to_string(),
            broken: chain.broken.map(|broken| BrokenDocument {
                number: broken.number,
                why: broken.flaw.as_str(),
            }),
            expected: chain.expected,
        }
    }
}

/// List the audit trail
///
/// Entries of every company and of the host, the newest first. Filters choose by action,
/// actor, time and text. `order=oldest` reads the
/// trail from its first entry on, as a copy of the chain needs it.
#[utoipa::path(
    get,
    path = "/v1/audit",
    operation_id = "audit",
    tag = "access",
    params(AuditQuery),
    responses((status = 200, description = "Entries of the audit trail.", body = AuditList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditList>, Problem> {
    let host = Arc::clone(&app);
    app.read(move |desk| Ok(Json(page(&host.access, desk, None, &query)?)))
        .await
}

/// List a company's audit trail
///
/// The newest first. Numbers have gaps, because they count the entries of all companies.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/audit",
    operation_id = "company_audit",
    tag = "access",
    params(("company" = String, Path, description = "Name of the company."), AuditQuery),
    responses((status = 200, description = "Entries of the audit trail.", body = AuditList), descriptions::ReadErrors)
)]
pub(crate) async fn of_company(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditList>, Problem> {
    let host = Arc::clone(&app);
    app.read(move |desk| {
        desk.company(&company)?;
        let page = page(&host.access, desk, Some(&company), &query)?;
        Ok(Json(page))
    })
    .await
}

/// Verify the audit trail
///
/// Checks the hash chain of all entries and names the first one that is missing or
/// changed. Entries removed from the end leave a valid chain: to detect that, give
/// a `head` that was stored elsewhere as `expect`.
#[utoipa::path(
    get,
    path = "/v1/audit/verify",
    operation_id = "verify_audit",
    tag = "access",
    params(ExpectedHead),
    responses((status = 200, description = "Result of the verification.", body = AuditReport), descriptions::ReadErrors)
)]
pub(crate) async fn verify(
    State(app): State<Arc<App>>,
    Query(query): Query<ExpectedHead>,
) -> Result<Json<AuditReport>, Problem> {
    let expected: Option<AuditHash> = match query.expect.as_deref().map(str::parse) {
        None => None,
        Some(Ok(hash)) => Some(hash),
        Some(Err(_)) => {
            return Err(Problem::bad_parameter(
                "expect",
                "must be the `head` of an earlier verification: 64 hexadecimal digits",
            ));
        }
    };
    app.read(move |desk| {
        let chain = desk.journal().verify_audit(expected)?;
        Ok(Json(AuditReport::of(chain, expected)))
    })
    .await
}
