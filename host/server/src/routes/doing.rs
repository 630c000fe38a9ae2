//! What people do about conversations.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use patchbay_desk::action::{Action, Actor, Destination, Done, Role};
use patchbay_desk::reply::{Reply, Sent, Then};
use patchbay_journal::ConversationId;
use patchbay_model::decision::tone::Review;
use patchbay_model::input::TEXT_BYTES;
use patchbay_model::interaction::{Attachment, WrittenBy, check_attachments};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversations::conversation_id;
use crate::access::Caller;
use crate::app::App;
use crate::deadline::Deadline;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Most bytes of an id somebody gives.
const ID_BYTES: usize = 256;

/// Who does it. Without tokens this is taken on trust, from programs on the
/// same machine; with one it may be left out, and names nobody else.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActorFields {
    /// Id of the agent or supervisor; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`; what the token is, or else agent, unless said.
    #[serde(default)]
    role: Option<RoleField>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RoleField {
    Agent,
    Supervisor,
}

impl ActorFields {
    /// Who they say, as far as the caller may say so.
    pub(super) fn of(self, caller: &Caller) -> Result<Actor, Problem> {
        actor(caller, self.by, self.role)
    }
}

pub(super) fn actor(
    caller: &Caller,
    by: Option<String>,
    role: Option<RoleField>,
) -> Result<Actor, Problem> {
    let role = role.map(|role| match role {
        RoleField::Agent => Role::Agent,
        RoleField::Supervisor => Role::Supervisor,
    });
    caller.actor(by, role)
}

/// Something to be done about a conversation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRequest {
    /// Id of the agent or supervisor who does it; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`; what the token is, or else agent, unless said.
    #[serde(default)]
    role: Option<RoleField>,
    /// `assign` (give it to `agent`, whether or not they have room; agents may
    /// take what nobody owns), `transfer` (send it to `queue` or have it wait
    /// for `agent`), `return` (back to its queue, routed again), `hold`,
    /// `resume`, `wait` (the customer is next), `wrap-up` or `resolve`.
    action: ActionCode,
    /// For `assign` and `transfer`.
    #[serde(default)]
    agent: Option<String>,
    /// For `transfer`.
    #[serde(default)]
    queue: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ActionCode {
    Assign,
    Transfer,
    Return,
    Hold,
    Resume,
    Wait,
    WrapUp,
    Resolve,
}

impl ActionRequest {
    fn action(&self) -> Result<Action, Problem> {
        let wrong = |field: &str, detail: &str| {
            Err(Problem::of(Kind::InvalidInput).field(field).detail(detail))
        };
        let takes = match self.action {
            ActionCode::Assign => (true, false),
            ActionCode::Transfer => (true, true),
            _ => (false, false),
        };
        if self.agent.is_some() && !takes.0 {
            return wrong("agent", "is only for assign and transfer");
        }
        if self.queue.is_some() && !takes.1 {
            return wrong("queue", "is only for transfer");
        }
        Ok(match (self.action, &self.agent, &self.queue) {
            (ActionCode::Assign, Some(agent), _) => Action::Assign {
                agent: agent.clone(),
            },
            (ActionCode::Assign, None, _) => return wrong("agent", "is missing: assign to whom?"),
            (ActionCode::Transfer, Some(agent), None) => {
                Action::Transfer(Destination::Agent(agent.clone()))
            }
            (ActionCode::Transfer, None, Some(queue)) => {
                Action::Transfer(Destination::Queue(queue.clone()))
            }
            (ActionCode::Transfer, _, _) => {
                return wrong("queue", "or `agent`: a transfer names exactly one of them");
            }
            (ActionCode::Return, ..) => Action::Return,
            (ActionCode::Hold, ..) => Action::Hold,
            (ActionCode::Resume, ..) => Action::Resume,
            (ActionCode::Wait, ..) => Action::Wait,
            (ActionCode::WrapUp, ..) => Action::WrapUp,
            (ActionCode::Resolve, ..) => Action::Resolve,
        })
    }
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DoneDocument {
    /// Where the conversation stands now.
    state: &'static str,
    /// Who owns it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Whether its owner has more than they can hold.
    exceeds_capacity: bool,
    /// What became of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<SentDocument>,
}

/// What became of a reply.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentDocument {
    /// Its id.
    id: String,
    /// `published` (on its way to the channel), `revise` (back to its agent),
    /// `held` (it waits for approval) or `blocked`; where the same reply is
    /// asked for again also `delivered`, `undeliverable`, `rejected` or
    /// `stale`.
    status: &'static str,
    /// What the policies said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::schema::Review>)]
    review: Option<Review>,
}

impl DoneDocument {
    pub(super) fn of(done: Done) -> DoneDocument {
        DoneDocument {
            state: done.state.as_str(),
            owner: done.owner,
            exceeds_capacity: done.exceeds_capacity,
            reply: done.reply.map(|Sent { id, status, review }| SentDocument {
                id,
                status: status.as_str(),
                review,
            }),
        }
    }
}

