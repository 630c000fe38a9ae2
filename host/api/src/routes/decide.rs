//! Stateless decisions about interactions.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use patchbay_generations::inquiry::DecideRequest;
use patchbay_http::problem::Problem;
use patchbay_service::app::App;

use crate::decision_endpoint;
use patchbay_http::descriptions;

/// Decide about an interaction
///
/// Stateless: the body carries the interaction and any data about its
/// conversation, contact, agents and queues. Nothing is stored, and policies'
/// state is neither read nor written. If a plugin fails, the answer is still 200;
/// the decision reports the failure and the fallback that was used.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decide",
    operation_id = "decide",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), descriptions::DeadlineHeader, descriptions::TraceparentHeader),
    request_body(content = descriptions::DecideRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The decision.", body = descriptions::Decision),
        descriptions::DecisionErrors,
    )
)]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    app.check_draining(&company)?;
    let never = |_: &[u8]| false;
    decision_endpoint::answer::<DecideRequest>(app, company, request, never).await
}
