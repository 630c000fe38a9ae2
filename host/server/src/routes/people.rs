//! Who works for a company, whether they are there, and what is set before
//! them.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use patchbay_desk::floor::{AgentView, Hold, Holding, Offer, OfferId, RosterChange};
use patchbay_desk::roster::Agent;
use patchbay_desk::{AgentStatus, DeskError, QueueStatus};
use patchbay_model::directory::Presence;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::doing::{ActorFields, DoneDocument};
use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Agents of one answer.
const PAGE: usize = 500;
/// Agents of one import that the audit trail names.
const NAMED: usize = 100;
/// Most agents of one import.
const IMPORT: usize = 10_000;

/// An agent and what they do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentDocument {
    /// What the roster says: `id`, `name`, `skills`, `languages`, `queues`,
    /// `teams`, `site`, `capacity`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    agent: Agent,
    /// `available`, `busy`, `away` or `offline`.
    #[schema(value_type = String)]
    presence: Presence,
    /// Whether they let an offer time out and have not set a presence since:
    /// nothing is offered to them until then.
    not_responding: bool,
    /// Capacity in use, open offers included.
    load: u64,
    /// When they last finished or took up a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    idle_since: Option<Timestamp>,
    /// What they hold; only where one agent is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<Vec<HoldingDocument>>,
    /// What is set before them; only where one agent is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    offers: Option<Vec<OfferDocument>>,
}

/// A conversation an agent holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HoldingDocument {
    /// The conversation.
    conversation: String,
    /// `active`, `parked` (it holds no capacity) or `wrapping`.
    #[schema(value_type = String)]
    hold: Hold,
    /// Since when it waited for an agent.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// A conversation set before an agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferDocument {
    /// Its number.
    id: u64,
    /// The conversation.
    conversation: String,
    /// The agent.
    agent: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    /// When it times out.
    #[schema(value_type = String, format = DateTime)]
    deadline: Timestamp,
    /// How often the agent refused it before.
    again: u32,
}

/// Agents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentList {
    /// At most 500, by id.
    agents: Vec<AgentDocument>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Where a list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterAgent {
    /// Id of the last agent of the answer before.
    after: Option<String>,
}

/// What became of a roster entry.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// How many are new; they are offline until their presence is set.
    added: usize,
    /// How many were there, and were changed.
    changed: usize,
}

/// A presence to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceRequest {
    /// `available`, `busy`, `away` or `offline`.
    #[schema(value_type = String)]
    presence: Presence,
}

/// A presence that was set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceDocument {
    /// What it is now.
    #[schema(value_type = String)]
    presence: Presence,
    /// What it was.
    #[schema(value_type = String)]
    before: Presence,
}

/// Open offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferList {
    /// Oldest first.
    offers: Vec<OfferDocument>,
}

/// Whose offers are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhoseOffers {
    /// Only this agent's; an agent's token sees no others.
    agent: Option<String>,
}

/// Queues.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueList {
    /// By id.
    queues: Vec<QueueDocument>,
}

/// A queue at this moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueDocument {
    /// Its id.
    id: String,
    /// Conversations that wait in it; those on offer do not.
    waiting: usize,
    /// Since when the oldest of them waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest: Option<Timestamp>,
}

/// Agents
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/agents",
    operation_id = "agents",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company."), AfterAgent),
    responses((status = 200, description = "The roster.", body = AgentList), schema::NoDocument)
)]
pub(super) async fn agents(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(page): Query<AfterAgent>,
) -> Result<Json<AgentList>, Problem> {
    app.read(move |desk| {
        let after = page.after.unwrap_or_default();
        let agents = desk.agents(&company, &after, PAGE)?;
        let next = (agents.len() == PAGE)
            .then(|| agents.last().map(|(agent, _)| agent.id.clone()))
            .flatten();
        let agents = agents.into_iter();
        Ok(Json(AgentList {
            agents: agents.map(|(agent, view)| document(agent, view)).collect(),
            next,
        }))
    })
    .await
}

