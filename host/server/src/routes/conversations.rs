//! Conversations and what happened to them.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_desk::Desk;
use patchbay_desk::history::EntryKind;
use patchbay_desk::reading::{self, Held};
use patchbay_journal::{ContactId, Conversation, ConversationId, Entry};
use patchbay_model::spelling;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Entries of one answer.
const PAGE: usize = 500;
/// Conversations of one answer.
const CONVERSATIONS: usize = 100;
/// Agents looked through for the one that may be meant.
const AGENTS: usize = 10_000;

/// A conversation, without what was said in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationSummary {
    /// Its id.
    id: String,
    /// `queued`, `reserved`, `active`, `waiting-on-customer`, `on-hold`,
    /// `awaiting-approval`, `wrapping` or `resolved`.
    state: String,
    /// Code of the channel.
    channel: String,
    /// Contact it is with.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    /// Queue it waits in or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Agent who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// 0 to 100.
    priority: u8,
    /// Tags, sorted.
    tags: Vec<String>,
    /// Whether replies need an approval.
    needs_approval: bool,
    /// Incident it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
    /// When its first interaction was accepted.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When a clock rings next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    /// How many interactions it holds.
    interactions: u32,
    /// Number of its last entry.
    sequence: u64,
}

/// Something that happened to a conversation, or to the company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    /// Its number in the company's feed.
    feed: u64,
    /// Its number in the conversation; 0 where it is about none.
    sequence: u64,
    /// Which conversation; absent: it happened to the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// What: one of the kinds `docs/desk.md` lists, such as `received`,
    /// `routed`, `accepted` or `reply-published`. The set grows.
    kind: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was decided, as codes and numbers.
    #[schema(value_type = Object)]
    data: Value,
}

/// One interaction of a conversation, in the customer's words.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidInteraction {
    /// Its place in the order of acceptance.
    ordinal: u64,
    /// The interaction; absent where its author was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    interaction: Option<Value>,
}

/// A conversation with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationDocument {
    #[serde(flatten)]
    summary: ConversationSummary,
    /// What happened, oldest first; at most 500.
    history: Vec<HistoryEntry>,
    /// Its newest interactions, newest first; at most 64.
    said: Vec<SaidInteraction>,
}

/// Everything a contact did, on every channel, in order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Journey {
    /// Entries, oldest first; at most 500.
    entries: Vec<HistoryEntry>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Open conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenConversations {
    /// At most 100, in the order of their ids; of a queue or an agent fewer,
    /// also where there are more to come.
    conversations: Vec<ConversationSummary>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which conversations are listed, and where the list goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichOpen {
    /// Id of the last conversation looked at before: `next` of that answer.
    after: Option<String>,
    /// Only those that wait in this queue, or came from it.
    queue: Option<String>,
    /// Only those this agent holds, or has an offer of.
    agent: Option<String>,
}

/// Where a journey goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterFeed {
    /// Feed number of the last entry of the answer before.
    after: Option<u64>,
}

/// Open conversations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations",
    operation_id = "conversations",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), WhichOpen),
    responses((status = 200, description = "Conversations that are not resolved.", body = OpenConversations), schema::NoDocument)
)]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    caller: Caller,
    Query(which): Query<WhichOpen>,
) -> Result<Json<OpenConversations>, Problem> {
    let after = match &which.after {
        None => None,
        Some(id) => Some(conversation_id(id)?),
    };
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let wanted = Wanted::of(desk, &company, &which, &caller)?;
        let rows = reading::open_conversations(&**desk.journal(), id, after, CONVERSATIONS)?;
        let next = (rows.len() == CONVERSATIONS)
            .then(|| rows.last().map(|row| row.id.to_string()))
            .flatten();
        let wanted = rows.iter().filter(|row| wanted.has(row));
        let conversations = wanted.map(summary).collect::<Result<_, _>>()?;
        Ok(Json(OpenConversations {
            conversations,
            next,
        }))
    })
    .await
}

/// Whose conversations are wanted.
struct Wanted<'a> {
    queue: Option<&'a str>,
    agent: Option<&'a str>,
    /// Those that are set before the agent.
    offered: BTreeSet<String>,
}

