//! Having conversations routed anew, many at once.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use patchbay_desk::action::{ActError, Action, Actor, Role};
use patchbay_desk::{Desk, reading};
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::conversation::ConversationState;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::conversations::conversation_id;
use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem, ProblemDocument};
use crate::schema;

/// Most conversations of one request.
const MOST: usize = 100;

/// Which conversations are to be routed anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequeueRequest {
    /// Their ids; at most 100.
    conversations: Vec<String>,
    /// Only say what would happen.
    #[serde(default)]
    dry_run: bool,
    /// Who has it done; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequeuedList {
    /// How many are routed anew, or would be.
    requeued: usize,
    /// How many are not.
    refused: usize,
    /// Each, in the order of the request.
    conversations: Vec<RequeuedDocument>,
}

/// What became of one conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequeuedDocument {
    /// Its id.
    id: String,
    /// Where it stood before.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    /// Who held it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// Where it stands now; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    /// Queue it waits in now; in a dry run, waits in or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Why it is not routed anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

/// Have conversations routed anew
///
/// Whoever holds them does not any more, and they keep their age: for those of
/// an agent who is gone, those that are stuck, those that wait for what does
/// not come. A reply that waits for approval goes stale.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/requeue",
    operation_id = "requeue",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RequeueRequest,
    responses((status = 200, description = "What became of each.", body = RequeuedList), schema::NotDone)
)]
pub(super) async fn requeue(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<RequeuedList>, Problem> {
    let asked: RequeueRequest = app.json(request).await?;
    let actor = caller.actor(asked.by, supervisor(&caller))?;
    let count = asked.conversations.len();
    if !(1..=MOST).contains(&count) {
        return Err(Problem::of(Kind::InvalidInput)
            .field("conversations")
            .limit(MOST as u64, Some(count as u64), "conversations")
            .detail(format!("must name 1 to {MOST} conversations")));
    }
    let ids: Vec<ConversationId> = asked
        .conversations
        .iter()
        .map(|id| conversation_id(id))
        .collect::<Result<_, _>>()?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        if !asked.dry_run {
            // Written before anything is done: what was begun is in the trail.
            let about = json!({"conversations": asked.conversations, "by": actor.id});
            let entry = caller.entry("conversations.requeued", Some(&company), &about);
            desk.journal().audit(entry)?;
        }
        let mut conversations = Vec::with_capacity(ids.len());
        let mut busy: Option<Problem> = None;
        for conversation in ids {
            // The desk has enough to do: the rest is not even asked for.
            if let Some(problem) = &busy {
                conversations.push(RequeuedDocument::refused(conversation, problem));
                continue;
            }
            let moved = match look(desk, id, conversation) {
                Ok(found) if asked.dry_run => Ok(found),
                Ok(found) => move_on(desk, &company, conversation, &actor, found),
                Err(problem) => Ok(RequeuedDocument::refused(conversation, &problem)),
            };
            conversations.push(moved.unwrap_or_else(|problem| {
                let refused = RequeuedDocument::refused(conversation, &problem);
                busy = Some(problem);
                refused
            }));
        }
        let refused = conversations.iter().filter(|one| one.problem.is_some());
        let refused = refused.count();
        Ok(Json(RequeuedList {
            requeued: conversations.len() - refused,
            refused,
            conversations,
        }))
    })
    .await
}

/// Without tokens whoever asks is the host's operator.
fn supervisor(caller: &Caller) -> Option<Role> {
    matches!(caller, Caller::Local).then_some(Role::Supervisor)
}

/// Where a conversation stands, if it can be routed anew.
fn look(desk: &Desk, company: CompanyId, id: ConversationId) -> Result<RequeuedDocument, Problem> {
    let row = desk.journal().conversation(company, id)?;
    let row = row.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
    if row.state == ConversationState::Resolved {
        return Err(Problem::of(Kind::NotNow).detail("it is resolved"));
    }
    let snapshot = reading::snapshot(&row)?;
    Ok(RequeuedDocument {
        id: id.to_string(),
        from: Some(row.state.as_str()),
        agent: snapshot.owner,
        state: None,
        queue: row.queue,
        problem: None,
    })
}

/// Have it routed anew; an error where the desk takes no more of them now.
fn move_on(
    desk: &Desk,
    company: &str,
    id: ConversationId,
    actor: &Actor,
    found: RequeuedDocument,
) -> Result<RequeuedDocument, Problem> {
    let done = desk.act(company, id, actor.clone(), Action::Requeue);
    let state = match done {
        Ok(Ok(done)) => done.state.as_str(),
        Ok(Err(error @ ActError::Busy { .. })) => return Err(error.into()),
        Ok(Err(error)) => return Ok(RequeuedDocument::refused(id, &error.into())),
        Err(error) => return Ok(RequeuedDocument::refused(id, &error.into())),
    };
    let now = desk.company(company).ok().and_then(|company| {
        let row = desk.journal().conversation(company, id);
        row.ok().flatten()
    });
    Ok(RequeuedDocument {
        state: Some(state),
        queue: now.and_then(|row| row.queue),
        ..found
    })
}

impl RequeuedDocument {
    fn refused(id: ConversationId, problem: &Problem) -> RequeuedDocument {
        RequeuedDocument {
            id: id.to_string(),
            from: None,
            agent: None,
            state: None,
            queue: None,
            problem: Some(problem.document().clone()),
        }
    }
}
