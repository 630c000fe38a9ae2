//! Stateless checks of drafts.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use patchbay_generations::inquiry::ToneRequest;
use patchbay_http::problem::Problem;
use patchbay_service::app::App;
use serde::Deserialize;

use crate::decision_endpoint;
use patchbay_http::descriptions;

/// Check a draft
///
/// Stateless. The interaction that the draft answers is classified first, unless
/// the request gives its classification. If the check fails, the verdict is
/// `hold`, never `approve`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/tone",
    operation_id = "tone",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), descriptions::DeadlineHeader, descriptions::TraceparentHeader),
    request_body(content = descriptions::ToneRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The decision.", body = descriptions::Decision),
        descriptions::DecisionErrors,
    )
)]
pub(super) async fn tone(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    decision_endpoint::answer::<ToneRequest>(app, company, request, is_composing).await
}

/// Whether the agent is still typing. A malformed body is reported later.
fn is_composing(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Draft {
        #[serde(default)]
        composing: bool,
    }
    serde_json::from_slice::<Draft>(body).is_ok_and(|draft| draft.composing)
}
