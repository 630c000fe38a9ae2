//! Bounds on what a mail server can make the listener do.

use std::sync::atomic::Ordering;
use std::time::Duration;

use patchbay_lmtp::ConnectionResult;

use crate::mailboxes::MAIL_BYTES;
use crate::peer::start;

const TOO_MANY: &str = "421 4.3.2 too many connections; deliver again later";
const STORED: &str = "250 2.0.0 stored";

#[tokio::test]
async fn a_mail_that_is_too_large_is_refused_and_the_next_one_is_taken() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.hello().await;
    let announced = format!("MAIL FROM:<jo@example.org> SIZE={}", MAIL_BYTES + 1);
    peer.ask(&announced, "552 5.3.4 the mail is too large")
        .await;
    peer.ask("MAIL FROM:<jo@example.org> SIZE=1", "250 2.1.0 ok")
        .await;
    peer.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
    peer.ask("RCPT TO:<sales@b.example>", "250 2.1.5 ok").await;
    peer.send("DATA\r\n").await;
    assert!(peer.reply().await.starts_with("354 "));
    let line = format!("{}\r\n", "x".repeat(98));
    peer.send(line.repeat(MAIL_BYTES / 100 + 1)).await;
    // What a mail may not be is not kept either.
    let room = running.mailboxes.room.load(Ordering::Relaxed);
    assert!(room >= (1 << 20) - MAIL_BYTES - 16_384, "{room}");
    peer.send(".\r\n").await;
    let refusal = "552 5.3.4 the mail is too large";
    peer.expect(&[refusal, refusal]).await;
    peer.ask("MAIL FROM:<jo@example.org>", "250 2.1.0 ok").await;
    peer.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
    peer.send("DATA\r\n").await;
    assert!(peer.reply().await.starts_with("354 "));
    peer.send(line.repeat(MAIL_BYTES / 100) + ".\r\n").await;
    peer.expect(&[STORED]).await;
    assert_eq!(running.mailboxes.stored()[0].content.len(), MAIL_BYTES);
    assert_eq!(running.mailboxes.room.load(Ordering::Relaxed), 1 << 20);
}

#[tokio::test]
async fn mails_share_the_memory_and_one_beyond_it_is_deferred() {
    let running = start(|_| {}).await;
    running.mailboxes.room.store(40_000, Ordering::Relaxed);
    let mut first = running.at_content().await;
    first.send("x".repeat(30_000)).await;
    while running.mailboxes.room.load(Ordering::Relaxed) > 10_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut second = running.at_content().await;
    second.send("y".repeat(30_000) + "\r\n.\r\n").await;
    second
        .expect(&["452 4.3.1 too many mails at once; deliver again later"])
        .await;
    first.send("\r\n.\r\n").await;
    first.expect(&[STORED]).await;
    assert_eq!(running.mailboxes.room.load(Ordering::Relaxed), 40_000);
    second.ask("MAIL FROM:<>", "250 2.1.0 ok").await;
    second.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
    second.send("DATA\r\n").await;
    assert!(second.reply().await.starts_with("354 "));
    second.send("y".repeat(30_000) + "\r\n.\r\n").await;
    second.expect(&[STORED]).await;
    // A peer that disappears gives its memory back.
    let mut gone = running.at_content().await;
    gone.send("z".repeat(20_000)).await;
    drop(gone);
    while running.mailboxes.room.load(Ordering::Relaxed) < 40_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(running.mailboxes.stored().len(), 2);
}

#[tokio::test]
async fn recipients_beyond_a_hundred_are_for_another_mail() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.hello().await;
    peer.ask("MAIL FROM:<jo@example.org>", "250 2.1.0 ok").await;
    for number in 0..100 {
        peer.ask(&format!("RCPT TO:<u{number}@a.example>"), "250 2.1.5 ok")
            .await;
    }
    peer.ask(
        "RCPT TO:<one-more@a.example>",
        "452 4.5.3 too many recipients; send the mail again for the others",
    )
    .await;
    peer.send("DATA\r\n").await;
    assert!(peer.reply().await.starts_with("354 "));
    peer.send(".\r\n").await;
    peer.expect(&[STORED; 100]).await;
}

#[tokio::test]
async fn connections_beyond_the_bounds_are_told_to_come_again() {
    let running = start(|settings| {
        settings.connections = 5;
        settings.connections_per_peer = 3;
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(running.connect().await);
    }
    for _ in 0..200 {
        running.open().await.ends_with(TOO_MANY).await;
    }
    let reading = running.counts.read();
    assert_eq!(reading.open, 3);
    assert_eq!(reading.connections[&ConnectionResult::TooMany], 200);
    // Those that are served notice nothing.
    for peer in &mut open {
        peer.ask("NOOP", "250 2.0.0 ok").await;
    }
    drop(open.pop());
    while running.counts.read().open > 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    running.connect().await;
}

#[tokio::test]
async fn connections_in_all_are_bounded_too() {
    let running = start(|settings| settings.connections = 2).await;
    let (_first, _second) = (running.connect().await, running.connect().await);
    running.open().await.ends_with(TOO_MANY).await;
}

#[tokio::test]
async fn a_peer_that_the_operator_does_not_list_is_turned_away() {
    let running = start(|settings| settings.peers = vec!["10.0.0.0/8".parse().expect("a range")]);
    let running = running.await;
    let refusal = "421 4.7.0 this address may not deliver here; the operator lists those that may";
    running.open().await.ends_with(refusal).await;
    let reading = running.counts.read();
    assert_eq!(reading.connections[&ConnectionResult::NotAllowed], 1);
}

#[tokio::test]
async fn a_slow_peer_is_disconnected_and_delays_no_other() {
    let running = start(|settings| {
        settings.command_timeout = Duration::from_millis(1_500);
        settings.mail_timeout = Duration::from_secs(3);
    })
    .await;
    let mut idle = running.connect().await;
    let mut dripping = running.connect().await;
    let mut mailing = running.at_content().await;
    let other = async {
        let mut peer = running.at_content().await;
        peer.send("Hello\r\n.\r\n").await;
        peer.expect(&[STORED]).await;
    };
    other.await;
    let drip = async {
        // A byte now and then is no command.
        for _ in 0..100 {
            dripping.try_send("N").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        dripping.reply().await
    };
    let drip_mail = async {
        for _ in 0..200 {
            mailing.try_send("x\r\n").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        mailing.reply().await
    };
    let (command, mail) = tokio::join!(drip, drip_mail);
    // A client that goes on to send may lose the reply, but not the connection's end.
    let late = "421 4.4.2 no command came in time";
    assert!(command.is_empty() || command == late, "{command}");
    let late_mail = "421 4.4.2 the mail did not arrive in time";
    assert!(mail.is_empty() || mail == late_mail, "{mail}");
    idle.ends_with(late).await;
    while running.counts.read().open > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(running.mailboxes.stored().len(), 1);
}
