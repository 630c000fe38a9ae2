//! What the headers of a request must say of its body.

use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, Method};

use crate::media_type;
use crate::problem::{Kind, Problem};

/// Check that the body is not compressed, and that a POST declares JSON.
///
/// # Errors
/// 415, with the header at fault.
pub fn check(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    check_content_coding(method, headers)?;
    check_content_type(method, headers)
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

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_TYPE;

    use super::*;

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
