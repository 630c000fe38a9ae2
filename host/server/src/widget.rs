//! The web chat: `/widget/{company}/{connection}/…` for the pages of the companies'
//! sites, and the script that those load. It is not part of the API: a page is allowed
//! by its origin, and a visitor is who the token of their session says.

mod cors;
mod script;
mod stream;

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use patchbay_adapter::Method as ProviderMethod;
use patchbay_config::bound::Bound;
use patchbay_gateway::{ChatConnection, ChatLookup, ChatRefusal, HistoryPage, ProviderRequest};
use patchbay_http::bounds::Requester;
use patchbay_http::parameters::Parameters;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_headers::traceparent;
use patchbay_http::work_share::on_share;
use patchbay_http::{body, json};
use patchbay_journal::JournalError;
use patchbay_service::app::App;
use patchbay_service::client_address::client_address;
use patchbay_service::file_answer::answer_file;
use patchbay_web_chat::SessionRequest;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::Deserialize;
use serde_json::json;

pub(crate) use cors::apply as apply_cors;

/// Begins the paths of the web chat.
const PATHS: &str = "/widget/";
const SESSIONS: &str = "/widget/{company}/{connection}/sessions";
const MESSAGES: &str = "/widget/{company}/{connection}/messages";
const HISTORY: &str = "/widget/{company}/{connection}/history";
const FILES: &str = "/widget/{company}/{connection}/files/{cursor}/{position}";
const EVENTS: &str = "/widget/{company}/{connection}/events";
/// Most bytes of the body of a request for a session.
const SESSION_BYTES: u64 = 4 << 10;
/// Most bytes of the body of a message.
const MESSAGE_BYTES: u64 = patchbay_web_chat::KIND.body_limit as u64;

/// The routes of the web chat.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/widget/chat.js", get(script::serve))
        .route(SESSIONS, post(begin))
        .route(MESSAGES, post(write))
        .route(HISTORY, get(read))
        .route(FILES, get(download))
        .route(EVENTS, get(stream::follow))
}

/// The query parameters of a path that the widget calls, by the matched path; `None` for
/// the script, whose address the company's page may give a version.
pub(crate) fn parameters(path: &str, method: &Method) -> Option<&'static Parameters> {
    static ALL: LazyLock<[(&str, Method, Parameters); 5]> = LazyLock::new(|| {
        let events = Parameters::texts(&["after"]).with_flag("poll");
        [
            (SESSIONS, Method::POST, Parameters::default()),
            (MESSAGES, Method::POST, Parameters::default()),
            (HISTORY, Method::GET, Parameters::texts(&["before"])),
            (FILES, Method::GET, Parameters::default()),
            (EVENTS, Method::GET, events),
        ]
    });
    let mut all = ALL.iter();
    let found = all.find(|(known, of, _)| *known == path && of == method);
    found.map(|(_, _, parameters)| parameters)
}

/// Whether a request is of the web chat: neither a token of the API nor the rules for
/// programs of this machine apply.
pub(crate) fn is_widget(request: &Request) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    matched.is_some_and(|path| path.as_str().starts_with(PATHS))
}

/// An allowed request of a page.
struct PageRequest {
    chat: ChatConnection,
    client: IpAddr,
    /// Names the chat among all companies'.
    name: String,
}

impl PageRequest {
    /// Finds the chat, and checks the origin and the client's limit.
    fn check(
        app: &App,
        company: &str,
        connection: &str,
        request: &Request,
    ) -> Result<PageRequest, Problem> {
        let headers = request.headers();
        let trusted = &app.settings.trusted_proxies;
        let client = client_address(request.extensions(), headers, trusted);
        app.chat_limits.count_request(client)?;
        let chat = find(app, company, connection)?;
        if !is_allowed(&chat, request.method(), headers) {
            chat.count_foreign_origin();
            return Err(refuse(ChatRefusal::Origin));
        }
        Ok(PageRequest {
            chat,
            client,
            name: format!("{company}\0{connection}"),
        })
    }
}

