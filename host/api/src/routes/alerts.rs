//! Alerts of a company's history.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::descriptions;
use patchbay_http::entry_order::{EntryOrder, EntryOrderCode, entry_page};
use patchbay_http::history_entry::HistoryEntry;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{next_page, page_limit, parse_flag};
use patchbay_journal::{Acknowledgement, Entry};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most alerts of a page.
const PAGE: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AlertQuery {
    /// Order of the alerts. Default: `newest` with `before`, else `oldest`.
    #[param(value_type = Option<EntryOrderCode>, inline)]
    order: Option<String>,
    /// `next` of the page before, where the oldest come first.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// `next` of the page before, where the newest come first.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// `true`: only alerts without an acknowledgement. Default false.
    #[param(value_type = Option<bool>)]
    open: Option<String>,
    /// Page size, 1 to 500. Default 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// Alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// A page of them. `data.alert` holds the code: `nobody-else-fits`
    /// (the only suitable agent declined or did not answer), `offered-again`,
    /// `escalation-failed`, `decided-too-often`, `undeliverable`
    /// (`data.about.kind` is `uncertain` where the message may have arrived and a
    /// person must look), `canary-aborted`, `rollout-ended`, `setup-refused` (a
    /// watched company file is invalid). The set grows. Entries of the kinds
    /// `quarantined`, `breaker-opened` and `bypassed` are alerts too.
    alerts: Vec<CompanyAlert>,
    /// Value of `after` or `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// An alert of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CompanyAlert {
    #[serde(flatten)]
    entry: HistoryEntry,
    /// Who takes care of it; absent: it is not acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<AcknowledgementDocument>,
}

/// Who acknowledged an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acknowledgement)]
pub(crate) struct AcknowledgementDocument {
    /// When.
    at: Timestamp,
    /// Who: id of a token, or `local`.
    by: String,
}

/// Nothing more is needed to acknowledge an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeRequest {}

impl From<Acknowledgement> for AcknowledgementDocument {
    fn from(acknowledgement: Acknowledgement) -> AcknowledgementDocument {
        AcknowledgementDocument {
            at: acknowledgement.at,
            by: acknowledgement.by,
        }
    }
}

impl From<(Entry, Option<Acknowledgement>)> for CompanyAlert {
    fn from((entry, acknowledged): (Entry, Option<Acknowledgement>)) -> CompanyAlert {
        CompanyAlert {
            entry: entry.into(),
            acknowledged: acknowledged.map(AcknowledgementDocument::from),
        }
    }
}

/// List alerts
///
/// Alerts for operators and supervisors, as long as they are stored. Each is also
/// in its conversation's history and in the feed of events.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/alerts",
    operation_id = "alerts",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), AlertQuery),
    responses((status = 200, description = "Alerts.", body = AlertList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<AlertQuery>,
) -> Result<Json<AlertList>, Problem> {
    let page = entry_page(
        query.order.as_deref(),
        query.after.as_deref(),
        query.before.as_deref(),
        EntryOrder::Oldest,
    )?;
    let limit = page_limit(query.limit.as_deref(), PAGE, PAGE)?;
    let only_open = parse_flag("open", query.open.as_deref())?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let journal = desk.journal();
        let alerts = journal.alert_entries(id, page, only_open.unwrap_or(false), limit)?;
        Ok(Json(AlertList {
            next: next_page(&alerts, limit, |(entry, _)| entry.feed),
            alerts: alerts.into_iter().map(CompanyAlert::from).collect(),
        }))
    })
    .await
}

/// Acknowledge an alert
///
/// Says that a person takes care of it. The first acknowledgement counts: repeated, it
/// answers who acknowledged the alert first. It changes nothing else.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/alerts/{alert}/acknowledge",
    operation_id = "acknowledge_alert",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("alert" = u64, Path, description = "Number of the alert: `feed`."),
    ),
    request_body = AcknowledgeRequest,
    responses((status = 200, description = "The acknowledgement that counts.", body = AcknowledgementDocument), descriptions::ActionErrors)
)]
pub(super) async fn acknowledge(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, alert)): Path<(String, String)>,
    request: Request,
) -> Result<Json<AcknowledgementDocument>, Problem> {
    let AcknowledgeRequest {} = app.json(request).await?;
    let unknown = || Problem::of(Kind::UnknownAlert);
    let number: u64 = alert.parse().map_err(|_| unknown())?;
    app.read(move |desk| {
        let acknowledged = desk.acknowledge_alert(&company, number, &caller.id())?;
        let acknowledged = acknowledged
            .ok_or_else(|| unknown().detail(format!("no stored alert has the number {number}")))?;
        Ok(Json(acknowledged.into()))
    })
    .await
}
