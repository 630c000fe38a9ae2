//! The API's own description.

use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::{access, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "A company's own policies decide about interactions and drafts. Errors are problem documents (RFC 9457). Without tokens the server answers programs on its own machine only; with tokens each operation says in `x-roles` whose it is, and an agent reaches `own` only what is that agent's. `x-scope` says whether it takes a token for the company named in the path, or one for the whole host.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "decisions", description = "Stateless decisions: the body carries everything."),
        (name = "access", description = "Who may ask, and who did what."),
        (name = "operation", description = "For whoever runs the server."),
    ),
)]
struct Head;

/// The operations as the routes describe them, without who may call them.
pub(crate) fn document() -> Value {
    let described = OpenApiRouter::with_openapi(Head::openapi()).merge(routes::described());
    serde_json::to_value(described.into_openapi()).unwrap_or_default()
}

/// The OpenAPI document, as indented JSON.
pub fn openapi_json() -> String {
    let mut document = document();
    access::describe(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "operation",
    responses((status = 200, description = "The OpenAPI document.", body = serde_json::Value, content_type = "application/json"))
)]
pub(crate) async fn openapi() -> impl IntoResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(openapi_json).as_str();
    ([(CONTENT_TYPE, "application/json")], document)
}
