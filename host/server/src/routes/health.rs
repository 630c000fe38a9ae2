//! Whether the server lives, and whether it decides.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::problem::{Kind, Problem, ProblemDocument};
use crate::schema::{Readiness, Status};

/// Whether the server lives
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "operation",
    responses((status = 200, description = "It lives.", body = Status))
)]
pub(super) async fn healthz() -> Json<Status> {
    Json(Status { status: "ok" })
}

/// Whether the server decides
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "operation",
    responses(
        (status = 200, description = "It decides.", body = Readiness),
        (status = 503, description = "It has no company, is draining, or is stopping.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Readiness>, Problem> {
    let not_ready = |detail: &str| Err(Problem::of(Kind::NotReady).detail(detail));
    if app.is_stopping() {
        return not_ready("the server is stopping");
    }
    if app.draining.get().is_some() {
        return not_ready("the host is draining: it finishes what is at hand and takes nothing in");
    }
    match (app.companies.len(), app.companies.count_unready()) {
        (0, 0) => not_ready("no company is loaded"),
        (0, _) => not_ready("no company's setup can be built; the log says why"),
        (companies, unready) => Ok(Json(Readiness {
            status: "ready",
            companies,
            unready,
        })),
    }
}
