//! Creates, lists and revokes tokens.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::{Caller, LINK_LIFETIME};
use patchbay_config::duration::Seconds;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{Secret, Token, TokenId};
use patchbay_model::access::{Role, TokenScope, lifetime};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Default lifetime of a token behind a one-time link: a working day.
const LINK_TOKEN: Seconds = Seconds(12 * 3_600);

/// A token to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// Name of the company; absent: the whole host, which only operators and
    /// auditors can have.
    #[serde(default)]
    company: Option<String>,
    /// `integrator`, `operator`, `agent`, `supervisor` or `auditor`.
    #[schema(value_type = descriptions::Role)]
    role: Role,
    /// Id of the agent; required for the role `agent`, not allowed for others.
    #[serde(default)]
    agent: Option<String>,
    /// Name under which its holder acts, 1 to 256 bytes. Default: the token's id. An
    /// agent's token always acts under the agent's id.
    #[serde(default)]
    name: Option<String>,
    /// Lifetime, such as `30d`, from a minute to 3650 days. Default 90 days.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires_in: Option<Seconds>,
    /// Whether it is valid until it is revoked.
    #[serde(default)]
    never_expires: bool,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenDocument {
    /// Id of the token.
    id: String,
    /// Name under which its holder acts.
    name: String,
    /// Name of the company; absent: the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Role.
    #[schema(value_type = descriptions::Role)]
    role: Role,
    /// Id of the agent, for the role `agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
    /// When it was created.
    created_at: Timestamp,
    /// Who created it: id of a token, `local` or `command-line`.
    created_by: String,
    /// When it expires; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

/// A new token with its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeToken)]
pub(crate) struct NewToken {
    #[serde(flatten)]
    token: TokenDocument,
    /// The secret for `Authorization: Bearer`. It is shown only once.
    secret: String,
}

/// A one-time link for a person with a browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewLink {
    /// The token behind it, which revokes what the link gave.
    token: TokenDocument,
    /// Path and fragment of the address at this host. It holds the code, which is
    /// shown only once.
    path: String,
    /// Until when it works.
    works_until: Timestamp,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenList {
    /// All tokens, including revoked and expired ones, in the order of creation.
    tokens: Vec<TokenDocument>,
}

impl TokenDocument {
    /// The token with its state at `now`.
    pub fn of(token: Token, now: Timestamp) -> TokenDocument {
        TokenDocument {
            state: token.state(now).as_str(),
            id: token.id.to_string(),
            name: token.name,
            company: token.standing.company,
            role: token.standing.role,
            agent: token.standing.agent,
            created_at: token.created_at,
            created_by: token.created_by,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl TokenRequest {
    /// The lifetime, or else this one; none: until revoked.
    fn lifetime(&self, default: Option<Seconds>) -> Result<Option<Seconds>, Problem> {
        let wrong = |detail: String| Problem::invalid("expires_in", detail);
        match (self.expires_in, self.never_expires) {
            (Some(_), true) => Err(wrong("cannot be given with never_expires".to_owned())),
            (None, true) => Ok(None),
            (span, false) => lifetime(span.or(default))
                .map(Some)
                .map_err(|error| wrong(error.to_string())),
        }
    }
}

/// List tokens
#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "tokens",
    tag = "access",
    responses((status = 200, description = "Tokens, without their secrets.", body = TokenList), descriptions::ReadErrors)
)]
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Json<TokenList>, Problem> {
    app.read(|desk| {
        let now = Timestamp::now();
        let tokens = desk.journal().tokens()?.into_iter();
        Ok(Json(TokenList {
            tokens: tokens.map(|token| TokenDocument::of(token, now)).collect(),
        }))
    })
    .await
}

/// Create a token
///
/// From the first token on, every request requires one. Create an operator's token
/// for the whole host first: it can create the others.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "create_token",
    tag = "access",
    request_body = TokenRequest,
    responses((status = 201, description = "The token, with its secret.", body = NewToken), descriptions::ActionErrors)
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let body: TokenRequest = app.json(request).await?;
    let lifetime = body.lifetime(None)?;
    let (token, secret) = store(&app, caller, body, lifetime, false).await?;
    let created = NewToken {
        token: TokenDocument::of(token, Timestamp::now()),
        secret: secret.reveal().to_owned(),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(created)).into_response())
}

