//! Stand-in for the APIs of X, Facebook and WhatsApp: accepts replies, and now and then
//! asks for fewer requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastrand::Rng;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Networks, WEBHOOK_NETWORKS};
use crate::day::seeded_rng;
use crate::problem_log::ProblemLog;

/// Percentage of requests that are turned away.
const TURNED_AWAY: u8 = 4;

/// The stand-in. Clones share what was received.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    /// By company.
    networks: BTreeMap<String, Arc<Networks>>,
    rng: Arc<Mutex<Rng>>,
    problems: ProblemLog,
}

impl Provider {
    pub(crate) fn new(networks: BTreeMap<String, Arc<Networks>>, problems: ProblemLog) -> Provider {
        Provider {
            networks,
            rng: Arc::new(Mutex::new(seeded_rng("provider"))),
            problems,
        }
    }

    /// Answers requests for as long as the demo runs.
    pub(crate) async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let provider = self.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| provider.answer(request));
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
        let authorization = head.headers.get(AUTHORIZATION);
        let authorization = authorization.and_then(|value| value.to_str().ok());
        let document = serde_json::from_slice(&body).unwrap_or_default();
        let path = head.uri.path();
        let (status, answer) = self
            .receive(path, authorization.unwrap_or_default(), &document)
            .unwrap_or_else(|problem| {
                self.problems.report(format!("{path}: {problem}"));
                (404, Value::Null)
            });
        let mut response = Response::new(Full::from(answer.to_string()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }

    /// Status and document of the answer to a request; an error is a problem of the host.
    fn receive(
        &self,
        path: &str,
        authorization: &str,
        document: &Value,
    ) -> Result<(u16, Value), &'static str> {
        let mut segments = path.trim_start_matches('/').splitn(3, '/');
        let mut segment = || segments.next().unwrap_or_default();
        let (company, channel, rest) = (segment(), segment(), segment());
        let networks = self.networks.get(company).ok_or("no such company")?;
        let network = WEBHOOK_NETWORKS
            .into_iter()
            .find(|network| network.channel == channel);
        let network = network.ok_or("no such network")?;
        let connection = networks.connections.get(channel);
        let token = connection.map(|connection| connection.secret("access-token"));
        if authorization.strip_prefix("Bearer ") != token {
            return Err("the access token is wrong");
        }
        let answered = (network.answered)(rest, document).ok_or("it is no reply")?;
        if self.rng.lock().u8(..100) < TURNED_AWAY {
            networks.turn_away();
            return Ok((network.busy)());
        }
        Ok((network.accepted)(networks.accept(channel, answered)))
    }
}
