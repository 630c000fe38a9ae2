//! The complete service: the routes behind the middleware that every request passes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use patchbay_api::described_routes;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::{body, problem};
use patchbay_service::app::App;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{console, guard, request_counter, transport_security, webhooks, widget};

/// The complete service: routes, guard, panics and problem documents.
pub(crate) fn router(app: Arc<App>) -> Router {
    let api: Router<Arc<App>> = described_routes().into();
    let router = api
        .layer(from_fn(console::mark_answer))
        .merge(console::routes())
        .merge(webhooks::routes())
        .merge(widget::routes());
    #[cfg(test)]
    let router = router.route("/panic", axum::routing::get(panics));
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), guard::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(problem::write))
        .layer(from_fn_with_state(Arc::clone(&app), widget::apply_cors))
        .layer(from_fn_with_state(Arc::clone(&app), request_counter::count))
        .layer(from_fn_with_state(
            Arc::clone(&app),
            transport_security::apply,
        ))
        .with_state(app)
}

async fn not_found(request: Request) -> Problem {
    let path = request.uri().path();
    let without_slash = path.strip_suffix('/').filter(|path| !path.is_empty());
    let detail = without_slash.map(|path| format!("paths do not end with `/`; try `{path}`"));
    body::discard(request).await;
    let problem = Problem::of(Kind::NotFound);
    match detail {
        Some(detail) => problem.detail(detail),
        None => problem,
    }
}

async fn method_not_allowed(request: Request) -> Problem {
    body::discard(request).await;
    Problem::of(Kind::MethodNotAllowed)
}

/// The answer after a handler panicked. The panic's message may quote the
/// request and is dropped.
fn panicked(_message: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked; the server continues");
    Problem::of(Kind::Internal).into_response()
}

#[cfg(test)]
async fn panics() -> axum::http::StatusCode {
    panic!("on purpose");
}
