//! Metrics for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use patchbay_telemetry::HostReadings;

use crate::app::{App, blocking};
use crate::problem::Problem;

/// Get metrics in Prometheus' text format
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"))
)]
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let text = blocking(move || {
        app.drop_retired_counters();
        let readings = HostReadings {
            unready: app.companies.count_unready(),
            running: app.engine.running(),
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
