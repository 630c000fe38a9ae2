//! A server that a script plays.

use std::time::Duration;

use patchbay_imap::{ImapError, Session, SessionLimits};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::task::JoinHandle;

/// What the server does, in order.
pub(crate) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Reads a line, and fails if it is another, behind its tag.
    Expect(&'static str),
    /// Reads a line without a tag.
    ExpectBare(&'static str),
    /// Sends the end of the command, with its tag.
    End(&'static str),
    /// Sends nothing more, and keeps the connection.
    Silence,
}

pub(crate) fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

pub(crate) const LIMITS: SessionLimits = SessionLimits {
    answer: Duration::from_secs(60),
    transfer: Duration::from_secs(600),
};

/// Plays the acts, then closes. Returns the client's end.
pub(crate) fn play(acts: Vec<Act>) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = duplex(1 << 20);
    let playing = async move {
        let mut server = BufReader::new(server);
        let mut tag = String::new();
        for act in acts {
            match act {
                Act::Send(bytes) => {
                    // The client may have closed.
                    let _ = server.get_mut().write_all(&bytes).await;
                }
                Act::Expect(expected) => {
                    let line = read(&mut server).await;
                    let (found, command) = line.split_once(' ').expect("a tag");
                    assert_eq!(command, expected);
                    tag = found.to_owned();
                }
                Act::ExpectBare(expected) => assert_eq!(read(&mut server).await, expected),
                Act::End(text) => {
                    let line = format!("{tag} {text}\r\n");
                    let _ = server.get_mut().write_all(line.as_bytes()).await;
                }
                Act::Silence => std::future::pending().await,
            }
        }
    };
    (client, tokio::spawn(playing))
}

async fn read(server: &mut BufReader<DuplexStream>) -> String {
    let mut line = String::new();
    server
        .read_line(&mut line)
        .await
        .expect("the client writes");
    line.trim_end_matches("\r\n").to_owned()
}

/// The acts of a server until it takes commands.
pub(crate) fn greeting(offers: &str) -> Vec<Act> {
    vec![
        send("* OK ready\r\n"),
        Act::Expect("CAPABILITY"),
        send(&format!("* CAPABILITY IMAP4rev1 {offers}\r\n")),
        Act::End("OK done"),
    ]
}

/// A session that began, with a server that goes on with these acts.
pub(crate) async fn session(offers: &str, acts: Vec<Act>) -> Session<DuplexStream> {
    let mut all = greeting(offers);
    all.extend(acts);
    Session::begin(play(all).0, LIMITS)
        .await
        .expect("a session")
}

/// The error of a session that cannot begin.
pub(crate) async fn refusal(acts: Vec<Act>) -> ImapError {
    let begun = Session::begin(play(acts).0, LIMITS).await;
    begun.expect_err("an error")
}
