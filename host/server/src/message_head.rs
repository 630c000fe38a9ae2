//! What RFC 9112 demands of the head of a request beyond its syntax, so that a
//! proxy in front and this server see the same request.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Version};

use crate::problem::{Kind, Problem};

/// Check a head:
///
/// - exactly one Host header, with a host and an optional port, or empty
///   (RFC 9112, 3.2; HTTP/1.0 may do without one);
/// - no transfer coding but `chunked`, once (RFC 9112, 6.1).
///
/// # Errors
/// 400 with the header at fault.
pub(crate) fn check(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => {}
        (Some(host), None) if host.to_str().is_ok_and(is_host) => {}
        (Some(_), None) => {
            return Err(bad("Host", "must be a host and an optional port"));
        }
        _ => return Err(bad("Host", "must be given once (RFC 9112, 3.2)")),
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        _ => Err(bad(
            "Transfer-Encoding",
            "must be `chunked` and nothing else; send the body uncompressed",
        )),
    }
}

fn bad(header: &str, problem: &str) -> Problem {
    let detail = format!("the header {header} {problem}");
    Problem::of(Kind::BadRequest).field(header).detail(detail)
}

/// `host`, `host:port` or empty; no user name.
fn is_host(value: &str) -> bool {
    if value.is_empty() {
        return true;
    }
    let authority = value.parse::<Authority>();
    authority.is_ok_and(|authority| {
        let port = value.strip_prefix(authority.host());
        let is_port = |port: &str| {
            port.is_empty()
                || port
                    .strip_prefix(':')
                    .is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
        };
        !authority.host().is_empty() && port.is_some_and(is_port)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    /// Version, header lines, and whether the head is valid.
    type Head = (Version, &'static [(&'static str, &'static str)], bool);

    const HEADS: &[Head] = &[
        (Version::HTTP_11, &[("host", "localhost:7420")], true),
        (Version::HTTP_11, &[("host", "desk.example")], true),
        (Version::HTTP_11, &[("host", "[::1]:80")], true),
        (Version::HTTP_11, &[("host", "desk.example:")], true),
        (Version::HTTP_11, &[("host", "")], true),
        (Version::HTTP_10, &[], true),
        (Version::HTTP_11, &[], false),
        (
            Version::HTTP_11,
            &[("host", "a.example"), ("host", "a.example")],
            false,
        ),
        (
            Version::HTTP_11,
            &[("host", "a.example"), ("host", "b.example")],
            false,
        ),
        (
            Version::HTTP_10,
            &[("host", "a.example"), ("host", "b.example")],
            false,
        ),
        (Version::HTTP_11, &[("host", "a.example, b.example")], false),
        (Version::HTTP_11, &[("host", "a b")], false),
        (Version::HTTP_11, &[("host", "user@a.example")], false),
        (Version::HTTP_11, &[("host", "a.example/path")], false),
        (Version::HTTP_11, &[("host", "a.example:x")], false),
        (Version::HTTP_11, &[("host", ":80")], false),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked")],
            true,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "Chunked")],
            true,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "gzip, chunked")],
            false,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "gzip")],
            false,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked, chunked")],
            false,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "identity")],
            false,
        ),
        (
            Version::HTTP_11,
            &[
                ("host", "a"),
                ("transfer-encoding", "gzip"),
                ("transfer-encoding", "chunked"),
            ],
            false,
        ),
    ];

    #[test]
    fn a_head_names_one_host_and_one_transfer_coding() {
        for (version, lines, valid) in HEADS {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                let name = HeaderName::from_static(name);
                headers.append(name, HeaderValue::from_static(value));
            }
            assert_eq!(
                check(*version, &headers).is_ok(),
                *valid,
                "{version:?} {lines:?}"
            );
        }
    }
}