/// The chat of a path.
fn find(app: &App, company: &str, connection: &str) -> Result<ChatConnection, Problem> {
    if let Some(reason) = app.companies.unready_reason(company) {
        return Err(Problem::of(Kind::CompanyNotReady).detail(reason));
    }
    let gateway = app.gateway.as_ref().ok_or(Problem::of(Kind::NotFound))?;
    // The answer for an unknown company is that for an unknown connection.
    match gateway.web_chat(company, connection) {
        Ok(ChatLookup::Open(chat)) => Ok(chat),
        Ok(ChatLookup::NotOpen) => Err(Problem::of(Kind::ConnectionNotOpen)),
        Ok(ChatLookup::Unknown) | Err(_) => Err(Problem::of(Kind::NotFound)),
    }
}

/// Whether an allowed page sent a request. Browsers name the origin, except in a GET to
/// the page's own.
fn is_allowed(chat: &ChatConnection, method: &Method, headers: &HeaderMap) -> bool {
    match origin(headers) {
        Some(origin) => chat.allows_origin(origin),
        None => {
            let is_same = headers
                .get("sec-fetch-site")
                .is_some_and(|site| site == "same-origin");
            method == Method::GET && is_same && !headers.contains_key(ORIGIN)
        }
    }
}

/// The origin of a request that names one.
fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(ORIGIN).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The token of a visitor.
fn token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok()?.strip_prefix("Bearer "),
        _ => None,
    }
}

fn required_token(headers: &HeaderMap) -> Result<String, Problem> {
    let token = token(headers).map(str::to_owned);
    token.ok_or_else(|| refuse(ChatRefusal::Session))
}

/// The problem of a refused request.
fn refuse(refusal: ChatRefusal) -> Problem {
    match refusal {
        ChatRefusal::Origin => Problem::of(Kind::ForeignOrigin).field("Origin").detail(
            "pages of this origin may not open the chat; `origins` of the connection lists those that may",
        ),
        ChatRefusal::Session => Problem::of(Kind::InvalidToken)
            .field("Authorization")
            .detail("the session is over or not of this chat; begin another"),
        ChatRefusal::Erased => Problem::of(Kind::InvalidToken)
            .field("Authorization")
            .detail("the session is over; begin another"),
        ChatRefusal::Identity(error) => {
            Problem::of(Kind::NotAuthentic).detail(error.to_string())
        }
        ChatRefusal::TooLarge => {
            Problem::of(Kind::BodyTooLarge).limit(MESSAGE_BYTES, None, "bytes")
        }
        ChatRefusal::Invalid { field, problem } if field == "$" => {
            Problem::of(Kind::InvalidInput).detail(format!("the body {problem}"))
        }
        ChatRefusal::Invalid { field, problem } => Problem::of(Kind::InvalidInput)
            .detail(format!("`{field}` {problem}"))
            .field(field),
        ChatRefusal::Conflict => Problem::of(Kind::MessageIdTaken)
            .field("id")
            .detail("another text was sent under this id; make another id for another message"),
        ChatRefusal::Busy => {
            Problem::busy("too many messages wait; send this one again later")
        }
        ChatRefusal::Full { limit } => JournalError::CompanyFull { limit }.into(),
        ChatRefusal::Desk(error) => error.into(),
    }
}

fn no_store(mut response: Response) -> Response {
    let value = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, value);
    response
}

