//! The cookie of a session, and when a request may use it.
//!
//! A browser sends a cookie with requests of any page. It therefore counts only for
//! requests of the console's own pages, which the browser confirms by Fetch Metadata,
//! and a request that changes something also needs a header that no form can send.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use patchbay_journal::Secret;

use crate::AccessError;
use crate::cookie::Cookie;
use crate::session::LIFETIME;

/// What the console's pages send with every request that changes something.
pub const CONSOLE_HEADER: HeaderName = HeaderName::from_static("x-patchbay-console");

const COOKIE: Cookie = Cookie {
    name: "__Host-patchbay",
    loopback_name: "patchbay",
    same_site: "Strict",
    lifetime: LIFETIME,
};

/// Header that gives the browser a session.
pub fn set(headers: &HeaderMap, is_tls: bool, secret: &Secret) -> HeaderValue {
    COOKIE.set(headers, is_tls, secret)
}

/// Header that takes the session from the browser.
pub fn clear(headers: &HeaderMap, is_tls: bool) -> HeaderValue {
    COOKIE.clear(headers, is_tls)
}

/// The session's secret that a request shows; none without the cookie.
///
/// # Errors
/// [`AccessError::ForeignOrigin`] where another page sent the request.
pub(crate) fn secret(
    method: &Method,
    headers: &HeaderMap,
    is_tls: bool,
) -> Result<Option<Secret>, AccessError> {
    match COOKIE.read(headers, is_tls) {
        Some(secret) => check_page(method, headers).map(|()| Some(secret)),
        None => Ok(None),
    }
}

/// Check that a page of the console sent a request.
///
/// # Errors
/// [`AccessError::ForeignPage`].
pub fn check_page(method: &Method, headers: &HeaderMap) -> Result<(), AccessError> {
    let is = |name: &str, wanted: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        values.next().is_none() && value == Some(wanted)
    };
    if !is("sec-fetch-site", "same-origin") {
        return Err(AccessError::ForeignPage(
            "a session counts only for the console's own pages: Sec-Fetch-Site must be same-origin",
        ));
    }
    if !is_own_origin(headers) {
        return Err(AccessError::ForeignPage(
            "a session counts only for the console's own pages: Origin must name this host, as the Host header does",
        ));
    }
    let reads = [Method::GET, Method::HEAD].contains(method);
    match reads || is(CONSOLE_HEADER.as_str(), "1") {
        true => Ok(()),
        false => Err(AccessError::ForeignPage(
            "a session changes something only with the header X-Patchbay-Console: 1",
        )),
    }
}

/// Whether the Origin header, where there is one, names the host of the request.
/// Browsers leave it out of a GET to their own origin.
fn is_own_origin(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let authority = [&b"https://"[..], b"http://"]
        .iter()
        .find_map(|scheme| origin.as_bytes().strip_prefix(*scheme));
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    origins.next().is_none() && authority.is_some() && authority == host
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[(&str, &str)] = &[("host", "care.example"), ("sec-fetch-site", "same-origin")];

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        headers
    }

    fn with(more: &[(&str, &str)]) -> HeaderMap {
        headers(&[OWN, more].concat())
    }

    #[test]
    fn a_cookie_counts_for_the_hosts_own_pages_only() {
        let secret = Secret::generate().expect("random");
        let cookie = format!("a=b; __Host-patchbay={}; c", secret.reveal());
        let cookie = ("cookie", cookie.as_str());
        let shows = |method: Method, headers: &HeaderMap| {
            super::secret(&method, headers, true)
                .map(|it| it.is_some_and(|it| it.hash() == secret.hash()))
        };
        assert_eq!(shows(Method::GET, &with(&[cookie])), Ok(true));
        assert_eq!(shows(Method::GET, &with(&[])), Ok(false));
        let own = ("origin", "https://care.example");
        let header = ("x-patchbay-console", "1");
        assert_eq!(shows(Method::POST, &with(&[cookie, own, header])), Ok(true));
        for foreign in [
            with(&[cookie, ("origin", "https://evil.example"), header]),
            with(&[cookie, ("origin", "null"), header]),
            with(&[cookie, own, own, header]),
            with(&[cookie, own]),
            with(&[cookie, own, ("x-patchbay-console", "0")]),
            headers(&[cookie, own, header, ("host", "care.example")]),
            headers(&[
                cookie,
                own,
                header,
                ("host", "care.example"),
                ("sec-fetch-site", "same-site"),
            ]),
            headers(&[
                cookie,
                own,
                header,
                ("host", "care.example"),
                ("sec-fetch-site", "none"),
            ]),
            headers(&[
                cookie,
                own,
                header,
                ("host", "other.example"),
                ("sec-fetch-site", "same-origin"),
            ]),
        ] {
            let refused = shows(Method::POST, &foreign);
            assert!(
                matches!(refused, Err(AccessError::ForeignPage(_))),
                "{foreign:?}"
            );
        }
    }

    #[test]
    fn loopback_without_tls_has_a_cookie_of_its_own() {
        let secret = Secret::generate().expect("random");
        let of = |host: &str, is_tls| {
            let value = set(&headers(&[("host", host)]), is_tls, &secret);
            let text = value.to_str().expect("text").to_owned();
            text.replace(secret.reveal(), "S")
        };
        let rest = "Path=/; Max-Age=43200; HttpOnly; SameSite=Strict";
        for host in ["localhost:7420", "127.0.0.1:7420", "[::1]"] {
            assert_eq!(of(host, false), format!("patchbay=S; {rest}"));
            assert_eq!(of(host, true), format!("__Host-patchbay=S; {rest}; Secure"));
        }
        assert_eq!(
            of("care.example", false),
            format!("__Host-patchbay=S; {rest}; Secure")
        );
    }
}
