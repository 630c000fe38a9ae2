//! Metrics for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use patchbay_http::problem::Problem;
use patchbay_http::work_share::on_share;
use patchbay_service::alerts;
use patchbay_service::app::App;
use patchbay_telemetry::{ConnectionReading, HostReadings, LmtpReading, PollReading};

use patchbay_http::descriptions;

/// Get metrics in Prometheus' text format
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "operation",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"), descriptions::PublicErrors)
)]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
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
            connections: connection_readings(&app),
            lmtp: lmtp_reading(&app),
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

fn lmtp_reading(app: &App) -> Option<LmtpReading> {
    app.settings.lmtp.as_ref()?;
    let reading = app.lmtp.read();
    let connections = reading.connections.into_iter();
    Some(LmtpReading {
        open: reading.open,
        connections: connections
            .map(|(result, count)| (result.as_str(), count))
            .collect(),
        recipients: reading.recipients.into_iter().collect(),
    })
}

fn connection_readings(app: &App) -> Vec<ConnectionReading> {
    let Some(gateway) = &app.gateway else {
        return Vec::new();
    };
    let companies = app.companies.all();
    let companies = companies.iter().map(|generation| &generation.company);
    let readings = companies.flat_map(|company| {
        let reports = gateway.reports(company).unwrap_or_default().into_iter();
        reports.map(|report| ConnectionReading {
            company: company.clone(),
            channel: report.channel,
            name: report.name,
            is_open: report.problem.is_none(),
            results: report
                .state
                .results
                .into_iter()
                .map(|(result, count)| (result.as_str(), count))
                .collect(),
            rejections: report.state.rejections.into_iter().collect(),
            poll: report.poll.map(|poll| PollReading {
                is_failing: poll.failing_since.is_some(),
                last_complete: poll.last_complete,
                failures: poll.failures,
                passed_over: poll.passed_over,
            }),
        })
    });
    readings.collect()
}
