//! Sessions of people with a browser, and who a caller is.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::{Caller, NewSession, SignedIn, session_cookie};
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::SessionId;
use patchbay_model::access::{Role, TokenScope};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::openapi;
use patchbay_http::descriptions;

/// Id of the operation that the settings can switch off.
const SEARCH: &str = "search_conversations";
/// Deletes what the pages stored in the browser, such as drafts.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Who the caller is, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct CallerDocument {
    /// Whether the host has no tokens: it then trusts every program of its machine, and
    /// requests name who acts.
    local: bool,
    /// Id in the audit trail.
    id: String,
    /// Name under which the caller acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Role.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Role>)]
    role: Option<Role>,
    /// Name of the only company; absent: the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Id of the agent, for the role `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// When the access ends at the latest, by the clock of the header `Date`; absent: not
    /// at a known time.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When the session ends unless `PUT /v1/session` says before that its person did
    /// something; by the same clock, and not after `expires_at`. Absent without a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_ends_at: Option<Timestamp>,
    /// Whether the caller is signed in with a session.
    session: bool,
    /// The companies that the caller may see, by name.
    companies: Vec<VisibleCompany>,
    /// Ids of the operations that the caller may call, as in the OpenAPI document; sorted.
    operations: Vec<&'static str>,
    /// The host's time, by which deadlines count.
    now: Timestamp,
    /// Version of the server.
    version: &'static str,
}

/// A company that a caller may see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisibleCompany {
    /// Name of the company.
    name: String,
    /// Whether its active generation could be built; without, its requests are
    /// answered 503.
    ready: bool,
}

impl CallerDocument {
    fn of(app: &App, caller: &Caller) -> CallerDocument {
        let standing = caller.standing();
        let names = app.companies.names().into_iter();
        let visible = |name: &String| standing.is_none_or(|standing| standing.reaches(name));
        CallerDocument {
            local: standing.is_none(),
            id: caller.id(),
            name: caller.name(None).ok(),
            role: standing.map(|standing| standing.role),
            company: standing.and_then(|standing| standing.company.clone()),
            agent: standing.and_then(|standing| standing.agent.clone()),
            expires_at: caller.expires_at(),
            idle_ends_at: caller.idle_ends_at(),
            session: matches!(caller, Caller::Session(_)),
            companies: names
                .filter(visible)
                .map(|name| VisibleCompany {
                    ready: app.companies.unready_reason(&name).is_none(),
                    name,
                })
                .collect(),
            operations: operations(app, standing),
            now: app
                .desk()
                .map_or_else(|_| Timestamp::now(), |desk| desk.now()),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The operations that a caller may call, without those that the settings switch off.
fn operations(app: &App, standing: Option<&TokenScope>) -> Vec<&'static str> {
    let mut all = openapi::permissions().operations(standing);
    if !app.settings.search {
        all.retain(|operation| *operation != SEARCH);
    }
    all
}

/// Get who the caller is
///
/// Role, company, and the operations that the caller may call.
#[utoipa::path(
    get,
    path = "/v1/me",
    operation_id = "me",
    tag = "access",
    responses((status = 200, description = "Who the caller is.", body = CallerDocument), descriptions::PublicErrors)
)]
pub(super) async fn me(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Json<CallerDocument> {
    Json(CallerDocument::of(&app, &caller))
}

/// What a person signs in with: one of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInRequest {
    /// A token of this host, or of its issuer.
    #[serde(default)]
    token: Option<String>,
    /// The code of a one-time link, as `patchbay token link` makes it.
    #[serde(default)]
    code: Option<String>,
}

/// How people may sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInWays {
    /// Whether requests need a token or a session.
    required: bool,
    /// Whether a one-time link signs in.
    link: bool,
    /// Whether a pasted token signs in.
    token: bool,
    /// Sign-in by an OpenID Connect issuer; absent: the settings have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    openid_connect: Option<OpenIdConnectWay>,
}

/// Sign-in by an OpenID Connect issuer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenIdConnectWay {
    /// The issuer's name for people; 1 to 60 characters.
    name: String,
    /// Path to which the console's page leads the browser, with `return`.
    path: &'static str,
}

/// Get how people sign in
#[utoipa::path(
    get,
    path = "/v1/session/ways",
    operation_id = "sign_in_ways",
    tag = "access",
    responses((status = 200, description = "How people sign in.", body = SignInWays), descriptions::PublicErrors)
)]
pub(super) async fn ways(State(app): State<Arc<App>>) -> Json<SignInWays> {
    let required = app.access.is_guarded();
    // Sessions are stored in the journal.
    let has_sessions = required && app.desk().is_ok();
    let flow = app.access.sign_in_flow();
    Json(SignInWays {
        required,
        link: has_sessions,
        token: has_sessions,
        openid_connect: flow.map(|flow| OpenIdConnectWay {
            name: flow.name().to_owned(),
            path: "/v1/session/sign-in",
        }),
    })
}

