//! Actions of agents and supervisors on conversations.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::ConversationId;
use patchbay_model::access::Role as CallerRole;
use patchbay_model::actor::{Actor, ActorRole};
use patchbay_model::decision::tone::Review;
use patchbay_pass::agent_action::{ActionResult as DeskResult, AgentAction, Destination};
use patchbay_records::reply;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// Who acts. Without tokens the server trusts this, from programs on the same
/// machine; with a token it may be left out and must match the token.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActorFields {
    /// Id of the agent or supervisor; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
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
    /// The actor of a request whose body says only that; an error if the caller may not act
    /// as them.
    pub(super) async fn read(
        app: &App,
        caller: &Caller,
        request: Request,
    ) -> Result<Actor, Problem> {
        let fields: ActorFields = app.json(request).await?;
        actor(caller, fields.by, fields.role)
    }
}

/// The actor of an action; `by` and `role` must match the caller's token.
pub(super) fn actor(
    caller: &Caller,
    by: Option<String>,
    role: Option<RoleField>,
) -> Result<Actor, Problem> {
    let forbidden = |detail: &str| Problem::of(Kind::Forbidden).detail(detail);
    let id = caller.name(by)?;
    let named = role.map(|role| match role {
        RoleField::Agent => ActorRole::Agent,
        RoleField::Supervisor => ActorRole::Supervisor,
    });
    let own = match caller.standing().map(|standing| standing.role) {
        None => named.unwrap_or(ActorRole::Agent),
        Some(CallerRole::Agent) => ActorRole::Agent,
        Some(CallerRole::Supervisor | CallerRole::Operator) => ActorRole::Supervisor,
        Some(CallerRole::Integrator | CallerRole::Auditor) => {
            return Err(forbidden(
                "integrators and auditors do not act on conversations; use a token of an agent or supervisor",
            ));
        }
    };
    match named {
        Some(named) if named != own => {
            Err(forbidden("differs from the token's role; leave it out").field("role"))
        }
        _ => Ok(Actor { id, role: own }),
    }
}

/// An action on a conversation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionRequest {
    /// Id of the agent or supervisor who acts; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// `assign` (to `agent`, even beyond their capacity; agents may assign
    /// themselves a conversation without owner), `transfer` (to `queue`, or to wait
    /// for `agent`), `return` (to its queue, routed again), `hold`, `resume`, `wait`
    /// (on the customer), `wrap-up` or `resolve`.
    action: ActionCode,
    /// Id of an agent, for `assign` and `transfer`.
    #[serde(default)]
    agent: Option<String>,
    /// Id of a queue, for `transfer`.
    #[serde(default)]
    queue: Option<String>,
    /// `sequence` of the conversation as its author saw it. If the customer wrote, a colleague
    /// replied, or another person changed its owner or state since then, the action is
    /// refused with `conversation-moved` and what is newer. Default: no check.
    #[serde(default)]
    expected: Option<u64>,
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

impl ActionCode {
    /// The code in JSON.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            ActionCode::Assign => "assign",
            ActionCode::Transfer => "transfer",
            ActionCode::Return => "return",
            ActionCode::Hold => "hold",
            ActionCode::Resume => "resume",
            ActionCode::Wait => "wait",
            ActionCode::WrapUp => "wrap-up",
            ActionCode::Resolve => "resolve",
        }
    }
}

/// The action of a request; an error where a field is missing or has no meaning for it.
pub(super) fn parse_action(
    action: ActionCode,
    agent: Option<String>,
    queue: Option<String>,
) -> Result<AgentAction, Problem> {
    let wrong = |field: &str, detail: &str| Err(Problem::invalid(field, detail));
    let takes = match action {
        ActionCode::Assign => (true, false),
        ActionCode::Transfer => (true, true),
        _ => (false, false),
    };
    if agent.is_some() && !takes.0 {
        return wrong("agent", "is only for `assign` and `transfer`");
    }
    if queue.is_some() && !takes.1 {
        return wrong("queue", "is only for `transfer`");
    }
    Ok(match (action, agent, queue) {
        (ActionCode::Assign, Some(agent), _) => AgentAction::Assign { agent },
        (ActionCode::Assign, None, _) => {
            return wrong("agent", "is missing; `assign` requires the id of an agent");
        }
        (ActionCode::Transfer, Some(agent), None) => {
            AgentAction::Transfer(Destination::Agent(agent))
        }
        (ActionCode::Transfer, None, Some(queue)) => {
            AgentAction::Transfer(Destination::Queue(queue))
        }
        (ActionCode::Transfer, _, _) => {
            return wrong(
                "queue",
                "a transfer requires exactly one of `queue` and `agent`",
            );
        }
        (ActionCode::Return, ..) => AgentAction::Return,
        (ActionCode::Hold, ..) => AgentAction::Hold,
        (ActionCode::Resume, ..) => AgentAction::Resume,
        (ActionCode::Wait, ..) => AgentAction::Wait,
        (ActionCode::WrapUp, ..) => AgentAction::WrapUp,
        (ActionCode::Resolve, ..) => AgentAction::Resolve,
    })
}

/// Result of an action.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoneDocument)]
pub(crate) struct ActionResult {
    /// State of the conversation now.
    state: &'static str,
    /// Agent who owns it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Whether it exceeds its owner's capacity.
    exceeds_capacity: bool,
    /// Result of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<ReplyResult>,
    /// Number of the last history entry of the conversation: the value of `expected` for
    /// what the author does next.
    sequence: u64,
}

/// Result of a reply.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentDocument)]
pub(crate) struct ReplyResult {
    /// Id of the reply.
    id: String,
    /// `published` (on its way to the channel), `revise` (back to its agent), `held`
    /// (waiting for approval) or `blocked`; when the same reply is sent again also
    /// `delivered`, `undeliverable`, `rejected`, `stale` or `taken-back`.
    status: &'static str,
    /// Result of the tone check; absent if no policy has an opinion, and when the same
    /// reply is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Review>)]
    review: Option<Review>,
    /// When it is sent, of a `published` reply of a company with `send-after`: until then it
    /// may be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    sends_at: Option<Timestamp>,
}

impl ActionResult {
    pub(super) fn new(done: DeskResult) -> ActionResult {
        ActionResult {
            state: done.state.as_str(),
            owner: done.owner,
            exceeds_capacity: done.exceeds_capacity,
            sequence: done.sequence,
            reply: done.reply.map(|reply: reply::ReplyResult| ReplyResult {
                id: reply.id,
                status: reply.status.as_str(),
                review: reply.review,
                sends_at: reply.sends_at,
            }),
        }
    }
}

/// Act on a conversation
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
    responses((status = 200, description = "The action is done, and on disk.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: ActionRequest = app.json(request).await?;
    let action = parse_action(request.action, request.agent, request.queue)?;
    let actor = actor(&caller, request.by, request.role)?;
    let action = (action, request.expected);
    run_action(app, company, conversation, actor, action).await
}

pub(super) async fn run_action(
    app: Arc<App>,
    company: String,
    conversation: ConversationId,
    actor: Actor,
    action: (AgentAction, Option<u64>),
) -> Result<Json<ActionResult>, Problem> {
    app.read(move |desk| {
        let answer = desk
            .conversations()
            .act_on(&company, conversation, actor, action)?;
        Ok(Json(ActionResult::new(answer?)))
    })
    .await
}
