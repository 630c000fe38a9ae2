//! Taking a reply back before it is sent.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_files::file_id;
use patchbay_http::history_entry::SentFileDocument;
use patchbay_http::problem::{Kind, Problem};
use patchbay_model::interaction::{Attachment, WrittenBy};
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::reply::ReplyResult;
use patchbay_records::written_reply::WrittenReply;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use super::actions::ActorFields;
use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// A reply that was taken back, and its conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TakenBackReply {
    /// Id of the reply. Nothing is ever sent with this id: send the text with a new one.
    reply: String,
    /// What its author wrote; absent if the customer was erased meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<WrittenReplyDocument>,
    /// State of the conversation now.
    state: &'static str,
    /// Agent who owns the conversation now.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Number of the last history entry of the conversation: the value of `expected` for
    /// what the author does next.
    sequence: u64,
}

/// What the author of a reply wrote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WrittenReply)]
struct WrittenReplyDocument {
    /// The text; of a template, the filled text.
    text: String,
    /// The template that it was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<SentTemplateDocument>,
    /// Uploaded files: they can be sent with another reply of the conversation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<SentFileDocument>,
    /// References to other files, as in the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    attachments: Vec<Attachment>,
    /// `human` or `policy`.
    #[schema(value_type = descriptions::WrittenBy)]
    written_by: WrittenBy,
}

/// A filled template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentTemplate)]
struct SentTemplateDocument {
    /// Its name at the provider, as `GET …/templates` lists it.
    name: String,
    /// Its language as the provider writes it.
    language: String,
    /// The parameters, in the order of their numbers.
    parameters: Vec<String>,
}

impl From<WrittenReply> for WrittenReplyDocument {
    fn from(written: WrittenReply) -> WrittenReplyDocument {
        let is_uploaded = |file: &Attachment| file.url.as_deref().and_then(file_id).is_some();
        let (files, attachments): (Vec<_>, Vec<_>) =
            written.attachments.into_iter().partition(is_uploaded);
        WrittenReplyDocument {
            text: written.text,
            template: written.template.map(|template| SentTemplateDocument {
                name: template.name,
                language: template.language,
                parameters: template.parameters,
            }),
            files: files.into_iter().map(Into::into).collect(),
            attachments,
            written_by: written.written_by,
        }
    }
}

/// Take a reply back
///
/// A published reply is not sent any more, if nothing of it was sent: the company file
/// says in `send-after` how long it waits. A reply that waits for approval is withdrawn.
/// The SLA clocks go on as if it had not been written; a customer never sees it. Only its
/// author and supervisors may take it back. The same request again is answered as the
/// first time. `already-sent`: its sending has begun, so it may have arrived.
/// `nothing-to-take-back`: no reply of this id waits.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/replies/{reply}/take-back",
    operation_id = "take_back_reply",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("reply" = String, Path, description = "Id of the reply."),
    ),
    request_body(content = ActorFields, content_type = "application/json"),
    responses((status = 200, description = "The reply is not sent.", body = TakenBackReply), descriptions::ActionErrors)
)]
pub(super) async fn take_back(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation, reply)): Path<(String, String, String)>,
    request: Request,
) -> Result<Json<TakenBackReply>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let actor = ActorFields::read(&app, &caller, request).await?;
    let action = AgentAction::TakeBack { reply };
    app.read(move |desk| {
        let answer = desk
            .conversations()
            .act(&company, conversation, actor, action)?;
        let done = answer?;
        let Some(ReplyResult { id, draft, .. }) = done.reply else {
            return Err(Problem::of(Kind::Internal));
        };
        Ok(Json(TakenBackReply {
            reply: id,
            written: draft.map(|written| (*written).into()),
            state: done.state.as_str(),
            owner: done.owner,
            sequence: done.sequence,
        }))
    })
    .await
}
