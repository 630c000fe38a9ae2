//! What a server without tokens requires of a request, so that only programs and
//! pages of its own machine reach it.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri, Version};

use crate::problem::{Kind, Problem};

/// Check that the request names this machine, and that no page of another origin
/// sent it.
///
/// # Errors
/// 421 where the target or the Host header names another host, 403 where the Origin
/// header names a page of another machine.
pub fn check(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    check_host(version, uri, headers)?;
    check_origin(headers)
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
}
