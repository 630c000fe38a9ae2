//! A client that can misbehave: it writes raw bytes and reads an answer.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::contract;

/// Longer than any test takes.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Copy)]
pub(super) struct Client {
    address: SocketAddr,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Answer {
    /// None where the text does not begin with a whole head.
    pub(super) fn parse(text: &str) -> Option<Answer> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let values = headers.entry(name.to_lowercase()).or_default();
            // A header that comes several times, such as Set-Cookie: a line each.
            if !values.is_empty() {
                values.push('\n');
            }
            values.push_str(value);
        }
        Some(Answer {
            status,
            headers,
            body: body.to_owned(),
        })
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts that this is a problem document of a kind, and returns it.
    pub(super) fn problem(&self, status: u16, kind: &str) -> Value {
        let problem = self.json();
        assert_eq!(self.status, status, "{problem}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["title"].is_string(), "{problem}");
        assert!(problem["instance"].is_string(), "{problem}");
        problem
    }
}

impl Client {
    pub(super) fn of(address: SocketAddr) -> Client {
        Client { address }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) async fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).await;
        stream.expect("the server listens")
    }

    /// The head of a request without its last line.
    pub(super) fn head(&self, method: &str, path: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.address
        )
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.raw(format!("{}\r\n", self.head("GET", path)).as_bytes())
            .await
    }

    pub(super) async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.post_with(path, "", body).await
    }

    /// POST JSON with additional header lines.
    pub(super) async fn post_with(
        &self,
        path: &str,
        headers: &str,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let body = body.as_ref();
        let mut request = format!(
            "{}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.head("POST", path),
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.raw(&request).await
    }

    /// Send a request with additional header lines, and JSON if there is a body.
    pub(super) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        self.raw(self.request(method, path, headers, body).as_bytes())
            .await
    }

    /// The bytes of such a request.
    pub(super) fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        format!(
            "{}{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.head(method, path),
            body.len()
        )
    }

    /// Write these bytes, then read the answer. Both must fit the OpenAPI document.
    pub(super) async fn raw(&self, request: &[u8]) -> Answer {
        let answer = self.try_raw(request).await;
        answer.unwrap_or_else(|unanswered| panic!("{unanswered}"))
    }

    /// The same; an error where no answer comes.
    pub(super) async fn try_raw(&self, request: &[u8]) -> Result<Answer, Unanswered> {
        let at = |step| move |error| Unanswered { step, error };
        let stream = TcpStream::connect(self.address).await;
        let mut stream = stream.map_err(at("connecting"))?;
        let written = stream.write_all(request).await;
        written.map_err(at("writing the request"))?;
        let mut bytes = Vec::new();
        let all = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
        let all = all.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        all.map_err(at(match bytes.is_empty() {
            true => "waiting for the answer",
            false => "reading the answer",
        }))?;
        let answer = Answer::parse(&String::from_utf8(bytes).expect("UTF-8"));
        let cut = || io::ErrorKind::UnexpectedEof.into();
        let answer = answer.ok_or_else(cut).map_err(at("reading the answer"))?;
        contract::check(request, &answer);
        Ok(answer)
    }
}

/// A request without an answer: the step at which it ended, and why.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) step: &'static str,
    pub(super) error: io::Error,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer: {}: {}", self.step, self.error)
    }
}

/// Read until the server closes; none if it closes without an answer.
pub(super) async fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let all = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    all.expect("in time").expect("no reset");
    Answer::parse(&String::from_utf8(bytes).expect("UTF-8"))
}
