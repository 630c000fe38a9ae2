//! Everything that goes wrong leaves the server as a problem document
//! (RFC 9457).

use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use patchbay_desk::action::ActError;
use patchbay_desk::{BypassError, DeskError};
use patchbay_journal::JournalError;
use patchbay_model::input::InputError;
use patchbay_model::located::Located;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::telemetry::Shed;
use crate::workers::Refused;

/// Media type of a problem document.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
/// What a caller without a good token is told to show.
const CHALLENGE: &str = "Bearer realm=\"patchbay\"";
/// What the holder of a token that is not good is told (RFC 6750, 3.1).
const INVALID_TOKEN: &str = "error=\"invalid_token\"";
/// Most characters of a detail: it may quote the request.
const DETAIL_CHARS: usize = 500;
/// Most characters of a field's path: an unknown key may be of any length.
const FIELD_CHARS: usize = 200;
/// Seconds after which a request that was turned away may come again.
const RETRY_SECONDS: u32 = 1;
/// The same where an operator has nothing taken in.
const DRAINING_SECONDS: u32 = 30;

/// Declares the kinds of problem: type, status and title exist here only.
macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $case:ident = $type:literal, $status:ident, $title:literal; )+) => {
        /// What kind of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $( $(#[doc = $doc])+ $case, )+
        }

        impl Kind {
            /// Every kind, the most general of a status first.
            const ALL: &[Kind] = &[ $( Kind::$case, )+ ];

            const fn type_uri(self) -> &'static str {
                match self { $( Kind::$case => concat!("/problems/", $type), )+ }
            }

            const fn status(self) -> StatusCode {
                match self { $( Kind::$case => StatusCode::$status, )+ }
            }

            const fn title(self) -> &'static str {
                match self { $( Kind::$case => $title, )+ }
            }
        }
    };
}

kinds! {
    /// The request as such is wrong.
    BadRequest = "bad-request", BAD_REQUEST, "The request is malformed";
    /// The body is no JSON.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not valid JSON";
    /// The body is no UTF-8.
    NotUtf8 = "not-utf-8", BAD_REQUEST, "The body is not UTF-8";
    /// A header is wrong.
    BadHeader = "bad-header", BAD_REQUEST, "A header is malformed";
    /// Nobody is said to ask, or nobody known.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A token is needed";
    /// What is shown lets nobody in, or no longer.
    InvalidToken = "invalid-token", UNAUTHORIZED, "The token is not good";
    /// A web page of somebody else asks.
    ForeignOrigin = "foreign-origin", FORBIDDEN, "Requests from other origins are refused";
    /// The token does not allow it.
    Forbidden = "forbidden", FORBIDDEN, "The token does not allow that";
    /// Nothing is at this path.
    NotFound = "not-found", NOT_FOUND, "There is nothing at this path";
    /// No company of that name.
    UnknownCompany = "unknown-company", NOT_FOUND, "There is no such company";
    /// No conversation of that id.
    UnknownConversation = "unknown-conversation", NOT_FOUND, "There is no such conversation";
    /// No decision of that number.
    UnknownDecision = "unknown-decision", NOT_FOUND, "There is no such decision";
    /// The decision was not kept in a way that makes a case.
    NoCase = "no-case", CONFLICT, "The decision does not become a case";
    /// No contact of that id.
    UnknownContact = "unknown-contact", NOT_FOUND, "There is no such contact";
    /// No agent of that id.
    UnknownAgent = "unknown-agent", NOT_FOUND, "There is no such agent";
    /// No queue of that id.
    UnknownQueue = "unknown-queue", NOT_FOUND, "There is no such queue";
    /// The offer was answered, taken back or ran out.
    OfferOver = "offer-over", NOT_FOUND, "The offer is not open";
    /// No such item of the outbox, or it is done.
    NoItem = "no-item", NOT_FOUND, "There is nothing of that key to send";
    /// No token of that id.
    UnknownToken = "unknown-token", NOT_FOUND, "There is no such token";
    /// It is another agent's.
    NotYours = "not-yours", FORBIDDEN, "It is not yours";
    /// Agents may not.
    SupervisorsOnly = "supervisors-only", FORBIDDEN, "Only a supervisor may do that";
    /// Somebody else must approve.
    NotAnApprover = "not-an-approver", FORBIDDEN, "Somebody else must approve";
    /// The state does not allow it.
    NotNow = "not-now", CONFLICT, "Its state does not allow that";
    /// The customer waits.
    Unanswered = "unanswered", CONFLICT, "A customer's message is not answered";
    /// Nothing publishes on the channel.
    NoPublisher = "no-publisher", CONFLICT, "Nothing publishes on this channel";
    /// Another reply has the id.
    ReplyIdTaken = "reply-id-taken", CONFLICT, "Another reply has this id";
    /// Nothing waits for approval.
    NothingPending = "nothing-pending", CONFLICT, "No such reply waits for approval";
    /// There is nobody to answer.
    NobodyToAnswer = "nobody-to-answer", CONFLICT, "There is nobody to answer";
    /// Who is whom cannot be changed like that.
    ContactConflict = "contact-conflict", CONFLICT, "The contacts cannot be changed like that";
    /// Asked too often.
    TooMany = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    /// The channel takes less.
    TooLong = "too-long", UNPROCESSABLE_ENTITY, "The reply is longer than its channel takes";
    /// A setup is wrong, or does not fit the work at hand.
    SetupRefused = "setup-refused", UNPROCESSABLE_ENTITY, "The setup is refused";
    /// Somebody else changed the setup meanwhile.
    GenerationMoved = "generation-moved", CONFLICT, "The company's setup has changed meanwhile";
    /// No generation of that number.
    UnknownGeneration = "unknown-generation", NOT_FOUND, "There is no such generation";
    /// Nothing to change.
    AlreadyActive = "already-active", CONFLICT, "The company decides by this generation already";
    /// Nothing to go back to.
    NothingBefore = "nothing-before", CONFLICT, "There is no earlier generation to go back to";
    /// Nothing is on trial.
    NothingTried = "nothing-tried", NOT_FOUND, "The company tries no generation";
    /// One at a time.
    AlreadyTried = "already-tried", CONFLICT, "The company tries another generation";
    /// Nothing is overwritten.
    BackupExists = "backup-exists", CONFLICT, "There is a backup of this name";
    /// The server decides and keeps nothing.
    NoJournal = "no-journal", NOT_FOUND, "This server keeps no journal";
    /// What follows is no longer kept.
    Gone = "gone", GONE, "This is no longer kept";
    /// The path is there, the method not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The client took too long.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request did not arrive in time";
    /// The body is too large.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// The request is meant for another host.
    Misdirected = "misdirected", MISDIRECTED_REQUEST, "The Host header names another host";
    /// The JSON says something that cannot be.
    InvalidInput = "invalid-input", UNPROCESSABLE_ENTITY, "The input is not valid";
    /// A defect of the server.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed";
    /// The host is too busy.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The host is too busy";
    /// Nothing can be taken in or read now.
    Storage = "storage", SERVICE_UNAVAILABLE, "The journal cannot be used";
    /// The author wanted to be forgotten.
    Erased = "erased", CONFLICT, "The author was erased";
    /// Nothing is taken in.
    Draining = "draining", SERVICE_UNAVAILABLE, "Nothing is taken in now";
    /// Nothing of that name is bypassed.
    UnknownBypass = "unknown-bypass", NOT_FOUND, "That is not bypassed";
    /// Nothing can decide for the company.
    CompanyNotReady = "company-not-ready", SERVICE_UNAVAILABLE, "The company's setup cannot be built";
    /// The server does not decide now.
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "The server is not ready";
}

