//! The end of the listener.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::peer::start;

const STOPPING: &str = "421 4.3.2 the server is stopping; deliver again later";

#[tokio::test]
async fn a_mail_that_has_not_arrived_is_dropped_and_one_that_has_is_answered() {
    let running = start(|_| {}).await;
    running.mailboxes.gate.forget_permits(1_000);
    let mut idle = running.connect().await;
    let mut sending = running.at_content().await;
    sending.send("half a mail\r\n").await;
    let mut storing = running.at_content().await;
    storing.send("a mail\r\n.\r\nMAIL FROM:<>\r\n").await;
    while running.mailboxes.waiting.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (server, mailboxes) = (running.server, running.mailboxes);
    let stopping = tokio::spawn(server.stop(Duration::from_secs(60)));
    idle.ends_with(STOPPING).await;
    sending.ends_with(STOPPING).await;
    assert!(TcpStream::connect(running.address).await.is_err());
    assert!(
        !stopping.is_finished(),
        "it waits for the mail that is stored"
    );
    mailboxes.gate.add_permits(1);
    storing.expect(&["250 2.0.0 stored", "250 2.1.0 ok"]).await;
    storing.ends_with(STOPPING).await;
    stopping.await.expect("stopped");
    let stored = mailboxes.stored();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].content, "a mail\r\n");
}

#[tokio::test]
async fn a_mail_that_is_not_stored_in_time_has_no_answer() {
    let running = start(|_| {}).await;
    running.mailboxes.gate.forget_permits(1_000);
    let mut storing = running.at_content().await;
    storing.send("a mail\r\n.\r\n").await;
    while running.mailboxes.waiting.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    running.server.stop(Duration::from_millis(100)).await;
    assert!(began.elapsed() < Duration::from_secs(30));
    assert_eq!(storing.reply().await, "", "no answer, so it comes again");
    assert!(running.mailboxes.stored().is_empty());
}