/// Sign in with a browser
///
/// Starts a session and sets its cookie, which no script can read and which counts only
/// for the console's own pages: the request needs `Sec-Fetch-Site: same-origin`, and
/// `X-Patchbay-Console: 1`, as every later one that changes something. A session ends
/// 30 minutes after `PUT /v1/session` was called last, after 12 hours, and with its token.
#[utoipa::path(
    post,
    path = "/v1/session",
    operation_id = "sign_in",
    tag = "access",
    request_body = SignInRequest,
    responses(
        descriptions::ActionErrors,
        (status = 200, description = "Who signed in.", body = CallerDocument),
        (status = 401, description = "The token or the code is not valid.", body = patchbay_http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    session_cookie::check_page(&Method::POST, &headers)?;
    if !app.access.is_guarded() {
        return Err(Problem::of(Kind::NotNow).detail(
            "this host has no tokens: requests need no sign-in, and name who acts in `by`",
        ));
    }
    let body: SignInRequest = app.json(request).await?;
    let (field, signed_in) = match (body.token, body.code) {
        (Some(token), None) => ("token", app.access.sign_in(token.trim()).await),
        (None, Some(code)) => ("code", app.access.redeem(&code)),
        _ => {
            return Err(Problem::invalid("token", "send either `token` or `code`"));
        }
    };
    let holder = signed_in.map_err(|error| Problem::from(error).field(field))?;
    let caller = match &holder {
        SignedIn::Token(token) => Caller::Token(Arc::clone(token)),
        SignedIn::External(identity) => Caller::External(Arc::clone(identity)),
    };
    app.check_roster(Some(&caller))?;
    start(&app, &headers, caller, holder).await
}

/// Starts a session, and answers with its cookie.
async fn start(
    app: &Arc<App>,
    headers: &HeaderMap,
    caller: Caller,
    holder: SignedIn,
) -> Result<Response, Problem> {
    let new = store(app, caller, holder).await?;
    let document = CallerDocument::of(app, &new.caller());
    let cookie = session_cookie::set(headers, app.access.is_tls(), &new.secret);
    let no_store = HeaderValue::from_static("no-store");
    let headers = [(SET_COOKIE, cookie), (CACHE_CONTROL, no_store)];
    Ok((headers, Json(document)).into_response())
}

/// Stores a new session, with an entry of the audit trail.
pub(super) async fn store(
    app: &Arc<App>,
    caller: Caller,
    holder: SignedIn,
) -> Result<NewSession, Problem> {
    let shared = Arc::clone(app);
    app.read(move |desk| {
        let _lock = shared.access.lock_changes();
        let new = shared.access.prepare_session(holder)?;
        let details = json!({"session": new.stored.id.to_string()});
        let entry = caller.entry("session.started", caller.company(), &details);
        let journal = desk.journal();
        if !new.ended.is_empty() {
            journal.end_sessions(new.ended.clone(), None)?;
        }
        journal.start_session(new.stored.clone(), entry)?;
        shared.access.insert_session(&new);
        Ok(new)
    })
    .await
}

/// When a session ends.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionEnds {
    /// When it ends unless its person does something before: 30 minutes from now, and not
    /// after `expires_at`. By the clock of the header `Date`.
    idle_ends_at: Timestamp,
    /// When it ends at the latest.
    expires_at: Timestamp,
}

/// Keep the session
///
/// Says that the person pressed a key, or moved or pressed the pointer: the session lasts
/// for 30 minutes from now. Other requests and event streams do not count, because pages
/// send them without their person. Once a minute is enough. Idempotent.
#[utoipa::path(
    put,
    path = "/v1/session",
    operation_id = "keep_session",
    tag = "access",
    responses(
        (status = 200, description = "When the session ends.", body = SessionEnds),
        (status = 409, description = "The request shows no session.", body = patchbay_http::problem::ProblemDocument, content_type = "application/problem+json"),
        descriptions::ReadErrors,
    )
)]
pub(super) async fn keep(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<SessionEnds>, Problem> {
    let Caller::Session(session) = &caller else {
        return Err(Problem::of(Kind::NotNow)
            .detail("the request shows no session; only sessions end when nobody uses them"));
    };
    app.access.keep_session(session);
    Ok(Json(SessionEnds {
        idle_ends_at: session.idle_ends_at(),
        expires_at: session.expires_at,
    }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SignOutQuery {
    /// Whether all sessions of the same person end. Default: this one.
    #[serde(default)]
    everywhere: bool,
}

/// Sign out
///
/// Ends the session of the request, or with `everywhere` all of the same person, also
/// when the request shows a token instead. Event streams end with it, and the browser
/// deletes what the pages stored. Idempotent.
#[utoipa::path(
    delete,
    path = "/v1/session",
    operation_id = "sign_out",
    tag = "access",
    params(SignOutQuery),
    responses((status = 204, description = "The person is signed out."), descriptions::ReadErrors)
)]
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<SignOutQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ended: Vec<SessionId> = match (&caller, query.everywhere) {
        (_, true) => app.access.sessions_of(&caller),
        (Caller::Session(session), false) => vec![session.id],
        (_, false) => Vec::new(),
    };
    if !ended.is_empty() {
        let shared = Arc::clone(&app);
        app.read(move |desk| {
            let ids: Vec<_> = ended.iter().map(ToString::to_string).collect();
            let details = json!({"sessions": ids});
            let entry = caller.entry("session.ended", caller.company(), &details);
            let _lock = shared.access.lock_changes();
            desk.journal().end_sessions(ended.clone(), Some(entry))?;
            shared.access.end_sessions(&ended);
            Ok(())
        })
        .await?;
        app.notify_followers();
    }
    let cookie = session_cookie::clear(&headers, app.access.is_tls());
    let everything = HeaderValue::from_static("\"cache\", \"storage\"");
    let headers = [(SET_COOKIE, cookie), (CLEAR_SITE_DATA, everything)];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}
