//! Conversations, their histories, and journeys of contacts.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_adapter::ReplyWindow;
use patchbay_config::name_suggestion;
use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{ContactId, Conversation, ConversationId, Entry, Journal, forbidding};
use patchbay_records::conversation_reader::{self, StoredInteraction};
use patchbay_records::snapshot::{Snapshot, from_unix_ms};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::next_page;
use super::reactions::{self, Reaction};
use crate::descriptions;

/// Entries per page.
const PAGE: usize = 500;
/// Conversations per page.
const CONVERSATIONS: usize = 100;
/// Agents compared to suggest one for a misspelled id.
const AGENTS: usize = 10_000;

/// A conversation without its messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationSummary {
    /// Id of the conversation.
    id: String,
    /// `queued`, `reserved`, `active`, `waiting-on-customer`, `on-hold`,
    /// `awaiting-approval`, `wrapping` or `resolved`.
    state: String,
    /// Code of the channel.
    channel: String,
    /// Id of the contact.
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
    /// Whether every reply needs approval.
    needs_approval: bool,
    /// Subject of the incident it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
    /// When its first interaction was accepted.
    created_at: Timestamp,
    /// The nearest deadline of its SLA clocks: when a target is used up, or was if
    /// the customer still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// The SLA clock of `due_at`, such as `first-response`.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_clock: Option<String>,
    /// When the at-risk share of the target of `due_at` is used up; absent once the
    /// escalation policies were called for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_risk_at: Option<Timestamp>,
    /// Number of interactions.
    interactions: u32,
    /// Number of its last history entry.
    sequence: u64,
}

/// An entry in the history of a conversation, or of the company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    /// Number of the entry in the company's feed.
    feed: u64,
    /// Number of the entry in the conversation; 0 for an entry of the company.
    sequence: u64,
    /// Id of the conversation; absent for an entry of the company.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// Kind, as `docs/desk.md` lists them, such as `received`, `routed`, `accepted`
    /// or `reply-published`. The set grows.
    kind: String,
    /// Time of the entry.
    at: Timestamp,
    /// Details, as codes and numbers.
    #[schema(value_type = Object)]
    data: Value,
}

/// An interaction with its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaidInteraction)]
pub(crate) struct Message {
    /// Position in the order of acceptance.
    ordinal: u64,
    /// The interaction; absent if its author was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    interaction: Option<Value>,
}

/// A conversation with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationDocument {
    #[serde(flatten)]
    summary: ConversationSummary,
    /// Entries, oldest first; at most 500.
    history: Vec<HistoryEntry>,
    /// Interactions, newest first; at most 64.
    said: Vec<Message>,
    /// Reactions of the customer, oldest first; the newest 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<Reaction>,
    /// Until when the channel takes a reply; absent where it takes one at any time, or
    /// replies do not go out by a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_window: Option<ReplyWindowDocument>,
    /// Since when the customer takes no messages on this channel; absent where they
    /// take them. A reply is not sent until they opt in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    opted_out_since: Option<Timestamp>,
}

/// Until when a channel takes a free reply.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplyWindowDocument {
    /// Whether it takes one now.
    open: bool,
    /// When it ends, or ended; absent if the customer never wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends: Option<Timestamp>,
}

impl ReplyWindowDocument {
    fn of(window: ReplyWindow, now: Timestamp) -> Option<ReplyWindowDocument> {
        let ends = match window {
            ReplyWindow::Unlimited => return None,
            ReplyWindow::Until(end) => Some(end),
            ReplyWindow::Closed => None,
        };
        Some(ReplyWindowDocument {
            open: window.is_open(now),
            ends,
        })
    }
}

