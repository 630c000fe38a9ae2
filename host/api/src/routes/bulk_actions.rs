//! One action on many conversations.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_desk::Desk;
use patchbay_http::problem::{Problem, ProblemDocument};
use patchbay_journal::ConversationId;
use patchbay_model::actor::Actor;
use patchbay_pass::agent_action::{ActionError, AgentAction};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::actions::{ActionCode, RoleField, actor, parse_action};
use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// Conversations per request at most.
const MOST: usize = 100;

/// One action on many conversations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkActionRequest {
    /// Id of the agent or supervisor who acts; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// The conversations; 1 to 100, each once.
    #[schema(min_items = 1, max_items = 100)]
    conversations: Vec<BulkConversation>,
    /// The action on each of them, as for one conversation.
    action: ActionCode,
    /// Id of an agent, for `assign` and `transfer`.
    #[serde(default)]
    agent: Option<String>,
    /// Id of a queue, for `transfer`.
    #[serde(default)]
    queue: Option<String>,
    /// Only report what would be refused, and why. Default false.
    #[serde(default)]
    dry_run: bool,
}

/// A conversation to act on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkConversation {
    /// Its id.
    id: String,
    /// `sequence` of the conversation as its author saw it, as for one conversation.
    /// Default: no check.
    #[serde(default)]
    expected: Option<u64>,
}

/// Results of an action on many conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkActionReport {
    /// Number of conversations on which the action was done, or would be.
    done: usize,
    /// Number of conversations on which it was refused, or would be.
    refused: usize,
    /// The result of each, in the order of the request.
    conversations: Vec<BulkActionResult>,
}

/// Result of one conversation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BulkActionResult {
    /// Id of the conversation.
    id: String,
    /// Its state now: after the action, or before it in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Agent who owns it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Whether it exceeds its owner's capacity now; absent where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    exceeds_capacity: Option<bool>,
    /// Number of its last history entry; absent where it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// Why the action was refused: the same problems as for one conversation. Nothing
    /// changed in this conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// Act on many conversations
///
/// Performs one action on each conversation, one after the other; each result is on disk.
/// The audit trail has one entry with those that were not refused at once, if there are any.
/// What is refused for one does not stop the others, except overload (`overloaded`): then
/// the rest is not tried and has the same problem. The same request again does again only
/// what was not done: an action that has its effect already is answered as done, or
/// refused as for one conversation.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/actions",
    operation_id = "act_on_many",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = BulkActionRequest,
    responses((status = 200, description = "The result of each conversation.", body = BulkActionReport), descriptions::ActionErrors)
)]
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<BulkActionReport>, Problem> {
    let body: BulkActionRequest = app.json(request).await?;
    let actor = actor(&caller, body.by, body.role)?;
    let action = parse_action(body.action, body.agent, body.queue)?;
    let conversations = parse_conversations(&body.conversations)?;
    let dry_run = body.dry_run;
    app.read(move |desk| {
        desk.company(&company)?;
        let act_on = |(id, expected): (ConversationId, Option<u64>), dry_run| {
            act_on_one(desk, (&company, id), &actor, (&action, expected), dry_run)
        };
        let refuse = |one: &(ConversationId, _), problem: &Problem| {
            BulkActionResult::refused(one.0, problem)
        };
        let mut results = until_overload(&conversations, |one| act_on(*one, true), refuse);
        let possible = |result: &&BulkActionResult| result.problem.is_none();
        let ids: Vec<&String> = results.iter().filter(possible).map(|one| &one.id).collect();
        if !dry_run && !ids.is_empty() {
            // Recorded before the first is done, so that a partial run is in the trail too.
            // What is refused changes nothing, and is not in it.
            let about =
                json!({"conversations": ids, "action": body.action.as_str(), "by": actor.id});
            let entry = caller.entry("conversations.acted", Some(&company), &about);
            desk.journal().append_audit(entry)?;
            let checked: Vec<_> = conversations.iter().zip(&results).collect();
            let act_if_possible = |(one, checked): &(&_, &BulkActionResult)| match checked.problem {
                None => act_on(**one, false),
                Some(_) => Ok((*checked).clone()),
            };
            results = until_overload(&checked, act_if_possible, |(one, _), problem| {
                refuse(one, problem)
            });
        }
        let refused = results.iter().filter(|one| one.problem.is_some()).count();
        Ok(Json(BulkActionReport {
            done: results.len() - refused,
            refused,
            conversations: results,
        }))
    })
    .await
}

/// The results of attempts on each item, one after the other. An error is an overload: what
/// comes after it is not attempted, and refused with the same problem.
pub(super) fn until_overload<T, R>(
    items: &[T],
    attempt: impl Fn(&T) -> Result<R, Problem>,
    refuse: impl Fn(&T, &Problem) -> R,
) -> Vec<R> {
    let mut overload: Option<Problem> = None;
    let one = |item: &T| {
        if let Some(problem) = &overload {
            return refuse(item, problem);
        }
        attempt(item).unwrap_or_else(|problem| {
            let refused = refuse(item, &problem);
            overload = Some(problem);
            refused
        })
    };
    items.iter().map(one).collect()
}

/// The conversations of a request, with the last entry that its author saw of each.
fn parse_conversations(
    named: &[BulkConversation],
) -> Result<Vec<(ConversationId, Option<u64>)>, Problem> {
    let count = named.len();
    if !(1..=MOST).contains(&count) {
        return Err(Problem::wrong_count(
            "conversations",
            count,
            MOST,
            "conversations",
        ));
    }
    let mut seen = HashSet::new();
    let mut all = Vec::with_capacity(count);
    for (index, one) in named.iter().enumerate() {
        let id = conversation_id(&one.id)?;
        if !seen.insert(id) {
            return Err(Problem::invalid(
                format!("conversations[{index}].id"),
                "is named twice",
            ));
        }
        all.push((id, one.expected));
    }
    Ok(all)
}

/// Act on a conversation, or only check whether that is possible; an error if the desk is
/// overloaded.
fn act_on_one(
    desk: &Desk,
    (company, id): (&str, ConversationId),
    actor: &Actor,
    (action, expected): (&AgentAction, Option<u64>),
    dry_run: bool,
) -> Result<BulkActionResult, Problem> {
    let conversations = desk.conversations();
    let done = match dry_run {
        true => conversations.check_action(company, id, actor, (action, expected)),
        false => conversations.act_on(company, id, actor.clone(), (action.clone(), expected)),
    };
    match done {
        Ok(Ok(done)) => Ok(BulkActionResult {
            id: id.to_string(),
            state: Some(done.state.as_str()),
            owner: done.owner,
            exceeds_capacity: Some(done.exceeds_capacity),
            sequence: Some(done.sequence),
            problem: None,
        }),
        Ok(Err(error @ ActionError::Busy { .. })) => Err(error.into()),
        Ok(Err(error)) => Ok(BulkActionResult::refused(id, &error.into())),
        Err(error) => Ok(BulkActionResult::refused(id, &error.into())),
    }
}

impl BulkActionResult {
    fn refused(id: ConversationId, problem: &Problem) -> BulkActionResult {
        BulkActionResult {
            id: id.to_string(),
            state: None,
            owner: None,
            exceeds_capacity: None,
            sequence: None,
            problem: Some(problem.document().clone()),
        }
    }
}
