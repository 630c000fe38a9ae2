//! Mutated answers of a server.

use patchbay_fuzz::{Corpus, Reading};
use patchbay_imap::{Session, SessionLimits};
use patchbay_model::mailbox::MailContent;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::{Builder, Runtime};

/// What a client reads of a server that sends bytes without waiting, and closes.
async fn read(bytes: &[u8], piece: usize) -> Option<Vec<u8>> {
    let (client, mut server) = duplex(8 << 20);
    for piece in bytes.chunks(piece) {
        server.write_all(piece).await.expect("room");
    }
    let (mut commands, mut answers) = tokio::io::split(server);
    answers.shutdown().await.expect("open");
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        let _ = commands.read_to_end(&mut all).await;
    });
    let mut session = Session::begin(client, SessionLimits::default())
        .await
        .ok()?;
    session.examine("INBOX").await.ok()?;
    let listing = session.list(1, None).await.ok()?;
    let first = listing.mails.first()?;
    let mail = session
        .fetch(first.uid, MailContent::Whole, 100, |_| true)
        .await
        .ok()?;
    drop(session);
    let _ = reading.await;
    assert!(mail.as_ref().is_none_or(|mail| mail.len() <= 100));
    mail
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_time().build().expect("a runtime")
}

#[test]
fn the_answers_of_a_server_mean_the_same_in_whatever_pieces_they_come() {
    let opening = "* OK ready\r\n* CAPABILITY IMAP4rev1 IDLE\r\np1 OK x\r\n* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\np2 OK [READ-ONLY] x\r\n";
    let list = "* 1 FETCH (UID 8 INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" RFC822.SIZE 5)\r\np3 OK x\r\n";
    let literal = "* 1 FETCH (UID 8 BODY[]<0> {5}\r\na\r\n)b)\r\np4 OK x\r\n";
    let quoted = "* 1 FETCH (FLAGS (\\Seen (x)) BODY[] \"a\\\"b\" UID 8)\r\np4 OK x\r\n";
    let runtime = runtime();
    Corpus::of([
        format!("{opening}{list}{literal}"),
        format!("{opening}{list}{quoted}"),
    ])
    .words(&[
        "\r\n",
        "\n",
        "{3}\r\n",
        "{0}\r\n",
        "{99999999999}\r\n",
        "(",
        ")",
        "\"",
        "\\",
        "[",
        "]",
        "\0",
        "NIL",
        "* BYE x\r\n",
        "+ x\r\n",
        "p4 NO x\r\n",
        "* 1 EXPUNGE\r\n",
        "UID 8",
        "BODY[]",
        "*",
        "<0>",
    ])
    .least_accepted(5)
    .run(|bytes| {
        let whole = runtime.block_on(read(bytes, usize::MAX));
        for piece in [1, 7, 1_000] {
            assert_eq!(runtime.block_on(read(bytes, piece)), whole);
        }
        match whole {
            Some(_) => Reading::Accepted,
            None => Reading::Rejected,
        }
    });
}
