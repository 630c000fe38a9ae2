//! Polls: reading from providers that the host must ask.
//!
//! A [`Poll`] says what to ask from a cursor on, what an answer contains, and where the
//! cursor is then. The host asks, stores what came, and stores the cursor after it: what
//! is read twice is a duplicate by its message id, and nothing is left out.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_model::codes;
use patchbay_model::mail_server::MailServer;
use patchbay_model::mailbox::{Folder, Listing, MailContent};
use thiserror::Error;

use crate::media::ProviderQuery;
use crate::outcome::Response;
use crate::reply::MailCredential;
use crate::request::{Headers, InboundRequest, Method};
use crate::token::TokenSource;

/// One poll of a connection: requests in turn, each with its answer, until there is
/// nothing more to read. Pure: what it asks follows from the cursor, the answers and the
/// time at which it began.
pub trait Poll: Send {
    /// What comes next. The same until [`Poll::answer`] or [`Poll::pass_over`].
    fn step(&self) -> PollStep;

    /// Reads the answer to the request of [`Poll::step`]. Returns what the provider
    /// delivers with it, to be decoded by [`Adapter::decode`](crate::Adapter::decode).
    ///
    /// # Errors
    /// The answer is not one to the request: the next step is the same. After a failure of
    /// the kind [`PollFailureKind::Unauthorised`], the host gets another access token, if
    /// it had one before, and asks once more.
    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure>;

    /// Gives up an item that the provider does not deliver, though it delivers others.
    /// Returns a delivery in its place, which cannot be decoded: so the quarantine lists
    /// it. `None`: the request is about no item, and must be repeated.
    fn pass_over(&mut self) -> Option<PolledDelivery>;

    /// How far the provider was read, with all deliveries that were returned: to be stored
    /// once they are. At most 4 KiB; empty: nowhere yet.
    fn cursor(&self) -> Vec<u8>;
}

/// What comes next in a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollStep {
    /// Ask this.
    Ask(PollRequest),
    /// Everything is read. When to begin the next poll.
    Done(NextPoll),
}

/// When the next poll of a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextPoll {
    /// At the latest, where the provider tells that there is something new.
    pub at_latest: Duration,
    /// Where it does not tell.
    pub otherwise: Duration,
}

/// A request of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollRequest {
    /// Log in at a mail server and open a folder to read only; the first of a poll.
    OpenFolder(Box<MailboxAccess>),
    /// List the mails whose numbers are in a range; without `to`, up to the highest.
    ListMails {
        /// The first number.
        from: u32,
        /// The last number.
        to: Option<u32>,
    },
    /// Read a mail, and leave it unread and where it is.
    ReadMail {
        /// Its number.
        uid: u32,
        /// What of it.
        content: MailContent,
        /// Most bytes; of a longer one, the first.
        bytes: usize,
    },
    /// Get a document of the provider's API, or of a site.
    Get(PollQuery),
}

/// A GET of a poll. `Debug` shows no URL.
#[derive(Clone, Debug)]
pub struct PollQuery {
    /// What to get.
    pub query: ProviderQuery,
    /// Headers, such as `If-None-Match`.
    pub headers: Vec<(&'static str, String)>,
    /// Most bytes of the answer, at most [`POLL_ANSWER_BYTES`]. A longer one is a failure
    /// of the kind [`PollFailureKind::Unavailable`].
    pub answer_bytes: usize,
}

/// Most bytes of an answer to a [`PollQuery`].
pub const POLL_ANSWER_BYTES: usize = 10 << 20;

/// Credentials are not compared: they belong to the connection.
impl PartialEq for PollQuery {
    fn eq(&self, other: &PollQuery) -> bool {
        (&self.query.url, &self.headers) == (&other.query.url, &other.headers)
    }
}
impl Eq for PollQuery {}

/// A document, as the provider answered with it, whatever its status.
pub struct PolledDocument {
    /// HTTP status.
    pub status: u16,
    /// Headers, their names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: Vec<u8>,
    /// When it came, by the host's clock.
    pub at: Timestamp,
}

impl PolledDocument {
    /// The document as the answers to other requests are read.
    pub fn response(&self) -> Response<'_> {
        let headers = self.headers.iter();
        Response {
            status: self.status,
            headers: headers
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect(),
            body: &self.body,
            at: self.at,
        }
    }

