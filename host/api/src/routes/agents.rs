//! The roster: agents, their presence and what they hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::{AgentStatus, DeskError};
use patchbay_floor::{AgentView, HeldConversation, Hold, RosterChange};
use patchbay_http::problem::{Kind, Problem};
use patchbay_model::directory::Presence;
use patchbay_records::roster::Agent;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::offers::OfferDocument;
use patchbay_http::descriptions;
use patchbay_http::request_fields::next_page;

/// Agents per page.
const PAGE: usize = 500;
/// Agents of an import that the audit trail names at most.
const NAMED: usize = 100;
/// Agents per import at most.
const IMPORT: usize = 10_000;

/// An agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentDocument {
    #[serde(flatten)]
    #[schema(value_type = RosterEntry)]
    agent: Agent,
    /// `available`, `busy`, `away` or `offline`.
    #[schema(value_type = descriptions::Presence)]
    presence: Presence,
    /// Whether an offer to them timed out. They get no offers until their presence is
    /// set again.
    not_responding: bool,
    /// Capacity in use, including open offers.
    load: u64,
    /// When they last accepted or finished a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_since: Option<Timestamp>,
    /// When they last became available: present and responding.
    #[serde(skip_serializing_if = "Option::is_none")]
    available_since: Option<Timestamp>,
    /// When the conversations of an agent who went offline return to their queues; absent
    /// for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    returns_at: Option<Timestamp>,
    /// Conversations they hold; only for a single agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<Vec<HoldingDocument>>,
    /// Their open offers; only for a single agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    offers: Option<Vec<OfferDocument>>,
}

/// Types with the fields of the roster, for the OpenAPI document.
macro_rules! roster_schemas {
    ($( $( #[$about:meta] )* $name:ident { $( #[doc = $doc:literal] $id:ident: String, )? } )+) => { $(
        $( #[$about] )*
        #[derive(ToSchema)]
        #[expect(dead_code, reason = "read by the derive of its schema only")]
        pub(crate) struct $name {
            $( #[doc = $doc] $id: String, )?
            /// Display name.
            name: Option<String>,
            /// Skills with their proficiency, 1 (learning) to 5 (expert).
            #[schema(required = false)]
            skills: BTreeMap<String, u8>,
            /// Languages spoken (BCP 47).
            #[schema(required = false)]
            languages: Vec<String>,
            /// Queues the agent is a member of; absent: every queue whose skills the agent
            /// meets.
            #[schema(required = false)]
            queues: Vec<String>,
            /// Teams.
            #[schema(required = false)]
            teams: Vec<String>,
            /// Site.
            site: Option<String>,
            /// Total capacity in units. Default 100.
            #[schema(required = false)]
            capacity: u32,
            /// Most conversations at once by channel; replaces the company's limit.
            #[schema(required = false)]
            channel_capacity: BTreeMap<String, u32>,
            /// Most conversations at once by queue; replaces the queue's limit.
            #[schema(required = false)]
            queue_capacity: BTreeMap<String, u32>,
        }
    )+ };
}

roster_schemas! {
    /// An entry of the roster.
    RosterEntry {
        /// The company's identifier of the agent, unique; 1 to 256 bytes.
        id: String,
    }
    /// An entry of the roster whose agent the address names.
    RosterFields {}
}

/// A conversation an agent holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldingDocument {
    /// Id of the conversation.
    conversation: String,
    /// `active`, `parked` (uses no capacity) or `wrapping`.
    #[schema(value_type = String)]
    hold: Hold,
    /// Since when it has waited for an agent.
    since: Timestamp,
}

/// Agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentList {
    /// At most 500, sorted by id.
    agents: Vec<AgentDocument>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterAgent {
    /// Id of the previous page's last agent.
    after: Option<String>,
}

/// Result of a change of the roster.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Imported)]
pub(crate) struct ImportResult {
    /// Number of new agents; they are offline until their presence is set.
    added: usize,
    /// Number of existing agents that changed.
    changed: usize,
}

/// A presence to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceRequest {
    /// `available`, `busy`, `away` or `offline`.
    #[schema(value_type = descriptions::Presence)]
    presence: Presence,
}

/// A change of presence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceDocument {
    /// The new presence.
    #[schema(value_type = descriptions::Presence)]
    presence: Presence,
    /// The previous presence.
    #[schema(value_type = descriptions::Presence)]
    before: Presence,
}

