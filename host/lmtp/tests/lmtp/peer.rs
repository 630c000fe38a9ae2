//! A mail server that delivers, and the listener it delivers to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use patchbay_lmtp::{Listener, LmtpAddress, LmtpCounts, LmtpServer, LmtpSettings};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::mailboxes::Memory;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listener with its mailboxes.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) mailboxes: Arc<Memory>,
    pub(crate) counts: Arc<LmtpCounts>,
    pub(crate) server: LmtpServer,
}

/// Starts a listener with changed settings.
pub(crate) async fn start(change: impl FnOnce(&mut LmtpSettings)) -> Running {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = LmtpSettings::at(LmtpAddress::Tcp(address));
    change(&mut settings);
    let listener = Listener::bind(&settings).expect("a free port");
    let &LmtpAddress::Tcp(address) = listener.address() else {
        panic!("a port");
    };
    let (mailboxes, counts) = (Memory::new(), Arc::<LmtpCounts>::default());
    let server = listener.start(Arc::clone(&mailboxes), Arc::clone(&counts));
    Running {
        address,
        mailboxes,
        counts,
        server,
    }
}

impl Running {
    /// A connection whose greeting was read.
    pub(crate) async fn connect(&self) -> Peer<TcpStream> {
        let mut peer = self.open().await;
        assert_eq!(peer.reply().await, "220 patchbay LMTP ready");
        peer
    }

    /// A connection of which nothing was read.
    pub(crate) async fn open(&self) -> Peer<TcpStream> {
        Peer::of(TcpStream::connect(self.address).await.expect("it listens"))
    }

    /// A connection that is ready for content of a mail to a recipient.
    pub(crate) async fn at_content(&self) -> Peer<TcpStream> {
        let mut peer = self.connect().await;
        peer.hello().await;
        peer.ask("MAIL FROM:<jo@example.org>", "250 2.1.0 ok").await;
        peer.ask("RCPT TO:<help@a.example>", "250 2.1.5 ok").await;
        peer.send("DATA\r\n").await;
        assert!(peer.reply().await.starts_with("354 "));
        peer
    }
}

pub(crate) struct Peer<S> {
    stream: S,
    read: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(crate) fn of(stream: S) -> Peer<S> {
        Peer {
            stream,
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.write_all(bytes.as_ref()).await;
        sent.expect("the server reads");
    }

    /// The same; the server may have closed the connection.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref()).await;
    }

    /// A line of the server without its end; empty where the connection ended.
    pub(crate) async fn reply(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(2).position(|it| it == b"\r\n") {
                let line: Vec<u8> = self.read.drain(..end + 2).collect();
                return String::from_utf8_lossy(&line[..end]).into_owned();
            }
            let mut part = [0; 4096];
            let read = timeout(PATIENCE, self.stream.read(&mut part)).await;
            match read.expect("a reply within a minute") {
                Ok(0) | Err(_) => return String::new(),
                Ok(read) => self.read.extend_from_slice(&part[..read]),
            }
        }
    }

    /// Sends a command and compares its reply.
    pub(crate) async fn ask(&mut self, command: &str, reply: &str) {
        self.send(format!("{command}\r\n")).await;
        assert_eq!(self.reply().await, reply, "{command}");
    }

    pub(crate) async fn hello(&mut self) {
        self.send("LHLO mx.example\r\n").await;
        for line in [
            "250-patchbay",
            "250-PIPELINING",
            "250-SIZE 100000",
            "250-8BITMIME",
            "250-SMTPUTF8",
            "250 ENHANCEDSTATUSCODES",
        ] {
            assert_eq!(self.reply().await, line);
        }
    }

    /// Compares the next replies.
    pub(crate) async fn expect(&mut self, replies: &[&str]) {
        for reply in replies {
            assert_eq!(self.reply().await, *reply);
        }
    }

    /// Compares the last reply, after which the connection ends.
    pub(crate) async fn ends_with(&mut self, reply: &str) {
        self.expect(&[reply, ""]).await;
    }
}
