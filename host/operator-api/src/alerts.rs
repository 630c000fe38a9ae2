//! Active alerts.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::problem::Problem;
use patchbay_http::work_share::on_share;
use patchbay_model::alert::{Alert, AlertKind, AlertSeverity};
use patchbay_service::alerts;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use crate::status_scope::{StatusQuery, StatusScope};
use patchbay_http::descriptions;

/// Active alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActiveAlertList {
    /// The most severe first; empty: nothing needs attention.
    alerts: Vec<AlertDocument>,
}

/// Something that needs an operator's attention now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub(crate) struct AlertDocument {
    /// What it is about, such as `storage-failing`. The set grows.
    #[schema(value_type = String)]
    kind: AlertKind,
    /// `critical`: the host or a company cannot do its work. `warning`: something
    /// does not work as configured. `notice`: a person's temporary order is in
    /// force.
    #[schema(value_type = String)]
    severity: AlertSeverity,
    /// The company; absent: the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// What exactly, such as a plugin, a file or a target; absent where there can
    /// be only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Since when.
    since: Timestamp,
    /// What happens, in one sentence.
    what: String,
    /// What to do about it.
    advice: String,
}

impl From<Alert> for AlertDocument {
    fn from(alert: Alert) -> AlertDocument {
        AlertDocument {
            kind: alert.kind,
            severity: alert.severity,
            company: alert.company,
            subject: alert.subject,
            since: alert.since,
            what: alert.what,
            advice: alert.advice,
        }
    }
}

/// List the active alerts
///
/// What needs an operator's attention now: storage, clock, company files, circuit
/// breakers, rollouts that ended, outboxes. `GET /v1/status` contains the same
/// alerts; the metric `patchbay_alerts` counts them. A company's token sees the
/// alerts of that company, and those of the host that affect it.
#[utoipa::path(
    get,
    path = "/v1/alerts",
    operation_id = "active_alerts",
    tag = "operation",
    params(StatusQuery),
    responses((status = 200, description = "Active alerts.", body = ActiveAlertList), descriptions::ReadErrors)
)]
pub(crate) async fn active(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<StatusQuery>,
) -> Result<Json<ActiveAlertList>, Problem> {
    let scope = StatusScope::new(&app, &caller, query)?;
    let observed = Arc::clone(&app);
    on_share(&app.shares.observation, move || {
        alerts::refresh(&observed, scope.generation.as_ref());
        let company = scope.company.as_deref();
        let visible = alerts::visible(&observed, company, scope.is_company_token);
        let alerts = visible.into_iter().map(AlertDocument::from).collect();
        Ok(Json(ActiveAlertList { alerts }))
    })
    .await?
}