/// Import agents
///
/// Adds agents to the roster, or changes what it says of them: a list, all or
/// none. Whoever is new is offline until their presence is set.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/agents",
    operation_id = "import_agents",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body(content = Vec<Object>, content_type = "application/json"),
    responses((status = 200, description = "What became of them.", body = Imported), schema::NoDecision)
)]
pub(super) async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let values: Vec<Value> = app.json(request).await?;
    if values.len() > IMPORT {
        let size = Some(values.len() as u64);
        return Err(Problem::of(Kind::InvalidInput)
            .detail(format!("{IMPORT} agents are taken at once"))
            .limit(IMPORT as u64, size, "agents"));
    }
    put(app, caller, company, values)
        .await
        .map(Json)
        .map_err(|wrong| match wrong {
            Wrong::Agent(at, problem) => problem.field(format!("[{at}]")),
            Wrong::Else(problem) => problem,
        })
}

/// Put an agent on the roster
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "put_agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 200, description = "What became of it.", body = Imported), schema::NoDecision)
)]
pub(super) async fn put_one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, agent)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let mut value: Value = app.json(request).await?;
    if let Some(fields) = value.as_object_mut() {
        let id = fields.entry("id").or_insert_with(|| agent.clone().into());
        if *id != agent {
            return Err(Problem::of(Kind::InvalidInput)
                .field("id")
                .detail("the body names another agent than the path"));
        }
    }
    let put = put(app, caller, company, vec![value]).await;
    put.map(Json).map_err(|wrong| match wrong {
        Wrong::Agent(_, problem) | Wrong::Else(problem) => problem,
    })
}

/// Why agents are not put on the roster.
enum Wrong {
    /// One of them is wrong: its place in the list, from 0, and how.
    Agent(usize, Problem),
    /// Something else.
    Else(Problem),
}

async fn put(
    app: Arc<App>,
    caller: Caller,
    company: String,
    values: Vec<Value>,
) -> Result<Imported, Wrong> {
    let read = |(at, value)| {
        Agent::from_value(value).map_err(|error| Wrong::Agent(at, Problem::from(error)))
    };
    let agents = values.into_iter().enumerate().map(read);
    let agents: Vec<Agent> = agents.collect::<Result<_, _>>()?;
    let looked = app.read(move |desk| {
        let ids = agents.iter().map(|agent| agent.id.as_str());
        let about = json!({"count": agents.len(), "agents": ids.take(NAMED).collect::<Vec<_>>()});
        let entry = caller.entry("agents.put", Some(&company), &about);
        let changes = match desk.put_agents(&company, agents, entry) {
            Err(DeskError::Agent { at, error }) => {
                let problem = Problem::from(DeskError::Agent { at, error });
                return Ok(Err(Wrong::Agent(at, problem)));
            }
            changes => changes?,
        };
        let count = |wanted| changes.iter().filter(|change| **change == wanted).count();
        Ok(Ok(Imported {
            added: count(RosterChange::Added),
            changed: count(RosterChange::Changed),
        }))
    });
    looked.await.map_err(Wrong::Else)?
}

/// An agent and what they do
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    responses((status = 200, description = "The agent.", body = AgentDocument), schema::NoDocument)
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
        } = desk.agent(&company, &agent)?;
        let mut document = document(agent, view);
        document.conversations = Some(holdings.into_iter().map(holding).collect());
        document.offers = Some(offers.into_iter().map(offer).collect());
        Ok(Json(document))
    })
    .await
}

/// Take an agent off the roster
///
/// What they hold returns to its queue, with its age; their tokens are revoked.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/agents/{agent}",
    operation_id = "remove_agent",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("agent" = String, Path, description = "Id of the agent."),
    ),
    responses((status = 204, description = "They are gone."), schema::NoDocument)
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, agent)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let here = Arc::clone(&app);
    app.read(move |desk| {
        let entry = caller.entry("agent.removed", Some(&company), &json!({"agent": agent}));
        let _alone = here.access.change();
        let removed = desk.remove_agent(&company, &agent, entry);
        // Whatever went wrong: the journal may have taken them off before it did.
        let is_unknown = matches!(
            removed,
            Err(DeskError::UnknownAgent(_) | DeskError::UnknownCompany(_))
        );
        if !is_unknown {
            here.access.revoke_agent(&company, &agent);
        }
        Ok(removed?)
    })
    .await?;
    // Whoever follows the feed with a token of theirs is cut off.
    app.changes.send_modify(|number| *number += 1);
    Ok(StatusCode::NO_CONTENT)
}

