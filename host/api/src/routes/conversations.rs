//! A conversation with its history, and journeys of contacts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_adapter::ReplyWindow;
use patchbay_config::bound::{Bound, Scope};
use patchbay_files::{FileRules, TYPES};
use patchbay_http::entry_order::{EntryOrder, EntryOrderCode, entry_page};
use patchbay_http::history_entry::HistoryEntry;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{ContactId, Conversation, ConversationId, Journal, forbidding};
use patchbay_records::conversation_list::read_previews;
use patchbay_records::conversation_reader::{self, StoredInteraction};
use patchbay_records::snapshot::Snapshot;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::conversation_summary::ConversationSummary;
use super::reactions::{self, Reaction};
use patchbay_http::descriptions;
use patchbay_http::request_fields::next_page;

/// Entries per page.
const PAGE: usize = 500;

/// An interaction with its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaidInteraction)]
pub(crate) struct Message {
    /// Position in the order of acceptance.
    ordinal: u64,
    /// The interaction; absent if its author was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Interaction>)]
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
    /// What the channel takes of files in a reply; absent: replies have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<FileRulesDocument>,
}

/// What a channel takes of files in a reply.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FileRules)]
pub(crate) struct FileRulesDocument {
    /// Most files of a reply.
    #[schema(minimum = 1, maximum = 10)]
    count: usize,
    /// Most bytes of all files of a reply.
    #[schema(minimum = 1)]
    total_bytes: u64,
    /// The types that it takes.
    types: Vec<FileTypeDocument>,
    /// Where the text of the reply stands: `with` all files in one message, or `caption`:
    /// each file is a message of its own, and the text goes with the first one where it is
    /// short enough for that and its type has a caption, else in messages before.
    text: &'static str,
    /// Whether a reply may have files and no text.
    without_text: bool,
}

/// A type of file that a channel takes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FileTypeRule)]
pub(crate) struct FileTypeDocument {
    /// Media type.
    media_type: &'static str,
    /// Endings of its names in lower case, the usual one first.
    extensions: &'static [&'static str],
    /// Most bytes of a file.
    #[schema(minimum = 1)]
    bytes: u64,
}

impl FileRulesDocument {
    /// The rules, with the host's own limit of a file.
    fn of(rules: &FileRules, most: u64) -> FileRulesDocument {
        let types = TYPES.iter().filter_map(|it| {
            Some(FileTypeDocument {
                media_type: it.media_type,
                extensions: it.extensions,
                bytes: rules.limit_of(it.media_type)?.min(most),
            })
        });
        FileRulesDocument {
            count: rules.count,
            total_bytes: rules.total_bytes,
            types: types.collect(),
            text: rules.text.as_str(),
            without_text: rules.without_text,
        }
    }
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
    /// Entries in the order asked for; at most 500.
    entries: Vec<HistoryEntry>,
    /// Value of `after`, or of `before` where the newest come first, for the next page;
    /// absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JourneyQuery {
    /// Order of the entries. Default `oldest`, and `newest` with `before`.
    #[param(value_type = Option<EntryOrderCode>, inline)]
    order: Option<String>,
    /// `next` of the page before, where the oldest come first.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// `next` of the page before; with `order=newest` only.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
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
    let most = app.bounds.limit(Bound::UploadSize, Scope::Item);
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
        let listed = desk.conversations().listed(&company, &row)?;
        let previews = read_previews(journal, company_id, [&listed].into_iter())?;
        let preview = previews.into_iter().next().unwrap_or_default();
        Ok(Json(ConversationDocument {
            reply_window: ReplyWindowDocument::of(window, desk.now()),
            opted_out_since: opted_out_since(journal, &row, &snapshot, account)?,
            summary: ConversationSummary::new(&listed, preview, desk.now()),
            files: desk
                .files()
                .rules(&company, &snapshot.channel)?
                .map(|rules| FileRulesDocument::of(rules, most)),
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
        JourneyQuery,
    ),
    responses((status = 200, description = "The journey.", body = Journey), descriptions::ReadErrors)
)]
pub(super) async fn journey(
    State(app): State<Arc<App>>,
    Path((company, contact)): Path<(String, String)>,
    Query(query): Query<JourneyQuery>,
) -> Result<Json<Journey>, Problem> {
    let contact: ContactId = contact
        .parse()
        .map_err(|_| Problem::of(Kind::UnknownContact))?;
    let page = entry_page(
        query.order.as_deref(),
        query.after.as_deref(),
        query.before.as_deref(),
        EntryOrder::Oldest,
    )?;
    app.read(move |desk| {
        let company = desk.company(&company)?;
        // An unknown contact is an error, not an empty journey.
        desk.journal().person_contacts(company, contact)?;
        let entries = desk.journal().journey(company, contact, page, PAGE)?;
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

fn message(held: StoredInteraction) -> Message {
    Message {
        ordinal: held.ordinal.0,
        interaction: held
            .interaction
            .and_then(|interaction| serde_json::to_value(interaction).ok()),
    }
}
