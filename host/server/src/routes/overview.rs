//! What a supervisor looks at: alerts and incidents.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conversations::{HistoryEntry, entry};
use crate::app::App;
use crate::problem::Problem;
use crate::schema;

/// Alerts of one answer.
const PAGE: usize = 500;
/// Conversations of an incident in one answer.
const CONVERSATIONS: usize = 100;

/// Where the list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterAlert {
    /// Feed number of the last alert of the answer before.
    after: Option<u64>,
}

/// Alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// Oldest first, at most 500. `data.alert` says what: `nobody-else-fits`
    /// (the only agent who fits declined or did not answer), `offered-again`,
    /// `escalation-failed`, `decided-too-often`, `undeliverable`,
    /// `canary-aborted`, `rollout-ended`, `setup-refused` (a watched company
    /// file is wrong). The set grows. An entry of the kind `quarantined`,
    /// `breaker-opened` or `bypassed` is one as well.
    alerts: Vec<HistoryEntry>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Open incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentList {
    /// By subject.
    incidents: Vec<IncidentDocument>,
}

/// Conversations about the same trouble.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentDocument {
    /// What it is about.
    subject: String,
    /// How many of its conversations are not resolved.
    open: usize,
    /// Those, at most 100.
    conversations: Vec<String>,
}

/// Alerts
///
/// What an operator or supervisor should look at, as long as it is kept. Each
/// is also in its conversation's history and in the feed of events.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/alerts",
    operation_id = "alerts",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), AfterAlert),
    responses((status = 200, description = "Alerts.", body = AlertList), schema::NoDocument)
)]
pub(super) async fn alerts(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(page): Query<AfterAlert>,
) -> Result<Json<AlertList>, Problem> {
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let after = page.after.unwrap_or(0);
        let entries = desk.journal().watched(id, after, PAGE)?;
        let next = (entries.len() == PAGE)
            .then(|| entries.last().map(|entry| entry.feed))
            .flatten();
        Ok(Json(AlertList {
            alerts: entries.into_iter().map(entry).collect(),
            next,
        }))
    })
    .await
}

/// Incidents
///
/// Conversations that policies grouped because they are about the same
/// trouble; an incident is open while one of its conversations is.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/incidents",
    operation_id = "incidents",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Open incidents.", body = IncidentList), schema::NoDocument)
)]
pub(super) async fn incidents(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<IncidentList>, Problem> {
    app.read(move |desk| {
        let incidents = desk.incidents(&company, CONVERSATIONS)?;
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
