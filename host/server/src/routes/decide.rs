//! Classification and route for a self-contained interaction.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::problem::{Problem, ProblemDocument};
use crate::serve::App;
use crate::{json, making, schema};

/// Decide about an interaction
///
/// The body carries everything: the interaction, and whatever is known of its
/// conversation, contact, agents and queues. Nothing is kept, and state is
/// neither read nor written. A policy that failed is said in the document, with
/// what the host did instead; that is an answer, status 200.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decide",
    operation_id = "decide",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("Patchbay-Deadline-Ms" = Option<u32>, Header, minimum = 1,
            description = "How long to wait for a place, in milliseconds; the server's own deadline bounds it."),
    ),
    request_body(content = schema::DecideRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The decision.", body = schema::Decision),
        (status = 400, description = "The body is not UTF-8, or not JSON, or nested deeper than 128 levels.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 403, description = "A page of another origin asks.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such company.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 415, description = "The body is not declared as JSON.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 421, description = "The Host header names another host.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The input is not valid; `field` says where.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 500, description = "The server failed.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 503, description = "The host is too busy, or stopping.", body = ProblemDocument, content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "Seconds after which to try again; where the host is too busy."))),
    )
)]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    making::answer(app, company, request, |generation, body, now, patience| {
        let request = json::read(body)?;
        Ok(generation.decide(request, now, patience)?)
    })
    .await
}
