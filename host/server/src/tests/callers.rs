//! Which callers are answered without tokens, and how.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{DECIDE, HELLO, Running, northwind, settings};
use crate::{ServeError, Server};

#[tokio::test]
async fn without_tokens_the_server_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let (assembler, built) = northwind();
        let mut settings = settings();
        settings.listen = address.parse().expect("an address");
        let refused = Server::bind(&settings, vec![built], assembler).await;
        let error = refused.err().expect("refused");
        assert!(matches!(error, ServeError::NotLoopback { .. }), "{error}");
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_reported() {
    let server = Running::usual().await;
    let (assembler, built) = northwind();
    let mut settings = settings();
    settings.listen = server.client.address();
    let refused = Server::bind(&settings, vec![built], assembler).await;
    assert!(matches!(refused.err(), Some(ServeError::Bind { .. })));
}

#[tokio::test]
async fn a_foreign_host_name_is_refused_everywhere() {
    let server = Running::usual().await;
    for path in ["/healthz", "/metrics", "/nowhere"] {
        for (host, status, kind) in [
            ("Host: rebound.example", 421, "misdirected"),
            ("Host: localhost\r\nHost: evil.example", 400, "bad-request"),
            ("X: y", 400, "bad-request"),
        ] {
            let request = format!("GET {path} HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n");
            let answer = server.client.raw(request.as_bytes()).await;
            answer.problem(status, kind);
        }
    }
    let absolute =
        "GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    server
        .client
        .raw(absolute.as_bytes())
        .await
        .problem(421, "misdirected");
    let local = "GET /healthz HTTP/1.1\r\nHost: localhost:1\r\nConnection: close\r\n\r\n";
    assert_eq!(server.client.raw(local.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let server = Running::usual().await;
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
        "file://",
    ] {
        let header = format!("Origin: {origin}\r\n");
        let answer = server.client.post_with(DECIDE, &header, HELLO).await;
        answer.problem(403, "foreign-origin");
    }
    let answer = server
        .client
        .post_with(DECIDE, "Origin: http://localhost:7420\r\n", HELLO)
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_post_without_json_is_refused() {
    let server = Running::usual().await;
    for kind in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json; charset=latin1\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
    ] {
        let request = format!(
            "{}{kind}Content-Length: {}\r\n\r\n{HELLO}",
            server.client.head("POST", DECIDE),
            HELLO.len()
        );
        let answer = server.client.raw(request.as_bytes()).await;
        let problem = answer.problem(415, "unsupported-media-type");
        assert_eq!(problem["field"], "Content-Type");
        assert_eq!(answer.headers["accept"], "application/json");
    }
}

#[tokio::test]
async fn a_health_check_by_http_1_0_needs_no_host_header() {
    let server = Running::usual().await;
    for (head, status) in [
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", 200),
        (
            "GET /healthz HTTP/1.0\r\nHost: rebound.example\r\n\r\n",
            421,
        ),
        ("GET /healthz HTTP/1.0\r\nHost:\r\n\r\n", 421),
        ("GET http://rebound.example/healthz HTTP/1.0\r\n\r\n", 421),
        (
            "GET /healthz HTTP/1.0\r\nOrigin: https://evil.example\r\n\r\n",
            403,
        ),
    ] {
        let answer = server.client.raw(head.as_bytes()).await;
        assert_eq!(answer.status, status, "{head:?}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_refused_with_the_codings_that_are_accepted() {
    let server = Running::usual().await;
    for coding in ["gzip", "br", "identity, gzip", "x-unknown"] {
        let header = format!("Content-Encoding: {coding}\r\n");
        let answer = server.client.post_with(DECIDE, &header, HELLO).await;
        let problem = answer.problem(415, "unsupported-content-coding");
        assert_eq!(problem["field"], "Content-Encoding");
        assert_eq!(answer.headers["accept-encoding"], "identity", "{coding}");
    }
    let plain = "Content-Encoding: Identity\r\n";
    let answer = server.client.post_with(DECIDE, plain, HELLO).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn every_path_answers_head_as_get_and_other_methods_with_those_it_has() {
    let server = Running::usual().await;
    let ask = async |method: &str, path: &str| {
        let head = format!("{}\r\n", server.client.head(method, path));
        server.client.raw(head.as_bytes()).await
    };
    let head = ask("HEAD", "/healthz").await;
    assert_eq!((head.status, &*head.body), (200, ""));
    for (method, path, allowed) in [
        ("OPTIONS", "/healthz", "GET,HEAD"),
        ("TRACE", "/healthz", "GET,HEAD"),
        ("BREW", "/healthz", "GET,HEAD"),
        ("DELETE", DECIDE, "POST"),
        ("HEAD", DECIDE, "POST"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
    }
    // What a client accepts does not change the answer.
    let accept = format!(
        "{}Accept: image/png\r\n\r\n",
        server.client.head("GET", "/healthz")
    );
    assert_eq!(server.client.raw(accept.as_bytes()).await.status, 200);
    let slash = server
        .client
        .get("/healthz/")
        .await
        .problem(404, "not-found");
    assert_eq!(slash["detail"], "paths do not end with `/`; try `/healthz`");
}

#[tokio::test]
async fn an_unknown_company_is_answered_with_those_that_exist() {
    let server = Running::usual().await;
    let problem = server
        .client
        .post("/v1/companies/nrothwind/decide", HELLO)
        .await
        .problem(404, "unknown-company");
    let detail = "did you mean \"northwind\"? the companies are northwind";
    assert_eq!(problem["detail"], detail);
    let encoded = "/v1/companies/%ff/decide";
    server
        .client
        .post(encoded, HELLO)
        .await
        .problem(400, "bad-request");
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems_too() {
    let server = Running::usual().await;
    server
        .client
        .get("/nowhere")
        .await
        .problem(404, "not-found");
    let answer = server.client.get(DECIDE).await;
    answer.problem(405, "method-not-allowed");
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn a_deadline_is_a_whole_number() {
    let server = Running::usual().await;
    for value in ["soon", "0", "-1", "1.5", ""] {
        let header = format!("Patchbay-Deadline-Ms: {value}\r\n");
        let problem = server
            .client
            .post_with(DECIDE, &header, HELLO)
            .await
            .problem(400, "bad-header");
        assert_eq!(problem["field"], "Patchbay-Deadline-Ms");
    }
    let answer = server
        .client
        .post_with(DECIDE, "Patchbay-Deadline-Ms: 60000\r\n", HELLO)
        .await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_panic_is_answered_as_a_problem_and_the_server_continues() {
    let server = Running::usual().await;
    let problem = server.client.get("/panic").await.problem(500, "internal");
    assert!(!problem.to_string().contains("purpose"), "{problem}");
    assert_eq!(server.client.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_server_with_companies_is_ready() {
    let server = Running::usual().await;
    assert_eq!(server.client.get("/readyz").await.json()["companies"], 1);
    let (assembler, _) = northwind();
    let bound = Server::bind(&settings(), Vec::new(), assembler)
        .await
        .expect("bound");
    let client = super::Client::of(bound.local_addr());
    tokio::spawn(bound.run(std::future::pending()));
    client.get("/readyz").await.problem(503, "not-ready");
}

#[tokio::test]
async fn a_client_that_never_reads_is_disconnected() {
    let server =
        Running::with(|settings| settings.write_timeout = Duration::from_millis(100)).await;
    let mut stream = server.client.connect().await;
    let ask = format!(
        "GET /openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.client.address()
    );
    // Write until the server, blocked by unread answers, reads no more.
    let mut asked = 0;
    while let Ok(Ok(())) = timeout(Duration::from_secs(2), stream.write_all(ask.as_bytes())).await {
        asked += 1;
        assert!(asked < 1_000_000, "it takes for ever");
    }
    let mut answers = Vec::new();
    let ended = timeout(Duration::from_secs(60), stream.read_to_end(&mut answers)).await;
    assert!(ended.is_ok(), "the connection stays open");
    let answers = String::from_utf8_lossy(&answers)
        .matches("HTTP/1.1 200")
        .count();
    assert!(answers < asked, "{answers} of {asked}");
    assert_eq!(server.client.post(DECIDE, HELLO).await.status, 200);
}
