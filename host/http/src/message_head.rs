//! What RFC 9112 demands of the head of a request beyond its syntax, so that a
//! proxy in front and this server see the same request.

use axum::http::header::{EXPECT, HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri, Version};

use crate::problem::{Kind, Problem};

/// Longest path with query, in bytes.
const TARGET_BYTES: usize = 16 << 10;

/// Check a head:
///
/// - a path with query of at most 16 KiB (RFC 9110, 4.1);
/// - exactly one Host header, with a host and an optional port, or empty
///   (RFC 9112, 3.2; HTTP/1.0 may do without one);
/// - no transfer coding but `chunked`, once, and none in HTTP/1.0 (RFC 9112, 6.1);
/// - no expectation but `100-continue` (RFC 9110, 10.1.1).
///
/// # Errors
/// 400 where the head is malformed, 414 for a longer target, 501 for a transfer coding before `chunked`,
/// and 417 for another expectation; each with the header at fault.
pub fn check(version: Version, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let target = uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    if target > TARGET_BYTES {
        return Err(Problem::of(Kind::TargetTooLong).limit(
            TARGET_BYTES as u64,
            Some(target as u64),
            "bytes",
        ));
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => {}
        (Some(host), None) if host.to_str().is_ok_and(is_host) => {}
        (Some(_), None) => {
            return Err(bad("Host", "must be a host and an optional port"));
        }
        _ => return Err(bad("Host", "must be given once (RFC 9112, 3.2)")),
    }
    check_transfer_codings(version, headers)?;
    match headers.get_all(EXPECT).iter().all(is_continue) || version < Version::HTTP_11 {
        true => Ok(()),
        false => Err(Problem::of(Kind::ExpectationFailed)
            .field("Expect")
            .detail("the only expectation this server meets is `100-continue`")),
    }
}

fn is_continue(value: &HeaderValue) -> bool {
    value.as_bytes().eq_ignore_ascii_case(b"100-continue")
}

fn check_transfer_codings(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    const HEADER: &str = "Transfer-Encoding";
    let mut codings = Vec::new();
    for value in headers.get_all(TRANSFER_ENCODING) {
        let Ok(value) = value.to_str() else {
            return Err(bad(HEADER, "must be ASCII"));
        };
        codings.extend(
            value
                .split(',')
                .map(|coding| coding.trim().to_ascii_lowercase()),
        );
    }
    let chunked = codings.iter().filter(|coding| *coding == "chunked").count();
    match codings.last().map(String::as_str) {
        None => Ok(()),
        Some(_) if version < Version::HTTP_11 => {
            Err(bad(HEADER, "is not part of HTTP/1.0; send Content-Length"))
        }
        Some("chunked") if codings.len() == 1 => Ok(()),
        // The body has a known end, but a coding this server does not implement.
        Some("chunked") if chunked == 1 => Err(Problem::of(Kind::UnsupportedTransferCoding)
            .field(HEADER)
            .detail("send the body with the transfer coding `chunked` alone, uncompressed")),
        _ => Err(bad(
            HEADER,
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
    use axum::http::HeaderName;

    use super::*;

    /// Version, header lines, and the status of the answer, 200 where the head is valid.
    type Head = (Version, &'static [(&'static str, &'static str)], u16);

    const HEADS: &[Head] = &[
        (Version::HTTP_11, &[("host", "localhost:7420")], 200),
        (Version::HTTP_11, &[("host", "desk.example")], 200),
        (Version::HTTP_11, &[("host", "[::1]:80")], 200),
        (Version::HTTP_11, &[("host", "desk.example:")], 200),
        (Version::HTTP_11, &[("host", "")], 200),
        (Version::HTTP_10, &[], 200),
        (Version::HTTP_11, &[], 400),
        (
            Version::HTTP_11,
            &[("host", "a.example"), ("host", "a.example")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a.example"), ("host", "b.example")],
            400,
        ),
        (
            Version::HTTP_10,
            &[("host", "a.example"), ("host", "b.example")],
            400,
        ),
        (Version::HTTP_11, &[("host", "a.example, b.example")], 400),
        (Version::HTTP_11, &[("host", "a b")], 400),
        (Version::HTTP_11, &[("host", "user@a.example")], 400),
        (Version::HTTP_11, &[("host", "a.example/path")], 400),
        (Version::HTTP_11, &[("host", "a.example:x")], 400),
        (Version::HTTP_11, &[("host", ":80")], 400),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked")],
            200,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "Chunked")],
            200,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "gzip, chunked")],
            501,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "gzip")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked, chunked")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "identity")],
            400,
        ),
        (
            Version::HTTP_11,
            &[
                ("host", "a"),
                ("transfer-encoding", "gzip"),
                ("transfer-encoding", "chunked"),
            ],
            501,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked, gzip")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", "chunked;q=1")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("transfer-encoding", ", chunked")],
            501,
        ),
        (
            Version::HTTP_10,
            &[("host", "a"), ("transfer-encoding", "chunked")],
            400,
        ),
        (
            Version::HTTP_11,
            &[("host", "a"), ("expect", "100-Continue")],
            200,
        ),
        (Version::HTTP_11, &[("host", "a"), ("expect", "fast")], 417),
        (
            Version::HTTP_11,
            &[
                ("host", "a"),
                ("expect", "100-continue"),
                ("expect", "fast"),
            ],
            417,
        ),
        (Version::HTTP_10, &[("host", "a"), ("expect", "fast")], 200),
    ];

    #[test]
    fn a_head_names_one_host_one_transfer_coding_and_one_expectation() {
        for (version, lines, status) in HEADS {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                let name = HeaderName::from_static(name);
                headers.append(name, HeaderValue::from_static(value));
            }
            let checked = check(*version, &Uri::from_static("/healthz"), &headers);
            let answered = checked.map_or_else(|problem| problem.status(), |()| 200);
            assert_eq!(answered, *status, "{version:?} {lines:?}");
        }
    }
}
