//! Whole answers, and whether a request left when there is none.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{
    Egress, EgressAnswer, EgressProblem, EgressRequest, EgressSettings, ExchangeFailure, Resolve,
    Resolved,
};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::sink::{Reply, Sink, egress, settings};

pub(crate) const BODY: &[u8] = br#"{"text":"d\u00e9j\u00e0 vu"}"#;

pub(crate) fn post(url: &str) -> EgressRequest {
    let url = WebAddress::parse(url).expect("an address");
    let mut headers = hyper::HeaderMap::new();
    headers.insert("authorization", "Bearer hush".parse().expect("a value"));
    headers.insert("content-type", "application/json".parse().expect("a type"));
    EgressRequest::post(url, headers, BODY)
}

pub(crate) async fn exchange(egress: &Egress, url: &str) -> Result<EgressAnswer, ExchangeFailure> {
    egress.exchange(post(url)).await
}

pub(crate) fn at(address: SocketAddr) -> String {
    format!("http://{address}/send?token=hush")
}

pub(crate) fn lost(result: Result<EgressAnswer, ExchangeFailure>) -> EgressProblem {
    match result {
        Err(ExchangeFailure::Lost(error)) => error.problem,
        other => panic!("not lost: {other:?}"),
    }
}

pub(crate) fn unsent(result: Result<EgressAnswer, ExchangeFailure>) -> EgressProblem {
    match result {
        Err(ExchangeFailure::Unsent(error)) => error.problem,
        other => panic!("not unsent: {other:?}"),
    }
}

/// A server that reads a request, writes these bytes and resets the connection.
async fn resetting(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(BODY) && stream.read_buf(&mut request).await.is_ok() {}
            stream.write_all(answer).await.expect("written");
            // A reset drops what the other side did not read yet.
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger().expect("a TCP option");
        }
    });
    address
}

fn with_timeout(timeout: Duration) -> Egress {
    Egress::new(EgressSettings {
        timeout,
        ..settings()
    })
}

#[tokio::test]
async fn the_answer_comes_whole_whatever_its_status() {
    let accepted =
        b"HTTP/1.1 200 OK\r\nx-id: 7\r\ncontent-length: 14\r\n\r\n{\"ok\": \"\xc3\xa9\xc3\xa9\"}";
    let chunked =
        b"HTTP/1.1 400 \r\ntransfer-encoding: chunked\r\n\r\n3\r\nnot\r\n4\r\n now\r\n0\r\n\r\n";
    let to_the_end = b"HTTP/1.1 503 \r\n\r\ntry later";
    let sink = Sink::start([
        Reply::Raw(accepted.to_vec()),
        Reply::Raw(chunked.to_vec()),
        Reply::Raw(to_the_end.to_vec()),
    ])
    .await;
    let egress = egress();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(exchange(&egress, &at(sink.address)).await.expect("whole"));
    }
    let bodies: Vec<_> = answers
        .iter()
        .map(|answer| (answer.status.as_u16(), &answer.body[..]))
        .collect();
    assert_eq!(
        bodies,
        [
            (200, "{\"ok\": \"éé\"}".as_bytes()),
            (400, b"not now"),
            (503, b"try later"),
        ]
    );
    assert_eq!(answers[0].headers["x-id"], "7");
    for request in sink.seen() {
        assert_eq!(request.line, "POST /send?token=hush HTTP/1.1");
        assert_eq!(request.header("authorization"), "Bearer hush");
        assert_eq!(request.header("content-type"), "application/json");
        assert_eq!(request.body, BODY);
    }
}

#[tokio::test]
async fn a_refusal_with_retry_after_is_an_answer() {
    let busy = b"HTTP/1.1 429 \r\nretry-after: 30\r\ncontent-length: 2\r\n\r\n{}";
    let sink = Sink::start([Reply::Raw(busy.to_vec())]).await;
    let answer = exchange(&egress(), &at(sink.address)).await.expect("whole");
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["retry-after"], "30");
}

#[tokio::test]
async fn a_request_whose_connection_is_reset_may_have_left() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nnot\r\n",
    ] {
        let address = resetting(answer).await;
        let problem = lost(exchange(&egress(), &at(address)).await);
        let EgressProblem::Interrupted(problem) = problem else {
            panic!("{problem:?}");
        };
        assert!(problem.contains("reset"), "{problem}");
    }
}

#[tokio::test]
async fn an_answer_that_ends_early_is_lost() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nnot\r\n",
        b"\0\0",
    ] {
        let sink = Sink::start([Reply::Raw(bytes.to_vec())]).await;
        let problem = lost(exchange(&egress(), &at(sink.address)).await);
        assert!(
            matches!(problem, EgressProblem::Interrupted(_)),
            "{problem:?}"
        );
        assert_eq!(sink.seen().len(), 1, "sent once");
    }
}

#[tokio::test]
async fn a_slow_answer_is_lost() {
    let slow_body = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":";
    let limit = Duration::from_millis(200);
    for prefix in [&b""[..], slow_body] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(BODY) {
                stream.read_buf(&mut request).await.expect("a request");
            }
            stream.write_all(prefix).await.expect("written");
            std::future::pending::<()>().await;
        });
        let step = "answer";
        let problem = lost(exchange(&with_timeout(limit), &at(address)).await);
        assert_eq!(problem, EgressProblem::Timeout { step, limit });
    }
}