/// Set an agent's presence
///
/// Whoever was not responding is back. What is set before somebody who goes
/// away or offline is taken back; what they hold they keep, and lose it some
/// time after they went offline.
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
    responses((status = 200, description = "It is set.", body = PresenceDocument), schema::NoDecision)
)]
pub(super) async fn set_presence(
    State(app): State<Arc<App>>,
    Path((company, agent)): Path<(String, String)>,
    request: Request,
) -> Result<Json<PresenceDocument>, Problem> {
    let PresenceRequest { presence } = app.json(request).await?;
    app.read(move |desk| {
        let before = desk.set_presence(&company, &agent, presence)?;
        Ok(Json(PresenceDocument { presence, before }))
    })
    .await
}

/// Open offers
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/offers",
    operation_id = "offers",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company."), WhoseOffers),
    responses((status = 200, description = "What is set before agents.", body = OfferList), schema::NoDocument)
)]
pub(super) async fn offers(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
    Query(whose): Query<WhoseOffers>,
) -> Result<Json<OfferList>, Problem> {
    let whose = match (caller.agent(), whose.agent) {
        (None, whose) => whose,
        (Some(own), None) => Some(own.to_owned()),
        (Some(own), Some(whose)) if whose == own => Some(whose),
        (Some(_), Some(_)) => {
            return Err(Problem::of(Kind::Forbidden)
                .field("agent")
                .detail("names another agent than the token does; leave it out"));
        }
    };
    app.read(move |desk| {
        let offers = desk.offers(&company, whose.as_deref())?;
        Ok(Json(OfferList {
            offers: offers.into_iter().map(offer).collect(),
        }))
    })
    .await
}

/// Take what is offered
///
/// The conversation is the agent's from then on. Taking it again is no error.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/offers/{offer}/accept",
    operation_id = "accept_offer",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("offer" = u64, Path, description = "Number of the offer."),
    ),
    request_body(content = ActorFields, content_type = "application/json"),
    responses((status = 200, description = "It is theirs.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, offer)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    answer(app, &caller, company, &offer, request, true).await
}

/// Decline what is offered
///
/// The conversation waits again, with its age, and is not offered to the same
/// agent while others fit.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/offers/{offer}/decline",
    operation_id = "decline_offer",
    tag = "agents",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("offer" = u64, Path, description = "Number of the offer."),
    ),
    request_body(content = ActorFields, content_type = "application/json"),
    responses((status = 200, description = "It waits again.", body = DoneDocument), schema::NotDone)
)]
pub(super) async fn decline(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, offer)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DoneDocument>, Problem> {
    answer(app, &caller, company, &offer, request, false).await
}

async fn answer(
    app: Arc<App>,
    caller: &Caller,
    company: String,
    offer: &str,
    request: Request,
    accept: bool,
) -> Result<Json<DoneDocument>, Problem> {
    let actor: ActorFields = app.json(request).await?;
    let actor = actor.of(caller)?;
    let offer: u64 = offer.parse().map_err(|_| Problem::of(Kind::OfferOver))?;
    app.read(move |desk| {
        let answer = desk.answer_offer(&company, OfferId(offer), actor, accept)?;
        Ok(Json(DoneDocument::of(answer?)))
    })
    .await
}

/// Queues
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/queues",
    operation_id = "queues",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "What waits in each.", body = QueueList), schema::NoDocument)
)]
pub(super) async fn queues(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<QueueList>, Problem> {
    app.read(move |desk| {
        let queues = desk.queues(&company)?.into_iter();
        let queues = queues.map(
            |QueueStatus {
                 id,
                 waiting,
                 oldest,
             }| QueueDocument {
                id,
                waiting,
                oldest,
            },
        );
        Ok(Json(QueueList {
            queues: queues.collect(),
        }))
    })
    .await
}

fn document(agent: Agent, view: AgentView) -> AgentDocument {
    AgentDocument {
        agent,
        presence: view.presence,
        not_responding: view.not_responding,
        load: view.load,
        idle_since: view.idle_since,
        conversations: None,
        offers: None,
    }
}

fn holding(holding: Holding) -> HoldingDocument {
    HoldingDocument {
        conversation: holding.conversation,
        hold: holding.hold,
        since: holding.since,
    }
}

fn offer(offer: Offer) -> OfferDocument {
    OfferDocument {
        id: offer.id.0,
        conversation: offer.conversation,
        agent: offer.agent,
        made_at: offer.made_at,
        deadline: offer.deadline,
        again: offer.again,
    }
}
