//! The demo's own way to its server: everybody in it works over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use super::trouble::Trouble;

/// How often a request is made before the server counts as not answering.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(200);

/// A request the server would not carry out, as is its right.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The last part of the problem's type; empty where there is none.
    pub(crate) kind: String,
}

/// Seconds requests took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Took(Arc<Mutex<Vec<f64>>>);

impl Took {
    pub(crate) fn all(&self) -> Vec<f64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, span: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(span.as_secs_f64());
    }
}

/// One company's part of the server's API.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    /// Seconds each request took, shared by all companies.
    took: Took,
    pub(crate) trouble: Trouble,
}

impl Api {
    pub(crate) fn of(address: SocketAddr, company: &str, took: Took, trouble: Trouble) -> Api {
        Api {
            client: Client::builder(TokioExecutor::new()).build_http(),
            base: format!("http://{address}/v1/companies/{company}"),
            took,
            trouble,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Refused> {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let body = ("application/json", body.to_string());
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let body = ("application/json", body.to_string());
        self.ask(Method::PUT, path, Some(body)).await
    }

    /// Several documents, one a line.
    pub(crate) async fn post_lines(&self, path: &str, lines: String) -> Result<Value, Refused> {
        let body = ("application/x-ndjson", lines);
        self.ask(Method::POST, path, Some(body)).await
    }

    /// The company's feed of events from its beginning, or after one.
    pub(crate) async fn events(&self, after: u64) -> Result<Incoming, String> {
        let request = Request::get(format!("{}/events", self.base))
            .header("last-event-id", after.to_string())
            .body(Full::default())
            .map_err(|error| error.to_string())?;
        let response = self.client.request(request).await;
        let response = response.map_err(|error| error.to_string())?;
        match response.status().as_u16() {
            200 => Ok(response.into_body()),
            status => Err(format!("the feed answered {status}")),
        }
    }

    /// Ask, again where the server is busy. What it refuses by its rules is
    /// for the caller; everything else that is no success is trouble.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, String)>,
    ) -> Result<Value, Refused> {
        let mut last = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * attempt).await;
            }
            let (status, document) = match self.once(&method, path, body.as_ref()).await {
                Ok(answered) => answered,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            let kind = document["type"].as_str().unwrap_or_default();
            let kind = kind.rsplit(['/', ':', '#']).next().unwrap_or_default();
            match status {
                200..300 => return Ok(document),
                503 => last = format!("{status} {kind}"),
                403 | 404 | 409 => {
                    return Err(Refused {
                        kind: kind.to_owned(),
                    });
                }
                422 if kind == "too-long" => {
                    return Err(Refused {
                        kind: kind.to_owned(),
                    });
                }
                _ => {
                    last = format!("{status} {document}");
                    break;
                }
            }
        }
        self.trouble.report(format!("{method} {path}: {last}"));
        Err(Refused {
            kind: String::new(),
        })
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&(&str, String)>,
    ) -> Result<(u16, Value), String> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("{}/{path}", self.base));
        let mut bytes = Bytes::new();
        if let Some((content_type, text)) = body {
            request = request.header("content-type", *content_type);
            bytes = Bytes::from(text.clone());
        }
        let request = request
            .body(Full::new(bytes))
            .map_err(|error| error.to_string())?;
        let began = Instant::now();
        let response = self.client.request(request).await;
        let answer = read(response.map_err(|error| error.to_string())?).await;
        self.took.note(began.elapsed());
        answer
    }
}

async fn read(response: Response<Incoming>) -> Result<(u16, Value), String> {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await;
    let bytes = body.map_err(|error| error.to_string())?.to_bytes();
    if bytes.is_empty() {
        return Ok((status, Value::Null));
    }
    let document = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    Ok((status, document))
}
