//! A stand-in for a provider's API on the loopback interface: it answers as it is told,
//! and records what it receives.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::{Accept, Answer, mail_stand_in};

/// What a stand-in does with a request.
#[derive(Clone)]
pub(crate) enum Turn {
    /// Accepts it, as without a turn.
    Accept,
    Answer(Answer),
    /// Accepts it, and resets the connection in the middle of the answer.
    ResetWithin,
    /// Takes the request and closes the connection.
    Close,
    /// Takes the request and never answers.
    Silence,
    /// Accepts it, and answers once it is notified.
    Held(Arc<Notify>),
}

/// A request that a stand-in received; of a mail, the commands and the mail.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) at: Instant,
}

impl Request {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Method and target, as the first line has them.
    pub(crate) fn line(&self) -> &str {
        let line = self.head.lines().next().unwrap_or_default();
        line.strip_suffix(" HTTP/1.1").unwrap_or(line)
    }

    /// The value of a header; its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// A field of a body in `multipart/form-data`, as text.
    pub(crate) fn form_field(&self, name: &str) -> Option<String> {
        let (head, content) = self.form_part(name)?;
        (!head.contains("filename=")).then(|| String::from_utf8(content).expect("text"))
    }

    /// The file of such a body: the head of its part, and its bytes.
    pub(crate) fn form_part(&self, name: &str) -> Option<(String, Vec<u8>)> {
        let kind = self.header("content-type")?;
        let boundary = kind.strip_prefix("multipart/form-data; boundary=")?;
        let delimiter = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
        let find = |bytes: &[u8], wanted: &[u8]| {
            let mut places = bytes.windows(wanted.len());
            places.position(|window| window == wanted)
        };
        let start = find(&self.body, delimiter.as_bytes())?;
        let part = &self.body[start..];
        let head = find(part, b"\r\n\r\n")?;
        let content = &part[head + 4..];
        let end = find(content, format!("\r\n--{boundary}").as_bytes())?;
        let head = String::from_utf8_lossy(&part[..head]).into_owned();
        Some((head, content[..end].to_vec()))
    }

    /// What may not differ between two attempts: all of it but the time.
    pub(crate) fn bytes(&self) -> (&str, &[u8]) {
        (&self.head, &self.body)
    }
}

/// Answers an accepted request of a number.
type AcceptBy = Arc<dyn Fn(u32, &Request) -> Answer + Send + Sync>;

/// Tells whether a turn is for a request.
pub(crate) type IsFor = fn(&Request) -> bool;

/// What a stand-in shares with its test.
pub(super) struct Script {
    /// What it does with the next requests, each with the first turn that is for it. With
    /// none left it accepts.
    turns: Mutex<VecDeque<(IsFor, Turn)>>,
    accepted: Mutex<AcceptBy>,
    requests: Mutex<Vec<Request>>,
}

impl Script {
    /// Records a request; the turn that it gets, and the answer by which it is accepted.
    pub(super) fn receive(&self, request: Request) -> (Turn, Answer) {
        let mut requests = self.requests.lock();
        let number = u32::try_from(requests.len() + 1).expect("few");
        let accept = Arc::clone(&self.accepted.lock());
        let accepted = accept(number, &request);
        let mut turns = self.turns.lock();
        let mine = turns.iter().position(|(is_for, _)| is_for(&request));
        let turn = mine.and_then(|at| turns.remove(at));
        requests.push(request);
        let turn = turn.map_or_else(|| Turn::Answer(accepted.clone()), |(_, turn)| turn);
        (turn, accepted)
    }

    /// The command of SMTP that the next turn answers, if it is not the end of a mail.
    pub(super) fn command(&self) -> Option<&'static str> {
        match self.turns.lock().front()? {
            (_, Turn::Answer(answer)) if !answer.command.is_empty() => Some(answer.command),
            _ => None,
        }
    }
}

/// A stand-in that runs.
pub(crate) struct StandIn {
    /// Base URL for the settings of the connection.
    pub(crate) url: String,
    script: Arc<Script>,
}

impl StandIn {
    /// One that speaks HTTP; `accepted` answers the request of a number.
    pub(crate) async fn http(accepted: Accept) -> StandIn {
        StandIn::start("http", accepted, |stream, script| {
            tokio::spawn(async move {
                // The client may have gone.
                let _ = serve(stream, &script).await;
            });
        })
        .await
    }

    /// One that speaks SMTP.
    pub(crate) async fn mail(accepted: Accept) -> StandIn {
        StandIn::start("smtp-plain", accepted, |stream, script| {
            tokio::spawn(async move {
                let _ = mail_stand_in::serve(stream, &script).await;
            });
        })
        .await
    }

    async fn start(
        scheme: &str,
        accepted: Accept,
        serve: impl Fn(TcpStream, Arc<Script>) + Send + 'static,
    ) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Script {
            turns: Mutex::default(),
            accepted: Mutex::new(Arc::new(accepted)),
            requests: Mutex::default(),
        });
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, Arc::clone(&shared));
            }
        });
        StandIn {
            url: format!("{scheme}://{address}"),
            script,
        }
    }

    /// What it does with the next requests; then it accepts.
    pub(crate) fn next(&self, turns: impl IntoIterator<Item = Turn>) {
        self.next_for(|_| true, turns);
    }

    /// What it does with the next requests of a kind.
    pub(crate) fn next_for(&self, is_for: IsFor, turns: impl IntoIterator<Item = Turn>) {
        let turns = turns.into_iter().map(|turn| (is_for, turn));
        self.script.turns.lock().extend(turns);
    }

    /// How it answers from now on what it accepts.
    pub(crate) fn accept_by(&self, accept: AcceptBy) {
        *self.script.accepted.lock() = accept;
    }

    /// Forgets what it was to do.
    pub(crate) fn accept_all(&self) {
        self.script.turns.lock().clear();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.script.requests.lock().clone()
    }

    /// Waits until it has received so many requests.
    pub(crate) async fn received(&self, count: usize) -> Vec<Request> {
        for _ in 0..6_000 {
            let requests = self.requests();
            if requests.len() >= count {
                return requests;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} requests within a minute", self.requests().len());
    }
}

async fn serve(mut stream: TcpStream, script: &Script) -> std::io::Result<()> {
    let (head, body) = read(&mut stream).await?;
    let (turn, accepted) = script.receive(Request {
        head,
        body,
        at: Instant::now(),
    });
    let answer = match turn {
        Turn::Accept => accepted,
        Turn::Answer(answer) => answer,
        Turn::Held(release) => {
            release.notified().await;
            accepted
        }
        Turn::ResetWithin => {
            let bytes = written(&accepted);
            stream.write_all(&bytes[..bytes.len() - 1]).await?;
            // A reset drops what the other side did not read yet.
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.set_zero_linger()?;
            return Ok(());
        }
        Turn::Close => return Ok(()),
        Turn::Silence => std::future::pending().await,
    };
    stream.write_all(&written(&answer)).await?;
    stream.shutdown().await
}

fn written(answer: &Answer) -> Vec<u8> {
    let headers = answer.headers.iter();
    let headers: String = headers
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let (status, body) = (answer.status, &answer.body);
    let length = body.len();
    format!("HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

async fn read(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse().expect("a number"))
            });
            let body = &bytes[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Ok((head, body.to_vec()));
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}
