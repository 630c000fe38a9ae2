//! Replies waiting for approval.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::problem::Problem;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::conversation_reader;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::actions::{ActionResult, ActorFields, run_action};
use super::conversations::conversation_id;
use crate::descriptions;

/// Replies per answer.
const PAGE: usize = 100;

/// Replies waiting for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalList {
    /// At most 100.
    approvals: Vec<ApprovalDocument>,
}

/// A reply waiting for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalDocument {
    /// Id of its conversation.
    conversation: String,
    /// Id of the reply.
    reply: String,
    /// Id of its agent.
    by: String,
    /// Its text; absent if the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// When it was submitted for approval.
    since: Timestamp,
    /// Current step of the approval, from 0.
    step: usize,
    /// Ids of those who approved this step.
    approved: Vec<String>,
}

/// A rejection.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RejectRequest {
    /// Id of the approver; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<super::actions::RoleField>,
    /// Reason, shown to the reply's agent; cut at 1,000 characters.
    #[serde(default)]
    why: String,
}

/// List replies waiting for approval
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/approvals",
    operation_id = "approvals",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "Replies waiting for approval.", body = ApprovalList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<ApprovalList>, Problem> {
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let journal = &**desk.journal();
        let mut approvals = Vec::new();
        for conversation in desk.conversations().approvals(&company, PAGE)? {
            let Some(row) = journal.conversation(id, conversation)? else {
                continue;
            };
            // Approved or rejected meanwhile.
            let Some(pending) = conversation_reader::read_snapshot(&row)?.pending else {
                continue;
            };
            approvals.push(ApprovalDocument {
                conversation: conversation.to_string(),
                text: conversation_reader::read_draft_text(journal, &row, pending.entry)?,
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
/// With the last required approval the reply is published; it is checked again if
/// the policies have changed. Authors cannot approve their own replies.
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
    responses((status = 200, description = "Status of the reply.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn approve(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation, reply)): Path<(String, String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let actor: ActorFields = app.json(request).await?;
    let actor = actor.check(&caller)?;
    let action = AgentAction::Approve { reply };
    run_action(app, company, conversation, actor, action).await
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
    responses((status = 200, description = "Status of the reply.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn reject(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation, reply)): Path<(String, String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: RejectRequest = app.json(request).await?;
    let actor = super::actions::actor(&caller, request.by, request.role)?;
    let why = request.why.chars().take(1_000).collect();
    let action = AgentAction::Reject { reply, why };
    run_action(app, company, conversation, actor, action).await
}
