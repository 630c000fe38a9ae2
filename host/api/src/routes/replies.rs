//! Replies: sending them, and checking them while they are typed.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_desk::Desk;
use patchbay_files::{file_id, is_file_id};
use patchbay_http::problem::Problem;
use patchbay_http::request_headers::Deadline;
use patchbay_http::workers::Job;
use patchbay_journal::ConversationId;
use patchbay_model::decision::tone::Review;
use patchbay_model::input::{ATTACHMENTS, TEXT_BYTES};
use patchbay_model::interaction::{Attachment, WrittenBy, check_attachments};
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::reply::{AfterReply, FilledTemplate, Reply, ReplyAttachment};
use patchbay_service::app::App;
use patchbay_service::chat_signals::ChatSignals;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{ActionResult, RoleField, actor, run_action};
use super::conversations::conversation_id;
use patchbay_http::descriptions;
use patchbay_http::request_fields::check_length;

/// Longest id, in bytes.
const ID_BYTES: usize = 256;

/// A reply to send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyRequest {
    /// Id of the agent or supervisor who sends it; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// Id given by the sender, unique in the conversation. A request with the same
    /// id is the same reply and is published once.
    id: String,
    /// The text to send; at most 64 KiB and the channel's limit. Absent with `template`;
    /// absent or empty where a reply has uploaded files and the channel takes them alone
    /// (`without_text` in `files` of the conversation).
    #[serde(default)]
    text: Option<String>,
    /// The template to send instead of a text, on channels whose provider approves
    /// messages: also when the time for free replies is over.
    #[serde(default)]
    template: Option<TemplateField>,
    /// Files to send with it: uploaded ones by their id, where the channel takes files
    /// (`files` of the conversation says which); references to other files where a target of
    /// the company publishes. At most 32.
    #[serde(default)]
    #[schema(max_items = 32)]
    attachments: Vec<AttachmentField>,
    /// `human` or `policy`. Default `human`. Some channels require it.
    #[serde(default)]
    #[schema(value_type = descriptions::WrittenBy)]
    written_by: WrittenBy,
    /// What happens when the channel has accepted it: `wait` (on the customer),
    /// `stay`, `wrap-up` or `resolve`. Default `wait`.
    #[serde(default)]
    #[schema(value_type = descriptions::AfterReply)]
    then: AfterReply,
    /// `sequence` of the conversation as its author saw it. If the customer wrote, a colleague
    /// replied, or another person changed its owner or state since then, the reply is
    /// refused with `conversation-moved` and what is newer. The same reply again is
    /// answered as the first time all the same. Default: no check.
    #[serde(default)]
    expected: Option<u64>,
}

/// A file of a reply: an uploaded one (`file` alone), or a reference as in an interaction.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplyAttachment)]
struct AttachmentField {
    /// Id of a file that was uploaded to the conversation; without other fields.
    #[serde(default)]
    file: Option<String>,
    /// `image`, `video`, `audio`, `document`, `location` or `other`. Default `other`.
    #[serde(default)]
    kind: Option<String>,
    /// File name.
    #[serde(default)]
    name: Option<String>,
    /// Media type.
    #[serde(default)]
    media_type: Option<String>,
    /// Size in bytes.
    #[serde(default)]
    size: Option<u64>,
    /// URL of the content.
    #[serde(default)]
    url: Option<String>,
}

impl AttachmentField {
    /// The attachment of the field at a position.
    fn check(self, index: usize) -> Result<ReplyAttachment, Problem> {
        let invalid = |field: &str, detail: &str| {
            let field = format!("attachments[{index}].{field}");
            Err(Problem::invalid(field, detail))
        };
        let AttachmentField {
            file,
            kind,
            name,
            media_type,
            size,
            url,
        } = self;
        let Some(id) = file else {
            if url.as_deref().is_some_and(|url| file_id(url).is_some()) {
                return invalid("url", "name an uploaded file by `file`");
            }
            return Ok(ReplyAttachment::Reference(Attachment {
                kind: kind.unwrap_or_else(|| "other".to_owned()),
                name,
                media_type,
                size,
                url,
            }));
        };
        let texts = [kind, name, media_type, url];
        if size.is_some() || texts.iter().any(Option::is_some) {
            return invalid("file", "stands alone: the host knows name, type and size");
        }
        match is_file_id(&id) {
            true => Ok(ReplyAttachment::Uploaded(id)),
            false => invalid("file", "is not the id of an uploaded file"),
        }
    }
}

/// A template of the company file, and what to fill in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FilledTemplate)]
struct TemplateField {
    /// Its id, as `GET …/templates` lists it.
    id: String,
    /// Its parameters, in the order of their numbers; each at most 1,024 characters in one
    /// line.
    #[serde(default)]
    parameters: Vec<String>,
}

/// A reply that an agent is typing.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TypedRequest)]
pub(crate) struct DraftRequest {
    /// Id of the agent or supervisor who types; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// The text so far.
    text: String,
    /// `human` or `policy`. Default `human`.
    #[serde(default)]
    #[schema(value_type = descriptions::WrittenBy)]
    written_by: WrittenBy,
}