/// The journey of a contact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Journey {
    /// Entries, oldest first; at most 500.
    entries: Vec<HistoryEntry>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// A page of open conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenConversations {
    /// At most 100, in the order of their ids. With a filter a page may hold fewer
    /// although there are more pages.
    conversations: Vec<ConversationSummary>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OpenQuery {
    /// `next` of the previous page.
    #[param(pattern = "^[0-9a-f]{32}$")]
    after: Option<String>,
    /// Only conversations that wait in this queue or came from it.
    queue: Option<String>,
    /// Only conversations that this agent owns or is offered.
    agent: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AfterFeed {
    /// Feed number of the previous page's last entry.
    after: Option<u64>,
}

/// List open conversations
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations",
    operation_id = "conversations",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), OpenQuery),
    responses((status = 200, description = "A page of conversations that are not resolved.", body = OpenConversations), descriptions::ReadErrors)
)]
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    Query(which): Query<OpenQuery>,
) -> Result<Json<OpenConversations>, Problem> {
    let after = match &which.after {
        None => None,
        Some(id) => Some(conversation_id(id)?),
    };
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let filter = OpenFilter::new(desk, &company, &which, &caller)?;
        let rows =
            conversation_reader::open_conversations(&**desk.journal(), id, after, CONVERSATIONS)?;
        let next = next_page(&rows, CONVERSATIONS, |row| row.id.to_string());
        let matching = rows.iter().filter(|row| filter.matches(row));
        let conversations = matching
            .map(|row| summary(desk, &company, row))
            .collect::<Result<_, _>>()?;
        Ok(Json(OpenConversations {
            conversations,
            next,
        }))
    })
    .await
}

struct OpenFilter<'a> {
    queue: Option<&'a str>,
    agent: Option<&'a str>,
    /// Conversations that are offered to the agent.
    offered: BTreeSet<String>,
}

impl<'a> OpenFilter<'a> {
    /// The filter; an error if the queue or the agent does not exist.
    fn new(
        desk: &Desk,
        company: &str,
        which: &'a OpenQuery,
        caller: &Caller,
    ) -> Result<OpenFilter<'a>, Problem> {
        if let Some(queue) = &which.queue {
            let generation = desk.generation(company)?;
            let all = generation.queues.keys().chain(generation.moved.keys());
            let all: Vec<String> = all.cloned().collect();
            if !all.contains(queue) {
                let detail = name_suggestion::suggest(queue, "queues", &all);
                return Err(Problem::of(Kind::UnknownQueue)
                    .field("queue")
                    .detail(detail));
            }
        }
        let mut offered = BTreeSet::new();
        if let Some(agent) = &which.agent {
            if !desk.roster().has_agent(company, agent)? {
                let all = desk.roster().agents(company, "", AGENTS)?;
                let all: Vec<String> = all.into_iter().map(|(agent, _)| agent.id).collect();
                let detail = name_suggestion::suggest(agent, "agents", &all);
                return Err(Problem::of(Kind::UnknownAgent)
                    .field("agent")
                    .detail(detail));
            }
            // An agent must not see other agents' offers.
            if caller.agent().is_none_or(|own| own == agent) {
                let offers = desk.roster().agent(company, agent)?.offers.into_iter();
                offered = offers.map(|offer| offer.conversation).collect();
            }
        }
        Ok(OpenFilter {
            queue: which.queue.as_deref(),
            agent: which.agent.as_deref(),
            offered,
        })
    }

    fn matches(&self, row: &Conversation) -> bool {
        let in_queue = self
            .queue
            .is_none_or(|queue| row.queue.as_deref() == Some(queue));
        let with_agent = self.agent.is_none_or(|agent| {
            row.owner.as_deref() == Some(agent) || self.offered.contains(&row.id.to_string())
        });
        in_queue && with_agent
    }
}

