//! Who has a conversation open.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::Desk;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::input::ID_BYTES;
use patchbay_service::app::App;
use patchbay_service::live_signals::LiveSignal;
use patchbay_service::viewers::{Viewer, ViewerState, ViewerUpdate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::{RoleField, actor};
use super::conversations::conversation_id;
use patchbay_http::descriptions;
use patchbay_http::request_fields::check_length;

/// Conversations of which a word of one viewer tells at most that others have left.
const MOST_TOLD: usize = 100;

mod schema {
    use super::ViewerState as State;

    patchbay_http::code_schemas! {
        ViewerState of State, "What a person does in a conversation that they have open.", |state| match state {
            State::Viewing => "they look at it",
            State::Typing => "they write a reply or a note",
            State::Away => "they have it open and are elsewhere",
        };
    }
}

/// What a person does in a conversation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewingRequest {
    /// Id of the agent or supervisor; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// What they do.
    #[schema(value_type = schema::ViewerState)]
    state: ViewerState,
}

/// The viewers of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewerList {
    /// At most 32, by the time since when they do what they do.
    viewers: Vec<ViewerDocument>,
}

/// A person who has a conversation open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Viewer)]
pub(crate) struct ViewerDocument {
    /// Id of the agent, or name of the supervisor.
    agent: String,
    /// What they do.
    #[schema(value_type = schema::ViewerState)]
    state: ViewerState,
    /// Since when they do it.
    since: Timestamp,
}

impl From<Viewer> for ViewerDocument {
    fn from(viewer: Viewer) -> ViewerDocument {
        ViewerDocument {
            agent: viewer.agent,
            state: viewer.state,
            since: viewer.since,
        }
    }
}

impl ViewerList {
    fn of(viewers: Vec<Viewer>) -> Json<ViewerList> {
        Json(ViewerList {
            viewers: viewer_documents(viewers),
        })
    }
}

pub(super) fn viewer_documents(viewers: Vec<Viewer>) -> Vec<ViewerDocument> {
    viewers.into_iter().map(ViewerDocument::from).collect()
}

/// Tell the owners and the viewers of conversations whose viewers have changed.
fn tell(app: &App, desk: &Desk, company: CompanyId, update: &ViewerUpdate) -> Result<(), Problem> {
    // After an outage many expire at once; lists show what is so.
    for id in update.changed.iter().take(MOST_TOLD) {
        let viewers = app.viewers.of(company, *id, desk.now());
        let row = desk.journal().conversation(company, *id)?;
        let owner = row.and_then(|row| row.owner);
        let people: BTreeSet<&str> = viewers
            .iter()
            .map(|viewer| viewer.agent.as_str())
            .chain(owner.as_deref())
            .collect();
        let signal = LiveSignal::Viewers(*id, viewers.clone());
        app.live_signals.send(company, people, &signal);
    }
    Ok(())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EndQuery {
    /// Id of the agent or supervisor; required without tokens.
    by: Option<String>,
}

/// List who has a conversation open
///
/// Those of whom the host heard within 50 s. Kept in memory only. The event stream tells of
/// changes, with `signals`.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/viewers",
    operation_id = "viewers",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    responses((status = 200, description = "The viewers.", body = ViewerList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
) -> Result<Json<ViewerList>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let viewers = state.viewers.of(id, conversation, desk.now());
        // A conversation with viewers exists.
        if viewers.is_empty() {
            check_exists(desk, id, conversation)?;
        }
        Ok(ViewerList::of(viewers))
    })
    .await
}

/// Say that one has a conversation open
///
/// To be repeated every 20 s, and when the state changes; forgotten after 50 s. A caller
/// speaks for themselves only. Event streams with `signals` tell the conversation's owner
/// and its other viewers.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/conversations/{conversation}/viewers/me",
    operation_id = "view",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    request_body(content = ViewingRequest, content_type = "application/json"),
    responses((status = 200, description = "The viewers, with the caller.", body = ViewerList), descriptions::ActionErrors)
)]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ViewerList>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: ViewingRequest = app.json(request).await?;
    let actor = actor(&caller, request.by, request.role)?;
    check_length("by", &actor.id, ID_BYTES)?;
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let (id, now) = (desk.company(&company)?, desk.now());
        let mut known = state.viewers.of(id, conversation, now).into_iter();
        if !known.any(|viewer| viewer.agent == actor.id) {
            check_exists(desk, id, conversation)?;
        }
        let viewers = &state.viewers;
        let update = viewers.put(id, conversation, &actor.id, request.state, now);
        tell(&state, desk, id, &update)?;
        Ok(ViewerList::of(update.viewers))
    })
    .await
}

/// Say that one has closed a conversation
///
/// Not required: who says nothing is forgotten after 50 s.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/conversations/{conversation}/viewers/me",
    operation_id = "end_view",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        EndQuery,
    ),
    responses((status = 200, description = "The other viewers.", body = ViewerList), descriptions::ActionErrors)
)]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    Query(query): Query<EndQuery>,
) -> Result<Json<ViewerList>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let actor = actor(&caller, query.by, None)?;
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let viewers = &state.viewers;
        let update = viewers.remove(id, conversation, &actor.id, desk.now());
        tell(&state, desk, id, &update)?;
        Ok(ViewerList::of(update.viewers))
    })
    .await
}

fn check_exists(
    desk: &Desk,
    company: CompanyId,
    conversation: ConversationId,
) -> Result<(), Problem> {
    match desk.journal().conversation(company, conversation)? {
        Some(_) => Ok(()),
        None => Err(Problem::of(Kind::UnknownConversation)),
    }
}
