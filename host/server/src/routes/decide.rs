//! Classification and route for a self-contained interaction.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::Response;
use patchbay_generation::asked::DecideRequest;

use crate::app::App;
use crate::problem::Problem;
use crate::{making, schema};

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
    params(("company" = String, Path, description = "Name of the company."), schema::Patience, schema::Traced),
    request_body(content = schema::DecideRequest, content_type = "application/json"),
    responses(
        (status = 200, description = "The decision.", body = schema::Decision),
        schema::NoDecision,
    )
)]
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    app.takes_in(&company)?;
    let never = |_: &[u8]| false;
    making::answer::<DecideRequest>(app, company, request, never).await
}
