//! The webhook of every target: teams that receive notices, and channels without a
//! connection that accept replies. Counts effects by idempotency key, and fails now and then.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use patchbay_outbound::webhook::SigningKey;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::day::seeded_rng;
use crate::problem_log::ProblemLog;

/// Percentage of deliveries that fail before they have an effect.
const FAILS_BEFORE: u8 = 2;
/// Percentage of deliveries that fail after they had their effect.
const FAILS_AFTER: u8 = 2;

/// Deliveries to one company's targets.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deliveries {
    /// Replies, each key once.
    pub(crate) replies: u64,
    /// Notices, each key once.
    pub(crate) notices: u64,
    /// Keys delivered more than once, with one effect.
    pub(crate) repeated: u64,
    /// Attempts answered with an error.
    pub(crate) failed: u64,
}

/// Deliveries under one key of one company.
#[derive(Debug)]
struct Delivery {
    body: Bytes,
    is_reply: bool,
    count: u64,
}

#[derive(Debug, Default)]
struct Received {
    by_key: BTreeMap<(String, String), Delivery>,
    failed: BTreeMap<String, u64>,
}

/// The webhook. Clones share what was received.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    received: Mutex<Received>,
    rng: Mutex<Rng>,
    /// Signing secret of each path that has one.
    secrets: BTreeMap<String, SigningKey>,
    /// Receives the id of the message that each reply answers, once, by company.
    readers: BTreeMap<String, mpsc::UnboundedSender<String>>,
    problems: ProblemLog,
}

impl Sink {
    pub(crate) fn new(
        secrets: BTreeMap<String, SigningKey>,
        readers: BTreeMap<String, mpsc::UnboundedSender<String>>,
        problems: ProblemLog,
    ) -> Sink {
        Sink {
            inner: Arc::new(Inner {
                received: Mutex::default(),
                rng: Mutex::new(seeded_rng("sink")),
                secrets,
                readers,
                problems,
            }),
        }
    }

    /// Accept deliveries for as long as the demo runs.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let sink = self.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| sink.answer(request));
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
            value.unwrap_or_default()
        };
        let (path, id) = (head.uri.path(), header("webhook-id"));
        if let Some(secret) = self.inner.secrets.get(path) {
            let seconds = header("webhook-timestamp").parse().unwrap_or_default();
            if header("webhook-signature") != secret.signature(id, seconds, &body) {
                let problem = format!("{path}: the webhook signature is wrong");
                self.inner.problems.report(problem);
            }
        }
        let mut response = Response::new(Full::default());
        *response.status_mut() = self.receive(id, body).try_into().unwrap_or_default();
        Ok(response)
    }

    /// Count a delivery; returns the HTTP status of the answer.
    fn receive(&self, key: &str, body: Bytes) -> u16 {
        let inner = &self.inner;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        let company = document["company"].as_str().unwrap_or_default().to_owned();
        let is_reply = document["type"] == "reply";
        if key.is_empty() || company.is_empty() || document["id"] != key {
            let problem = format!("a delivery without its key: {key:?} {document}");
            inner.problems.report(problem);
        }
        let luck = inner.rng.lock().u8(..100);
        let mut received = inner.received.lock();
        if luck < FAILS_BEFORE + FAILS_AFTER {
            *received.failed.entry(company.clone()).or_default() += 1;
        }
        if luck < FAILS_BEFORE {
            return 500;
        }
        let key = (company.clone(), key.to_owned());
        let delivery = received
            .by_key
            .entry(key.clone())
            .or_insert_with(|| Delivery {
                body: body.clone(),
                is_reply,
                count: 0,
            });
        delivery.count += 1;
        if delivery.body != body {
            let problem = format!("{} was delivered with two different bodies", key.1);
            inner.problems.report(problem);
        }
        // Only the first delivery has an effect: its customer reads it.
        if delivery.count == 1
            && is_reply
            && let Some(reader) = inner.readers.get(&company)
            && let Some(answered) = document["in_reply_to"].as_str()
        {
            let _ = reader.send(answered.to_owned());
        }
        if luck < FAILS_BEFORE + FAILS_AFTER {
            500
        } else {
            200
        }
    }

    /// Deliveries to a company's targets so far.
    pub(crate) fn deliveries(&self, company: &str) -> Deliveries {
        let received = self.inner.received.lock();
        let mut counts = Deliveries {
            failed: received.failed.get(company).copied().unwrap_or(0),
            ..Deliveries::default()
        };
        for (_, delivery) in received.by_key.iter().filter(|((of, _), _)| of == company) {
            match delivery.is_reply {
                true => counts.replies += 1,
                false => counts.notices += 1,
            }
            counts.repeated += u64::from(delivery.count > 1);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_key_has_one_effect_and_must_have_the_same_body() {
        let (sender, mut reader) = mpsc::unbounded_channel();
        let readers = BTreeMap::from([("shop".to_owned(), sender)]);
        let problems = ProblemLog::default();
        let sink = Sink::new(BTreeMap::new(), readers, problems.clone());
        let body = |text: &str| {
            let body = format!(
                r#"{{"type":"reply","id":"reply-1","company":"shop","in_reply_to":"1","text":"{text}"}}"#
            );
            Bytes::from(body)
        };
        for _ in 0..200 {
            sink.receive("reply-1", body("Hello"));
        }
        let counts = sink.deliveries("shop");
        assert_eq!((counts.replies, counts.repeated), (1, 1));
        assert!(counts.failed > 0);
        assert!(reader.try_recv().is_ok());
        assert!(reader.try_recv().is_err());
        assert_eq!(problems.problems().1, 0);
        for _ in 0..20 {
            sink.receive("reply-1", body("Bye"));
        }
        assert!(problems.problems().1 > 0);
    }
}