/// Result of the check of a reply that an agent is typing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TypedDocument)]
pub(crate) struct DraftCheck {
    /// Result of the tone check; absent if no policy has an opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Review>)]
    review: Option<Review>,
    /// Length, in the channel's unit.
    length: u32,
    /// The channel's limit; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

/// Reply to the customer
///
/// Checks the draft. It is then published through the outbox, returned for
/// revision, held for approval, or blocked. Only the conversation's agent and
/// supervisors may reply.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/replies",
    operation_id = "reply",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    request_body(content = ReplyRequest, content_type = "application/json"),
    responses((status = 200, description = "Result of the reply.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn reply(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: ReplyRequest = app.json(request).await?;
    check_length("id", &request.id, ID_BYTES)?;
    let invalid = |field: &str, problem: &str| Err(Problem::invalid(field, problem));
    let is_without_text = request.text.as_ref().is_none_or(|text| text.is_empty());
    let has_upload = request.attachments.iter().any(|it| it.file.is_some());
    match (&request.text, &request.template) {
        // The channel decides whether it takes files alone.
        (_, None) if is_without_text && has_upload => {}
        (Some(text), None) => check_length("text", text, TEXT_BYTES)?,
        (None, Some(template)) => {
            check_length("template.id", &template.id, ID_BYTES)?;
            if !request.attachments.is_empty() {
                return invalid("attachments", "a template takes no attachments");
            }
        }
        (None, None) => return invalid("text", "is missing, and there is no template"),
        (Some(_), Some(_)) => return invalid("text", "must be absent beside a template"),
    }
    let attachments = request.attachments.into_iter().enumerate();
    let attachments = attachments.map(|(index, field)| field.check(index));
    let attachments: Vec<ReplyAttachment> = attachments.collect::<Result<_, _>>()?;
    if attachments.len() > ATTACHMENTS {
        let detail = format!(
            "has {} entries; the limit is {ATTACHMENTS}",
            attachments.len()
        );
        return invalid("attachments", &detail);
    }
    let references = attachments
        .iter()
        .filter_map(|attachment| match attachment {
            ReplyAttachment::Reference(attachment) => Some(attachment.clone()),
            ReplyAttachment::Uploaded(_) => None,
        });
    check_attachments(&references.collect::<Vec<_>>())?;
    let reply = Reply {
        id: request.id,
        text: request.text.unwrap_or_default(),
        template: request.template.map(|it| FilledTemplate {
            id: it.id,
            parameters: it.parameters,
        }),
        attachments,
        written_by: request.written_by,
        then: request.then,
    };
    let actor = actor(&caller, request.by, request.role)?;
    let action = (AgentAction::Reply(reply), request.expected);
    run_action(app, company, conversation, actor, action).await
}

/// Tells the visitor of a web chat that an agent is typing, if a stream is open.
fn tell_typing(desk: &Desk, chats: &ChatSignals, company: &str, conversation: ConversationId) {
    if chats.is_empty() {
        return;
    }
    let Ok(company) = desk.company(company) else {
        return;
    };
    // Of no other channel is a thread watched.
    if let Ok(Some(row)) = desk.journal().conversation(company, conversation) {
        chats.typed(company, &row.thread);
    }
}

/// Check a reply while it is typed
///
/// Nothing is recorded, and policies' state does not change.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/replies/check",
    operation_id = "check_reply",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        descriptions::DeadlineHeader,
    ),
    request_body(content = DraftRequest, content_type = "application/json"),
    responses((status = 200, description = "Result of the check.", body = DraftCheck), descriptions::ActionErrors)
)]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DraftCheck>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let deadline = Deadline::from_headers(request.headers())?;
    let request: DraftRequest = app.json(request).await?;
    let actor = actor(&caller, request.by, request.role)?;
    check_length("by", &actor.id, ID_BYTES)?;
    // An empty text is valid while typing.
    if request.text.len() > TEXT_BYTES {
        check_length("text", &request.text, TEXT_BYTES)?;
    }
    app.check_typing(&company, &conversation.to_string(), &actor.id)?;
    if !app.load().allows_repeats() {
        return Err(Problem::busy(
            "the host is full and does not check replies while they are typed",
        ));
    }
    let desk = app.desk()?;
    let (name, chats) = (company.clone(), Arc::clone(&app.chat_signals));
    // Plugins need the deep stacks of the deciding threads.
    let work = move |job: Job<Result<DraftCheck, Problem>>| {
        let (text, written_by) = (&request.text, request.written_by);
        let check =
            desk.conversations()
                .check_draft(&company, conversation, &actor, text, written_by);
        job.answer(match check {
            Ok(Ok(check)) => {
                if !text.is_empty() {
                    tell_typing(&desk, &chats, &company, conversation);
                }
                Ok(DraftCheck {
                    review: check.review,
                    length: check.length,
                    limit: check.limit,
                })
            }
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        });
    };
    let until = deadline.until(app.settings.deadline);
    Ok(Json(app.workers.run(&name, until, work).await??))
}