/// Begins or renews a session.
async fn begin(
    State(app): State<Arc<App>>,
    Path((company, connection)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let page = match PageRequest::check(&app, &company, &connection, &request) {
        Ok(page) => page,
        Err(problem) => return discard(request, problem).await,
    };
    if let Err(problem) = app.chat_limits.count_session(page.client, &page.name) {
        return discard(request, problem).await;
    }
    let token = token(request.headers()).map(str::to_owned);
    let time = app.settings.request_timeout;
    let body = body::read(request, SESSION_BYTES, time, &app.bounds).await?;
    let wanted: SessionRequest = match body.is_empty() {
        true => SessionRequest::default(),
        // A list would be read as the fields in their order.
        false if !body.trim_ascii_start().starts_with(b"{") => {
            return Err(Problem::of(Kind::InvalidInput).detail("the body must be an object"));
        }
        false => json::read(&body)?,
    };
    let mut random = [0; 16];
    if getrandom(&mut random, GetRandomFlags::empty()) != Ok(random.len()) {
        return Err(Problem::of(Kind::Internal));
    }
    let work = move || page.chat.begin(&wanted, token.as_deref(), random);
    let granted = on_share(&app.shares.requests, work).await?;
    Ok(no_store(Json(granted.map_err(refuse)?).into_response()))
}

/// Takes a message in. 201 is answered once it is on disk, 200 if it was before.
async fn write(
    State(app): State<Arc<App>>,
    Path((company, connection)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let page = match PageRequest::check(&app, &company, &connection, &request) {
        Ok(page) => page,
        Err(problem) => return discard(request, problem).await,
    };
    let counted = required_token(request.headers()).and_then(|token| {
        let address = page.chat.address(&token).map_err(refuse)?;
        app.chat_limits.count_message(&address, &page.name)?;
        Ok((token, address))
    });
    let (token, address) = match counted {
        Ok(counted) => counted,
        Err(problem) => return discard(request, problem).await,
    };
    let headers = request.headers().clone();
    let target = request.uri().path().to_owned();
    let time = app.settings.request_timeout;
    let body = body::read(request, MESSAGE_BYTES, time, &app.bounds).await?;
    let host = Arc::clone(&app);
    let work = move || {
        host.check_draining(&company)?;
        host.check_free_space()?;
        let message = ProviderRequest {
            method: ProviderMethod::Post,
            target: &target,
            headers: headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
                .collect(),
            body: &body,
            traceparent: traceparent(&headers),
        };
        let is_new = page.chat.post(&token, &message).map_err(refuse)?;
        // A stream that was opened before the first message knows no thread yet.
        if is_new && let Ok(company) = page.chat.company() {
            host.chat_signals.wake(company, address.as_bytes());
        }
        Ok::<bool, Problem>(is_new)
    };
    let is_new = on_share(&app.shares.intake, work).await??;
    let status = match is_new {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    let answer = Json(json!({"duplicate": !is_new}));
    Ok(no_store((status, answer).into_response()))
}

#[derive(Deserialize)]
struct HistoryQuery {
    /// `earlier` of the page before.
    before: Option<String>,
}

/// Reads the visitor's history, the newest part first.
async fn read(
    State(app): State<Arc<App>>,
    Path((company, connection)): Path<(String, String)>,
    Query(query): Query<HistoryQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let page = PageRequest::check(&app, &company, &connection, &request)?;
    let token = required_token(request.headers())?;
    let work = move || {
        let visitor = page.chat.visitor(&token).map_err(refuse)?;
        let part = match &query.before {
            None => HistoryPage::Newest,
            Some(before) => HistoryPage::Before(before),
        };
        let history = page.chat.history(&visitor, part).map_err(refuse)?;
        history.ok_or_else(foreign_cursor)
    };
    let history = on_share(&app.shares.requests, work).await??;
    Ok(no_store(Json(history).into_response()))
}

/// Downloads a file of a reply that the visitor got.
async fn download(
    State(app): State<Arc<App>>,
    Path((company, connection, cursor, position)): Path<(String, String, String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let page = PageRequest::check(&app, &company, &connection, &request)?;
    let token = required_token(request.headers())?;
    let unknown = || Problem::of(Kind::UnknownFile);
    let position = position.parse().map_err(|_| unknown())?;
    let visitor = Requester {
        company: Some(company.as_str().into()),
        token: Some(page.chat.address(&token).map_err(refuse)?.into()),
    };
    let permit = app.bounds.enter(Bound::ChatFiles, &visitor)?;
    let work = move || {
        let visitor = page.chat.visitor(&token).map_err(refuse)?;
        let file = page
            .chat
            .file(&visitor, &cursor, position)
            .map_err(refuse)?;
        file.ok_or_else(unknown)
    };
    let file = on_share(&app.shares.requests, work).await??;
    Ok(answer_file(app, company, file, vec![permit]))
}

/// A cursor that this visitor's history does not have.
fn foreign_cursor() -> Problem {
    Problem::of(Kind::Gone).detail("the cursor is not of this session; read the history again")
}

/// Refuses a request and discards its body.
async fn discard(request: Request, problem: Problem) -> Result<Response, Problem> {
    body::discard(request).await;
    Err(problem)
}
