//! Replies waiting for approval.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::problem::Problem;
use patchbay_journal::{Conversation, Journal};
use patchbay_model::actor::Actor;
use patchbay_model::decision::tone::Finding;
use patchbay_model::desk::Need;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::{approval, conversation_reader};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::{ActionResult, ActorFields, RoleField, run_action};
use super::conversations::conversation_id;
use patchbay_http::descriptions;
use patchbay_http::history_entry::SentFileDocument;
use patchbay_http::request_fields::{next_page, page_limit, parse_place, place_cursor};

/// Replies per page, unless the request says otherwise.
const PAGE: usize = 50;
/// Most replies per page.
const MOST: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ApprovalsQuery {
    /// `next` of the previous page.
    after: Option<String>,
    /// Most replies of the page; default 50.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// For whom `mine` is said, without tokens; a token says it.
    by: Option<String>,
    /// `agent` or `supervisor`: the role of `by`, without tokens. Default `agent`.
    role: Option<RoleField>,
}

/// Replies waiting for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalList {
    /// Oldest first. A page may hold fewer than its limit although there are more: what
    /// was decided meanwhile is left out.
    approvals: Vec<ApprovalDocument>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A reply waiting for approval.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalDocument {
    /// Id of its conversation.
    conversation: String,
    /// Id of the reply.
    reply: String,
    /// Id of the person who sends it.
    author: String,
    /// Its text; absent if the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Its files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<SentFileDocument>,
    /// When it was submitted for approval.
    at: Timestamp,
    /// Current step of the approval, from 0.
    step: usize,
    /// Number of steps.
    steps: usize,
    /// Whether one approver of the current step is enough, or all must approve.
    need: NeedField,
    /// Ids of those who may approve the current step; empty: any supervisor.
    approvers: Vec<String>,
    /// Ids of those who approved the current step.
    approved: Vec<String>,
    /// What the tone policies found in the text. Without messages if the customer was
    /// erased.
    #[schema(value_type = Vec<descriptions::Finding>)]
    findings: Vec<Finding>,
    /// The message that it answers; absent if it answers none, or none that is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<AnsweredDocument>,
    /// Whether it waits for the caller: they may approve it, and have not yet in this step.
    mine: bool,
    /// Queue that the conversation waits in or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Code of the channel.
    channel: String,
}

/// The message that a reply answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnsweredMessage)]
pub(crate) struct AnsweredDocument {
    /// Position in the order of acceptance.
    ordinal: u64,
    /// Its text.
    text: String,
    /// When the customer wrote it, as the channel says.
    at: Timestamp,
}

/// How many approvers a step needs.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ApprovalNeed)]
pub(crate) enum NeedField {
    Any,
    All,
}

impl From<Need> for NeedField {
    fn from(need: Need) -> NeedField {
        match need {
            Need::Any => NeedField::Any,
            Need::All => NeedField::All,
        }
    }
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
    role: Option<RoleField>,
    /// Reason, shown to the reply's agent; cut at 1,000 characters.
    #[serde(default)]
    why: String,
}

/// List replies waiting for approval
///
/// Each with the message that it answers, what the policies found, and who may approve it
/// now.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/approvals",
    operation_id = "approvals",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), ApprovalsQuery),
    responses((status = 200, description = "A page of replies waiting for approval.", body = ApprovalList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Json<ApprovalList>, Problem> {
    let limit = page_limit(query.limit.as_deref(), PAGE, MOST)?;
    let after = parse_place(query.after.as_deref())?;
    let viewer = match (query.by, query.role) {
        // A caller who may only read approves nothing.
        (None, None) => super::actions::actor(&caller, None, None).ok(),
        (by, role) => Some(super::actions::actor(&caller, by, role)?),
    };
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let waiting = desk.conversations().approvals(&company, after, limit)?;
        let mut approvals = Vec::new();
        for (_, conversation) in &waiting {
            let row = desk.journal().conversation(id, *conversation)?;
            if let Some(row) = row {
                approvals.extend(document(&**desk.journal(), &row, viewer.as_ref())?);
            }
        }
        let next = next_page(&waiting, limit, place_cursor);
        Ok(Json(ApprovalList { approvals, next }))
    })
    .await
}

/// The reply of a conversation that waits; `None` where it was decided meanwhile.
fn document(
    journal: &dyn Journal,
    row: &Conversation,
    viewer: Option<&Actor>,
) -> Result<Option<ApprovalDocument>, Problem> {
    let mut snapshot = conversation_reader::read_snapshot(row)?;
    let Some(pending) = snapshot.pending.take() else {
        return Ok(None);
    };
    let seen = approval::read(journal, row, &snapshot, &pending)?;
    let step = pending.steps.get(pending.step);
    Ok(Some(ApprovalDocument {
        conversation: row.id.to_string(),
        text: seen.text,
        files: SentFileDocument::list(seen.files, &seen.removed),
        step: pending.step,
        steps: pending.steps.len(),
        need: step.map(|step| step.need).unwrap_or_default().into(),
        approvers: pending.approvers().into_iter().cloned().collect(),
        findings: seen.findings,
        answered: seen.answered.map(|message| AnsweredDocument {
            ordinal: message.ordinal.0,
            text: message.text,
            at: message.at,
        }),
        mine: viewer.is_some_and(|viewer| pending.waits_for(viewer)),
        reply: pending.id,
        author: pending.by,
        at: pending.since,
        approved: pending.approved,
        queue: row.queue.clone(),
        channel: snapshot.channel,
    }))
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
    let actor = ActorFields::read(&app, &caller, request).await?;
    let action = AgentAction::Approve { reply };
    run_action(app, company, conversation, actor, (action, None)).await
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
    run_action(app, company, conversation, actor, (action, None)).await
}
