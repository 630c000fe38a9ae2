//! Counts every request, answered or not.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use patchbay_model::histogram::{Histogram, MICROS, Reading};

use super::{Shed, micros};
use crate::app::App;

/// What a request is counted as whose client did not wait for the answer.
const CLIENT_GONE: u16 = 499;

/// Requests by route.
#[derive(Debug, Default)]
pub(super) struct Requests(Mutex<HashMap<Arc<str>, Route>>);

#[derive(Debug)]
struct Route {
    times: Histogram,
    statuses: BTreeMap<u16, u64>,
}

/// What is counted of a route.
pub(super) struct Counted {
    pub(super) route: Arc<str>,
    pub(super) times: Reading,
    pub(super) statuses: BTreeMap<u16, u64>,
}

impl Requests {
    fn count(&self, route: &Arc<str>, status: u16, time: Duration) {
        let mut routes = self.routes();
        let route = routes.entry(Arc::clone(route)).or_insert_with(|| Route {
            times: Histogram::new(MICROS),
            statuses: BTreeMap::new(),
        });
        route.times.record(micros(time));
        *route.statuses.entry(status).or_default() += 1;
    }

    pub(super) fn read(&self) -> Vec<Counted> {
        let routes = self.routes();
        let mut all: Vec<Counted> = routes
            .iter()
            .map(|(route, counted)| Counted {
                route: Arc::clone(route),
                times: counted.times.read(),
                statuses: counted.statuses.clone(),
            })
            .collect();
        all.sort_by(|a, b| a.route.cmp(&b.route));
        all
    }

    fn routes(&self) -> MutexGuard<'_, HashMap<Arc<str>, Route>> {
        // Changed in single steps.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts every request, answered or not; and what was turned away.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("unmatched", MatchedPath::as_str).into();
    let mut counted = Counting {
        app: Arc::clone(&app),
        route,
        began: Instant::now(),
        status: None,
    };
    let (request, company) = company(&app, request).await;
    let response = next.run(request).await;
    counted.status = Some(response.status());
    if let Some(what) = response.extensions().get::<Shed>() {
        app.telemetry.shed(company.as_deref(), *what);
    }
    response
}

/// The configured company a request's path names.
async fn company(app: &App, request: Request) -> (Request, Option<String>) {
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

/// A request that is counted when it is over, whichever way.
struct Counting {
    app: Arc<App>,
    route: Arc<str>,
    began: Instant,
    status: Option<StatusCode>,
}

impl Drop for Counting {
    fn drop(&mut self) {
        let status = self.status.map_or(CLIENT_GONE, |status| status.as_u16());
        tracing::debug!(route = &*self.route, status, "request");
        let requests = &self.app.telemetry.requests;
        requests.count(&self.route, status, self.began.elapsed());
    }
}
