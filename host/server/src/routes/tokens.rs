//! Tokens: making, listing and revoking them.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use patchbay_journal::{Secret, Token, TokenId};
use patchbay_model::access::{Role, Standing, lifetime};
use patchbay_model::duration::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    /// Name of the company; absent: every company, and the host itself. Only an
    /// operator or auditor may be one for the whole host.
    #[serde(default)]
    company: Option<String>,
    /// `integrator`, `operator`, `agent`, `supervisor` or `auditor`.
    #[schema(value_type = String)]
    role: Role,
    /// Id of the agent whose token it is; for the role agent, and no other.
    #[serde(default)]
    agent: Option<String>,
    /// Under which name its holder acts; 1 to 256 bytes. An agent's token acts
    /// under the agent's id, another without a name under its own.
    #[serde(default)]
    name: Option<String>,
    /// How long it is good, such as `30d`; from a minute to 3650 days, 90 days
    /// unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    expires_in: Option<Seconds>,
    /// Whether it is good until it is revoked.
    #[serde(default)]
    never_expires: bool,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenDocument {
    /// Its id.
    id: String,
    /// Under which name its holder acts.
    name: String,
    /// Name of its company; absent: the whole host.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    /// Its role.
    #[schema(value_type = String)]
    role: Role,
    /// Whose it is, where it is an agent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who had it made: id of a token, `local` or `command-line`.
    created_by: String,
    /// Until when it is good; absent: until it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeToken {
    #[serde(flatten)]
    token: TokenDocument,
    /// What its holder shows. It is told here and never again.
    secret: String,
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenList {
    /// All there ever were, in the order in which they were made.
    tokens: Vec<TokenDocument>,
}

impl TokenDocument {
    fn of(token: Token, now: Timestamp) -> TokenDocument {
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
    /// How long it is good; nothing: until it is revoked.
    fn lifetime(&self) -> Result<Option<Seconds>, Problem> {
        let wrong = |detail: String| {
            let problem = Problem::of(Kind::InvalidInput).field("expires_in");
            problem.detail(detail)
        };
        match (self.expires_in, self.never_expires) {
            (Some(_), true) => Err(wrong("cannot be given with never_expires".to_owned())),
            (None, true) => Ok(None),
            (span, false) => lifetime(span)
                .map(Some)
                .map_err(|error| wrong(error.to_string())),
        }
    }
}

/// Tokens
#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "tokens",
    tag = "access",
    responses((status = 200, description = "Tokens, without their secrets.", body = TokenList), schema::NoDocument)
)]
pub(super) async fn list(State(app): State<Arc<App>>) -> Result<Json<TokenList>, Problem> {
    app.read(|desk| {
        let now = Timestamp::now();
        let tokens = desk.journal().tokens()?.into_iter();
        Ok(Json(TokenList {
            tokens: tokens.map(|token| TokenDocument::of(token, now)).collect(),
        }))
    })
    .await
}

/// Make a token
///
/// From the first one on every request needs one: begin with an operator's for
/// the whole host, who can make the others.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "create_token",
    tag = "access",
    request_body = TokenRequest,
    responses((status = 201, description = "The token, with its secret.", body = MadeToken), schema::NotDone)
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let asked: TokenRequest = app.json(request).await?;
    let now = Timestamp::now();
    let lifetime = asked.lifetime()?;
    let here = Arc::clone(&app);
    let made = app
        .read(move |desk| {
            if let Some(company) = &asked.company {
                desk.company(company)
                    .map_err(|error| Problem::from(error).field("company"))?;
            }
            let standing = Standing {
                company: asked.company,
                role: asked.role,
                agent: asked.agent,
            };
            let (id, secret) = (TokenId::make()?, Secret::make()?);
            let token =
                Token::new(id, &secret, asked.name, standing, now, caller.id()).good_for(lifetime);
            let entry = caller.entry(
                "token.created",
                token.standing.company.as_deref(),
                &about(&token),
            );
            let _alone = here.access.change();
            desk.journal().put_token(token.clone(), entry)?;
            here.access.keep(token.clone());
            Ok(MadeToken {
                token: TokenDocument::of(token, now),
                secret: secret.reveal().to_owned(),
            })
        })
        .await?;
    // With the first one whoever follows a feed without is cut off.
    app.changes.send_modify(|number| *number += 1);
    let headers = [(CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, headers, Json(made)).into_response())
}

/// What the audit trail says of a token that is made.
fn about(token: &Token) -> serde_json::Value {
    json!({
        "token": token.id.to_string(),
        "role": token.standing.role,
        "agent": token.standing.agent,
        "expires_at": token.expires_at,
    })
}

/// Revoke a token
///
/// From then on it is worth nothing, also to whoever follows a feed with it.
/// Doing it again is no error.
#[utoipa::path(
    delete,
    path = "/v1/tokens/{token}",
    operation_id = "revoke_token",
    tag = "access",
    params(("token" = String, Path, description = "Id of the token.")),
    responses((status = 204, description = "It is revoked."), schema::NoDocument)
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: TokenId = token.parse().map_err(|_| Problem::of(Kind::UnknownToken))?;
    let here = Arc::clone(&app);
    app.read(move |desk| {
        let journal = desk.journal();
        let tokens = journal.tokens()?;
        let Some(known) = tokens.into_iter().find(|token| token.id == id) else {
            return Err(Problem::of(Kind::UnknownToken));
        };
        let company = known.standing.company.as_deref();
        let entry = caller.entry("token.revoked", company, &json!({"token": id.to_string()}));
        let _alone = here.access.change();
        journal.revoke_token(id, Timestamp::now(), entry)?;
        here.access.revoke(id);
        Ok(())
    })
    .await?;
    app.changes.send_modify(|number| *number += 1);
    Ok(StatusCode::NO_CONTENT)
}
