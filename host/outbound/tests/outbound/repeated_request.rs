//! Which requests go over an idle connection, and what it means when that is
//! closed.

use std::time::Duration;

use patchbay_outbound::egress::{Delivery, EgressProblem, EgressRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::sink::{Reply, Sink, egress};
use crate::whole_answer::{BODY, at, exchange, lost, post, unsent};

/// An idle connection that the host closes is the usual reason why a request
/// gets no answer: a request that must not be repeated goes over none.
#[tokio::test]
async fn a_request_that_may_arrive_once_has_a_connection_of_its_own() {
    let sink = Sink::start([
        Reply::Status(200),
        Reply::Status(200),
        Reply::Raw(Vec::new()),
    ])
    .await;
    let egress = egress();
    for _ in 0..2 {
        let answer = exchange(&egress, &at(sink.address)).await;
        assert_eq!(answer.expect("whole").status, 200);
    }
    assert_eq!(sink.connections(), 2);
    lost(exchange(&egress, &at(sink.address)).await);
    assert_eq!((sink.seen().len(), sink.connections()), (3, 3), "no repeat");
}

#[tokio::test]
async fn a_repeatable_request_is_repeated_on_a_new_connection() {
    let sink = Sink::start([
        Reply::Status(200),
        Reply::Raw(Vec::new()),
        Reply::Status(201),
    ])
    .await;
    let egress = egress();
    let repeatable = || EgressRequest {
        delivery: Delivery::Repeatable,
        ..post(&at(sink.address))
    };
    let statuses = [(); 2].map(|()| egress.exchange(repeatable()));
    for (status, answer) in [200, 201].into_iter().zip(statuses) {
        assert_eq!(answer.await.expect("whole").status, status);
    }
    assert_eq!((sink.seen().len(), sink.connections()), (3, 2));
}

/// The first try wrote the request; that the second found no connection does
/// not make it unsent.
#[tokio::test]
async fn a_repeated_request_that_left_once_is_lost() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        drop(listener);
        for answer in [&b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..], b""] {
            let mut request = Vec::new();
            while !request.ends_with(BODY) {
                stream.read_buf(&mut request).await.expect("a request");
            }
            stream.write_all(answer).await.expect("written");
        }
    });
    let egress = egress();
    let repeatable = || EgressRequest {
        delivery: Delivery::Repeatable,
        ..post(&at(address))
    };
    let first = egress.exchange(repeatable()).await;
    assert_eq!(first.expect("whole").status, 200);
    let problem = lost(egress.exchange(repeatable()).await);
    assert!(
        matches!(problem, EgressProblem::Unreachable { .. }),
        "{problem:?}"
    );
}

/// An idle connection whose end was seen is not used: nothing was written to it.
#[tokio::test]
async fn a_request_that_met_only_a_closed_idle_connection_did_not_leave() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(BODY) {
            stream.read_buf(&mut request).await.expect("a request");
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("written");
    });
    let egress = egress();
    let repeatable = || EgressRequest {
        delivery: Delivery::Repeatable,
        ..post(&at(address))
    };
    let first = egress.exchange(repeatable()).await;
    assert_eq!(first.expect("whole").status, 200);
    server.await.expect("no panic");
    tokio::time::sleep(Duration::from_millis(100)).await;
    unsent(egress.exchange(repeatable()).await);
}
