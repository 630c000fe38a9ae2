//! A request as the provider sent it, and the answer to a handshake.

use std::fmt;

use crate::verify::Rejection;

/// HTTP method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// Any other.
    Other,
}

/// Headers of a message, in the order they came. Names are compared without
/// regard to case.
#[derive(Clone, Default)]
pub struct Headers<'a>(Vec<(&'a str, &'a [u8])>);

impl<'a> Headers<'a> {
    /// The value of a header.
    ///
    /// # Errors
    /// [`Rejection::Doubled`] if the header occurs twice, [`Rejection::Malformed`]
    /// if it has bytes other than visible ASCII and blanks.
    pub fn only(&self, name: &str) -> Result<Option<&'a str>, Rejection> {
        let mut values = self
            .0
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let Some((_, value)) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(Rejection::Doubled);
        }
        let is_text = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let text = std::str::from_utf8(value).ok();
        let text = text.filter(|text| text.as_bytes().iter().all(is_text));
        text.map(Some).ok_or(Rejection::Malformed)
    }

    /// The value of a header that must be there.
    ///
    /// # Errors
    /// As [`Headers::only`]; [`Rejection::Missing`] if it is absent or empty.
    pub fn required(&self, name: &str) -> Result<&'a str, Rejection> {
        let value = self.only(name)?.filter(|value| !value.is_empty());
        value.ok_or(Rejection::Missing)
    }
}

impl<'a> FromIterator<(&'a str, &'a [u8])> for Headers<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a [u8])>>(headers: I) -> Headers<'a> {
        Headers(headers.into_iter().collect())
    }
}

/// A request of a provider. `Debug` shows no header, query or body.
#[derive(Clone)]
pub struct InboundRequest<'a> {
    /// Method.
    pub method: Method,
    /// The URL as it is registered with the provider, scheme to end of query:
    /// the company's public base and the raw request target. The base never
    /// comes from `Host` or `X-Forwarded-*`, and the target is not parsed and
    /// written again: providers sign it byte for byte.
    pub url: &'a str,
    /// Headers.
    pub headers: Headers<'a>,
    /// The body as it came, before any decoding of text.
    pub body: &'a [u8],
}

impl<'a> InboundRequest<'a> {
    /// The URL without its fragment.
    pub fn url_without_fragment(&self) -> &'a str {
        self.url.split('#').next().unwrap_or_default()
    }

    /// The raw query; empty if the URL has none.
    pub fn query(&self) -> &'a str {
        let url = self.url_without_fragment();
        url.split_once('?').map_or("", |(_, query)| query)
    }
}

impl fmt::Debug for InboundRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboundRequest")
            .field("method", &self.method)
            .field("headers", &self.headers.0.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// An answer to the provider: status 200 with this body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Media type; `None` without a body.
    pub content_type: Option<&'static str>,
    /// Body.
    pub body: String,
}

impl Acknowledgement {
    /// Without a body.
    pub const EMPTY: Acknowledgement = Acknowledgement {
        content_type: None,
        body: String::new(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_query_nor_headers_nor_body() {
        let request = InboundRequest {
            method: Method::Post,
            url: "https://care.example/hooks?token=hush",
            headers: [("authorization", b"hush".as_slice())]
                .into_iter()
                .collect(),
            body: b"hush",
        };
        let shown = format!("{request:?}");
        assert!(!shown.contains("hush"), "{shown}");
        assert_eq!(request.query(), "token=hush");
    }

    #[test]
    fn a_header_occurs_once_and_is_ascii() {
        let headers: Headers = [
            ("X-One", b"1".as_slice()),
            ("x-two", b"1"),
            ("X-TWO", b"1"),
            ("x-bytes", b"\xff"),
            ("x-line", b"a\r\nb"),
            ("x-empty", b""),
        ]
        .into_iter()
        .collect();
        assert_eq!(headers.only("x-one"), Ok(Some("1")));
        assert_eq!(headers.only("x-none"), Ok(None));
        assert_eq!(headers.only("x-two"), Err(Rejection::Doubled));
        assert_eq!(headers.only("x-bytes"), Err(Rejection::Malformed));
        assert_eq!(headers.only("x-line"), Err(Rejection::Malformed));
        assert_eq!(headers.required("x-empty"), Err(Rejection::Missing));
        assert_eq!(headers.required("x-none"), Err(Rejection::Missing));
    }
}
