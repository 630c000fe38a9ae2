//! Connections to mailboxes, under the rules for outgoing connections.

use patchbay_model::mail_server::{MailProtocol, MailServer as Address};
use patchbay_outbound::egress::{Egress, EgressProblem, EgressSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::mail_server::{Act, MailServer, say};
use crate::sink::settings;

fn address(text: &str) -> Address {
    Address::parse(MailProtocol::Imap, text).expect("an address")
}

#[tokio::test]
async fn a_mailbox_is_reached_over_tls_at_once_or_after_starttls() {
    let server = MailServer::start([Act::StartTls, say("* OK ready")]).await;
    let egress = server.egress(settings());
    let mut stream = egress
        .connect_mail(&address("imaps://hooks.example"))
        .await
        .expect("a stream");
    let mut greeting = [0; 12];
    stream.read_exact(&mut greeting).await.expect("a greeting");
    assert_eq!(&greeting, b"* OK ready\r\n");

    let server = MailServer::start([
        say("* OK go"),
        Act::Hear,
        say("p1 OK"),
        Act::StartTls,
        say("* OK"),
    ])
    .await;
    let egress = server.egress(settings());
    let address = address("imap://hooks.example");
    let mut stream = egress.connect_mail(&address).await.expect("a stream");
    let mut line = [0; 9];
    stream.read_exact(&mut line).await.expect("a greeting");
    stream.write_all(b"p1 STARTTLS\r\n").await.expect("written");
    stream.read_exact(&mut line[..7]).await.expect("an answer");
    let mut stream = egress.secure_mail(&address, stream).await.expect("TLS");
    stream
        .read_exact(&mut line[..6])
        .await
        .expect("the first bytes in TLS");
    assert_eq!(&line[..6], b"* OK\r\n");
}

#[tokio::test]
async fn without_encryption_only_this_machine_is_reached() {
    let egress = Egress::new(settings());
    let listed = ["127.0.0.0/8", "10.0.0.0/8"].map(|range| range.parse().expect("a range"));
    let egress = egress.with_allowed(listed.to_vec());
    let mut problems = Vec::new();
    for server in [
        "imap-plain://10.0.0.1",
        "imap-plain://8.8.8.8",
        "imap-plain://127.0.0.1:1",
    ] {
        let error = egress
            .connect_mail(&address(server))
            .await
            .expect_err("refused");
        problems.push((error.is_refusal(), error.problem));
    }
    assert!(
        matches!(
            &problems[..],
            [
                (true, EgressProblem::UnencryptedMailbox { .. }),
                (true, EgressProblem::UnencryptedMailbox { .. }),
                // Nothing listens there.
                (false, EgressProblem::Unreachable { .. }),
            ]
        ),
        "{problems:?}"
    );
    let unlisted = Egress::new(EgressSettings::default());
    let error = unlisted
        .connect_mail(&address("imap-plain://127.0.0.1:1"))
        .await;
    let problem = error.expect_err("refused").problem;
    assert!(
        matches!(problem, EgressProblem::Refused { .. }),
        "{problem}"
    );
}
