//! Cookies that hold a secret of this host: their names, and their headers.

use http::header::{COOKIE, HOST};
use http::{HeaderMap, HeaderValue};
use jiff::SignedDuration;
use patchbay_journal::Secret;

/// A cookie that no script can read.
pub(crate) struct Cookie {
    /// Name. The prefix `__Host-` makes browsers refuse it from another host, for a
    /// path, or without TLS (RFC 6265bis, 4.1.3.2).
    pub(crate) name: &'static str,
    /// Name on loopback without TLS, where some browsers take no secure cookie.
    pub(crate) loopback_name: &'static str,
    /// With which requests of other sites a browser sends it (RFC 6265bis, 5.6.7).
    pub(crate) same_site: &'static str,
    /// How long the browser keeps it.
    pub(crate) lifetime: SignedDuration,
}

impl Cookie {
    /// Header that gives the browser the cookie.
    pub(crate) fn set(&self, headers: &HeaderMap, is_tls: bool, secret: &Secret) -> HeaderValue {
        let mut value = self.header(headers, is_tls, secret.reveal(), self.lifetime.as_secs());
        value.set_sensitive(true);
        value
    }

    /// Header that takes the cookie from the browser.
    pub(crate) fn clear(&self, headers: &HeaderMap, is_tls: bool) -> HeaderValue {
        self.header(headers, is_tls, "", 0)
    }

    /// The secret that a request shows; none without the cookie, or if it is no secret.
    pub(crate) fn read(&self, headers: &HeaderMap, is_tls: bool) -> Option<Secret> {
        let (wanted, _) = self.form(headers, is_tls);
        let texts = headers.get_all(COOKIE).iter();
        let texts = texts.filter_map(|value| value.to_str().ok());
        let mut pairs = texts.flat_map(|text| text.split(';'));
        let value = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted).then_some(value)
        });
        value.and_then(Secret::parse)
    }

    fn header(&self, headers: &HeaderMap, is_tls: bool, value: &str, age: i64) -> HeaderValue {
        let (name, secure) = self.form(headers, is_tls);
        let same_site = self.same_site;
        let text = format!(
            "{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite={same_site}{secure}"
        );
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Name, and the attribute `Secure` where the browser takes it, for a request.
    fn form(&self, headers: &HeaderMap, is_tls: bool) -> (&'static str, &'static str) {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
        let is_loopback = host.is_some_and(|authority| {
            let host = authority.host();
            host == "localhost" || host == "[::1]" || host.starts_with("127.")
        });
        match is_loopback && !is_tls {
            true => (self.loopback_name, ""),
            false => (self.name, "; Secure"),
        }
    }
}
