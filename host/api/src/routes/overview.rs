//! Alerts and incidents.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use patchbay_http::history_entry::HistoryEntry;
use patchbay_http::problem::Problem;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use patchbay_http::descriptions;
use patchbay_http::request_fields::next_page;

/// Alerts per page.
const PAGE: usize = 500;
/// Conversations listed per incident.
const CONVERSATIONS: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterAlert {
    /// Feed number of the previous page's last alert.
    after: Option<u64>,
}

/// Alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// Oldest first, at most 500. `data.alert` holds the code: `nobody-else-fits`
    /// (the only suitable agent declined or did not answer), `offered-again`,
    /// `escalation-failed`, `decided-too-often`, `undeliverable`
    /// (`data.about.kind` is `uncertain` where the message may have arrived and a
    /// person must look), `canary-aborted`, `rollout-ended`, `setup-refused` (a
    /// watched company file is invalid). The set grows. Entries of the kinds
    /// `quarantined`, `breaker-opened` and `bypassed` are alerts too.
    alerts: Vec<HistoryEntry>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Open incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentList {
    /// Sorted by subject.
    incidents: Vec<IncidentDocument>,
}

/// Conversations about the same problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentDocument {
    /// The problem.
    subject: String,
    /// Number of its conversations that are not resolved.
    open: usize,
    /// Ids of those, at most 100.
    conversations: Vec<String>,
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
    params(("company" = String, Path, description = "Name of the company."), AfterAlert),
    responses((status = 200, description = "Alerts.", body = AlertList), descriptions::ReadErrors)
)]
pub(super) async fn alerts(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(page): Query<AfterAlert>,
) -> Result<Json<AlertList>, Problem> {
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let after = page.after.unwrap_or(0);
        let entries = desk.journal().supervisor_entries(id, after, PAGE)?;
        Ok(Json(AlertList {
            next: next_page(&entries, PAGE, |entry| entry.feed),
            alerts: entries.into_iter().map(HistoryEntry::from).collect(),
        }))
    })
    .await
}

/// List open incidents
///
/// An incident groups conversations that policies found to be about the same
/// problem. It is open while one of its conversations is.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/incidents",
    operation_id = "incidents",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Open incidents.", body = IncidentList), descriptions::ReadErrors)
)]
pub(super) async fn incidents(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<IncidentList>, Problem> {
    app.read(move |desk| {
        let incidents = desk.conversations().incidents(&company, CONVERSATIONS)?;
        let incidents = incidents
            .into_iter()
            .map(|(incident, open)| IncidentDocument {
                subject: incident.subject,
                open,
                conversations: incident
                    .conversations
                    .iter()
                    .map(ToString::to_string)
                    .collect(),
            });
        Ok(Json(IncidentList {
            incidents: incidents.collect(),
        }))
    })
    .await
}
