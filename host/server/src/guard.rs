//! Middleware that rejects requests before a handler sees them. Without tokens
//! it accepts programs on this machine only: neither a foreign page in a local
//! browser nor a name that resolves to loopback (DNS rebinding). With tokens it
//! authenticates and authorizes.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::{CONTENT_ENCODING, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, Uri, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_access::{Caller, MatrixEntry, PeerNames, PermissionIndex, authorize};
use patchbay_model::bound::Bound;

use crate::app::App;
use crate::bounds::Requester;
use crate::problem::{Kind, Problem};
use crate::{body, company_hint, media_type, message_head, openapi};

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
    } else if app.access.is_guarded() {
        (request, checked) = check_access(&app, request).await;
    } else {
        checked = check_host(request.version(), request.uri(), request.headers())
            .and_then(|()| check_origin(request.headers()));
        request.extensions_mut().insert(Caller::Local);
    }
    checked = checked.and_then(|()| app.check_roster(request.extensions().get::<Caller>()));
    if is_operation(&request) {
        checked = checked
            .and_then(|()| check_content_coding(request.method(), request.headers()))
            .and_then(|()| check_content_type(request.method(), request.headers()));
    }
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

/// Whether a request asks how the host is.
pub(crate) fn is_observation(path: &str) -> bool {
    ["/healthz", "/readyz", "/metrics", "/v1/status"].contains(&path)
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

fn permissions() -> &'static PermissionIndex {
    static PERMISSIONS: OnceLock<PermissionIndex> = OnceLock::new();
    PERMISSIONS.get_or_init(|| PermissionIndex::new(&mut openapi::routes_document()))
}

/// Whether a path and method of the API match. Of any other request no header
/// is read: the router answers 404, or 405 with the methods of the path.
fn is_operation(request: &Request) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map(MatchedPath::as_str);
    let entry = permissions().find(path, request.method());
    !matches!(entry, MatrixEntry::NoRoute)
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
    let caller = app.access.authenticate(&parts.headers, names).await;
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

/// The request target and the Host header must name the loopback address, so
/// that a foreign name that resolves to it (DNS rebinding) is refused. HTTP/1.0
/// requires no Host header (RFC 9112, 3.2), and health checks of load balancers
/// send none. A browser always sends one, so without it no page can be behind
/// the request.
fn check_host(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let misdirected = || {
        Problem::of(Kind::Misdirected)
            .field("Host")
            .detail("this host has no tokens and answers only requests to localhost, 127.0.0.1 or [::1]; make a token to use other names")
    };
    if uri
        .authority()
        .is_some_and(|authority| !is_loopback(authority))
    {
        return Err(misdirected());
    }
    if version < Version::HTTP_11 && !headers.contains_key(HOST) {
        return Ok(());
    }
    match only(headers, HOST).map(str::parse::<Authority>) {
        Some(Ok(authority)) if is_loopback(&authority) => Ok(()),
        _ => Err(misdirected()),
    }
}

/// The Origin header, which browsers send with every POST, must name a page of
/// this machine.
fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = only(headers, ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    match origin.as_ref().and_then(Uri::authority) {
        Some(authority) if is_loopback(authority) => Ok(()),
        _ => Err(Problem::of(Kind::ForeignOrigin)
            .field("Origin")
            .detail("this host has no tokens and answers only pages of this machine")),
    }
}

/// A POST must declare a JSON body, which a form on a foreign page cannot.
fn check_content_type(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method != Method::POST {
        return Ok(());
    }
    match media_type::of(headers) {
        Some(_) => Ok(()),
        None => Err(Problem::of(Kind::UnsupportedMediaType)
            .field("Content-Type")
            .detail("send Content-Type: application/json, in UTF-8")),
    }
}

/// A body must not be compressed (RFC 9110, 8.4): sizes are limited in the bytes
/// sent.
fn check_content_coding(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD].contains(method) {
        return Ok(());
    }
    let codings = headers.get_all(CONTENT_ENCODING).iter();
    let is_identity = |value: &str| {
        let mut codings = value.split(',').map(str::trim);
        codings.all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"))
    };
    match codings
        .into_iter()
        .all(|value| value.to_str().is_ok_and(is_identity))
    {
        true => Ok(()),
        false => Err(Problem::of(Kind::UnsupportedCoding)
            .field("Content-Encoding")
            .detail("send the body uncompressed, without Content-Encoding")),
    }
}

/// The value of a header that occurs once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn is_loopback(authority: &Authority) -> bool {
    // "me@localhost" is not a host.
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    match address.unwrap_or(host).parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    fn named(host: &str) -> bool {
        host.parse::<Authority>()
            .is_ok_and(|host| is_loopback(&host))
    }

    #[test]
    fn loopback_has_many_names_and_ports() {
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:7420",
            "127.1.2.3",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(named(host), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "evil@localhost",
            "10.0.0.1:7420",
            "0.0.0.0",
            "[::]",
            "[::2]:80",
            "127.0.0.1.example.com",
            "",
            "localhost.",
        ] {
            assert!(!named(host), "{host}");
        }
    }

    #[test]
    fn json_is_recognized_by_media_type_and_charset() {
        let brings = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().expect("a header"));
            check_content_type(&Method::POST, &headers).is_ok()
        };
        for value in [
            "application/json",
            "Application/JSON; charset=\"UTF-8\"",
            "application/json;charset=utf-8",
        ] {
            assert!(brings(value), "{value}");
        }
        for value in [
            "text/plain",
            "application/jsonp",
            "application/json; charset=latin1",
            "",
            "text/plain; application/json",
        ] {
            assert!(!brings(value), "{value}");
        }
        assert!(check_content_type(&Method::POST, &HeaderMap::new()).is_err());
    }
}
