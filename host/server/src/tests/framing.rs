//! Framing of requests: ambiguous lengths cannot smuggle a request
//! past a proxy.

use tokio::io::AsyncWriteExt;

use super::client::read;
use super::{DECIDE, HELLO, Running};

/// The statuses of all answers on a connection.
async fn statuses(server: &Running, bytes: &str) -> Vec<u16> {
    let mut stream = server.client.connect().await;
    stream.write_all(bytes.as_bytes()).await.expect("taken");
    stream.shutdown().await.expect("taken");
    let Some(answer) = read(&mut stream).await else {
        return Vec::new();
    };
    // The rest of the stream may hold more answers.
    let further = answer.body.match_indices("HTTP/1.1 ");
    let further = further.filter_map(|(at, _)| answer.body.get(at + 9..at + 12)?.parse().ok());
    std::iter::once(answer.status).chain(further).collect()
}

/// A request that hides another in its body.
fn hiding(server: &Running, headers: &str, body: &str) -> String {
    let hidden = format!(
        "GET /hidden HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.client.address()
    );
    format!(
        "POST {DECIDE} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{headers}\r\n{body}{hidden}",
        server.client.address()
    )
}

#[tokio::test]
async fn a_request_with_two_lengths_is_refused() {
    let server = Running::usual().await;
    for headers in [
        "Content-Length: 0\r\nContent-Length: 60\r\n",
        "Content-Length: 0, 60\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x10\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length: 2\r\n X-Folded: 1\r\n",
        "Content-Length: 2\rX: y\r\n",
    ] {
        let answered = statuses(&server, &hiding(&server, headers, "{}")).await;
        assert!(
            matches!(answered[..], [] | [400]),
            "{headers:?} is answered {answered:?}"
        );
    }
}

#[tokio::test]
async fn chunked_encoding_takes_precedence_over_a_length() {
    let server = Running::usual().await;
    // RFC 9112, 6.3: the length is ignored.
    let body = format!("{:x}\r\n{HELLO}\r\n0\r\n\r\n", HELLO.len());
    let both = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n";
    let answered = statuses(&server, &hiding(&server, both, &body)).await;
    assert!(
        matches!(answered[..], [200 | 400] | [200, 404]),
        "{answered:?}"
    );
    // An invalid chunk ends the connection; nothing after it is read.
    for broken in ["zz\r\n", "5;\r\nab", "-1\r\n", "fffffffffffffffff\r\n"] {
        let chunked = "Transfer-Encoding: chunked\r\n";
        let answered = statuses(&server, &hiding(&server, chunked, broken)).await;
        assert!(
            matches!(answered[..], [] | [400]),
            "{broken:?}: {answered:?}"
        );
    }
}

#[tokio::test]
async fn a_head_names_one_host_and_no_coding_but_chunked() {
    let server = Running::usual().await;
    let host = format!("Host: {}\r\n", server.client.address());
    let chunks = format!("{:x}\r\n{HELLO}\r\n0\r\n\r\n", HELLO.len());
    for (headers, status) in [
        (host.clone(), 200),
        (String::new(), 400),
        (format!("{host}{host}"), 400),
        (format!("{host}Host: desk.example\r\n"), 400),
        ("Host: a b\r\n".to_owned(), 400),
    ] {
        let head = format!("GET /healthz HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        assert_eq!(statuses(&server, &head).await, [status], "{headers:?}");
    }
    for (coding, status) in [("chunked", 200), ("Chunked", 200), ("gzip, chunked", 501)] {
        let request = format!(
            "POST {DECIDE} HTTP/1.1\r\n{host}Content-Type: application/json\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n{chunks}"
        );
        // The client keeps its side open: a closed one ends what it asked for.
        let answer = server.client.raw(request.as_bytes()).await;
        assert_eq!(answer.status, status, "{coding}");
    }
}

#[tokio::test]
async fn a_head_is_limited_in_bytes_and_lines() {
    let server = Running::usual().await;
    let head = |rest: &str| {
        format!(
            "GET /healthz HTTP/1.1\r\nHost: {}\r\n{rest}Connection: close\r\n\r\n",
            server.client.address()
        )
    };
    assert_eq!(statuses(&server, &head("")).await, [200]);
    let long = format!("X-Long: {}\r\n", "x".repeat(64 << 10));
    let many = "X-Many: 1\r\n".repeat(1_000);
    for rest in [long, many] {
        let answered = statuses(&server, &head(&rest)).await;
        assert!(matches!(answered[..], [] | [431]), "{answered:?}");
    }
    assert_eq!(statuses(&server, &head("")).await, [200], "and goes on");
}

#[tokio::test]
async fn a_target_or_head_that_is_too_long_is_answered_with_the_limit() {
    let server = Running::usual().await;
    let head = |target: &str, rest: &str| {
        let host = server.client.address();
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{rest}Connection: close\r\n\r\n")
    };
    for (target, rest, status) in [
        (
            format!("/healthz?{}", "x".repeat(8 << 10)),
            String::new(),
            200,
        ),
        (format!("/{}", "x".repeat(20 << 10)), String::new(), 414),
        (
            "/healthz".to_owned(),
            format!("X-Long: {}\r\n", "x".repeat(32 << 10)),
            431,
        ),
        ("/healthz".to_owned(), "X-Many: 1\r\n".repeat(200), 431),
    ] {
        let answered = statuses(&server, &head(&target, &rest)).await;
        assert_eq!(answered, [status], "{} bytes of target", target.len());
    }
}

#[tokio::test]
async fn an_expectation_that_is_not_met_is_answered_417() {
    let server = Running::usual().await;
    let head = |version: &str, expectation: &str| {
        let host = server.client.address();
        format!(
            "GET /healthz HTTP/{version}\r\nHost: {host}\r\nExpect: {expectation}\r\nConnection: close\r\n\r\n"
        )
    };
    for (version, expectation, status) in [("1.1", "fast", 417), ("1.0", "fast", 200)] {
        let answered = statuses(&server, &head(version, expectation)).await;
        assert_eq!(answered, [status], "HTTP/{version} {expectation}");
    }
}

/// The client checks each answer against the OpenAPI document.
#[tokio::test]
async fn refusals_of_a_head_are_described_for_every_method() {
    let server = Running::usual().await;
    let agent = "/v1/companies/northwind/agents/ana";
    for (method, path) in [
        ("GET", agent),
        ("HEAD", agent),
        ("POST", DECIDE),
        ("PUT", agent),
        ("DELETE", agent),
    ] {
        let has_body = !["GET", "HEAD"].contains(&method);
        let long = format!("{path}?after={}", "x".repeat(20 << 10));
        let zip = if has_body { 415 } else { 404 };
        for (path, headers, status) in [
            (long.as_str(), "", 414),
            (path, "Expect: fast\r\n", 417),
            (path, "Content-Encoding: gzip\r\n", zip),
        ] {
            let body = if has_body { "{}" } else { "" };
            let answer = server.client.ask(method, path, headers, body).await;
            assert_eq!(answer.status, status, "{method} {headers}");
            let offered = answer.headers.get("accept-encoding");
            assert_eq!(offered.is_some(), status == 415, "{answer:?}");
        }
    }
}
