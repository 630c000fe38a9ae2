//! A scripted target that speaks HTTP by hand, records requests and handles
//! each key once.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_outbound::webhook::{SigningKey, Webhook};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

/// The secret of all tests.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A received request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Answer to a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A short body; the connection stays open.
    Status(u16),
    /// The same, and the connection closes.
    StatusAndClose(u16),
    /// These bytes; then the connection closes.
    Raw(Vec<u8>),
    /// A body without end.
    Endless,
    /// No answer; the connection stays open.
    Silence,
    /// Status 200 when script so.
    When(Arc<Notify>),
}

#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    seen: Arc<watch::Sender<Vec<Request>>>,
    effects: Arc<Mutex<BTreeSet<String>>>,
    replies: Arc<Mutex<Vec<Reply>>>,
    connections: Arc<AtomicUsize>,
}

impl Sink {
    /// Starts a server that answers with these in order, then 200.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Sink {
        let (sink, listener) = Sink::bind(replies).await;
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        sink
    }

    pub(crate) async fn bind(replies: impl IntoIterator<Item = Reply>) -> (Sink, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        let sink = Sink {
            address: listener.local_addr().expect("an address"),
            seen: Arc::new(watch::Sender::new(Vec::new())),
            effects: Arc::default(),
            replies: Arc::new(Mutex::new(replies)),
            connections: Arc::default(),
        };
        (sink, listener)
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.borrow().clone()
    }

    /// Waits until this many requests arrived.
    pub(crate) async fn until_seen(&self, count: usize) {
        let mut seen = self.seen.subscribe();
        let enough = seen.wait_for(|seen| seen.len() >= count).await;
        enough.expect("an open channel");
    }

    /// Keys that were handled, each once.
    pub(crate) fn effects(&self) -> Vec<String> {
        let effects = self.effects.lock().expect("no panic");
        effects.iter().cloned().collect()
    }

    /// A webhook to this target.
    pub(crate) fn webhook(&self) -> Webhook {
        webhook(&format!("http://{}/in?token=hush", self.address))
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        while let Some(request) = read(&mut stream).await {
            let reply = self.replies.lock().expect("no panic").pop();
            let reply = reply.unwrap_or(Reply::Status(200));
            // Handled before the answer: the answer may get lost.
            let key = request.header("idempotency-key").to_owned();
            if !matches!(reply, Reply::Status(400..)) {
                self.effects.lock().expect("no panic").insert(key);
            }
            self.seen.send_modify(|seen| seen.push(request));
            let closes = !matches!(reply, Reply::Status(_));
            // The client may have gone.
            if write(&mut stream, reply).await.is_err() || closes {
                break;
            }
        }
        let _ = stream.shutdown().await;
    }
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), reply: Reply) -> io::Result<()> {
    match reply {
        Reply::Status(status) | Reply::StatusAndClose(status) => {
            let head = format!("HTTP/1.1 {status} \r\ncontent-length: 2\r\n\r\nok");
            stream.write_all(head.as_bytes()).await
        }
        Reply::Raw(bytes) => stream.write_all(&bytes).await,
        Reply::Endless => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n";
            stream.write_all(head).await?;
            loop {
                stream.write_all(&[b'x'; 1 << 14]).await?;
            }
        }
        Reply::Silence => std::future::pending().await,
        Reply::When(permit) => {
            permit.notified().await;
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(head).await
        }
    }
}

pub(crate) fn webhook(url: &str) -> Webhook {
    Webhook {
        url: WebAddress::parse(url).expect("an address"),
        secrets: vec![SigningKey::parse(SECRET).expect("a secret")],
    }
}

/// An egress that may connect to this machine.
pub(crate) fn egress() -> Egress {
    Egress::new(settings())
}

pub(crate) fn settings() -> EgressSettings {
    EgressSettings {
        allow: vec!["127.0.0.0/8".parse().expect("a range")],
        ..EgressSettings::default()
    }
}

/// Reads a request with a Content-Length.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        let found = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = found {
            break end;
        }
        // Other bytes are not HTTP but, for example, TLS.
        let ended = stream.read_buf(&mut bytes).await.ok()? == 0;
        if ended || !bytes[0].is_ascii_uppercase() {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n").map(str::to_owned);
    let line = lines.next()?;
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request {
        line,
        headers,
        body,
    })
}
