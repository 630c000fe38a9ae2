//! Import of the CRM's records of people.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_contact_file::{FileFormat, ImportRow, Row, rows};
use patchbay_desk::ImportOptions;
use patchbay_http::body;
use patchbay_http::media_type::{self, MediaType};
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::limits::CONTACT_RECORDS;
use patchbay_records::contact_import::{ImportSummary, RowNotice};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use patchbay_http::descriptions;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Say what would happen, and change nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
    /// Take records of people who were erased.
    #[serde(default)]
    #[param(required = false)]
    restore_erased: bool,
    /// Name for the record; required without tokens.
    by: Option<String>,
}

/// What became of the rows of an import.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportDocument {
    /// Whether nothing was to be changed.
    dry_run: bool,
    /// Number of rows.
    records: u64,
    /// New records.
    created: u64,
    /// Records that replaced the stored one of their id.
    updated: u64,
    /// Records that say what the stored one says.
    unchanged: u64,
    /// Stored records that were deleted.
    deleted: u64,
    /// Records to be deleted that are not stored.
    absent: u64,
    /// Rows of which nothing was stored; `problems` has the reasons.
    refused: u64,
    /// Rows whose contacts became one person, or were split.
    links: Vec<LinkedRowDocument>,
    /// Why rows were refused.
    problems: Vec<RowNoticeDocument>,
    /// What to look at in rows that were taken.
    notices: Vec<RowNoticeDocument>,
}

/// A row whose contacts became one person, or were split.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkedRowDocument {
    /// The line on which it begins, from 1.
    line: u64,
    /// Numbers of the changes, each of which can be undone.
    changes: Vec<u64>,
}

/// What a person should know about a row. Repeats no address and no value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RowNoticeDocument {
    /// The line on which it begins, from 1.
    line: u64,
    /// Code of its kind: `malformed`, `invalid`, `not-utf-8`, `too-long`, `id-twice`,
    /// `address-twice`, `different-people`, `other-record`, `erased` or `left-apart`.
    code: String,
    /// What is wrong.
    message: String,
    /// What to do next.
    next: String,
    /// Ids of the contacts it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
}

impl From<RowNotice> for RowNoticeDocument {
    fn from(notice: RowNotice) -> RowNoticeDocument {
        RowNoticeDocument {
            line: notice.line,
            code: notice.code,
            message: notice.message,
            next: notice.next,
            contacts: notice.contacts,
        }
    }
}

impl From<ImportSummary> for ImportDocument {
    fn from(summary: ImportSummary) -> ImportDocument {
        let links = summary.links.into_iter();
        ImportDocument {
            dry_run: summary.dry_run,
            records: summary.records,
            created: summary.created,
            updated: summary.updated,
            unchanged: summary.unchanged,
            deleted: summary.deleted,
            absent: summary.absent,
            refused: summary.refused,
            links: links
                .map(|link| LinkedRowDocument {
                    line: link.line,
                    changes: link.changes,
                })
                .collect(),
            problems: summary.problems.into_iter().map(Into::into).collect(),
            notices: summary.notices.into_iter().map(Into::into).collect(),
        }
    }
}

/// Import records of people
///
/// What the company's CRM says about people: an id, addresses by channel, and
/// attributes that policies may read. At most 1,000 records, as NDJSON
/// (`application/x-ndjson`) or CSV (`text/csv`). A record replaces the stored one of
/// its id; the same records again change nothing. A row that is refused leaves the
/// others alone. Contacts that have written before become one person only if the
/// record is `verified`; each such change can be undone.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/contacts/import",
    operation_id = "import_contacts",
    tag = "contacts",
    params(("company" = String, Path, description = "Name of the company."), ImportQuery),
    request_body(content(
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )),
    responses(
        (status = 200, description = "What became of each row.", body = ImportDocument),
        descriptions::ActionErrors,
    )
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Json<ImportDocument>, Problem> {
    let by = caller.name(query.by)?;
    let records = read_rows(&app, request).await?;
    let options = ImportOptions {
        dry_run: query.dry_run,
        restores_erased: query.restore_erased,
    };
    if !options.dry_run {
        app.check_free_space()?;
    }
    app.read(move |desk| {
        let audit = caller.entry("contacts.imported", Some(&company), &json!({}));
        let contacts = desk.contacts();
        let summary = contacts.import(&company, records, options, &by, audit)?;
        Ok(Json(summary.into()))
    })
    .await
}

/// The rows of a request's body, at most [`CONTACT_RECORDS`].
pub(super) async fn read_rows<T: ImportRow>(
    app: &App,
    request: Request,
) -> Result<Vec<Row<T>>, Problem> {
    let format = match media_type::of(request.headers()) {
        Some(MediaType::Ndjson) => FileFormat::Ndjson,
        Some(MediaType::Csv) => FileFormat::Csv,
        _ => {
            return Err(Problem::of(Kind::UnsupportedMediaType)
                .field("Content-Type")
                .detail("send application/x-ndjson or text/csv, in UTF-8"));
        }
    };
    let settings = &app.settings;
    let body = body::read(
        request,
        settings.body_limit,
        settings.request_timeout,
        &app.bounds,
    )
    .await?;
    let rows: Vec<Row<T>> = rows(&body[..], format).take(CONTACT_RECORDS + 1).collect();
    match rows.len() {
        0 => Err(Problem::of(Kind::BadRequest).detail("the body has no rows")),
        read if read > CONTACT_RECORDS => Err(Problem::of(Kind::BodyTooLarge)
            .limit(CONTACT_RECORDS as u64, None, "rows")
            .detail(format!(
                "the body has more than {CONTACT_RECORDS} rows; split it"
            ))),
        _ => Ok(rows),
    }
}
