//! A session: one command at a time, each answered before the next.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use patchbay_model::mailbox::{Folder, ListedMail, Listing, MailContent};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use zeroize::Zeroizing;

use crate::error::{ImapError, ImapStep, Violation};
use crate::folder_name;
use crate::login::Login;
use crate::reader::{ResponseReader, SHORT_LITERAL};
use crate::response::{Code, Fetched, Response, Status};

/// Most mails of a listing.
const LISTED: usize = 1_000;
/// Bytes read at once.
const CHUNK: usize = 16 << 10;
/// Limit for LOGOUT.
const LOGOUT_LIMIT: Duration = Duration::from_secs(1);

/// Limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// For the answer to a command, and for each silence in a longer one. Default: 60 s.
    pub answer: Duration,
    /// For a whole listing, and for a whole mail. Default: 10 min.
    pub transfer: Duration,
}

impl Default for SessionLimits {
    fn default() -> SessionLimits {
        SessionLimits {
            answer: Duration::from_secs(60),
            transfer: Duration::from_secs(600),
        }
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The folder may have more mails.
    Mails,
    /// The time is over.
    Nothing,
}

/// A session with a server, over a stream that is encrypted, or leads to this machine.
pub struct Session<S> {
    stream: S,
    reader: ResponseReader,
    limits: SessionLimits,
    tag: u64,
    /// What the server offers, in upper case.
    offers: Vec<String>,
    is_logged_in: bool,
}

/// Limits of one command.
#[derive(Clone, Copy)]
struct Bounds {
    step: ImapStep,
    /// Of a silence.
    silence: Duration,
    until: Instant,
    whole: Duration,
    literal_bytes: usize,
}

/// The end of a command.
struct Done {
    status: Status,
    code: Option<Code>,
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Session<S> {
    /// Begins a session: reads the greeting, and asks what the server offers.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn begin(stream: S, limits: SessionLimits) -> Result<Session<S>, ImapError> {
        let mut session = Session {
            stream,
            reader: ResponseReader::default(),
            limits,
            tag: 0,
            offers: Vec::new(),
            is_logged_in: false,
        };
        let step = ImapStep::Greeting;
        let bounds = session.bounds(step);
        match session.response(bounds, &mut any_size).await? {
            Response::Status { status, code } => match status {
                Status::Ok => {}
                Status::Preauth => session.is_logged_in = true,
                Status::Bye => return Err(bye(step, code)),
                Status::No | Status::Bad => return Err(no_imap(step)),
            },
            _ => return Err(no_imap(step)),
        }
        session.ask_offers(step).await?;
        Ok(session)
    }

    /// Continues a session over TLS, on a stream that `S` became.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn resume(stream: S, limits: SessionLimits) -> Result<Session<S>, ImapError> {
        let mut session = Session {
            stream,
            reader: ResponseReader::default(),
            limits,
            tag: 0,
            offers: Vec::new(),
            is_logged_in: false,
        };
        // What was offered before may be of someone in between.
        session.ask_offers(ImapStep::Tls).await?;
        Ok(session)
    }

    /// STARTTLS: the stream, on which TLS begins now; see [`Session::resume`].
    ///
    /// # Errors
    /// The server does not offer it, refuses it, or sent more than its answer (RFC 9051,
    /// 11.1); [`ImapError`].
    pub async fn start_tls(mut self) -> Result<S, ImapError> {
        let step = ImapStep::Tls;
        if self.is_logged_in {
            return Err(ImapError::Lacks("logs in before TLS begins; use imaps://"));
        }
        if !self.offers("STARTTLS") {
            return Err(ImapError::Lacks(
                "offers no STARTTLS; use imaps://, or check what stands between this machine and the server",
            ));
        }
        let bounds = self.bounds(step);
        self.command(bounds, b"STARTTLS", &mut ignore).await?;
        match self.reader.is_empty() {
            true => Ok(self.stream),
            false => Err(ImapError::Violation {
                step,
                violation: Violation::BeforeTls,
            }),
        }
    }