/// Why a request was not answered with what it asked for (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Problem)]
pub(crate) struct ProblemDocument {
    /// Kind of the problem, as a reference relative to the server; stable, to
    /// be compared by programs.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-input")]
    type_uri: &'static str,
    /// The kind in words, the same for every problem of the kind.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What in particular went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// How the decision ended, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::schema::OutcomeKind>)]
    outcome: Option<OutcomeKind>,
    /// Path of the field, or name of the header, that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The limit that was exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// The size found, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// What limit and size count.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Line of the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column of the body, from 1; 0 before the first character.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Every reason, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemPlace>,
}

/// One of several reasons.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProblemPlace {
    /// What is wrong.
    message: String,
    /// Line of the document, from 1; absent where it is about no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// A problem on its way out; boxed, for it is the rare end of every result.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<ProblemDocument>, Option<Shed>);

impl Problem {
    pub(crate) fn of(kind: Kind) -> Problem {
        let document = ProblemDocument {
            type_uri: kind.type_uri(),
            title: kind.title().to_owned(),
            status: kind.status().as_u16(),
            detail: None,
            instance: None,
            outcome: None,
            field: None,
            limit: None,
            size: None,
            unit: None,
            line: None,
            column: None,
            problems: Vec::new(),
        };
        Problem(Box::new(document), None)
    }

    /// What a status stands for that no handler of ours gave.
    fn of_status(status: StatusCode) -> Problem {
        let of_status = |kind: &&Kind| kind.status() == status;
        if let Some(kind) = Kind::ALL.iter().find(of_status) {
            return Problem::of(*kind);
        }
        let mut problem = Problem::of(Kind::Internal);
        problem.0.type_uri = "about:blank";
        problem.0.title = status.canonical_reason().unwrap_or("Error").to_owned();
        problem.0.status = status.as_u16();
        problem
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.0.detail = Some(clipped(detail.into(), DETAIL_CHARS));
        self
    }

