//! Liveness and readiness.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_service::alerts;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// The server is alive.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Status {
    /// `ok`.
    status: &'static str,
}

/// The server can decide.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Readiness {
    /// `ready`.
    status: &'static str,
    /// Number of companies that are ready.
    companies: usize,
    /// Number of companies answered 503 because their active generation cannot
    /// be built; the server's log says why.
    unready: usize,
}

/// Check liveness
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "operation",
    responses((status = 200, description = "The server is alive.", body = Status), descriptions::PublicErrors)
)]
pub(crate) async fn healthz() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Check readiness
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "operation",
    responses(
        descriptions::PublicErrors,
        (status = 200, description = "At least one company is ready.", body = Readiness),
        (status = 503, description = "The server has no company that is ready, cannot store anything, is draining, or is stopping.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Readiness>, Problem> {
    let not_ready = |detail: &str| Err(Problem::of(Kind::NotReady).detail(detail));
    if app.is_stopping() {
        return not_ready("the server is stopping");
    }
    if app.drain.read().is_some() {
        return not_ready(
            "the host is draining: it finishes work in progress and accepts nothing new",
        );
    }
    if let Some(alert) = alerts::blocks_readiness(&app) {
        let detail = format!("{} since {}", alert.kind.summary(), alert.since);
        return not_ready(&detail);
    }
    match (app.companies.len(), app.companies.count_unready()) {
        (0, 0) => not_ready(
            "the server has no company; name company files in its settings or `patchbay apply` one",
        ),
        (0, _) => not_ready("no company's generation can be built; the server's log says why"),
        (companies, unready) => Ok(Json(Readiness {
            status: "ready",
            companies,
            unready,
        })),
    }
}
