//! Lets pages of allowed origins read the answers of the web chat, and no others.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_service::app::App;

use super::{find, is_widget, origin};

/// Headers that a page may send beside those of every form.
const SENT: &str = "authorization, content-type, last-event-id";
/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: &str = "7200";

/// Middleware: answers preflights, and names the origin in the answers to an allowed
/// page, problems included. No cookies are allowed with them.
pub(crate) async fn apply(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if !is_widget(&request) {
        return next.run(request).await;
    }
    let (request, allowed) = allowed_origin(&app, request).await;
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (is_preflight, &allowed) {
        (true, Some(_)) => preflight(),
        (true, None) => StatusCode::FORBIDDEN.into_response(),
        (false, _) => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("retry-after");
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}

fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The origin of a request, if pages of it may open the chat of its path.
async fn allowed_origin(app: &App, request: Request) -> (Request, Option<HeaderValue>) {
    if !request.headers().contains_key(ORIGIN) {
        return (request, None);
    }
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let params = params.ok();
    let param = |wanted: &str| {
        let mut all = params.iter().flatten();
        all.find_map(|(name, value)| (name == wanted).then_some(value))
    };
    let chat = param("company").zip(param("connection"));
    let chat = chat.and_then(|(company, connection)| find(app, company, connection).ok());
    let origin = origin(&parts.headers)
        .filter(|origin| chat.as_ref().is_some_and(|chat| chat.allows_origin(origin)));
    let allowed = origin.and_then(|origin| HeaderValue::from_str(origin).ok());
    (Request::from_parts(parts, body), allowed)
}
