//! What can be asked, and of whom.

mod approvals;
mod audit;
mod bypasses;
mod contacts;
mod conversations;
mod decide;
mod decisions;
mod doing;
mod drain;
mod events;
mod generations;
mod health;
mod interactions;
mod journal;
mod metrics;
mod outbox;
mod overview;
mod people;
mod requeue;
mod rollout;
mod status;
mod tokens;
mod tone;
mod unsealing;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::{body, guard, openapi, problem, telemetry};

/// The routes of the API, with their descriptions.
pub(crate) fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(decide::decide))
        .routes(routes!(tone::tone))
        .routes(routes!(interactions::accept))
        .routes(routes!(conversations::open))
        .routes(routes!(conversations::one))
        .routes(routes!(conversations::journey))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::one))
        .routes(routes!(decisions::replay))
        .routes(routes!(decisions::case))
        .routes(routes!(unsealing::unseal))
        .routes(routes!(doing::act))
        .routes(routes!(doing::reply))
        .routes(routes!(doing::check))
        .routes(routes!(approvals::list))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::reject))
        .routes(routes!(contacts::export, contacts::erase))
        .routes(routes!(contacts::merge))
        .routes(routes!(contacts::split))
        .routes(routes!(contacts::undo))
        .routes(routes!(people::agents, people::import))
        .routes(routes!(people::agent, people::put_one, people::remove))
        .routes(routes!(people::set_presence))
        .routes(routes!(people::offers))
        .routes(routes!(people::accept))
        .routes(routes!(people::decline))
        .routes(routes!(people::queues))
        .routes(routes!(overview::alerts))
        .routes(routes!(overview::incidents))
        .routes(routes!(outbox::list))
        .routes(routes!(outbox::retry))
        .routes(routes!(events::follow))
        .routes(routes!(generations::list, generations::apply))
        .routes(routes!(generations::one))
        .routes(routes!(generations::different))
        .routes(routes!(generations::activate))
        .routes(routes!(generations::roll_back))
        .routes(routes!(rollout::get, rollout::put))
        .routes(routes!(rollout::promote))
        .routes(routes!(rollout::abort))
        .routes(routes!(requeue::requeue))
        .routes(routes!(bypasses::list))
        .routes(routes!(bypasses::put, bypasses::lift))
        .routes(routes!(drain::of_host, drain::begin, drain::undo))
        .routes(routes!(
            drain::of_company,
            drain::begin_company,
            drain::undo_company
        ))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(audit::list))
        .routes(routes!(audit::of_company))
        .routes(routes!(audit::verify))
        .routes(routes!(journal::status))
        .routes(routes!(journal::backup))
        .routes(routes!(journal::check))
        .routes(routes!(journal::compact))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(status::status))
        .routes(routes!(openapi::openapi))
}

/// Everything the server answers, errors included.
pub(crate) fn router(app: Arc<App>) -> Router {
    let router: Router<Arc<App>> = described().into();
    #[cfg(test)]
    let router = router.route("/panic", axum::routing::get(panics));
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&app), guard::check))
        .layer(CatchPanicLayer::custom(broken_off))
        .layer(from_fn(problem::write))
        .layer(from_fn_with_state(Arc::clone(&app), telemetry::count))
        .with_state(app)
}

async fn nowhere(request: Request) -> Problem {
    body::discard(request).await;
    Problem::of(Kind::NotFound)
}

async fn no_such_method(request: Request) -> Problem {
    body::discard(request).await;
    Problem::of(Kind::MethodNotAllowed)
}

/// A handler panicked. What it said is not repeated: it may quote the request.
fn broken_off(_said: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked; the server goes on");
    Problem::of(Kind::Internal).into_response()
}

#[cfg(test)]
async fn panics() -> axum::http::StatusCode {
    panic!("on purpose");
}
