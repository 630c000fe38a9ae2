//! Who may ask. As long as there are no tokens: programs on this machine; a web
//! page open in a browser here is none of them, whatever name it gave the
//! loopback address. With tokens: whoever shows one, by whatever name they reach
//! the server, for no page of somebody else's has one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::{body, naming};

/// Whether the server may listen there without tokens.
pub(crate) fn may_listen(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// Lets only those requests through that bring JSON and show a token that
/// allows them; without tokens, those that are meant for this server and come
/// from no foreign page.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut checked;
    if app.access.is_guarded() {
        (request, checked) = app.access.check(request).await;
    } else {
        checked = meant_for_us(request.uri(), request.headers())
            .and_then(|()| no_foreign_page(request.headers()));
        request.extensions_mut().insert(Caller::Local);
    }
    checked = checked.and_then(|()| is_on_the_roster(&app, request.extensions().get::<Caller>()));
    checked = checked.and_then(|()| brings_json(request.method(), request.headers()));
    if checked.is_ok() && app.companies.count_unready() > 0 {
        (request, checked) = is_ready(&app, request).await;
    }
    match checked {
        Ok(()) => {
            let caller = request.extensions().get::<Caller>().cloned();
            let asked = request.uri().clone();
            let mut response = next.run(request).await;
            naming::tell_companies(&app, caller.as_ref(), asked.path(), &mut response);
            response
        }
        Err(problem) => {
            body::discard(request).await;
            problem.into_response()
        }
    }
}

/// An agent somebody vouches for is one of the roster's: who is taken off it is
/// let in no more, as with a token of ours.
pub(crate) fn is_on_the_roster(app: &App, caller: Option<&Caller>) -> Result<(), Problem> {
    let Some(Caller::Vouched(vouched)) = caller else {
        return Ok(());
    };
    let standing = &vouched.standing;
    let (Some(company), Some(agent)) = (&standing.company, &standing.agent) else {
        return Ok(());
    };
    let Ok(desk) = app.desk() else {
        return Ok(());
    };
    match desk.has_agent(company, agent) {
        Ok(false) => {
            Err(Problem::of(Kind::Forbidden)
                .detail("the agent is not on the roster of the company"))
        }
        // Whatever else is wrong, whoever is asked says.
        _ => Ok(()),
    }
}

/// Whether something decides for the company a request is about; where nothing
/// does, it can still be looked after.
async fn is_ready(app: &App, request: Request) -> (Request, Result<(), Problem>) {
    const STILL: [&str; 3] = ["generations", "rollback", "audit"];
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let rest = matched.as_ref().and_then(|path| {
        let rest = path.as_str().strip_prefix("/v1/companies/{company}/")?;
        rest.split('/').next()
    });
    if rest.is_none_or(|rest| STILL.contains(&rest)) {
        return (request, Ok(()));
    }
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let why = params.ok().and_then(|params| {
        let mut named = params.iter().filter(|(name, _)| *name == "company");
        app.companies.unready(named.next()?.1)
    });
    let checked = match why {
        Some(why) => Err(Problem::of(Kind::CompanyNotReady).detail(why)),
        None => Ok(()),
    };
    (Request::from_parts(parts, body), checked)
}

/// The Host header names the loopback address: a foreign name that resolves to
/// it (DNS rebinding) does not.
fn meant_for_us(uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let misdirected = || {
        Problem::of(Kind::Misdirected)
            .field("Host")
            .detail("without tokens, only requests to localhost, 127.0.0.1 or [::1] are answered")
    };
    if uri
        .authority()
        .is_some_and(|authority| !is_loopback(authority))
    {
        return Err(misdirected());
    }
    match only(headers, HOST).map(str::parse::<Authority>) {
        Some(Ok(authority)) if is_loopback(&authority) => Ok(()),
        _ => Err(misdirected()),
    }
}

/// The Origin header, which browsers send with every POST, names a page of
/// this machine.
fn no_foreign_page(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let origin = only(headers, ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
    match origin.as_ref().and_then(Uri::authority) {
        Some(authority) if is_loopback(authority) => Ok(()),
        _ => Err(Problem::of(Kind::ForeignOrigin)
            .field("Origin")
            .detail("without tokens, only pages of this machine may ask")),
    }
}

/// A POST says its body is JSON: a form on a foreign page cannot.
fn brings_json(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method != Method::POST {
        return Ok(());
    }
    let media_type = only(headers, CONTENT_TYPE).unwrap_or_default();
    let mut parts = media_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| {
        ["application/json", "application/x-ndjson"]
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
    });
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    match is_json && is_utf8 {
        true => Ok(()),
        false => Err(Problem::of(Kind::UnsupportedMediaType)
            .field("Content-Type")
            .detail("send Content-Type: application/json, in UTF-8")),
    }
}

/// A header that is there once, as text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

fn is_loopback(authority: &Authority) -> bool {
    // "me@localhost" is no host.
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
    fn json_is_told_by_its_essence_and_charset() {
        let brings = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().expect("a header"));
            brings_json(&Method::POST, &headers).is_ok()
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
        assert!(brings_json(&Method::POST, &HeaderMap::new()).is_err());
    }
}
