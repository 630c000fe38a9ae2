//! Routes many conversations again.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_desk::Desk;
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::actor::Actor;
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_records::conversation_reader;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::actions::{RoleField, actor};
use super::bulk_actions::until_overload;
use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// Conversations per request at most.
const MOST: usize = 100;

/// Conversations to route again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequeueRequest {
    /// Ids of the conversations; at most 100.
    conversations: Vec<String>,
    /// Only report what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Name for the record; required without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// Results of a requeue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequeuedList)]
pub(crate) struct RequeueReport {
    /// Number of conversations that are routed again, or would be.
    requeued: usize,
    /// Number of conversations that are refused.
    refused: usize,
    /// The result of each, in the order of the request.
    conversations: Vec<RequeueResult>,
}

/// Result of one conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RequeuedDocument)]
pub(crate) struct RequeueResult {
    /// Id of the conversation.
    id: String,
    /// State before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    /// Agent who owned it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// State now; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Queue it waits in now; in a dry run, the queue it waits in or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// Requeue conversations
///
/// Takes conversations from their agents and routes them again; they keep their
/// age. For conversations of an agent who left, or that are stuck. A reply waiting
/// for approval becomes stale.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/requeue",
    operation_id = "requeue",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RequeueRequest,
    responses((status = 200, description = "The result of each conversation.", body = RequeueReport), descriptions::ActionErrors)
)]
pub(super) async fn requeue(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<RequeueReport>, Problem> {
    let body: RequeueRequest = app.json(request).await?;
    let actor = actor(&caller, body.by, default_role(&caller))?;
    let count = body.conversations.len();
    if !(1..=MOST).contains(&count) {
        return Err(Problem::wrong_count(
            "conversations",
            count,
            MOST,
            "conversations",
        ));
    }
    let ids: Vec<ConversationId> = body
        .conversations
        .iter()
        .map(|id| conversation_id(id))
        .collect::<Result<_, _>>()?;
    app.read(move |desk| {
        let company_id = desk.company(&company)?;
        let refuse = |id: &ConversationId, problem: &Problem| RequeueResult::refused(*id, problem);
        let check = |id: &ConversationId| match current_state(desk, company_id, *id) {
            Ok(found) => check_one(desk, &company, *id, &actor, found),
            Err(problem) => Ok(refuse(id, &problem)),
        };
        let mut conversations = until_overload(&ids, check, refuse);
        let possible = |one: &&RequeueResult| one.problem.is_none();
        let named = conversations.iter().filter(possible).map(|one| &one.id);
        let named: Vec<&String> = named.collect();
        if !body.dry_run && !named.is_empty() {
            // Recorded before the first is done, so that a partial requeue is in the trail
            // too. What is refused changes nothing, and is not in it.
            let about = json!({"conversations": named, "by": actor.id});
            let entry = caller.entry("conversations.requeued", Some(&company), &about);
            desk.journal().append_audit(entry)?;
            let checked: Vec<_> = ids.iter().zip(&conversations).collect();
            let requeue = |(id, found): &(&ConversationId, &RequeueResult)| {
                let found = (*found).clone();
                match found.problem {
                    None => requeue_one(desk, &company, **id, &actor, found),
                    Some(_) => Ok(found),
                }
            };
            conversations =
                until_overload(&checked, requeue, |(id, _), problem| refuse(id, problem));
        }
        let refused = conversations.iter().filter(|one| one.problem.is_some());
        let refused = refused.count();
        Ok(Json(RequeueReport {
            requeued: conversations.len() - refused,
            refused,
            conversations,
        }))
    })
    .await
}

/// Without tokens every caller is an operator.
fn default_role(caller: &Caller) -> Option<RoleField> {
    matches!(caller, Caller::Local).then_some(RoleField::Supervisor)
}

/// A conversation's present state; an error if it cannot be routed again.
fn current_state(
    desk: &Desk,
    company: CompanyId,
    id: ConversationId,
) -> Result<RequeueResult, Problem> {
    let row = desk.journal().conversation(company, id)?;
    let row = row.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
    if row.state == ConversationState::Resolved {
        return Err(Problem::of(Kind::NotNow).detail("the conversation is resolved"));
    }
    let snapshot = conversation_reader::read_snapshot(&row)?;
    Ok(RequeueResult {
        id: id.to_string(),
        from: Some(row.state.as_str()),
        agent: snapshot.owner,
        state: None,
        queue: row.queue,
        problem: None,
    })
}

/// Check whether a conversation can be routed again; an error if the desk is overloaded.
fn check_one(
    desk: &Desk,
    company: &str,
    id: ConversationId,
    actor: &Actor,
    found: RequeueResult,
) -> Result<RequeueResult, Problem> {
    let action = (&AgentAction::Requeue, None);
    match desk
        .conversations()
        .check_action(company, id, actor, action)
    {
        Ok(Ok(_)) => Ok(found),
        Ok(Err(error @ ActionError::Busy { .. })) => Err(error.into()),
        Ok(Err(error)) => Ok(RequeueResult::refused(id, &error.into())),
        Err(error) => Ok(RequeueResult::refused(id, &error.into())),
    }
}

/// Route a conversation again; an error if the desk is overloaded.
fn requeue_one(
    desk: &Desk,
    company: &str,
    id: ConversationId,
    actor: &Actor,
    found: RequeueResult,
) -> Result<RequeueResult, Problem> {
    let done = desk
        .conversations()
        .act(company, id, actor.clone(), AgentAction::Requeue);
    let state = match done {
        Ok(Ok(done)) => done.state.as_str(),
        Ok(Err(error @ ActionError::Busy { .. })) => return Err(error.into()),
        Ok(Err(error)) => return Ok(RequeueResult::refused(id, &error.into())),
        Err(error) => return Ok(RequeueResult::refused(id, &error.into())),
    };
    let now = desk.company(company).ok().and_then(|company| {
        let row = desk.journal().conversation(company, id);
        row.ok().flatten()
    });
    Ok(RequeueResult {
        state: Some(state),
        queue: now.and_then(|row| row.queue),
        ..found
    })
}

impl RequeueResult {
    fn refused(id: ConversationId, problem: &Problem) -> RequeueResult {
        RequeueResult {
            id: id.to_string(),
            from: None,
            agent: None,
            state: None,
            queue: None,
            problem: Some(problem.document().clone()),
        }
    }
}
