//! The other end of every target: a channel that takes replies, teams that take
//! notices. It counts what has an effect, by key, and fails now and then as
//! channels do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use patchbay_outbound::webhook::Secret;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::day::chance_for;
use super::trouble::Trouble;
use crate::exit::{Exit, Failure};

/// Of a hundred deliveries, how many are answered with an error before
/// anything has happened, and how many after.
const REFUSED: u8 = 2;
const LOST: u8 = 2;

/// What came to one company's targets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Received {
    /// Replies a channel took, each key once.
    pub(crate) replies: u64,
    /// Notices somebody was told, each key once.
    pub(crate) notices: u64,
    /// Keys that were taken more than once; they had one effect.
    pub(crate) repeated: u64,
    /// Deliveries that were answered with an error.
    pub(crate) failed: u64,
}

/// One key of one company.
struct Known {
    body: Bytes,
    is_reply: bool,
    taken: u64,
}

#[derive(Default)]
struct Book {
    keys: BTreeMap<(String, String), Known>,
    failed: BTreeMap<String, u64>,
}

/// Takes what goes out.
#[derive(Clone)]
pub(crate) struct Sink {
    inner: Arc<Inner>,
}

struct Inner {
    book: Mutex<Book>,
    rng: Mutex<Rng>,
    /// Key of each path that is signed.
    secrets: BTreeMap<String, Secret>,
    /// Who is told of a reply that arrived, by company.
    readers: BTreeMap<String, mpsc::UnboundedSender<Value>>,
    trouble: Trouble,
}

impl Sink {
    /// A place to listen on, before it is known what comes there.
    pub(crate) async fn bind() -> Result<(TcpListener, SocketAddr), Failure> {
        let bound = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = bound.map_err(|error| Failure::new(Exit::Machine, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::new(Exit::Machine, error))?;
        Ok((listener, address))
    }

    pub(crate) fn new(
        secrets: BTreeMap<String, Secret>,
        readers: BTreeMap<String, mpsc::UnboundedSender<Value>>,
        trouble: Trouble,
    ) -> Sink {
        Sink {
            inner: Arc::new(Inner {
                book: Mutex::default(),
                rng: Mutex::new(chance_for("sink")),
                secrets,
                readers,
                trouble,
            }),
        }
    }

    /// Take what comes, for as long as the demo lives.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let sink = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let sink = sink.clone();
                    async move { sink.answer(request).await }
                });
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let header = |name: &str| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let path = head.uri.path();
        if let Some(secret) = self.inner.secrets.get(path) {
            let seconds = header("webhook-timestamp").parse().unwrap_or_default();
            let right = secret.signature(&header("webhook-id"), seconds, &body);
            if header("webhook-signature") != right {
                self.inner
                    .trouble
                    .report(format!("{path}: the signature is not right"));
            }
        }
        let status = self.take(&header("webhook-id"), body);
        let mut response = Response::new(Full::default());
        *response.status_mut() = status.try_into().unwrap_or_default();
        Ok(response)
    }

    /// Take a delivery; what it is answered with.
    fn take(&self, key: &str, body: Bytes) -> u16 {
        let inner = &self.inner;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        let company = document["company"].as_str().unwrap_or_default().to_owned();
        let is_reply = document["type"] == "reply";
        if key.is_empty() || company.is_empty() || document["id"] != key {
            inner
                .trouble
                .report(format!("a delivery without its key: {key:?} {document}"));
        }
        let luck = inner
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .u8(..100);
        let mut book = inner.book.lock().unwrap_or_else(PoisonError::into_inner);
        if luck < REFUSED + LOST {
            *book.failed.entry(company.clone()).or_default() += 1;
        }
        if luck < REFUSED {
            return 500;
        }
        let known = book
            .keys
            .entry((company.clone(), key.to_owned()))
            .or_insert_with(|| Known {
                body: body.clone(),
                is_reply,
                taken: 0,
            });
        known.taken += 1;
        if known.body != body {
            inner
                .trouble
                .report(format!("{key} came with two different bodies"));
        }
        // The first has the effect: its customer reads it.
        if known.taken == 1
            && is_reply
            && let Some(reader) = inner.readers.get(&company)
        {
            let _ = reader.send(document);
        }
        if luck < REFUSED + LOST { 500 } else { 200 }
    }

    /// What came for a company.
    pub(crate) fn received(&self, company: &str) -> Received {
        let inner = &self.inner;
        let book = inner.book.lock().unwrap_or_else(PoisonError::into_inner);
        let mut received = Received {
            failed: book.failed.get(company).copied().unwrap_or(0),
            ..Received::default()
        };
        for ((_, _), known) in book.keys.iter().filter(|((of, _), _)| of == company) {
            match known.is_reply {
                true => received.replies += 1,
                false => received.notices += 1,
            }
            received.repeated += u64::from(known.taken > 1);
        }
        received
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_has_one_effect_and_must_be_the_same() {
        let (sender, mut reader) = mpsc::unbounded_channel();
        let readers = BTreeMap::from([("shop".to_owned(), sender)]);
        let trouble = Trouble::default();
        let sink = Sink::new(BTreeMap::new(), readers, trouble.clone());
        let body = |text: &str| {
            let body =
                format!(r#"{{"type":"reply","id":"reply-1","company":"shop","text":"{text}"}}"#);
            Bytes::from(body)
        };
        for _ in 0..200 {
            sink.take("reply-1", body("Hello"));
        }
        let received = sink.received("shop");
        assert_eq!((received.replies, received.repeated), (1, 1));
        assert!(received.failed > 0);
        assert!(reader.try_recv().is_ok());
        assert!(reader.try_recv().is_err());
        assert_eq!(trouble.told().1, 0);
        for _ in 0..20 {
            sink.take("reply-1", body("Bye"));
        }
        assert!(trouble.told().1 > 0);
    }
}