/// Create a one-time link
///
/// Creates a token whose secret is never shown, and an address that signs its holder in
/// to the console, once, within 10 minutes and until the server stops. The token is valid
/// for 12 hours unless the request says otherwise; revoking it ends the session.
#[utoipa::path(
    post,
    path = "/v1/tokens/links",
    operation_id = "create_link",
    tag = "access",
    request_body = TokenRequest,
    responses((status = 201, description = "The link, and its token.", body = NewLink), descriptions::ActionErrors)
)]
pub(crate) async fn create_link(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let body: TokenRequest = app.json(request).await?;
    let lifetime = body.lifetime(Some(LINK_TOKEN))?;
    let (token, _) = store(&app, caller, body, lifetime, true).await?;
    let code = app.access.link_code(&token)?;
    let now = Timestamp::now();
    let link = NewLink {
        path: format!("/console/#/sign-in?code={}", code.reveal()),
        works_until: now.checked_add(LINK_LIFETIME).unwrap_or(Timestamp::MAX),
        token: TokenDocument::of(token, now),
    };
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(link)).into_response())
}

/// Stores a token, and the audit entry about it.
async fn store(
    app: &Arc<App>,
    caller: Caller,
    body: TokenRequest,
    lifetime: Option<Seconds>,
    is_link: bool,
) -> Result<(Token, Secret), Problem> {
    let shared = Arc::clone(app);
    let created = app
        .read(move |desk| {
            if let Some(company) = &body.company {
                desk.company(company)
                    .map_err(|error| Problem::from(error).field("company"))?;
            }
            let standing = TokenScope {
                company: body.company,
                role: body.role,
                agent: body.agent,
            };
            let now = Timestamp::now();
            let (id, secret) = (TokenId::generate()?, Secret::generate()?);
            let token = Token::new(id, &secret, body.name, standing, now, caller.id())
                .with_lifetime(lifetime);
            let mut details = audit_details(&token);
            if is_link {
                details["link"] = true.into();
            }
            let company = token.standing.company.as_deref();
            let entry = caller.entry("token.created", company, &details);
            let _lock = shared.access.lock_changes();
            desk.journal().put_token(token.clone(), entry)?;
            shared.access.insert(token.clone());
            Ok((token, secret))
        })
        .await?;
    // The first token ends feeds that are followed without one.
    app.notify_followers();
    Ok(created)
}

/// Details of a new token for the audit trail.
fn audit_details(token: &Token) -> serde_json::Value {
    json!({
        "token": token.id.to_string(),
        "role": token.standing.role,
        "agent": token.standing.agent,
        "expires_at": token.expires_at,
    })
}

/// Revoke a token
///
/// Takes effect at once, also for feeds that are followed with the token.
/// Idempotent.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{token}",
    operation_id = "revoke_token",
    tag = "access",
    params(("token" = String, Path, description = "Id of the token.")),
    responses((status = 204, description = "The token is revoked."), descriptions::ReadErrors)
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: TokenId = token.parse().map_err(|_| Problem::of(Kind::UnknownToken))?;
    let shared = Arc::clone(&app);
    app.read(move |desk| {
        let journal = desk.journal();
        let tokens = journal.tokens()?;
        let Some(known) = tokens.into_iter().find(|token| token.id == id) else {
            return Err(Problem::of(Kind::UnknownToken));
        };
        let company = known.standing.company.as_deref();
        let entry = caller.entry("token.revoked", company, &json!({"token": id.to_string()}));
        let _lock = shared.access.lock_changes();
        journal.revoke_token(id, Timestamp::now(), entry)?;
        shared.access.revoke(id);
        Ok(())
    })
    .await?;
    app.notify_followers();
    Ok(StatusCode::NO_CONTENT)
}
