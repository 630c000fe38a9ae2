//! Middleware that counts every request, and what overload turned away.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use patchbay_config::bound::Bound;
use patchbay_service::app::App;

/// Status counted for a request whose client disconnected before the answer.
const CLIENT_DISCONNECTED: u16 = 499;

pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("unmatched", MatchedPath::as_str).into();
    let mut counter = RequestCounter {
        app: Arc::clone(&app),
        route,
        began: Instant::now(),
        status: None,
    };
    let (request, company) = configured_company(&app, request).await;
    let response = next.run(request).await;
    counter.status = Some(response.status());
    if let Some(bound) = response.extensions().get::<Bound>() {
        app.telemetry.count_overload(company.as_deref(), *bound);
    }
    response
}

/// The company that a request's path names, if it is configured.
async fn configured_company(app: &App, request: Request) -> (Request, Option<String>) {
    let names_one = request
        .extensions()
        .get::<MatchedPath>()
        .is_some_and(|path| path.as_str().contains("{company}"));
    if !names_one {
        return (request, None);
    }
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .ok();
    let named = params.iter().flatten().find(|(name, _)| *name == "company");
    let known = named.and_then(|(_, name)| app.companies.get(name));
    let known = known.map(|generation| generation.company.clone());
    (Request::from_parts(parts, body), known)
}

/// Counts its request when dropped, so that a request whose client disconnects
/// is counted too.
struct RequestCounter {
    app: Arc<App>,
    route: Arc<str>,
    began: Instant,
    status: Option<StatusCode>,
}

impl Drop for RequestCounter {
    fn drop(&mut self) {
        let status = self
            .status
            .map_or(CLIENT_DISCONNECTED, |status| status.as_u16());
        tracing::debug!(route = &*self.route, status, "request");
        self.app
            .telemetry
            .count_request(&self.route, status, self.began.elapsed());
    }
}
