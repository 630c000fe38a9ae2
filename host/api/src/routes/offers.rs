//! Offers of conversations to agents, and the queues they come from.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_floor::{Offer, OfferId};
use patchbay_http::problem::{Kind, Problem};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::{ActionResult, ActorFields};
use patchbay_http::descriptions;

/// An offer of a conversation to an agent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferDocument {
    /// Number of the offer.
    id: u64,
    /// Id of the conversation.
    conversation: String,
    /// Id of the agent.
    agent: String,
    /// When it was made.
    made_at: Timestamp,
    /// When it times out.
    deadline: Timestamp,
    /// How often the agent declined it or let it time out before.
    again: u32,
}

/// Open offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferList {
    /// Oldest first.
    offers: Vec<OfferDocument>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfferQuery {
    /// Only offers to this agent; an agent's token sees only that agent's.
    agent: Option<String>,
}

/// Queues.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueList {
    /// Sorted by id.
    queues: Vec<QueueDocument>,
}

/// A queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueDocument {
    /// Id of the queue.
    id: String,
    /// Number of waiting conversations, without those offered to an agent.
    waiting: usize,
    /// Since when the oldest of them has waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<Timestamp>,
}

/// List open offers
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/offers",
    operation_id = "offers",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company."), OfferQuery),
    responses((status = 200, description = "The open offers.", body = OfferList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    Query(whose): Query<OfferQuery>,
) -> Result<Json<OfferList>, Problem> {
    let whose = match (caller.agent(), whose.agent) {
        (None, whose) => whose,
        (Some(own), None) => Some(own.to_owned()),
        (Some(own), Some(whose)) if whose == own => Some(whose),
        (Some(_), Some(_)) => {
            return Err(Problem::of(Kind::Forbidden)
                .field("agent")
                .detail("differs from the token's agent; leave it out"));
        }
    };
    app.read(move |desk| {
        let offers = desk.conversations().offers(&company, whose.as_deref())?;
        Ok(Json(OfferList {
            offers: offers.into_iter().map(OfferDocument::from).collect(),
        }))
    })
    .await
}

/// Accept an offer
///
/// The conversation belongs to the agent from then on. Idempotent.
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
    responses((status = 200, description = "The offer is accepted.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, offer)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    answer(app, &caller, company, &offer, request, true).await
}

/// Decline an offer
///
/// The conversation returns to its queue with its age, and is not offered to the
/// same agent while others fit.
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
    responses((status = 200, description = "The offer is declined.", body = ActionResult), descriptions::ActionErrors)
)]
pub(super) async fn decline(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, offer)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ActionResult>, Problem> {
    answer(app, &caller, company, &offer, request, false).await
}

async fn answer(
    app: Arc<App>,
    caller: &Caller,
    company: String,
    offer: &str,
    request: Request,
    accept: bool,
) -> Result<Json<ActionResult>, Problem> {
    let actor = ActorFields::read(&app, caller, request).await?;
    let offer: u64 = offer.parse().map_err(|_| Problem::of(Kind::OfferClosed))?;
    app.read(move |desk| {
        let answer = desk
            .conversations()
            .answer_offer(&company, OfferId(offer), actor, accept)?;
        Ok(Json(ActionResult::new(answer?)))
    })
    .await
}

/// List queues
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/queues",
    operation_id = "queues",
    tag = "agents",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "The queues.", body = QueueList), descriptions::ReadErrors)
)]
pub(super) async fn queues(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<QueueList>, Problem> {
    app.read(move |desk| {
        let queues = desk.roster().queues(&company)?.into_iter();
        let queues = queues.map(|queue| QueueDocument {
            id: queue.id,
            waiting: queue.waiting,
            oldest: queue.oldest,
        });
        Ok(Json(QueueList {
            queues: queues.collect(),
        }))
    })
    .await
}

impl From<Offer> for OfferDocument {
    fn from(offer: Offer) -> OfferDocument {
        OfferDocument {
            id: offer.id.0,
            conversation: offer.conversation,
            agent: offer.agent,
            made_at: offer.made_at,
            deadline: offer.deadline,
            again: offer.again,
        }
    }
}