/// A reply to be sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyRequest {
    /// Id of the agent or supervisor who sends it; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`; what the token is, or else agent, unless said.
    #[serde(default)]
    role: Option<RoleField>,
    /// The sender's own id of the reply, unique in the conversation: the same
    /// again is the same reply, and goes out once.
    id: String,
    /// The text as it would be sent; at most 64 KiB, and what the channel
    /// takes.
    text: String,
    /// Files that go out with it, as in an interaction; at most 32.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    attachments: Vec<Attachment>,
    /// `human` or `policy`; human unless said. Some channels require it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    written_by: WrittenBy,
    /// What happens once the channel has it: `wait` (the customer is next),
    /// `stay`, `wrap-up` or `resolve`; wait unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    then: Then,
}

/// A reply that is being typed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypedRequest {
    /// Id of the agent or supervisor who types; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`; what the token is, or else agent, unless said.
    #[serde(default)]
    role: Option<RoleField>,
    /// What there is so far.
    text: String,
    /// `human` or `policy`; human unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    written_by: WrittenBy,
}

/// What the policies say of a reply that is being typed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypedDocument {
    /// What they say; absent where none has an opinion.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::schema::Review>)]
    review: Option<Review>,
    /// Its length, in the channel's unit.
    length: u32,
    /// The most the channel takes; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
}

/// Do something about a conversation
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/actions",
    operation_id = "act",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    request_body(content = ActionRequest, content_type = "application/json"),
    responses((status = 200, description = "It is done, and on disk.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn act(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: ActionRequest = app.json(request).await?;
    let action = request.action()?;
    let actor = actor(&caller, request.by, request.role)?;
    do_it(app, company, conversation, actor, action).await
}

/// Reply to the customer
///
/// The draft is checked. It goes out through the outbox, goes back to be
/// revised, waits for approval, or is blocked. Only its agent and supervisors
/// may reply.
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
    responses((status = 200, description = "What became of it.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn reply(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: ReplyRequest = app.json(request).await?;
    bounded("id", &request.id, ID_BYTES)?;
    bounded("text", &request.text, TEXT_BYTES)?;
    check_attachments(&request.attachments)?;
    let reply = Reply {
        id: request.id,
        text: request.text,
        attachments: request.attachments,
        written_by: request.written_by,
        then: request.then,
    };
    let actor = actor(&caller, request.by, request.role)?;
    do_it(app, company, conversation, actor, Action::Reply(reply)).await
}

/// Check a reply while it is typed
///
/// Nothing is recorded and nothing remembered.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/replies/check",
    operation_id = "check_reply",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        schema::Patience,
    ),
    request_body(content = TypedRequest, content_type = "application/json"),
    responses((status = 200, description = "What the policies say.", body = TypedDocument), schema::NotDone)
)]
pub(super) async fn check(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<TypedDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let deadline = Deadline::of(request.headers())?;
    let request: TypedRequest = app.json(request).await?;
    let actor = actor(&caller, request.by, request.role)?;
    bounded("by", &actor.id, ID_BYTES)?;
    if request.text.len() > TEXT_BYTES {
        bounded("text", &request.text, TEXT_BYTES)?;
    }
    app.typing(&company, &conversation.to_string(), &actor.id)?;
    if !app.load().allows_repeats() {
        return Err(Problem::busy(
            "the host is full: replies are not checked while they are typed",
        ));
    }
    let desk = app.desk()?;
    let of = company.clone();
    // Policies need the deep stacks of the threads that decide.
    let work = move |turn: crate::workers::Turn<Result<TypedDocument, Problem>>| {
        let (text, written_by) = (&request.text, request.written_by);
        let typed = desk.check_as_typed(&company, conversation, &actor, text, written_by);
        turn.answer(match typed {
            Ok(Ok(typed)) => Ok(TypedDocument {
                review: typed.review,
                length: typed.length,
                limit: typed.limit,
            }),
            Ok(Err(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        });
    };
    let until = deadline.until(app.settings.deadline);
    Ok(Json(app.workers.ask(&of, until, work).await??))
}

pub(super) async fn do_it(
    app: Arc<App>,
    company: String,
    conversation: ConversationId,
    actor: Actor,
    action: Action,
) -> Result<Json<DoneDocument>, Problem> {
    app.read(move |desk| {
        let answer = desk.act(&company, conversation, actor, action)?;
        Ok(Json(DoneDocument::of(answer?)))
    })
    .await
}

pub(super) fn bounded(field: &str, text: &str, limit: usize) -> Result<(), Problem> {
    let problem = Problem::of(Kind::InvalidInput).field(field);
    if text.trim().is_empty() {
        return Err(problem.detail("is empty"));
    }
    if text.len() > limit {
        let size = Some(text.len() as u64);
        return Err(problem
            .detail(format!("is {} bytes long; {limit} are taken", text.len()))
            .limit(limit as u64, size, "bytes"));
    }
    Ok(())
}