/// List agents
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/agents",
    operation_id = "agents",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company."), AfterAgent),
    responses((status = 200, description = "A page of the roster.", body = AgentList), descriptions::ReadErrors)
)]
pub(super) async fn agents(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(page): Query<AfterAgent>,
) -> Result<Json<AgentList>, Problem> {
    app.read(move |desk| {
        let after = page.after.unwrap_or_default();
        let agents = desk.roster().agents(&company, &after, PAGE)?;
        let departures = desk.roster().departures(&company)?;
        let next = next_page(&agents, PAGE, |(agent, _)| agent.id.clone());
        let agents = agents.into_iter().map(|(agent, view)| {
            let returns_at = departures.get(&agent.id).copied();
            document(agent, view, returns_at)
        });
        Ok(Json(AgentList {
            agents: agents.collect(),
            next,
        }))
    })
    .await
}

/// Import agents
///
/// Adds or changes a list of agents, all or none. New agents are offline until
/// their presence is set.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/agents",
    operation_id = "import_agents",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body(content = Vec<RosterEntry>, content_type = "application/json"),
    responses((status = 200, description = "Numbers of added and changed agents.", body = ImportResult), descriptions::DecisionErrors)
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<ImportResult>, Problem> {
    let values: Vec<Value> = app.json(request).await?;
    if values.len() > IMPORT {
        let size = Some(values.len() as u64);
        return Err(Problem::of(Kind::InvalidInput)
            .detail(format!("an import holds at most {IMPORT} agents; split it"))
            .limit(IMPORT as u64, size, "agents"));
    }
    put(app, caller, company, values)
        .await
        .map(Json)
        .map_err(|error| match error {
            RosterError::Agent(at, problem) => problem.field(format!("[{at}]")),
            RosterError::Other(problem) => problem,
        })
}

/// Add or change an agent
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "put_agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    request_body(content = RosterFields, content_type = "application/json"),
    responses((status = 200, description = "Whether the agent was added or changed.", body = ImportResult), descriptions::DecisionErrors)
)]
pub(super) async fn put_one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, agent)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ImportResult>, Problem> {
    let mut value: Value = app.json(request).await?;
    if let Some(fields) = value.as_object_mut() {
        let id = fields.entry("id").or_insert_with(|| agent.clone().into());
        if *id != agent {
            return Err(Problem::invalid(
                "id",
                "differs from the agent in the path; leave it out",
            ));
        }
    }
    let put = put(app, caller, company, vec![value]).await;
    put.map(Json).map_err(|error| match error {
        RosterError::Agent(_, problem) | RosterError::Other(problem) => problem,
    })
}

/// Why agents cannot be put on the roster.
enum RosterError {
    /// An agent is invalid: position in the list, from 0, and problem.
    Agent(usize, Problem),
    /// Any other problem.
    Other(Problem),
}

