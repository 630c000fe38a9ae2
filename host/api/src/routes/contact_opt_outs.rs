//! Opt-outs by hand and by list.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::OptOutOptions;
use patchbay_http::problem::Problem;
use patchbay_journal::{ContactId, OptOut};
use patchbay_records::opt_out_import::OptOutSummary;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::contact_import::{RowNoticeDocument, read_rows};
use super::contacts::contact_id;
use patchbay_http::descriptions;

/// Contacts per page.
const PAGE: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OptOutsQuery {
    /// Id of the previous page's last contact.
    after: Option<String>,
}

/// What customers said about messages to them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptOutList {
    /// By contact, channel, account and purpose the latest.
    opt_outs: Vec<OptOutDocument>,
    /// Pass it as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a customer said about messages to them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptOutDocument {
    /// Id of the contact of the address.
    contact: String,
    /// Code of the channel.
    channel: String,
    /// The company's account; empty: all accounts, or the only one.
    account: String,
    /// `any` or `marketing`.
    purpose: String,
    /// Whether they opted out; else they opted in again.
    opted_out: bool,
    /// How: a code such as `stop`; `company.…` where the company said so.
    source: String,
    /// When.
    at: Timestamp,
}

impl From<OptOut> for OptOutDocument {
    fn from(said: OptOut) -> OptOutDocument {
        OptOutDocument {
            contact: said.contact.to_string(),
            channel: said.channel,
            account: said.account,
            purpose: said.purpose,
            opted_out: said.is_opted_out,
            source: said.source,
            at: said.at,
        }
    }
}

/// List opt-outs
///
/// Of 200 contacts a page, without addresses.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/contacts/opt-outs",
    operation_id = "opt_outs",
    tag = "contacts",
    params(("company" = String, Path, description = "Name of the company."), OptOutsQuery),
    responses((status = 200, description = "The opt-outs.", body = OptOutList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<OptOutsQuery>,
) -> Result<Json<OptOutList>, Problem> {
    let after: Option<ContactId> = match query.after {
        Some(after) => Some(contact_id(&after).map_err(|problem| problem.field("after"))?),
        None => None,
    };
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let said = desk.journal().opt_outs_of_company(id, after, PAGE)?;
        let mut contacts: Vec<ContactId> = said.iter().map(|said| said.contact).collect();
        contacts.dedup();
        let is_full = contacts.len() == PAGE;
        let last = contacts.last().filter(|_| is_full);
        Ok(Json(OptOutList {
            next: last.map(ToString::to_string),
            opt_outs: said.into_iter().map(OptOutDocument::from).collect(),
        }))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OptOutImportQuery {
    /// Say what would happen, and change nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
    /// Take back opt-outs that customers made themselves.
    #[serde(default, rename = "override")]
    #[param(required = false, rename = "override")]
    overrides: bool,
}

/// What became of the rows of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptOutImportDocument {
    /// Whether nothing was to be changed.
    dry_run: bool,
    /// Number of rows.
    records: u64,
    /// Rows that count from now on.
    changed: u64,
    /// Of those, rows that took back what the customer said.
    overridden: u64,
    /// Rows that say what counts already, or are older.
    unchanged: u64,
    /// Rows of which nothing was stored; `problems` has the reasons.
    refused: u64,
    /// Why rows were refused: also `customer-opt-out`.
    problems: Vec<RowNoticeDocument>,
}

impl From<OptOutSummary> for OptOutImportDocument {
    fn from(summary: OptOutSummary) -> OptOutImportDocument {
        OptOutImportDocument {
            dry_run: summary.dry_run,
            records: summary.records,
            changed: summary.changed,
            overridden: summary.overridden,
            unchanged: summary.unchanged,
            refused: summary.refused,
            problems: summary.problems.into_iter().map(Into::into).collect(),
        }
    }
}

/// Import opt-outs
///
/// Addresses that the company may not write to, or may again: `channel`, `address`, and
/// `account`, `purpose` (`any`, `marketing`), `opted_out`, `source` and `at` where they
/// are not the usual. At most 1,000 rows, as NDJSON (`application/x-ndjson`) or CSV
/// (`text/csv`). A row that takes back what the customer said is refused without
/// `override`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/contacts/opt-outs",
    operation_id = "import_opt_outs",
    tag = "contacts",
    params(("company" = String, Path, description = "Name of the company."), OptOutImportQuery),
    request_body(content(
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )),
    responses(
        (status = 200, description = "What became of each row.", body = OptOutImportDocument),
        descriptions::ActionErrors,
    )
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    Query(query): Query<OptOutImportQuery>,
    request: Request,
) -> Result<Json<OptOutImportDocument>, Problem> {
    let rows = read_rows(&app, request).await?;
    let options = OptOutOptions {
        dry_run: query.dry_run,
        overrides: query.overrides,
    };
    app.read(move |desk| {
        let audit = caller.entry("opt-outs.imported", Some(&company), &json!({}));
        let contacts = desk.contacts();
        let summary = contacts.import_opt_outs(&company, rows, options, audit)?;
        Ok(Json(summary.into()))
    })
    .await
}