    /// Logs in, unless the server did it by itself.
    ///
    /// # Errors
    /// [`ImapError::Refused`]: user, password or token; [`ImapError::Lacks`]: no way that
    /// the login can use.
    pub async fn log_in(&mut self, login: &Login) -> Result<(), ImapError> {
        if self.is_logged_in {
            return Ok(());
        }
        let step = ImapStep::Login;
        let bounds = self.bounds(step);
        let mechanism = match login.is_token() {
            true => "XOAUTH2",
            false => "PLAIN",
        };
        if self.offers(&format!("AUTH={mechanism}")) {
            self.authenticate(bounds, mechanism, login).await?;
        } else if login.is_token() {
            return Err(ImapError::Lacks(
                "offers no AUTH=XOAUTH2: it takes no token",
            ));
        } else if self.offers("LOGINDISABLED") {
            return Err(ImapError::Lacks(
                "takes no password on this connection; use imaps://",
            ));
        } else {
            let pair = login.quoted().ok_or(ImapError::Lacks(
                "offers no AUTH=PLAIN, and LOGIN takes only ASCII in user and password",
            ))?;
            let line = Zeroizing::new(format!("LOGIN {}", *pair));
            self.command(bounds, line.as_bytes(), &mut ignore).await?;
        }
        self.is_logged_in = true;
        self.ask_offers(step).await
    }

    async fn authenticate(
        &mut self,
        bounds: Bounds,
        mechanism: &str,
        login: &Login,
    ) -> Result<(), ImapError> {
        let initial = login.initial();
        let at_once = self.offers("SASL-IR");
        let line = match at_once {
            true => format!("AUTHENTICATE {mechanism} {}", *initial),
            false => format!("AUTHENTICATE {mechanism}"),
        };
        let line = Zeroizing::new(line);
        let tag = self.send(bounds, line.as_bytes()).await?;
        let mut is_sent = at_once;
        loop {
            match self.answer(bounds, &tag, &mut any_size).await? {
                Answer::Done(done) => return accept(bounds.step, done),
                Answer::Untagged(Response::Continue) => {
                    // After the answer the server shows an error, which an empty line ends.
                    let line = match is_sent {
                        true => Zeroizing::new(String::new()),
                        false => initial.clone(),
                    };
                    is_sent = true;
                    self.write(bounds, &[line.as_bytes(), b"\r\n"].concat())
                        .await?;
                }
                Answer::Untagged(_) => {}
            }
        }
    }

    /// Opens a folder to read, and changes nothing there (EXAMINE).
    ///
    /// # Errors
    /// [`ImapError::Refused`]: there is no such folder, or the user may not read it.
    pub async fn examine(&mut self, folder: &str) -> Result<Folder, ImapError> {
        let bounds = self.bounds(ImapStep::Folder);
        let line = format!("EXAMINE {}", folder_name::quoted(folder));
        let (mut uid_validity, mut uid_next) = (None, None);
        let mut read = |response| {
            if let Response::Status { code, .. } = response {
                match code {
                    Some(Code::UidValidity(number)) => uid_validity = Some(number),
                    Some(Code::UidNext(number)) => uid_next = Some(number),
                    _ => {}
                }
            }
        };
        self.command(bounds, line.as_bytes(), &mut read).await?;
        let uid_validity = uid_validity.ok_or(ImapError::Lacks(
            "gives the mails of the folder no lasting numbers (UIDVALIDITY)",
        ))?;
        Ok(Folder {
            uid_validity,
            uid_next,
        })
    }

