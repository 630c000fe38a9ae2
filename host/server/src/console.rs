//! The web console: a page, its scripts and styles, below `/console/`. The files are the
//! same for every visitor and hold no data, so no token is required.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{MatchedPath, Path, Request};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use patchbay_console::{BUILD, File, find};
use patchbay_http::problem::{Kind, Problem};
use patchbay_service::app::App;

/// Begins the paths of the console.
const PATHS: &str = "/console/";
/// Names the build of the console, on every answer of the API: a page that was loaded
/// from another build reloads.
const BUILD_HEADER: HeaderName = HeaderName::from_static("x-patchbay-build");

/// No script but the console's own runs, nothing is loaded from or sent to another host,
/// and no page frames it. Text becomes HTML only by Svelte's own templates.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

/// The routes of the console.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(redirect))
        .route("/console", get(redirect))
        .route("/console/", get(page))
        .route("/console/{*path}", get(file))
}

/// Whether a request is for the console's files.
pub(crate) fn is_console(request: &Request) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map(MatchedPath::as_str);
    path.is_some_and(|path| path == "/" || path == "/console" || path.starts_with(PATHS))
}

async fn redirect() -> Response {
    let to = [(LOCATION, PATHS), (CACHE_CONTROL, "no-cache")];
    (StatusCode::TEMPORARY_REDIRECT, to).into_response()
}

async fn page(headers: HeaderMap) -> Response {
    answer("", &headers)
}

async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    answer(&path, &headers)
}

fn answer(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = find(path) else {
        return Problem::of(Kind::NotFound).into_response();
    };
    let tag = format!("\"{BUILD}\"");
    let mut response = match has(headers, IF_NONE_MATCH, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => body(file, headers),
    };
    let caching = match file.is_immutable() {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let fixed = [
        (CACHE_CONTROL, caching),
        (VARY, "accept-encoding"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    let answered = response.headers_mut();
    for (name, value) in fixed {
        answered.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        answered.insert(ETAG, tag);
    }
    response
}

/// The content, compressed if the browser takes it so.
fn body(file: &'static File, headers: &HeaderMap) -> Response {
    let media_type = [(CONTENT_TYPE, file.media_type())];
    match has(headers, ACCEPT_ENCODING, "gzip") {
        true => {
            let coding = [(CONTENT_ENCODING, "gzip")];
            (media_type, coding, Bytes::from_static(file.gzip)).into_response()
        }
        false => (media_type, file.content()).into_response(),
    }
}

/// Whether a list header has an element, without its parameters.
fn has(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(name).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut elements = values.flat_map(|value| value.split(','));
    elements.any(|element| {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let is_refused = parts.any(|it| matches!(it, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        name.trim_start_matches("W/").eq_ignore_ascii_case(wanted) && !is_refused
    })
}

/// Middleware of the API: what it answers is personal and never cached, and names the
/// build of the console.
pub(crate) async fn mark_answer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(BUILD_HEADER, HeaderValue::from_static(BUILD));
    response
}
