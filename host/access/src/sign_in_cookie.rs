//! The cookie that binds a sign-in by the issuer to the browser that began it.
//!
//! It is `SameSite=Lax`: the issuer's page sends the browser back, and with that request
//! of another site a browser sends no `Strict` cookie. `Lax` cookies go with such a
//! navigation, and with no other request of another site. The cookie alone does nothing:
//! it finishes a sign-in whose `state` the issuer returns, once, within ten minutes.

use http::{HeaderMap, HeaderName, HeaderValue};
use patchbay_journal::Secret;

use crate::cookie::Cookie;
use crate::oidc::SIGN_IN_LIFETIME;

/// Says which page sent a request (Fetch Metadata).
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const COOKIE: Cookie = Cookie {
    name: "__Host-patchbay-sign-in",
    loopback_name: "patchbay-sign-in",
    same_site: "Lax",
    lifetime: SIGN_IN_LIFETIME,
};

/// Header that gives the browser the cookie.
pub fn set(headers: &HeaderMap, is_tls: bool, secret: &Secret) -> HeaderValue {
    COOKIE.set(headers, is_tls, secret)
}

/// Header that takes the cookie from the browser.
pub fn clear(headers: &HeaderMap, is_tls: bool) -> HeaderValue {
    COOKIE.clear(headers, is_tls)
}

/// The secret that a request shows.
pub fn secret(headers: &HeaderMap, is_tls: bool) -> Option<Secret> {
    COOKIE.read(headers, is_tls)
}

/// Whether a page of this host began a navigation, or the person by typing the address:
/// no other site signs a person in unasked.
pub fn is_own_navigation(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(FETCH_SITE).iter();
    let site = sites.next().map(HeaderValue::as_bytes);
    sites.next().is_none() && (site == Some(b"same-origin") || site == Some(b"none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_cookie_goes_with_the_way_back_from_the_issuer_and_ends_after_ten_minutes() {
        let host = headers(&[("host", "care.example")]);
        let secret = Secret::generate().expect("random");
        let value = set(&host, false, &secret);
        let text = value.to_str().expect("text");
        assert!(text.starts_with("__Host-patchbay-sign-in=pb_"), "{text}");
        let attributes = "; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure";
        assert!(text.ends_with(attributes), "{text}");
        let local = headers(&[("host", "127.0.0.1:7420")]);
        let local = set(&local, false, &secret);
        let local = local.to_str().expect("text");
        assert!(local.starts_with("patchbay-sign-in=pb_"), "{local}");
    }

    #[test]
    fn only_the_console_and_the_address_bar_begin_a_sign_in() {
        let is_own = |pairs: &[_]| is_own_navigation(&headers(pairs));
        assert!(is_own(&[("sec-fetch-site", "same-origin")]));
        assert!(is_own(&[("sec-fetch-site", "none")]));
        assert!(!is_own(&[]));
        assert!(!is_own(&[("sec-fetch-site", "cross-site")]));
        assert!(!is_own(&[("sec-fetch-site", "same-site")]));
        assert!(!is_own(&[
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", "none")
        ]));
    }
}