    /// Why a status other than 2xx ends a poll, by what it means everywhere. `None`: it is
    /// 2xx.
    pub fn failure(&self) -> Option<PollFailure> {
        use PollFailureKind::{Limited, NotFound, Unauthorised, Unavailable};
        let (kind, problem) = match self.status {
            200..=299 => return None,
            401 | 403 => (Unauthorised, "the provider does not accept the access"),
            404 | 410 => (
                NotFound,
                "the provider does not have what the settings name",
            ),
            429 => (Limited, "the provider gets too many requests"),
            300..=399 => (
                NotFound,
                "the provider answers with another address; check the address in the settings",
            ),
            _ => (Unavailable, "the provider fails"),
        };
        Some(PollFailure {
            kind,
            problem: format!("{problem} (http {})", self.status),
            after: self.response().retry_after(),
        })
    }
}

/// The answer to a request of a poll.
pub enum PollAnswer {
    /// The folder is open.
    Folder(Folder),
    /// The mails of the range.
    Mails(Listing),
    /// The mail; `None` if it is not there any more.
    Mail(Option<Vec<u8>>),
    /// The document, or the provider's refusal.
    Document(PolledDocument),
}

/// A folder of a mailbox, and the login there. `Debug` hides the login.
#[derive(Clone, Debug)]
pub struct MailboxAccess {
    /// The server.
    pub server: MailServer,
    /// How to log in.
    pub login: MailboxLogin,
    /// Name of the folder.
    pub folder: String,
}

/// Logins are not compared: they belong to the connection.
impl PartialEq for MailboxAccess {
    fn eq(&self, other: &MailboxAccess) -> bool {
        (&self.server, &self.folder) == (&other.server, &other.folder)
    }
}
impl Eq for MailboxAccess {}

/// A login at a mailbox.
#[derive(Clone, Debug)]
pub enum MailboxLogin {
    /// By a password.
    Password(MailCredential),
    /// By an access token of OAuth 2.0 (XOAUTH2), in place of the password.
    Token(MailCredential),
    /// By an access token that the host gets and renews.
    Source {
        /// The user.
        user: String,
        /// Where the token comes from.
        source: TokenSource,
    },
}

/// What a provider delivers in a poll, in the form in which adapters decode deliveries and
/// the quarantine keeps them. `Debug` shows no content.
pub struct PolledDelivery {
    /// Begins with a scheme of the poll's own, so that it is the URL of no webhook.
    pub url: String,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// Content.
    pub body: Vec<u8>,
}

impl PolledDelivery {
    /// The delivery as an adapter decodes it.
    pub fn request(&self) -> InboundRequest<'_> {
        let headers = self.headers.iter();
        let headers: Headers<'_> = headers
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        InboundRequest {
            method: Method::Post,
            url: &self.url,
            headers,
            body: &self.body,
        }
    }
}

codes! {
    /// Why a poll ends before everything is read.
    pub enum PollFailureKind {
        /// The provider cannot be reached, does not answer, or fails.
        Unavailable = "unavailable",
        /// The provider asks to wait.
        Limited = "limited",
        /// The provider does not accept the login: a person has to renew it.
        Unauthorised = "unauthorised",
        /// What the settings name is not there.
        NotFound = "not-found",
        /// The host has no room, or drains.
        HostBusy = "host-busy",
    }
}

/// Why a poll ends before everything is read. Contains no text of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{problem}")]
pub struct PollFailure {
    /// The kind.
    pub kind: PollFailureKind,
    /// In words, for the operator.
    pub problem: String,
    /// How long the provider asks to wait.
    pub after: Option<Duration>,
}

impl PollFailure {
    /// A failure without a wait.
    pub fn new(kind: PollFailureKind, problem: impl Into<String>) -> PollFailure {
        PollFailure {
            kind,
            problem: problem.into(),
            after: None,
        }
    }
}

impl fmt::Debug for PollAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PollAnswer::Folder(_) => "PollAnswer::Folder",
            PollAnswer::Mails(_) => "PollAnswer::Mails",
            PollAnswer::Mail(_) => "PollAnswer::Mail",
            PollAnswer::Document(_) => "PollAnswer::Document",
        })
    }
}

impl fmt::Debug for PolledDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolledDelivery")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
