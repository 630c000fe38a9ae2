//! HTTP client of a Patchbay server's API, for the command line, the demo and
//! tests. [`Client`] is asynchronous; [`BlockingClient`] needs no runtime.

mod blocking_client;
mod events;
mod problem;
mod tls;

use std::error::Error;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use thiserror::Error;

pub use blocking_client::BlockingClient;
pub use events::EventStream;
pub use hyper::{Method, StatusCode};
pub use problem::Problem;
pub use tls::TlsFiles;

/// How to reach a server.
#[derive(Clone)]
pub struct ClientOptions {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Certificates of an HTTPS server. `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Bearer token sent with every request.
    pub token: Option<String>,
}

impl ClientOptions {
    /// Plain HTTP without a token.
    pub fn http(address: SocketAddr) -> ClientOptions {
        ClientOptions {
            address,
            tls: None,
            token: None,
        }
    }
}

/// Why a request has no result.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No connection, or the connection broke before the whole answer arrived.
    #[error("the server at {address} does not answer: {cause}")]
    NoAnswer {
        /// Address of the server.
        address: SocketAddr,
        /// Cause, with the causes of the cause.
        cause: String,
    },
    /// The server answered with a status outside 200 to 299.
    #[error("{0}")]
    Problem(Problem),
    /// The path or a header value is not valid in HTTP.
    #[error("the request is not valid HTTP: {0}")]
    Request(#[from] hyper::http::Error),
    /// A certificate or key file cannot be used.
    #[error("{file}: {problem}")]
    Certificate {
        /// Path of the file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Answer of the server, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// Whole body.
    pub body: Bytes,
}

impl Response {
    /// Body as JSON; `null` where it is empty or not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The document of a success, or the problem.
    pub fn into_result(self) -> Result<Value, ClientError> {
        match self.status.is_success() {
            true => Ok(self.json()),
            false => Err(ClientError::Problem(Problem::new(
                self.status.as_u16(),
                self.json(),
            ))),
        }
    }
}

/// Client of one server. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
    options: ClientOptions,
}

impl Client {
    /// A client that keeps connections open for later requests.
    pub fn new(options: ClientOptions) -> Result<Client, ClientError> {
        Client::with_idle_connections(options, usize::MAX)
    }

    fn with_idle_connections(options: ClientOptions, idle: usize) -> Result<Client, ClientError> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(options.tls.as_ref())?)
            .https_or_http()
            .enable_http1()
            .build();
        let http = HttpClient::builder(TokioExecutor::new())
            .pool_max_idle_per_host(idle)
            .build(connector);
        Ok(Client { http, options })
    }

    /// Address of the server.
    pub fn address(&self) -> SocketAddr {
        self.options.address
    }

    /// Scheme and address of the server, such as `http://127.0.0.1:7420`.
    pub fn base_url(&self) -> String {
        let scheme = self.options.tls.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}", self.options.address)
    }

    /// Whether requests carry a token.
    pub fn has_token(&self) -> bool {
        self.options.token.is_some()
    }

    /// GET a document.
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        let answer = self.send(Method::GET, path, &[], String::new());
        answer.await?.into_result()
    }

    /// POST a JSON document.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send_json(Method::POST, path, body).await
    }

    /// PUT a JSON document.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        self.send_json(Method::PUT, path, body).await
    }

    /// DELETE a resource.
    pub async fn delete(&self, path: &str) -> Result<Value, ClientError> {
        let answer = self.send(Method::DELETE, path, &[], String::new());
        answer.await?.into_result()
    }

    /// All items of a paged list: the array `items` of each page. A page's
    /// `next` becomes the query parameter `cursor` of the next request.
    pub async fn list(
        &self,
        path: &str,
        items: &str,
        cursor: &str,
    ) -> Result<Vec<Value>, ClientError> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut all = Vec::new();
        let mut page = self.get(path).await?;
        loop {
            if let Some(Value::Array(found)) = page.get_mut(items).map(Value::take) {
                all.extend(found);
            }
            let next = match &page["next"] {
                Value::Number(number) => number.to_string(),
                Value::String(text) => path_segment(text),
                _ => return Ok(all),
            };
            page = self
                .get(&format!("{path}{separator}{cursor}={next}"))
                .await?;
        }
    }

    /// Follow an event feed (server-sent events), after the event `after`; 0
    /// starts at the beginning.
    pub async fn events(&self, path: &str, after: u64) -> Result<EventStream, ClientError> {
        let request = self
            .request(Method::GET, path)
            .header("last-event-id", after.to_string())
            .body(Full::default())?;
        let response = self.http.request(request).await;
        let response = response.map_err(|error| self.no_answer(&error))?;
        match response.status().is_success() {
            true => Ok(EventStream::new(response.into_body())),
            false => Err(ClientError::Problem(Problem::new(
                response.status().as_u16(),
                Value::Null,
            ))),
        }
    }

    /// Send a request with further headers; any status is an answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Response, ClientError> {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body))?;
        let response = self.http.request(request).await;
        let (head, body) = response
            .map_err(|error| self.no_answer(&error))?
            .into_parts();
        let body = body.collect().await;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body: body.map_err(|error| self.no_answer(&error))?.to_bytes(),
        })
    }

    async fn send_json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, ClientError> {
        let headers = [("content-type", "application/json")];
        let answer = self.send(method, path, &headers, body.to_string());
        answer.await?.into_result()
    }

    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let uri = format!("{}{path}", self.base_url());
        let request = Request::builder().method(method).uri(uri);
        match &self.options.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    fn no_answer(&self, error: &dyn Error) -> ClientError {
        let mut cause = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            cause += &format!(": {error}");
            source = error.source();
        }
        ClientError::NoAnswer {
            address: self.options.address,
            cause,
        }
    }
}

/// Escape a text so that it stays one segment of a path, or one value of a
/// query.
pub fn path_segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(byte.into());
            }
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

/// Path of a company's resource: `/v1/companies/<company>/<rest>`.
pub fn company_path(company: &str, rest: &str) -> String {
    format!("/v1/companies/{}/{rest}", path_segment(company))
}