/// Get a conversation with its history
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}",
    operation_id = "conversation",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    responses((status = 200, description = "The conversation.", body = ConversationDocument), descriptions::ReadErrors)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
) -> Result<Json<ConversationDocument>, Problem> {
    let id = conversation_id(&conversation)?;
    let gateway = app.gateway.clone();
    app.read(move |desk| {
        let company_id = desk.company(&company)?;
        let journal = &**desk.journal();
        let row = journal.conversation(company_id, id)?;
        let row = row.ok_or_else(|| Problem::of(Kind::UnknownConversation))?;
        let entries = journal.entries(company_id, id, 0, PAGE)?;
        let said = conversation_reader::recent_interactions(journal, &row)?;
        let snapshot = conversation_reader::read_snapshot(&row)?;
        let window = match &gateway {
            Some(gateway) => {
                gateway.reply_window(&company, &snapshot.channel, snapshot.last_inbound_at)?
            }
            None => ReplyWindow::Unlimited,
        };
        // All messages of a conversation are to one account.
        let account = said
            .iter()
            .find_map(|stored| stored.interaction.as_ref()?.account.as_deref());
        Ok(Json(ConversationDocument {
            reply_window: ReplyWindowDocument::of(window, desk.now()),
            opted_out_since: opted_out_since(journal, &row, &snapshot, account)?,
            summary: summary(desk, &company, &row)?,
            reactions: reactions::read(journal, company_id, &entries)?,
            history: entries.into_iter().map(HistoryEntry::from).collect(),
            said: said.into_iter().map(message).collect(),
        }))
    })
    .await
}

/// Since when the customer of a conversation takes no messages on its channel, from
/// its account if that is known.
fn opted_out_since(
    journal: &dyn Journal,
    row: &Conversation,
    snapshot: &Snapshot,
    account: Option<&str>,
) -> Result<Option<Timestamp>, Problem> {
    let Some(contact) = row.contact else {
        return Ok(None);
    };
    let said = journal.opt_outs(row.company, contact)?;
    let found = forbidding(&said, &snapshot.channel, account, snapshot.last_inbound_at);
    Ok(found.map(|said| said.at))
}

/// Get a contact's journey
///
/// The history of the person on every channel and address, in one order.
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
    responses((status = 200, description = "The journey.", body = Journey), descriptions::ReadErrors)
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
        // An unknown contact is an error, not an empty journey.
        desk.journal().person_contacts(company, contact)?;
        let entries = desk.journal().journey(company, contact, after, PAGE)?;
        Ok(Json(Journey {
            next: next_page(&entries, PAGE, |entry| entry.feed),
            entries: entries.into_iter().map(HistoryEntry::from).collect(),
        }))
    })
    .await
}

pub(super) fn conversation_id(text: &str) -> Result<ConversationId, Problem> {
    text.parse()
        .map_err(|_| Problem::of(Kind::UnknownConversation))
}

pub(super) fn summary(
    desk: &Desk,
    company: &str,
    row: &Conversation,
) -> Result<ConversationSummary, Problem> {
    let snapshot = conversation_reader::read_snapshot(row)?;
    let deadline = desk.conversations().deadline(company, &snapshot)?;
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
        due_at: deadline.map(|deadline| from_unix_ms(deadline.at_ms)),
        due_clock: deadline.map(|deadline| deadline.clock.as_str().to_owned()),
        at_risk_at: deadline.and_then(|deadline| Some(from_unix_ms(deadline.at_risk_ms?))),
        interactions: snapshot.interaction_count,
        sequence: row.sequence,
    })
}

impl From<Entry> for HistoryEntry {
    fn from(entry: Entry) -> HistoryEntry {
        HistoryEntry {
            feed: entry.feed,
            sequence: entry.sequence,
            conversation: entry.conversation.map(|id| id.to_string()),
            kind: EventKind::from_number(entry.kind)
                .map_or("unknown", EventKind::as_str)
                .to_owned(),
            at: entry.at,
            data: serde_json::from_str(&entry.head).unwrap_or(Value::Null),
        }
    }
}

fn message(held: StoredInteraction) -> Message {
    Message {
        ordinal: held.ordinal.0,
        interaction: held
            .interaction
            .and_then(|interaction| serde_json::to_value(interaction).ok()),
    }
}