    /// The same, where nothing is said of it yet.
    pub(crate) fn detail_unless_said(&mut self, detail: impl FnOnce() -> String) {
        if self.0.detail.is_none() {
            self.0.detail = Some(clipped(detail(), DETAIL_CHARS));
        }
    }

    /// Whether it is of a kind.
    pub(crate) fn is(&self, kind: Kind) -> bool {
        self.0.type_uri == kind.type_uri()
    }

    /// What whoever is not known is to show instead.
    fn challenge(&self) -> HeaderValue {
        let detail = self
            .0
            .detail
            .as_deref()
            .filter(|_| self.is(Kind::InvalidToken));
        // What is in quotes has no quotes of its own.
        let said = detail.map(|detail| detail.replace(['"', '\\'], "'"));
        let challenge = match said {
            Some(said) => format!("{CHALLENGE}, {INVALID_TOKEN}, error_description=\"{said}\""),
            None => CHALLENGE.to_owned(),
        };
        let challenge = HeaderValue::try_from(challenge);
        challenge.unwrap_or(HeaderValue::from_static(CHALLENGE))
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Problem {
        self.0.field = Some(clipped(field.into(), FIELD_CHARS));
        self
    }

    pub(crate) fn limit(mut self, limit: u64, size: Option<u64>, unit: &str) -> Problem {
        self.0.limit = Some(limit);
        self.0.size = size;
        self.0.unit = Some(unit.to_owned());
        self
    }

    pub(crate) fn at(mut self, line: usize, column: usize) -> Problem {
        self.0.line = Some(line);
        self.0.column = Some(column);
        self
    }

    /// What there was too much of; counted where the answer goes out.
    pub(crate) fn shed(mut self, what: Shed) -> Problem {
        self.1 = Some(what);
        self
    }

    /// With every reason, and where in a document it is.
    pub(crate) fn problems(
        mut self,
        document: &str,
        problems: impl Iterator<Item = Located>,
    ) -> Problem {
        let places = problems.map(|problem| {
            let place = problem.line_column(document);
            ProblemPlace {
                message: problem.message,
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
                help: problem.help,
            }
        });
        self.0.problems = places.collect();
        self
    }

    /// What it says.
    pub(crate) fn document(&self) -> &ProblemDocument {
        &self.0
    }

    /// The host was too busy, at whatever point.
    pub(crate) fn busy(detail: &str) -> Problem {
        Problem::overloaded(&Outcome::with_detail(OutcomeKind::Overloaded, detail))
    }

    /// The host was too busy to ask a policy.
    pub(crate) fn overloaded(outcome: &Outcome) -> Problem {
        let kind = OutcomeKind::Overloaded;
        let detail = outcome.detail.as_deref().unwrap_or(kind.message());
        let mut problem = Problem::of(Kind::Overloaded).detail(detail);
        if let Some(hit) = &outcome.limit {
            problem = problem.limit(hit.value, None, &hit.unit);
        }
        problem.0.outcome = Some(kind);
        problem
    }
}

fn clipped(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Problem {
        if let InputError::Syntax { line, column, .. } = error {
            return Problem::of(Kind::MalformedJson)
                .detail(error.to_string())
                .at(line, column);
        }
        let mut problem = Problem::of(Kind::InvalidInput).detail(error.to_string());
        if let Some(field) = error.field() {
            problem = problem.field(field);
        }
        match error {
            InputError::TooLarge {
                limit, size, unit, ..
            } => problem.limit(limit as u64, Some(size as u64), unit),
            _ => problem,
        }
    }
}

impl From<JournalError> for Problem {
    fn from(error: JournalError) -> Problem {
        match error {
            JournalError::NoContact(_) => Problem::of(Kind::UnknownContact),
            JournalError::Erased(_) => Problem::of(Kind::Erased),
            JournalError::Invalid { what, problem } => Problem::of(Kind::InvalidInput)
                .field(what)
                .detail(format!("{what} {problem}")),
            JournalError::NoItem(_) => Problem::of(Kind::NoItem),
            error @ JournalError::NoGeneration(_) => {
                Problem::of(Kind::UnknownGeneration).detail(error.to_string())
            }
            error @ (JournalError::GenerationTaken { .. }
            | JournalError::GenerationMoved { .. }) => {
                Problem::of(Kind::GenerationMoved).detail(error.to_string())
            }
            JournalError::NoToken(_) => Problem::of(Kind::UnknownToken),
            error @ JournalError::NoAgent(_) => Problem::of(Kind::UnknownAgent)
                .field("agent")
                .detail(error.to_string()),
            error @ (JournalError::SamePerson(..)
            | JournalError::NotMerged(_)
            | JournalError::NotUndoable(_)
            | JournalError::AddressTaken(_)) => {
                Problem::of(Kind::ContactConflict).detail(error.to_string())
            }
            JournalError::Full => Problem::of(Kind::Storage)
                .detail("no space is left for the journal; nothing was taken in"),
            error => {
                tracing::error!(%error, "the journal cannot be used");
                Problem::of(Kind::Storage).detail("nothing was taken in; it has been logged")
            }
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Problem {
        match error {
            DeskError::UnknownCompany(_) => Problem::of(Kind::UnknownCompany),
            DeskError::Erased => Problem::of(Kind::Erased),
            DeskError::Journal(error) => error.into(),
            DeskError::Agent { error, .. } => Problem::of(Kind::InvalidInput)
                .field("agent")
                .detail(error.to_string()),
            DeskError::UnknownAgent(agent) => {
                Problem::of(Kind::UnknownAgent).detail(format!("there is no agent {agent:?}"))
            }
            error @ DeskError::Floor { .. } => {
                Problem::of(Kind::InvalidInput).detail(error.to_string())
            }
            DeskError::Act(error) => error.into(),
            error @ DeskError::Draining(_) => Problem::of(Kind::Draining).detail(error.to_string()),
            DeskError::Bypass(error @ BypassError::NotBypassed(_)) => {
                Problem::of(Kind::UnknownBypass).detail(error.to_string())
            }
            DeskError::Bypass(error @ BypassError::Lasting) => Problem::of(Kind::InvalidInput)
                .field("for")
                .detail(error.to_string()),
            DeskError::Bypass(error) => Problem::of(Kind::InvalidInput).detail(error.to_string()),
            error @ DeskError::Stopping => Problem::of(Kind::NotReady).detail(error.to_string()),
            DeskError::Threads(_) => Problem::of(Kind::Internal),
        }
    }
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Problem {
        let kind = match &error {
            ActError::Nobody => {
                return Problem::of(Kind::InvalidInput)
                    .field("by")
                    .detail(error.to_string());
            }
            ActError::UnknownConversation => Kind::UnknownConversation,
            ActError::OfferOver(_) => Kind::OfferOver,
            ActError::NotYours { .. } => Kind::NotYours,
            ActError::SupervisorsOnly => Kind::SupervisorsOnly,
            ActError::OwnReply | ActError::NotAnApprover { .. } => Kind::NotAnApprover,
            ActError::NotNow { .. } | ActError::Floor(_) => Kind::NotNow,
            ActError::Unanswered { .. } => Kind::Unanswered,
            ActError::UnknownAgent(_) => Kind::UnknownAgent,
            ActError::UnknownQueue(_) => Kind::UnknownQueue,
            ActError::NoPublisher { .. } => Kind::NoPublisher,
            ActError::ReplyIdTaken { .. } => Kind::ReplyIdTaken,
            ActError::NothingPending { .. } => Kind::NothingPending,
            ActError::NobodyToAnswer => Kind::NobodyToAnswer,
            ActError::TooLong { length, limit, .. } => {
                return Problem::of(Kind::TooLong)
                    .field("text")
                    .limit((*limit).into(), Some((*length).into()), "units")
                    .detail(error.to_string());
            }
            ActError::Busy { .. } => return Problem::busy(&error.to_string()).shed(Shed::Desk),
            ActError::Journal(_) => Kind::Storage,
        };
        Problem::of(kind).detail(error.to_string())
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Full => Problem::busy("too many requests wait already").shed(Shed::Queue),
            Refused::TooLate => Problem::busy("no thread became free in time").shed(Shed::Deadline),
            Refused::Stopping => Problem::of(Kind::NotReady).detail("the server is stopping"),
            Refused::Crashed => Problem::of(Kind::Internal)
                .detail("the decision was broken off by a defect of the host; it has been logged"),
        }
    }
}

impl IntoResponse for Problem {
    /// The status, with the problem beside it: [`write`] makes it a document.
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every error its document: ours, and those of the libraries below.
pub(crate) async fn write(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let instance = (path.len() <= 1024).then(|| path.to_owned());
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut head, _) = response.into_parts();
    let mut problem = head
        .extensions
        .remove::<Problem>()
        .unwrap_or_else(|| Problem::of_status(status));
    problem.0.instance = instance;
    let document = serde_json::to_vec(&problem.0).unwrap_or_default();
    let mut response = (status, document).into_response();
    if let Some(what) = problem.1 {
        response.extensions_mut().insert(what);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(allow) = head.headers.remove(ALLOW) {
        headers.insert(ALLOW, allow);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, problem.challenge());
    }
    let comes_again = problem.0.outcome == Some(OutcomeKind::Overloaded)
        || problem.0.type_uri == Kind::Storage.type_uri();
    if comes_again {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    } else if problem.0.type_uri == Kind::Draining.type_uri() {
        headers.insert(RETRY_AFTER, HeaderValue::from(DRAINING_SECONDS));
    }
    response
}
