//! Replies that wait for somebody to approve them.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use jiff::Timestamp;
use patchbay_desk::action::Action;
use patchbay_desk::reading;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversations::conversation_id;
use super::doing::{ActorFields, DoneDocument, do_it};
use crate::access::Caller;
use crate::app::App;
use crate::problem::Problem;
use crate::schema;

/// Replies of one answer.
const PAGE: usize = 100;

/// Replies that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalList {
    /// At most 100.
    approvals: Vec<ApprovalDocument>,
}

/// A reply that waits for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalDocument {
    /// Its conversation.
    conversation: String,
    /// Its id.
    reply: String,
    /// Who would send it.
    by: String,
    /// Its text; absent where its customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Since when it waits.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Which step of the approval it is at, from 0.
    step: usize,
    /// Who has approved in this step.
    approved: Vec<String>,
}

/// What is decided about a reply that waits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectRequest {
    /// Id of the approver; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`; what the token is, or else agent, unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    role: Option<super::doing::RoleField>,
    /// What its agent is told.
    #[serde(default)]
    why: String,
}

/// Replies that wait for approval
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/approvals",
    operation_id = "approvals",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "What waits.", body = ApprovalList), schema::NoDocument)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<ApprovalList>, Problem> {
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let journal = &**desk.journal();
        let mut approvals = Vec::new();
        for conversation in desk.approvals(&company, PAGE)? {
            let Some(row) = journal.conversation(id, conversation)? else {
                continue;
            };
            // Decided about since it was listed.
            let Some(pending) = reading::snapshot(&row)?.pending else {
                continue;
            };
            approvals.push(ApprovalDocument {
                conversation: conversation.to_string(),
                text: reading::drafted(journal, &row, pending.entry)?,
                reply: pending.id,
                by: pending.by,
                since: pending.since,
                step: pending.step,
                approved: pending.approved,
            });
        }
        Ok(Json(ApprovalList { approvals }))
    })
    .await
}

/// Approve a reply
///
/// With the last approval it goes out, checked again where the policies have
/// changed since. Nobody approves their own.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/approvals/{conversation}/{reply}/approve",
    operation_id = "approve",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("reply" = String, Path, description = "Id of the reply."),
    ),
    request_body(content = ActorFields, content_type = "application/json"),
    responses((status = 200, description = "What became of it.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn approve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, conversation, reply)): Path<(String, String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let actor: ActorFields = app.json(request).await?;
    let actor = actor.of(&caller)?;
    let action = Action::Approve { reply };
    do_it(app, company, conversation, actor, action).await
}

/// Reject a reply
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/approvals/{conversation}/{reply}/reject",
    operation_id = "reject",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("reply" = String, Path, description = "Id of the reply."),
    ),
    request_body(content = RejectRequest, content_type = "application/json"),
    responses((status = 200, description = "What became of it.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn reject(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, conversation, reply)): Path<(String, String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: RejectRequest = app.json(request).await?;
    let actor = super::doing::actor(&caller, request.by, request.role)?;
    let why = request.why.chars().take(1_000).collect();
    let action = Action::Reject { reply, why };
    do_it(app, company, conversation, actor, action).await
}
