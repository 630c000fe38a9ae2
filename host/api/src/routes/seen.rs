//! How far people have read conversations.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::check_length;
use patchbay_model::input::ID_BYTES;
use patchbay_service::app::App;
use patchbay_service::live_signals::LiveSignal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{RoleField, actor};
use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// How far a person has read a conversation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenRequest {
    /// Id of the agent or supervisor; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// Number of the newest history entry that was shown; at most the conversation's
    /// `sequence`.
    seen: u64,
}

/// How far the caller has read a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeenDocument {
    /// Number of the newest history entry that they saw: the one sent, or a newer one that
    /// was sent before.
    seen: u64,
}

/// Say how far one has read a conversation
///
/// For lists, which then have `seen` and `unread`. Each person has one mark of a
/// conversation, for all their tabs and devices; it goes forward only. A conversation keeps
/// the marks of the 64 people who read it last. Marks are not in the history and not in the
/// feed, and are deleted with the conversation and when its contact is erased. A caller
/// speaks for themselves only. Idempotent.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/conversations/{conversation}/seen/me",
    operation_id = "mark_seen",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    request_body(content = SeenRequest, content_type = "application/json"),
    responses((status = 200, description = "The mark that counts.", body = SeenDocument), descriptions::ActionErrors)
)]
pub(super) async fn mark(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<SeenDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: SeenRequest = app.json(request).await?;
    let person = actor(&caller, request.by, request.role)?.id;
    check_length("by", &person, ID_BYTES)?;
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let (id, journal) = (desk.company(&company)?, desk.journal());
        let known = journal.conversation(id, conversation)?;
        let known = known.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
        if request.seen > known.sequence {
            let newest = known.sequence;
            let detail = format!("the newest entry of the conversation is {newest}");
            return Err(Problem::invalid("seen", detail));
        }
        let mark = journal.mark_seen(id, conversation, &person, request.seen, desk.now())?;
        let mark = mark.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
        let seen = mark.sequence;
        let signal = LiveSignal::Seen(conversation, seen);
        state.live_signals.send(id, [person.as_str()], &signal);
        Ok(Json(SeenDocument { seen }))
    })
    .await
}