#[tokio::test]
async fn an_answer_beyond_its_limit_is_lost() {
    let sink = Sink::start([Reply::Endless]).await;
    let problem = lost(exchange(&egress(), &at(sink.address)).await);
    assert_eq!(problem, EgressProblem::TooLarge(64 << 10));
    for (limit, fits) in [(2, true), (1, false)] {
        let sink = Sink::start([]).await;
        let request = EgressRequest {
            answer_limit: limit,
            ..post(&at(sink.address))
        };
        let answer = egress().exchange(request).await;
        match fits {
            true => assert_eq!(&answer.expect("whole").body[..], b"ok"),
            false => assert_eq!(lost(answer), EgressProblem::TooLarge(1)),
        }
    }
}

#[tokio::test]
async fn a_request_without_a_connection_did_not_leave() {
    let (sink, listener) = Sink::bind([]).await;
    drop(listener);
    let problem = unsent(exchange(&egress(), &at(sink.address)).await);
    assert!(
        matches!(problem, EgressProblem::Unreachable { .. }),
        "{problem:?}"
    );
}

#[tokio::test]
async fn a_request_to_a_refused_address_did_not_leave() {
    let sink = Sink::start([]).await;
    let strict = Egress::new(EgressSettings::default());
    let problem = unsent(exchange(&strict, &at(sink.address)).await);
    assert!(
        matches!(problem, EgressProblem::Refused { .. }),
        "{problem:?}"
    );
    let problem = unsent(exchange(&strict, "https://10.0.0.1/send").await);
    assert!(
        matches!(problem, EgressProblem::Refused { .. }),
        "{problem:?}"
    );
    let problem = unsent(exchange(&strict, "http://8.8.8.8/send").await);
    assert!(
        matches!(problem, EgressProblem::Unencrypted { .. }),
        "{problem:?}"
    );
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn a_request_without_trust_did_not_leave() {
    // It speaks no TLS.
    let sink = Sink::start([]).await;
    let authority = CertificateDer::from(&include_bytes!("tls/authority.der")[..]);
    let egress = egress().with_authorities([authority]);
    let url = format!("https://{}/send", sink.address);
    let problem = unsent(exchange(&egress, &url).await);
    assert!(
        matches!(problem, EgressProblem::Untrusted(_)),
        "{problem:?}"
    );
    // It accepts the connection and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/send", listener.local_addr().expect("one"));
    let limit = Duration::from_millis(100);
    let authority = CertificateDer::from(&include_bytes!("tls/authority.der")[..]);
    let hasty = with_timeout(limit).with_authorities([authority]);
    let problem = unsent(exchange(&hasty, &url).await);
    let step = "answer";
    assert_eq!(problem, EgressProblem::Timeout { step, limit });
}

/// Fails, or never answers.
enum NoName {
    Fails,
    Hangs,
}

impl Resolve for NoName {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolved<'a> {
        Box::pin(async move {
            match self {
                NoName::Fails => Err(io::Error::other("no such name")),
                NoName::Hangs => std::future::pending().await,
            }
        })
    }
}

#[tokio::test]
async fn a_request_to_an_unknown_name_did_not_leave() {
    let url = "https://nowhere.example/send";
    let problem = unsent(exchange(&egress().with_resolver(NoName::Fails), url).await);
    assert!(matches!(problem, EgressProblem::NotFound(_)), "{problem:?}");
    let slow = Egress::new(EgressSettings {
        connect_timeout: Duration::from_millis(50),
        ..settings()
    });
    let problem = unsent(exchange(&slow.with_resolver(NoName::Hangs), url).await);
    assert!(
        matches!(problem, EgressProblem::Timeout { .. }),
        "{problem:?}"
    );
}

#[tokio::test]
async fn a_document_is_read_with_get() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/me", listener.local_addr().expect("one"));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.expect("a request");
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).await.expect("written");
        String::from_utf8(request).expect("text")
    });
    let url = WebAddress::parse(&url).expect("an address");
    let request = EgressRequest::get(url, hyper::HeaderMap::new());
    let answer = egress().exchange(request).await.expect("whole");
    assert_eq!(&answer.body[..], b"{}");
    let request = server.await.expect("no panic");
    assert!(request.starts_with("GET /me HTTP/1.1\r\n"), "{request}");
}

#[tokio::test]
async fn neither_failures_nor_debug_output_contain_a_secret() {
    let mut texts = vec![format!(
        "{:?}",
        post("https://hooks.example/send?token=hush")
    )];
    let secret = b"HTTP/1.1 200 OK\r\nx-key: hush\r\ncontent-length: 4\r\n\r\nhush";
    let sink = Sink::start([Reply::Raw(secret.to_vec()), Reply::Raw(b"hush".to_vec())]).await;
    let answer = exchange(&egress(), &at(sink.address)).await.expect("whole");
    texts.push(format!("{answer:?}"));
    let refused = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 80));
    for address in [sink.address, refused] {
        let failure = exchange(&egress(), &at(address)).await.expect_err("none");
        texts.extend([failure.to_string(), format!("{failure:?}")]);
    }
    for text in texts {
        for secret in ["hush", "/send", "vu"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
