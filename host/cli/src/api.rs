//! A running server's API, for verbs whose journal it holds.

use std::net::SocketAddr;
use std::path::Path;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use patchbay_journal::{JournalError, Options, SqliteJournal};
use patchbay_server::ServerSettings;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::loading::rejected;

/// Where a journal is to be had: its file, or the server that holds it.
pub(crate) enum Reach {
    /// Nobody has it open.
    Journal(Box<SqliteJournal>),
    /// A server does.
    Server(Api),
}

impl Reach {
    /// The journal of a server's settings, or the server.
    pub(crate) fn of(config: &Path) -> Result<Reach, Failure> {
        let settings = ServerSettings::read(config).map_err(rejected)?;
        let Some(journal) = &settings.journal else {
            return Err(Failure::advised(
                Exit::NotRight,
                format!("{} keeps no journal", config.display()),
                "set path under [journal]; host/server/patchbay.example.toml shows how",
            ));
        };
        if !journal.path.exists() {
            return Err(Failure::advised(
                Exit::Machine,
                format!("{} does not exist", journal.path.display()),
                "a server makes it at its first start: patchbay serve --config …",
            ));
        }
        match SqliteJournal::open(&Options::new(&journal.path, &journal.key)) {
            Ok(journal) => Ok(Reach::Journal(Box::new(journal))),
            Err(JournalError::InUse { .. }) => Ok(Reach::Server(Api::of_settings(&settings))),
            Err(error) => Err(Failure::new(Exit::Machine, error)),
        }
    }
}

/// A server on this machine.
#[derive(Clone, Copy)]
pub(crate) struct Api {
    address: SocketAddr,
}

impl Api {
    pub(crate) fn of(address: SocketAddr) -> Api {
        Api { address }
    }

    /// The server of these settings.
    pub(crate) fn of_config(config: &Path) -> Result<Api, Failure> {
        let settings = ServerSettings::read(config).map_err(rejected)?;
        Ok(Api::of_settings(&settings))
    }

    /// Where it says it listens, or else where it should.
    fn of_settings(settings: &ServerSettings) -> Api {
        let said = settings.journal.as_ref().and_then(|journal| {
            let said = std::fs::read_to_string(journal.address()).ok()?;
            said.trim().parse().ok()
        });
        Api::of(said.unwrap_or(settings.listen))
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::POST, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::DELETE, path, None)
    }

    /// Post, and take a problem for an answer: its document.
    pub(crate) fn try_post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Value>, Failure> {
        let (status, document) = self.exchange(Method::POST, path, Some(body))?;
        Ok(match status.is_success() {
            true => Ok(document),
            false => Err(document),
        })
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let (status, document) = self.exchange(method, path, body)?;
        match status.is_success() {
            true => Ok(document),
            false => Err(problem(&document)),
        }
    }

    /// The status and the document answered with; none where there is no
    /// content.
    fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value), Failure> {
        let machine = |error: &dyn std::fmt::Display| {
            Failure::advised(
                Exit::Machine,
                format!("the server at {} does not answer: {error}", self.address),
                "start it with patchbay serve --config …",
            )
        };
        let body = body.map_or_else(String::new, Value::to_string);
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Machine, error))?;
        runtime.block_on(async {
            let client = Client::builder(TokioExecutor::new()).build_http();
            let response = client
                .request(request)
                .await
                .map_err(|error| machine(&error))?;
            let status = response.status();
            let body = response.into_body().collect().await;
            let body = body.map_err(|error| machine(&error))?.to_bytes();
            Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
        })
    }
}

/// A problem document as a failure.
pub(crate) fn problem(document: &Value) -> Failure {
    let said = |field: &str| document.get(field).and_then(Value::as_str);
    let title = said("title").unwrap_or("the server refused");
    let exit = match document["status"].as_u64() {
        Some(400..500) => Exit::NotRight,
        _ => Exit::Machine,
    };
    match said("detail") {
        Some(detail) => Failure::advised(exit, title, detail),
        None => Failure::new(exit, title),
    }
}

/// One part of a path, so that what it says stays one part.
pub(crate) fn part(text: &str) -> String {
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
