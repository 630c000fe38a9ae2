//! Shutdown.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{DECIDE, HELLO, Running, client};

/// A request that lacks its last byte, and whose handler is known to
/// have started.
async fn half_sent(server: &Running) -> TcpStream {
    let mut stream = server.client.connect().await;
    let request = format!(
        "{}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        server.client.head("POST", DECIDE),
        HELLO.len()
    );
    stream.write_all(request.as_bytes()).await.expect("taken");
    // After `100 Continue` the handler reads the body.
    let mut told = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut told)
        .await
        .expect("told");
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn requests_in_progress_finish_and_no_new_ones_are_accepted() {
    let server = Running::usual().await;
    let mut begun = half_sent(&server).await;
    let client = server.client;
    let stopping = tokio::spawn(server.stop());
    let refused = async {
        while TcpStream::connect(client.address()).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused)
        .await
        .expect("it stops listening");
    assert!(!stopping.is_finished());
    begun.write_all(HELLO.as_bytes()).await.expect("taken");
    let answer = client::read(&mut begun).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(stopping.await.expect("stopped").abandoned, 0);
}

#[tokio::test]
async fn requests_beyond_the_shutdown_time_are_cut_off() {
    let server = Running::with(|settings| settings.shutdown = Duration::from_millis(100)).await;
    let _begun = half_sent(&server).await;
    assert_eq!(server.stop().await.abandoned, 1);
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_shutdown() {
    let server = Running::usual().await;
    let _silent = server.client.connect().await;
    let mut idle = server.client.connect().await;
    let request = server
        .client
        .head("GET", "/healthz")
        .replace("Connection: close\r\n", "");
    idle.write_all(format!("{request}\r\n").as_bytes())
        .await
        .expect("taken");
    idle.readable().await.expect("answered");
    let began = Instant::now();
    assert_eq!(server.stop().await.abandoned, 0);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = Running::usual().await;
    let mut stream = server.client.connect().await;
    let open = server
        .client
        .head("GET", "/healthz")
        .replace("Connection: close\r\n", "");
    let last = server.client.head("GET", "/healthz");
    stream
        .write_all(format!("{open}\r\n{last}\r\n").as_bytes())
        .await
        .expect("taken");
    let answers = client::read(&mut stream).await.expect("answers");
    assert!(answers.body.contains("HTTP/1.1 200 OK"), "{answers:?}");
}
