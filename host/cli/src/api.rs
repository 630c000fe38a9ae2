//! A running server's API, for verbs whose journal it holds.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use patchbay_journal::{JournalError, Options, Secret, SqliteJournal};
use patchbay_server::ServerSettings;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::exit::{Exit, Failure, io};
use crate::loading::rejected;
use crate::secured::Secured;

/// Where the token stands that servers are shown; else the environment's.
static TOKEN_FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
/// The environment variable with the token.
const TOKEN: &str = "PATCHBAY_TOKEN";

/// Name the file of the token, once and for the whole run.
pub(crate) fn shows(token_file: Option<PathBuf>) {
    let _ = TOKEN_FILE.set(token_file);
}

/// The token to show, where there is one. Nothing of what is none is repeated.
fn token() -> Result<Option<String>, Failure> {
    let (text, whence) = match TOKEN_FILE.get().and_then(Option::as_ref) {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(io(path))?;
            (text, path.display().to_string())
        }
        None => match std::env::var(TOKEN) {
            Ok(text) if !text.trim().is_empty() => (text, TOKEN.to_owned()),
            Ok(_) | Err(std::env::VarError::NotPresent) => return Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => (String::new(), TOKEN.to_owned()),
        },
    };
    let text = text.trim();
    match Secret::parse(text).is_some() || is_signed(text) {
        true => Ok(Some(text.to_owned())),
        false => Err(Failure::advised(
            Exit::Usage,
            format!("{whence} holds no token"),
            "a token is pb_ and 64 hexadecimal digits, as `patchbay token create` prints it, or one of the issuer in the server's settings",
        )),
    }
}

/// Whether it has the form of an issuer's token: three parts in base64url.
fn is_signed(text: &str) -> bool {
    let is_coded = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.bytes().all(known)
    };
    text.split('.').count() == 3 && text.split('.').all(is_coded)
}

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
        Reach::open(config, false)
    }

    /// The same; the journal is made where there is none.
    pub(crate) fn made(config: &Path) -> Result<Reach, Failure> {
        Reach::open(config, true)
    }

    fn open(config: &Path, make: bool) -> Result<Reach, Failure> {
        let settings = ServerSettings::read(config).map_err(rejected)?;
        let Some(journal) = &settings.journal else {
            return Err(Failure::advised(
                Exit::NotRight,
                format!("{} keeps no journal", config.display()),
                "set path under [journal]; host/server/patchbay.example.toml shows how",
            ));
        };
        if !make && !journal.path.exists() {
            return Err(Failure::advised(
                Exit::Machine,
                format!("{} does not exist", journal.path.display()),
                "a server makes it at its first start: patchbay serve --config …",
            ));
        }
        match SqliteJournal::open(&Options::new(&journal.path, &journal.key)) {
            Ok(journal) => Ok(Reach::Journal(Box::new(journal))),
            Err(JournalError::InUse { .. }) => Api::of_settings(&settings).map(Reach::Server),
            Err(error) => Err(Failure::new(Exit::Machine, error)),
        }
    }
}

/// A server on this machine.
#[derive(Clone)]
pub(crate) struct Api {
    address: SocketAddr,
    /// Absent: it speaks plain HTTP.
    tls: Option<Secured>,
}

impl Api {
    /// The server of these settings.
    pub(crate) fn of_config(config: &Path) -> Result<Api, Failure> {
        let settings = ServerSettings::read(config).map_err(rejected)?;
        Api::of_settings(&settings)
    }

    /// Where it says it listens, or else where it should.
    fn of_settings(settings: &ServerSettings) -> Result<Api, Failure> {
        let said = settings.journal.as_ref().and_then(|journal| {
            let said = std::fs::read_to_string(journal.address()).ok()?;
            said.trim().parse().ok()
        });
        Ok(Api {
            address: said.unwrap_or(settings.listen),
            tls: settings.tls.as_ref().map(Secured::of).transpose()?,
        })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::POST, path, Some(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.ask(Method::PUT, path, Some(body))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::DELETE, path, None)
    }

    /// Get, and take a problem for an answer: its document.
    pub(crate) fn try_get(&self, path: &str) -> Result<Result<Value, Value>, Failure> {
        let (status, document) = self.exchange(Method::GET, path, None)?;
        Ok(match status.is_success() {
            true => Ok(document),
            false => Err(document),
        })
    }

    /// Post, and take a problem for an answer: its document.
    pub(crate) fn try_post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Value>, Failure> {
        self.attempt(Method::POST, path, body)
    }

    /// Put, and take a problem for an answer: its document.
    pub(crate) fn try_put(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Value>, Failure> {
        self.attempt(Method::PUT, path, body)
    }

    fn attempt(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Result<Value, Value>, Failure> {
        let (status, document) = self.exchange(method, path, Some(body))?;
        Ok(match status.is_success() {
            true => Ok(document),
            false => Err(document),
        })
    }

    /// Whether the server is told who asks.
    pub(crate) fn shows_token(&self) -> Result<bool, Failure> {
        Ok(token()?.is_some())
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
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json");
        if let Some(token) = token()? {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| Failure::new(Exit::Usage, error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Machine, error))?;
        runtime.block_on(async {
            let stream = TcpStream::connect(self.address).await;
            let stream = stream.map_err(|error| machine(&error))?;
            match &self.tls {
                None => answered(stream, request).await,
                Some(tls) => match tls.connect(stream, self.address).await {
                    Ok(stream) => answered(stream, request).await,
                    Err(error) => Err(error.to_string()),
                },
            }
            .map_err(|error| machine(&error))
        })
    }
}

/// Ask on a connection; the status and the document.
async fn answered(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Value), String> {
    let text = |error: hyper::Error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(text)?;
    // Ends with the runtime of this one request.
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(text)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(text)?;
    let document = serde_json::from_slice(&body.to_bytes());
    Ok((status, document.unwrap_or_default()))
}

/// A problem document as a failure.
pub(crate) fn problem(document: &Value) -> Failure {
    let said = |field: &str| document.get(field).and_then(Value::as_str);
    let title = said("title").unwrap_or("the server refused");
    if document["status"] == 401 {
        // Why what was shown is not good is told to whoever showed it.
        let what = match document["type"] == "/problems/invalid-token" {
            true => said("detail").unwrap_or(title),
            false => title,
        };
        return Failure::advised(
            Exit::NotRight,
            what,
            "set PATCHBAY_TOKEN, or name a file that holds a token with --token-file; an operator makes one with `patchbay token create`",
        );
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuers_token_has_three_parts_of_one_line() {
        assert!(is_signed("eyJhbGciOiJFUzI1NiJ9.e30.c2ln_-A"));
        for text in ["", "a.b", "a.b.c.d", "a..c", "a.b.c\nx", "a.b.c d", "é.b.c"] {
            assert!(!is_signed(text), "{text}");
        }
    }
}
