//! Requests with mutated bytes. Each is answered with HTTP or its connection is
//! closed, and the server goes on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use patchbay_fuzz::{Corpus, Reading};

use super::Running;

/// Longer than the server's own timeouts: only a hang takes so long.
const LONGEST: Duration = Duration::from_secs(50);

const REQUESTS: [&str; 4] = [
    "GET /v1/companies/northwind/decisions?limit=5&since=1h HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "POST /v1/companies/northwind/decide HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\nPatchbay-Deadline-Ms: 50\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nContent-Length: 54\r\n\r\n{\"interaction\":{\"id\":\"1\",\"channel\":\"x\",\"text\":\"Hello\"}}",
    "POST /v1/companies/northwind/interactions HTTP/1.1\r\nHost: localhost:7420\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\n{}\n{}\r\n0\r\n\r\n",
    "PUT http://localhost/v1/drain HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer pb_1_2\r\nOrigin: http://localhost\r\nAccept: */*;q=0.5\r\n\r\n",
];

/// The bytes of the answers to a request after which the client sends nothing.
fn answer_to(address: std::net::SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(LONGEST)).expect("a timeout");
    // The server may close before it has read everything.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the connection stays open")
        }
        _ => answer,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_bytes_are_answered_with_http_or_the_connection_is_closed() {
    let server = Running::usual().await;
    let address = server.client.address();
    let fed = tokio::task::spawn_blocking(move || {
        Corpus::of(REQUESTS)
            .words(&[
                "\r\n",
                "\n",
                "\r\n\r\n",
                " ",
                ":",
                "\t",
                "\0",
                "%00",
                "%ff",
                "..",
                "//",
                "?",
                "#",
                "Host: a\r\n",
                "Content-Length: 1\r\n",
                "Content-Length: -1\r\n",
                "Transfer-Encoding: chunked\r\n",
                "HTTP/1.1",
                "HTTP/2.0",
                "PRI * HTTP/2.0",
                "\u{7f}",
                "ffffffffffffffff\r\n",
                "Upgrade: h2c\r\n",
                "HEAD ",
                "OPTIONS * ",
                "CONNECT a:1 ",
            ])
            .cases(300)
            .run(|request| {
                let answer = answer_to(address, request);
                let is_http = answer.is_empty() || answer.starts_with(b"HTTP/1.");
                assert!(is_http, "{}", answer.escape_ascii());
                let is_fault = answer.starts_with(b"HTTP/1.1 500");
                assert!(!is_fault, "{}", answer.escape_ascii());
                // A head that the HTTP parser takes is answered, if only with 404.
                match answer.is_empty() || answer.starts_with(b"HTTP/1.1 400") {
                    true => Reading::Rejected,
                    false => Reading::Accepted,
                }
            });
    });
    fed.await.expect("every case passes");
    assert_eq!(server.client.get("/healthz").await.status, 200);
}
