//! The API's own description.

use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "A company's own policies decide about interactions and drafts. Errors are problem documents (RFC 9457). Without tokens the server answers programs on its own machine only.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "decisions", description = "Stateless decisions: the body carries everything."),
        (name = "operation", description = "For whoever runs the server."),
    ),
)]
struct Head;

/// The OpenAPI document, as indented JSON.
pub fn openapi_json() -> String {
    let described = OpenApiRouter::with_openapi(Head::openapi()).merge(routes::described());
    let document = described.into_openapi();
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