async fn put(
    app: Arc<App>,
    caller: Caller,
    company: String,
    values: Vec<Value>,
) -> Result<ImportResult, RosterError> {
    let read = |(at, value)| {
        Agent::from_value(value).map_err(|error| RosterError::Agent(at, Problem::from(error)))
    };
    let agents = values.into_iter().enumerate().map(read);
    let agents: Vec<Agent> = agents.collect::<Result<_, _>>()?;
    let looked = app.read(move |desk| {
        let ids = agents.iter().map(|agent| agent.id.as_str());
        let about = json!({"count": agents.len(), "agents": ids.take(NAMED).collect::<Vec<_>>()});
        let entry = caller.entry("agents.put", Some(&company), &about);
        let changes = match desk.roster().put(&company, agents, entry) {
            Err(DeskError::Agent { at, error }) => {
                let problem = Problem::from(DeskError::Agent { at, error });
                return Ok(Err(RosterError::Agent(at, problem)));
            }
            changes => changes?,
        };
        let count = |wanted| changes.iter().filter(|change| **change == wanted).count();
        Ok(Ok(ImportResult {
            added: count(RosterChange::Added),
            changed: count(RosterChange::Changed),
        }))
    });
    looked.await.map_err(RosterError::Other)?
}

/// Get an agent
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    responses((status = 200, description = "The agent.", body = AgentDocument), descriptions::ReadErrors)
)]
pub(super) async fn agent(
    State(app): State<Arc<App>>,
    Path((company, agent)): Path<(String, String)>,
) -> Result<Json<AgentDocument>, Problem> {
    app.read(move |desk| {
        let AgentStatus {
            agent,
            view,
            holdings,
            offers,
        } = desk.roster().agent(&company, &agent)?;
        let departures = desk.roster().departures(&company)?;
        let returns_at = departures.get(&agent.id).copied();
        let mut document = document(agent, view, returns_at);
        document.conversations = Some(holdings.into_iter().map(HoldingDocument::from).collect());
        document.offers = Some(offers.into_iter().map(OfferDocument::from).collect());
        Ok(Json(document))
    })
    .await
}

/// Remove an agent
///
/// Their conversations return to their queues with their age; their tokens are
/// revoked.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "remove_agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    responses((status = 204, description = "The agent is removed."), descriptions::ReadErrors)
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, agent)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let shared = Arc::clone(&app);
    app.read(move |desk| {
        let entry = caller.entry("agent.removed", Some(&company), &json!({"agent": agent}));
        let _lock = shared.access.lock_changes();
        let removed = desk.roster().remove(&company, &agent, entry);
        // On any other error the journal may already have removed them.
        let is_unknown = matches!(
            removed,
            Err(DeskError::UnknownAgent(_) | DeskError::UnknownCompany(_))
        );
        if !is_unknown {
            shared.access.revoke_agent(&company, &agent);
        }
        Ok(removed?)
    })
    .await?;
    // End the feeds that are followed with their tokens.
    app.notify_followers();
    Ok(StatusCode::NO_CONTENT)
}

/// Set an agent's presence
///
/// Ends `not_responding`. Offers to an agent who goes away or offline are rescinded.
/// Agents keep their conversations; some time after they go offline, those return
/// to their queues.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/agents/{agent}/presence",
    operation_id = "set_presence",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    request_body(content = PresenceRequest, content_type = "application/json"),
    responses((status = 200, description = "The presence is set.", body = PresenceDocument), descriptions::DecisionErrors)
)]
pub(super) async fn set_presence(
    State(app): State<Arc<App>>,
    Path((company, agent)): Path<(String, String)>,
    request: Request,
) -> Result<Json<PresenceDocument>, Problem> {
    let PresenceRequest { presence } = app.json(request).await?;
    app.read(move |desk| {
        let before = desk.roster().set_presence(&company, &agent, presence)?;
        Ok(Json(PresenceDocument { presence, before }))
    })
    .await
}

fn document(agent: Agent, view: AgentView, returns_at: Option<Timestamp>) -> AgentDocument {
    AgentDocument {
        agent,
        presence: view.presence,
        not_responding: view.not_responding,
        load: view.load,
        idle_since: view.idle_since,
        available_since: view.available_since,
        returns_at,
        conversations: None,
        offers: None,
    }
}

impl From<HeldConversation> for HoldingDocument {
    fn from(holding: HeldConversation) -> HoldingDocument {
        HoldingDocument {
            conversation: holding.conversation,
            hold: holding.hold,
            since: holding.since,
        }
    }
}
