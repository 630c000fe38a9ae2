//! Middleware that rejects requests before a handler sees them. Without tokens
//! it accepts programs on this machine only: neither a foreign page in a local
//! browser nor a name that resolves to loopback (DNS rebinding). With tokens it
//! authenticates and authorizes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_access::{Caller, MatrixEntry, PeerNames, authorize};
use patchbay_api::{parameters, permissions};
use patchbay_config::bound::Bound;
use patchbay_http::bounds::Requester;
use patchbay_http::observation::is_observation;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::{body, content_headers, local_request, message_head};
use patchbay_service::app::App;

use crate::{company_hint, console, webhooks, widget};

/// Whether the server may listen on this address without tokens.
pub(crate) fn may_listen(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// Lets a request pass with its [`Caller`] as an extension, or answers why not.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut checked = message_head::check(request.version(), request.uri(), request.headers());
    if checked.is_err() {
        // Not a request: nothing in it counts, neither caller nor target.
    } else if webhooks::is_webhook(&request) || widget::is_widget(&request) {
        // Its handler verifies who sent it.
    } else if console::is_console(&request) {
        // The files are the same for everyone.
    } else if app.access.is_guarded() {
        (request, checked) = check_access(&app, request).await;
    } else {
        checked = local_request::check(request.version(), request.uri(), request.headers());
        request.extensions_mut().insert(Caller::Local);
    }
    checked = checked.and_then(|()| app.check_roster(request.extensions().get::<Caller>()));
    if is_operation(&request) && !webhooks::is_webhook(&request) {
        checked =
            checked.and_then(|()| content_headers::check(request.method(), request.headers()));
    }
    checked = checked.and_then(|()| check_parameters(&request));
    if checked.is_ok() && app.companies.count_unready() > 0 {
        (request, checked) = check_ready(&app, request).await;
    }
    match checked {
        Ok(()) => run_counted(&app, request, next).await,
        Err(problem) => {
            body::discard(request).await;
            problem.into_response()
        }
    }
}

/// Runs a permitted request, counted as its requester's. Health, status and
/// metrics are not counted: they answer at any load.
async fn run_counted(app: &Arc<App>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().cloned();
    let uri = request.uri().clone();
    let is_observation = is_observation(uri.path());
    let (request, requester) = requester(request, caller.as_ref()).await;
    let permit = match is_observation {
        true => None,
        false => match app.bounds.enter(Bound::Requests, &requester) {
            Ok(permit) => Some(permit),
            Err(problem) => {
                body::discard(request).await;
                return problem.into_response();
            }
        },
    };
    let mut response = requester.scope(next.run(request)).await;
    drop(permit);
    company_hint::add(&app.companies, caller.as_ref(), uri.path(), &mut response);
    response
}

/// Whose use a request counts as: the company of its path, else of its token.
async fn requester(request: Request, caller: Option<&Caller>) -> (Request, Requester) {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let params = params.ok();
    let mut named = params.iter().flatten();
    let named = named.find_map(|(name, value)| (name == "company").then_some(value));
    let company = named.or_else(|| caller?.company());
    let token = caller.filter(|caller| !matches!(caller, Caller::Local));
    let requester = Requester {
        company: company.map(Into::into),
        token: token.map(|caller| caller.id().into()),
    };
    (Request::from_parts(parts, body), requester)
}

/// Whether a path and method of the API match. Of any other request no header
/// is read: the router answers 404, or 405 with the methods of the path.
fn is_operation(request: &Request) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map(MatchedPath::as_str);
    let entry = permissions().find(path, request.method());
    !matches!(entry, MatrixEntry::NoRoute)
}

/// Refuses query parameters that the operation does not have, or that have another form.
fn check_parameters(request: &Request) -> Result<(), Problem> {
    let matched = request.extensions().get::<MatchedPath>();
    let Some(path) = matched.map(MatchedPath::as_str) else {
        return Ok(());
    };
    let of_widget = widget::parameters(path, request.method());
    match of_widget.or_else(|| parameters(path, request.method())) {
        Some(parameters) => parameters.check_query(request.uri().query()),
        None => Ok(()),
    }
}

/// Authenticates and authorizes, unless the operation is public.
async fn check_access(app: &App, request: Request) -> (Request, Result<(), Problem>) {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map(MatchedPath::as_str);
    let entry = permissions().find(path, request.method());
    if entry.is_public() {
        return (request, Ok(()));
    }
    let (mut parts, body) = request.into_parts();
    // A path parameter that is not text names nothing.
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .ok();
    let param = |wanted: &str| {
        let mut all = params.iter().flatten();
        all.find_map(|(name, value)| (name == wanted).then_some(value))
    };
    let company = path
        .filter(|path| path.contains("{company}"))
        .map(|_| param("company").unwrap_or_default());
    let names = parts.extensions.get::<PeerNames>();
    let caller = app
        .access
        .authenticate(&parts.method, &parts.headers, names)
        .await;
    let permitted = caller.and_then(|caller| {
        authorize(&caller, entry, company, param("agent"))?;
        Ok(caller)
    });
    let checked = permitted.map(|caller| {
        parts.extensions.insert(caller);
    });
    (
        Request::from_parts(parts, body),
        checked.map_err(Problem::from),
    )
}

/// Refuses requests about a company whose generation cannot be built, except
/// those that repair it.
async fn check_ready(app: &App, request: Request) -> (Request, Result<(), Problem>) {
    const ALLOWED: [&str; 3] = ["generations", "rollback", "audit"];
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let rest = matched.as_ref().and_then(|path| {
        let rest = path.as_str().strip_prefix("/v1/companies/{company}/")?;
        rest.split('/').next()
    });
    if rest.is_none_or(|rest| ALLOWED.contains(&rest)) {
        return (request, Ok(()));
    }
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let reason = params.ok().and_then(|params| {
        let mut named = params.iter().filter(|(name, _)| *name == "company");
        app.companies.unready_reason(named.next()?.1)
    });
    let checked = match reason {
        Some(reason) => Err(Problem::of(Kind::CompanyNotReady).detail(reason)),
        None => Ok(()),
    };
    (Request::from_parts(parts, body), checked)
}
