//! One company's part of the API, as the simulated people use it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_client::{
    Client, ClientError, ClientOptions, EventStream, Method, Response, company_path,
};
use serde_json::Value;

use crate::DemoError;
use crate::problem_log::ProblemLog;

/// Attempts of a request while the server is overloaded or does not answer.
const ATTEMPTS: u32 = 6;
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const PAUSE: Duration = Duration::from_millis(200);

/// A request the server rejected by its rules, such as an offer that has gone
/// to another agent; or one that failed and is in the problem log.
#[derive(Debug)]
pub(crate) struct Rejection {
    /// Kind of the problem; empty where the request failed.
    pub(crate) kind: String,
}

/// Seconds that requests took. Clones share one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies(Arc<Mutex<Vec<f64>>>);

impl Latencies {
    pub(crate) fn all(&self) -> Vec<f64> {
        self.0.lock().clone()
    }
}

/// API of one company.
pub(crate) struct CompanyApi {
    client: Client,
    company: String,
    latencies: Latencies,
    pub(crate) problems: ProblemLog,
}

impl CompanyApi {
    pub(crate) fn new(
        address: SocketAddr,
        company: &str,
        latencies: Latencies,
        problems: ProblemLog,
    ) -> Result<CompanyApi, DemoError> {
        Ok(CompanyApi {
            client: Client::new(ClientOptions::http(address)).map_err(DemoError::machine)?,
            company: company.to_owned(),
            latencies,
            problems,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Rejection> {
        self.request(Method::GET, path, String::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Rejection> {
        self.request(Method::POST, path, body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Rejection> {
        self.request(Method::PUT, path, body.to_string()).await
    }

    /// POST an interaction, which the server must not know yet.
    pub(crate) async fn post_interaction(&self, interaction: &Value) -> Result<Value, Rejection> {
        let answer = self.post("interactions", interaction).await?;
        let receipts = answer["receipts"].as_array().into_iter().flatten();
        let mut refused = receipts.filter(|receipt| receipt["status"] != "accepted");
        match refused.next() {
            None => Ok(answer),
            Some(receipt) => Err(Rejection {
                kind: receipt.to_string(),
            }),
        }
    }

    /// POST to any path, with these headers.
    pub(crate) async fn deliver(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<Value, Rejection> {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.send(Method::POST, path, &headers, body).await
    }

    /// The client of the server.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// All items of a paged list.
    pub(crate) async fn list(&self, path: &str, items: &str) -> Vec<Value> {
        let path = company_path(&self.company, path);
        let all = self.client.list(&path, items, "after").await;
        all.unwrap_or_else(|error| {
            self.problems.report(format!("GET {path}: {error}"));
            Vec::new()
        })
    }

    /// The company's event feed after an event.
    pub(crate) async fn events(&self, after: u64) -> Result<EventStream, ClientError> {
        let path = company_path(&self.company, "events");
        self.client.events(&path, after).await
    }

    /// Send to a resource of the company.
    async fn request(&self, method: Method, path: &str, body: String) -> Result<Value, Rejection> {
        let path = company_path(&self.company, path);
        self.send(method, &path, &JSON, body).await
    }

    /// Send, and again where the server is overloaded. The caller handles what
    /// the rules reject; everything else goes into the problem log.
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Value, Rejection> {
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * attempt).await;
            }
            let began = Instant::now();
            let sent = self
                .client
                .send(method.clone(), path, headers, body.clone());
            let sent = sent.await.and_then(Response::into_result);
            self.latencies.0.lock().push(began.elapsed().as_secs_f64());
            let error = match sent {
                Ok(document) => return Ok(document),
                Err(error) => error,
            };
            last = error.to_string();
            let ClientError::Problem(problem) = error else {
                continue;
            };
            match (problem.status, problem.kind()) {
                (503, _) => {}
                (403 | 404 | 409, kind) | (422, kind @ "too-long") => {
                    return Err(Rejection {
                        kind: kind.to_owned(),
                    });
                }
                _ => break,
            }
        }
        self.problems.report(format!("{method} {path}: {last}"));
        Err(Rejection {
            kind: String::new(),
        })
    }
}
