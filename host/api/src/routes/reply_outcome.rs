//! What became of a reply.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use patchbay_http::problem::{Kind, Problem};
use patchbay_records::recorded_reply;
use patchbay_records::reply::ReplyStatus;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// What became of a reply.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplyOutcome {
    /// Id of the reply.
    reply: String,
    /// What became of its newest draft: `published` (it goes to the channel), `delivered`,
    /// `undeliverable`, `held` (for approval), `revise`, `rejected` (both may be sent again
    /// with the same id and text), `blocked`, `stale` or `taken-back`.
    #[schema(value_type = String)]
    status: ReplyStatus,
    /// Number of the history entry with that draft; `history` has its text.
    entry: u64,
}

/// Get what became of a reply
///
/// For a client that does not know whether its reply was taken: after an answer that was
/// lost, or a 409 `reply-id-taken`. The conversation keeps the outcome of every reply.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/replies/{reply}",
    operation_id = "reply_outcome",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("reply" = String, Path, description = "Id of the reply, from the agent's client."),
    ),
    responses((status = 200, description = "The outcome.", body = ReplyOutcome), descriptions::ReadErrors)
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path((company, conversation, reply)): Path<(String, String, String)>,
) -> Result<Json<ReplyOutcome>, Problem> {
    let conversation = conversation_id(&conversation)?;
    app.read(move |desk| {
        let (id, journal) = (desk.company(&company)?, desk.journal());
        if journal.conversation(id, conversation)?.is_none() {
            return Err(Problem::of(Kind::UnknownConversation));
        }
        let found = recorded_reply::find(&**journal, id, conversation, &reply)?;
        let found = found.ok_or_else(|| {
            Problem::of(Kind::NotFound).detail("the conversation has no reply of this id")
        })?;
        Ok(Json(ReplyOutcome {
            reply: found.id,
            status: found.status,
            entry: found.entry,
        }))
    })
    .await
}
