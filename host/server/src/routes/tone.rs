//! Whether a draft may go out.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use patchbay_generation::decide::ToneRequest;

use crate::problem::Problem;
use crate::serve::App;
use crate::{json, making, schema};

/// Check a draft
///
/// The interaction it answers is classified first, unless its classification
/// is given. A draft that could not be checked is held, never approved.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/tone",
    operation_id = "tone",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), schema::Patience),
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
    making::answer(app, company, request, |generation, body, terms, load| {
        let request: ToneRequest = json::read(body)?;
        if request.composing && !load.allows_repeats() {
            return Err(Problem::busy(
                "the host is full: drafts are not checked while they are typed",
            ));
        }
        Ok(generation.check(request, terms)?)
    })
    .await
}