    /// Lists the mails whose numbers are in a range; without `to`, up to the highest.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn list(&mut self, from: u32, to: Option<u32>) -> Result<Listing, ImapError> {
        let bounds = self.transfer(ImapStep::List);
        let last = to.map_or_else(|| "*".to_owned(), |to| to.to_string());
        let line = format!("UID FETCH {from}:{last} (UID INTERNALDATE RFC822.SIZE)");
        let mut mails = BTreeMap::new();
        let mut has_more = false;
        let mut read = |response| {
            let Response::Fetch(Fetched {
                uid: Some(uid),
                size,
                date,
                ..
            }) = response
            else {
                return;
            };
            // `n:*` names the last mail even if its number is below n. Changes of other
            // mails come by themselves.
            if uid < from || to.is_some_and(|to| uid > to) {
                return;
            }
            mails.insert(uid, ListedMail { uid, size, date });
            if mails.len() > LISTED {
                mails.pop_last();
                has_more = true;
            }
        };
        self.command(bounds, line.as_bytes(), &mut read).await?;
        Ok(Listing {
            mails: mails.into_values().collect(),
            has_more,
        })
    }

    /// Reads a mail, or its first `bytes` bytes. `None`: it is not there any more.
    /// `grow` is called before each further piece is kept, with its bytes; `false` ends
    /// the session with [`ImapError::NoRoom`].
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn fetch(
        &mut self,
        uid: u32,
        content: MailContent,
        bytes: usize,
        mut grow: impl FnMut(usize) -> bool + Send,
    ) -> Result<Option<Vec<u8>>, ImapError> {
        let part = match content {
            MailContent::Whole => "",
            MailContent::Header => "HEADER",
        };
        let line = format!("UID FETCH {uid} (UID BODY.PEEK[{part}]<0.{bytes}>)");
        let bounds = Bounds {
            literal_bytes: bytes.max(SHORT_LITERAL),
            ..self.transfer(ImapStep::Mail)
        };
        let mut found = None;
        let tag = self.send(bounds, line.as_bytes()).await?;
        loop {
            match self.answer(bounds, &tag, &mut grow).await? {
                Answer::Done(done) => {
                    accept(bounds.step, done)?;
                    return Ok(found);
                }
                Answer::Untagged(Response::Fetch(fetched)) if fetched.uid == Some(uid) => {
                    if let Some(Some(mut body)) = fetched.body {
                        // A server that does not know parts sends all of it.
                        body.truncate(bytes);
                        found = Some(body);
                    }
                }
                Answer::Untagged(_) => {}
            }
        }
    }

    /// Whether [`Session::wait`] notices a new mail at once.
    pub fn can_wait(&self) -> bool {
        self.offers("IDLE")
    }

    /// Waits until the folder has more mails, by IDLE (RFC 2177), for at most a time.
    ///
    /// # Errors
    /// [`ImapError`].
    pub async fn wait(&mut self, time: Duration) -> Result<Change, ImapError> {
        let step = ImapStep::Wait;
        let bounds = self.bounds(step);
        let tag = self.send(bounds, b"IDLE").await?;
        let mut change = Change::Nothing;
        loop {
            match self.answer(bounds, &tag, &mut any_size).await? {
                Answer::Done(done) => {
                    accept(step, done)?;
                    return Ok(change);
                }
                Answer::Untagged(Response::Continue) => break,
                Answer::Untagged(Response::Exists) => change = Change::Mails,
                Answer::Untagged(_) => {}
            }
        }
        let until = Instant::now() + time;
        let patient = Bounds {
            silence: time,
            until,
            whole: time,
            ..bounds
        };
        while change == Change::Nothing {
            match self.answer(patient, &tag, &mut any_size).await {
                Err(ImapError::Timeout { .. }) => break,
                Ok(Answer::Done(done)) => {
                    accept(step, done)?;
                    return Ok(change);
                }
                Ok(Answer::Untagged(Response::Exists)) => change = Change::Mails,
                Ok(Answer::Untagged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let bounds = self.bounds(step);
        self.write(bounds, b"DONE\r\n").await?;
        loop {
            match self.answer(bounds, &tag, &mut any_size).await? {
                Answer::Done(done) => {
                    accept(step, done)?;
                    return Ok(change);
                }
                Answer::Untagged(Response::Exists) => change = Change::Mails,
                Answer::Untagged(_) => {}
            }
        }
    }

    /// Says goodbye. No answer is awaited.
    pub async fn log_out(mut self) {
        let bounds = self.bounds(ImapStep::Wait);
        let closing = async {
            let _ = self.send(bounds, b"LOGOUT").await;
            let _ = self.stream.shutdown().await;
        };
        // A server that does not take it loses nothing.
        let _ = timeout(LOGOUT_LIMIT, closing).await;
    }

    fn offers(&self, name: &str) -> bool {
        self.offers.iter().any(|offer| offer == name)
    }

    async fn ask_offers(&mut self, step: ImapStep) -> Result<(), ImapError> {
        let bounds = self.bounds(step);
        let mut offers = Vec::new();
        let mut read = |response| {
            if let Response::Capabilities(names) = response {
                offers = names;
            }
        };
        self.command(bounds, b"CAPABILITY", &mut read).await?;
        self.offers = offers;
        Ok(())
    }

    fn bounds(&self, step: ImapStep) -> Bounds {
        Bounds {
            step,
            silence: self.limits.answer,
            until: Instant::now() + self.limits.answer,
            whole: self.limits.answer,
            literal_bytes: SHORT_LITERAL,
        }
    }

    fn transfer(&self, step: ImapStep) -> Bounds {
        Bounds {
            until: Instant::now() + self.limits.transfer,
            whole: self.limits.transfer,
            ..self.bounds(step)
        }
    }

    /// Sends a command, and calls `read` with what comes before its end.
    async fn command(
        &mut self,
        bounds: Bounds,
        line: &[u8],
        read: &mut (dyn FnMut(Response) + Send),
    ) -> Result<(), ImapError> {
        let tag = self.send(bounds, line).await?;
        loop {
            match self.answer(bounds, &tag, &mut any_size).await? {
                Answer::Done(done) => return accept(bounds.step, done),
                Answer::Untagged(response) => read(response),
            }
        }
    }

    /// Sends a command. Returns its tag.
    async fn send(&mut self, bounds: Bounds, line: &[u8]) -> Result<Vec<u8>, ImapError> {
        self.tag += 1;
        let tag = format!("p{}", self.tag).into_bytes();
        let line = Zeroizing::new([&tag, &b" "[..], line, b"\r\n"].concat());
        self.write(bounds, &line).await?;
        Ok(tag)
    }

    async fn write(&mut self, bounds: Bounds, bytes: &[u8]) -> Result<(), ImapError> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let written = timeout(bounds.silence, writing).await;
        written
            .map_err(|_| bounds.timeout(bounds.silence))?
            .map_err(|error| bounds.ended(error.to_string()))
    }

    /// The next response: the end of the command, or another. BYE is an error.
    async fn answer(
        &mut self,
        bounds: Bounds,
        tag: &[u8],
        grow: &mut (dyn FnMut(usize) -> bool + Send),
    ) -> Result<Answer, ImapError> {
        match self.response(bounds, grow).await? {
            Response::Tagged {
                tag: found,
                status,
                code,
            } => match found == tag {
                true => Ok(Answer::Done(Done { status, code })),
                false => Err(no_imap(bounds.step)),
            },
            Response::Status {
                status: Status::Bye,
                code,
            } => Err(bye(bounds.step, code)),
            other => Ok(Answer::Untagged(other)),
        }
    }

    async fn response(
        &mut self,
        bounds: Bounds,
        grow: &mut (dyn FnMut(usize) -> bool + Send),
    ) -> Result<Response, ImapError> {
        let violation = |violation| ImapError::Violation {
            step: bounds.step,
            violation,
        };
        loop {
            let raw = self.reader.next(bounds.literal_bytes).map_err(violation)?;
            if let Some(raw) = raw {
                return Response::parse(raw).map_err(violation);
            }
            let mut chunk = [0; CHUNK];
            let silent = Instant::now() + bounds.silence;
            let reading = self.stream.read(&mut chunk);
            let read = timeout_at(silent.min(bounds.until), reading).await;
            let read = read.map_err(|_| match silent < bounds.until {
                true => bounds.timeout(bounds.silence),
                false => bounds.timeout(bounds.whole),
            })?;
            match read.map_err(|error| bounds.ended(error.to_string()))? {
                0 => return Err(bounds.ended("the server closed it".to_owned())),
                count if !grow(count) => return Err(ImapError::NoRoom),
                count => self.reader.feed(&chunk[..count]),
            }
        }
    }
}

impl<S> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("is_logged_in", &self.is_logged_in)
            .finish_non_exhaustive()
    }
}

/// A response to a command.
enum Answer {
    Done(Done),
    Untagged(Response),
}

impl Bounds {
    fn timeout(&self, limit: Duration) -> ImapError {
        ImapError::Timeout {
            step: self.step,
            limit,
        }
    }

    fn ended(&self, problem: String) -> ImapError {
        ImapError::Ended {
            step: self.step,
            problem,
        }
    }
}

fn any_size(_: usize) -> bool {
    true
}

fn ignore(_: Response) {}

fn accept(step: ImapStep, done: Done) -> Result<(), ImapError> {
    match done.status {
        Status::Ok => Ok(()),
        Status::No | Status::Bad | Status::Bye | Status::Preauth => Err(ImapError::Refused {
            step,
            code: done.code.and_then(Code::name),
        }),
    }
}

fn bye(step: ImapStep, code: Option<Code>) -> ImapError {
    ImapError::Bye {
        step,
        code: code.and_then(Code::name),
    }
}

fn no_imap(step: ImapStep) -> ImapError {
    ImapError::Violation {
        step,
        violation: Violation::Syntax("it is not the answer of an IMAP server"),
    }
}
