//! Metrics for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use patchbay_http::problem::Problem;
use patchbay_http::work_share::on_share;
use patchbay_telemetry::HostReadings;

use crate::alerts;
use crate::app::App;
use crate::descriptions;

/// Get metrics in Prometheus' text format
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"), descriptions::PublicErrors)
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let observed = Arc::clone(&app);
    let text = on_share(&observed.shares.observation, move || {
        app.drop_retired_counters();
        alerts::refresh(&app, None);
        let readings = HostReadings {
            unready: app.companies.count_unready(),
            running: app.engine.running(),
            bounds: app.bound_readings(),
            queue_depth: app.workers.waiting(),
            parked: app.engine.idle(),
            load: app.load() as u8,
            draining: app.drain.read().is_some(),
            courier: app.courier.as_ref().map(|courier| courier.stats()),
        };
        let generations = app.companies.all();
        app.telemetry
            .render(&readings, &generations, app.desk.as_deref())
    })
    .await?;
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    ))
}
