//! What a mail server asks, and what it is answered.

use crate::mailboxes::Stored;
use crate::peer::start;

#[tokio::test]
async fn each_recipient_of_a_mail_has_its_own_answer() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.hello().await;
    peer.ask(
        "MAIL FROM:<jo@example.org> SIZE=30 BODY=8BITMIME",
        "250 2.1.0 ok",
    )
    .await;
    for (recipient, reply) in [
        ("help@a.example", "250 2.1.5 ok"),
        (
            "nobody@c.example",
            "550 5.1.1 no such mailbox here; this server does not relay",
        ),
        ("full@b.example", "250 2.1.5 ok"),
        (
            "later@a.example",
            "451 4.3.2 an operator drains the host or the company; deliver again later",
        ),
        ("sales@b.example", "250 2.1.5 ok"),
    ] {
        peer.ask(&format!("RCPT TO:<{recipient}>"), reply).await;
    }
    peer.send("DATA\r\n").await;
    assert!(peer.reply().await.starts_with("354 "));
    peer.send("Subject: x\r\n\r\n..\r\nHello\r\n.\r\n").await;
    peer.expect(&[
        "250 2.0.0 stored",
        "451 4.3.2 the host is at a bound; deliver again later",
        "250 2.0.0 stored",
    ])
    .await;
    peer.ask("QUIT", "221 2.0.0 bye").await;
    assert_eq!(peer.reply().await, "");
    assert_eq!(
        running.mailboxes.stored(),
        [Stored {
            return_path: Some("jo@example.org".to_owned()),
            recipients: ["help@a.example", "sales@b.example"]
                .map(str::to_owned)
                .to_vec(),
            content: "Subject: x\r\n\r\n.\r\nHello\r\n".to_owned(),
        }]
    );
    let counts = running.counts.read().recipients;
    assert_eq!(
        counts.into_iter().collect::<Vec<_>>(),
        [(250, 2), (451, 2), (550, 1)]
    );
}

#[tokio::test]
async fn commands_are_pipelined_and_mails_follow_each_other() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.hello().await;
    peer.send("MAIL FROM:<>\r\nRCPT TO:<bounce@a.example>\r\nDATA\r\n")
        .await;
    peer.expect(&["250 2.1.0 ok", "250 2.1.5 ok"]).await;
    assert!(peer.reply().await.starts_with("354 "));
    // RFC 2920, 3.1: the next mail may follow the end of one at once.
    peer.send("one\r\n.\r\nMAIL FROM:<j\u{f6}@example.org> SMTPUTF8\r\nRCPT TO:<\u{fc}@b.example>\r\nDATA\r\n")
        .await;
    peer.expect(&["250 2.0.0 stored", "250 2.1.0 ok", "250 2.1.5 ok"])
        .await;
    assert!(peer.reply().await.starts_with("354 "));
    peer.send("two \u{20ac}\r\n").await;
    peer.send(".\r").await;
    peer.send("\n").await;
    peer.expect(&["250 2.0.0 stored"]).await;
    let stored = running.mailboxes.stored();
    let shown: Vec<_> = stored
        .iter()
        .map(|it| {
            (
                it.return_path.as_deref(),
                it.recipients[0].as_str(),
                it.content.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (None, "bounce@a.example", "one\r\n"),
            (
                Some("j\u{f6}@example.org"),
                "\u{fc}@b.example",
                "two \u{20ac}\r\n"
            ),
        ]
    );
}

#[tokio::test]
async fn commands_out_of_order_and_invalid_ones_are_refused() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.ask("EHLO mx.example", "500 5.5.1 this is LMTP; send LHLO")
        .await;
    peer.ask("NOOP", "250 2.0.0 ok").await;
    peer.ask("MAIL FROM:<jo@example.org>", "503 5.5.1 send LHLO first")
        .await;
    peer.hello().await;
    peer.ask("RCPT TO:<help@a.example>", "503 5.5.1 send MAIL first")
        .await;
    peer.ask("DATA", "503 5.5.1 send MAIL first").await;
    peer.ask("MAIL FROM:<jo@example.org>", "250 2.1.0 ok").await;
    peer.ask(
        "MAIL FROM:<jo@example.org>",
        "503 5.5.1 a mail is open already; send RSET to begin another",
    )
    .await;
    peer.ask("DATA", "503 5.5.1 no recipient was accepted")
        .await;
    peer.ask(
        "RCPT TO:<\u{fc}@a.example>",
        "553 5.6.7 an address with such characters needs SMTPUTF8",
    )
    .await;
    peer.ask("RSET", "250 2.0.0 ok").await;
    peer.ask(
        "VRFY help",
        "252 2.5.2 send a mail to see whether the address exists",
    )
    .await;
    peer.ask("HELP", "502 5.5.1 the command is not supported")
        .await;
    peer.ask("EXPN help", "502 5.5.1 the command is not supported")
        .await;
    peer.ask("RCPT TO:<help@a.example>", "503 5.5.1 send MAIL first")
        .await;
    peer.send(format!("NOOP {}\r\n", "x".repeat(5_000))).await;
    peer.expect(&["500 5.5.2 the line is too long"]).await;
    // The tenth.
    peer.send("NOOP\nRSET\r\n").await;
    peer.expect(&["500 5.5.2 a line ends with CRLF"]).await;
    peer.ends_with("421 4.7.0 too many invalid commands").await;
    assert!(running.mailboxes.stored().is_empty());
}