impl<'a> Wanted<'a> {
    /// What is asked for, if there is such a queue and such an agent.
    fn of(
        desk: &Desk,
        company: &str,
        which: &'a WhichOpen,
        caller: &Caller,
    ) -> Result<Wanted<'a>, Problem> {
        if let Some(queue) = &which.queue {
            let generation = desk.generation(company)?;
            let all = generation.queues.keys().chain(generation.moved.keys());
            let all: Vec<String> = all.cloned().collect();
            if !all.contains(queue) {
                let detail = spelling::known(queue, "queues", &all);
                return Err(Problem::of(Kind::UnknownQueue)
                    .field("queue")
                    .detail(detail));
            }
        }
        let mut offered = BTreeSet::new();
        if let Some(agent) = &which.agent {
            if !desk.has_agent(company, agent)? {
                let all = desk.agents(company, "", AGENTS)?;
                let all: Vec<String> = all.into_iter().map(|(agent, _)| agent.id).collect();
                let detail = spelling::known(agent, "agents", &all);
                return Err(Problem::of(Kind::UnknownAgent)
                    .field("agent")
                    .detail(detail));
            }
            // What is set before an agent is for them alone among agents.
            if caller.agent().is_none_or(|own| own == agent) {
                let offers = desk.agent(company, agent)?.offers.into_iter();
                offered = offers.map(|offer| offer.conversation).collect();
            }
        }
        Ok(Wanted {
            queue: which.queue.as_deref(),
            agent: which.agent.as_deref(),
            offered,
        })
    }

    fn has(&self, row: &Conversation) -> bool {
        let in_queue = self
            .queue
            .is_none_or(|queue| row.queue.as_deref() == Some(queue));
        let with_agent = self.agent.is_none_or(|agent| {
            row.owner.as_deref() == Some(agent) || self.offered.contains(&row.id.to_string())
        });
        in_queue && with_agent
    }
}

/// A conversation with its history
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}",
    operation_id = "conversation",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    responses((status = 200, description = "The conversation.", body = ConversationDocument), schema::NoDocument)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
) -> Result<Json<ConversationDocument>, Problem> {
    let id = conversation_id(&conversation)?;
    app.read(move |desk| {
        let company = desk.company(&company)?;
        let journal = &**desk.journal();
        let row = journal.conversation(company, id)?;
        let row = row.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
        let entries = journal.entries(company, id, 0, PAGE)?;
        let said = reading::said(journal, &row)?;
        Ok(Json(ConversationDocument {
            summary: summary(&row)?,
            history: entries.into_iter().map(entry).collect(),
            said: said.into_iter().map(said_interaction).collect(),
        }))
    })
    .await
}

/// A contact's journey
///
/// Everything the person behind a contact did, on every channel and under
/// every address, in one order.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/contacts/{contact}/journey",
    operation_id = "journey",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
        AfterFeed,
    ),
    responses((status = 200, description = "The journey.", body = Journey), schema::NoDocument)
)]
pub(super) async fn journey(
    State(app): State<Arc<App>>,
    Path((company, contact)): Path<(String, String)>,
    Query(page): Query<AfterFeed>,
) -> Result<Json<Journey>, Problem> {
    let contact: ContactId = contact
        .parse()
        .map_err(|_| Problem::of(Kind::UnknownContact))?;
    app.read(move |desk| {
        let company = desk.company(&company)?;
        let after = page.after.unwrap_or(0);
        // One that is not there has no journey, rather than an empty one.
        desk.journal().person(company, contact)?;
        let entries = desk.journal().journey(company, contact, after, PAGE)?;
        let next = (entries.len() == PAGE)
            .then(|| entries.last().map(|entry| entry.feed))
            .flatten();
        Ok(Json(Journey {
            entries: entries.into_iter().map(entry).collect(),
            next,
        }))
    })
    .await
}

pub(super) fn conversation_id(text: &str) -> Result<ConversationId, Problem> {
    text.parse()
        .map_err(|_| Problem::of(Kind::UnknownConversation))
}

fn summary(row: &Conversation) -> Result<ConversationSummary, Problem> {
    let snapshot = reading::snapshot(row)?;
    Ok(ConversationSummary {
        id: row.id.to_string(),
        state: row.state.as_str().to_owned(),
        channel: snapshot.channel,
        contact: row.contact.map(|contact| contact.to_string()),
        queue: row.queue.clone(),
        owner: row.owner.clone(),
        priority: snapshot.priority,
        tags: snapshot.tags,
        needs_approval: snapshot.needs_approval,
        incident: snapshot.incident,
        created_at: snapshot.created_at,
        due_at: row.due_at,
        interactions: snapshot.interaction_count,
        sequence: row.sequence,
    })
}

pub(super) fn entry(entry: Entry) -> HistoryEntry {
    HistoryEntry {
        feed: entry.feed,
        sequence: entry.sequence,
        conversation: entry.conversation.map(|id| id.to_string()),
        kind: EntryKind::of(entry.kind)
            .map_or("unknown", EntryKind::as_str)
            .to_owned(),
        at: entry.at,
        data: serde_json::from_str(&entry.head).unwrap_or(Value::Null),
    }
}

fn said_interaction(held: Held) -> SaidInteraction {
    SaidInteraction {
        ordinal: held.ordinal.0,
        interaction: held
            .interaction
            .and_then(|interaction| serde_json::to_value(interaction).ok()),
    }
}
