//! Whether a draft may go out.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use patchbay_generation::asked::ToneRequest;
use serde::Deserialize;

use crate::app::App;
use crate::problem::Problem;
use crate::{making, schema};

/// Check a draft
///
/// The interaction it answers is classified first, unless its classification
/// is given. A draft that could not be checked is held, never approved.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/tone",
    operation_id = "tone",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), schema::Patience, schema::Traced),
    request_body(content = schema::ToneRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The decision.", body = schema::Decision),
        schema::NoDecision,
    )
)]
pub(super) async fn tone(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    making::answer::<ToneRequest>(app, company, request, is_typed).await
}

/// Whether the draft is still being typed; what is malformed is told later.
fn is_typed(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(default)]
        composing: bool,
    }
    serde_json::from_slice::<Typed>(body).is_ok_and(|draft| draft.composing)
}
