//! The script of the widget, part of the binary.

use std::sync::LazyLock;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// The script.
pub(super) const SCRIPT: &str = include_str!("chat.js");
/// Its tag, which changes with it.
static TAG: LazyLock<String> = LazyLock::new(|| {
    let digest = blake3::hash(SCRIPT.as_bytes()).to_hex();
    format!("\"{}\"", &digest[..32])
});

/// Serves the script to any site: it is the same for all, and holds no secret.
pub(super) async fn serve(headers: HeaderMap) -> Response {
    let common = [
        (ETAG, TAG.as_str()),
        (
            CACHE_CONTROL,
            "public, max-age=300, stale-while-revalidate=86400",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    let given = headers.get_all(IF_NONE_MATCH).iter();
    let mut given = given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    let is_known = given.any(|tag| {
        let tag = tag.trim();
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == TAG.as_str()
    });
    match is_known {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => {
            let media_type = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
            (common, media_type, SCRIPT).into_response()
        }
    }
}