#[tokio::test]
async fn lhlo_and_rset_drop_the_recipients_of_before() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    for reset in ["RSET", "LHLO"] {
        peer.hello().await;
        peer.ask("MAIL FROM:<a@example.org>", "250 2.1.0 ok").await;
        peer.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
        match reset {
            "RSET" => peer.ask("RSET", "250 2.0.0 ok").await,
            _ => peer.hello().await,
        }
        peer.ask("MAIL FROM:<b@example.org>", "250 2.1.0 ok").await;
        peer.ask("RCPT TO:<sales@b.example>", "250 2.1.5 ok").await;
        peer.send("DATA\r\n").await;
        assert!(peer.reply().await.starts_with("354 "));
        peer.send(".\r\n").await;
        peer.expect(&["250 2.0.0 stored"]).await;
    }
    for stored in running.mailboxes.stored() {
        assert_eq!(stored.return_path.as_deref(), Some("b@example.org"));
        assert_eq!(stored.recipients, ["sales@b.example"]);
        assert_eq!(stored.content, "");
    }
}

#[tokio::test]
async fn what_is_no_lmtp_is_disconnected_at_its_first_line() {
    let running = start(|_| {}).await;
    let browser = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nLHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<help@a.example>\r\nDATA\r\n\r\n.\r\n";
    let tls = format!("\u{16}\u{3}\u{1}{}", "\u{1}".repeat(2_000));
    for first in [browser, &tls, "\n", "LHLO\r\n", "\r\n\r\n", "DATA\r\r\n"] {
        let mut peer = running.connect().await;
        peer.send(first).await;
        peer.ends_with("421 4.7.0 this is LMTP; the first command must be LHLO")
            .await;
    }
    assert!(running.mailboxes.stored().is_empty());
}

/// Content that is sent before the answer would be commands where that is a refusal.
#[tokio::test]
async fn content_before_the_answer_to_data_ends_the_connection() {
    let running = start(|_| {}).await;
    let mut peer = running.connect().await;
    peer.hello().await;
    peer.send(
        "MAIL FROM:<>\r\nRCPT TO:<help@a.example>\r\nDATA\r\nMAIL FROM:<x@y.example>\r\n.\r\n",
    )
    .await;
    peer.expect(&["250 2.1.0 ok", "250 2.1.5 ok"]).await;
    peer.ends_with("421 4.7.0 content came before the answer to DATA")
        .await;
    assert!(running.mailboxes.stored().is_empty());
}

/// Ends of a mail that other servers took for one, and what follows as another mail.
#[tokio::test]
async fn no_mail_is_smuggled_inside_another() {
    let running = start(|_| {}).await;
    for end in [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r\n.\r",
        "\r.\r\n",
        "\r\n.\r\r\n",
    ] {
        let mut peer = running.at_content().await;
        let second = "MAIL FROM:<eve@example.org>\r\nRCPT TO:<sales@b.example>\r\nDATA\r\nevil";
        peer.send(format!("one{end}{second}\r\n.\r\n")).await;
        peer.expect(&["250 2.0.0 stored"]).await;
        peer.ask("QUIT", "221 2.0.0 bye").await;
        let stored = running.mailboxes.stored.lock().pop().expect("one mail");
        assert!(stored.content.ends_with("evil\r\n"), "{stored:?}");
        assert_eq!(stored.recipients, ["help@a.example"]);
        assert!(running.mailboxes.stored().is_empty(), "{end:?}");
    }
}
