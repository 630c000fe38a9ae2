//! The messages and the history of a conversation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use patchbay_desk::Desk;
use patchbay_http::history_entry::HistoryEntry;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{NUMBER, page_limit};
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::interaction::Interaction;
use patchbay_records::thread::{self, PagePlace};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// Messages of a page.
const MESSAGES: usize = 100;
/// Entries of a page.
const ENTRIES: usize = 500;

/// A page of messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessagePage {
    /// Newest first: what the customer wrote, and copies of what the company sent, each in
    /// the place of its first wording. The desk's replies are in the history.
    messages: Vec<MessageDocument>,
    /// Value of `before` for the next older page; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<u64>,
    /// Value of `after` for the next newer page; absent on the newest page.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<u64>,
}

/// A message of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageDocument {
    /// Ordinal of its newest wording, by which its files are downloaded.
    ordinal: u64,
    /// Number of the history entry that records its first wording: the place among replies
    /// and other entries.
    sequence: u64,
    /// Whether its author deleted it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    /// Its newest wording; absent if it was deleted, or its author erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<descriptions::Interaction>)]
    interaction: Option<Interaction>,
}

/// A page of history entries.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage {
    /// Oldest first.
    entries: Vec<HistoryEntry>,
    /// Value of `before` for the next older page; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<u64>,
    /// Value of `after` for the next newer page; absent on the newest page.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<u64>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MessageQuery {
    /// The messages before this ordinal. Default: the newest ones.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// The messages after this ordinal; not with `before`.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// Most messages of the page. Default 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// The entries before this `sequence`. Default: the newest ones.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// The entries after this `sequence`; not with `before`.
    #[param(value_type = Option<u64>)]
    after: Option<String>,
    /// Most entries of the page. Default 500.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

/// List a conversation's messages
///
/// The newest page first, then page by page back to the first message, or forward again.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/messages",
    operation_id = "messages",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        MessageQuery,
    ),
    responses((status = 200, description = "A page of messages.", body = MessagePage), descriptions::ReadErrors)
)]
pub(super) async fn messages(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<MessagePage>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let place = place(query.before.as_deref(), query.after.as_deref())?;
    let limit = page_limit(query.limit.as_deref(), MESSAGES, MESSAGES)?;
    app.read(move |desk| {
        let of = known(desk, &company, conversation)?;
        let page = thread::read_messages(&**desk.journal(), of, place, limit)?;
        let messages = page.items.into_iter().rev();
        let messages = messages.map(|message| MessageDocument {
            ordinal: message.ordinal.0,
            sequence: message.sequence,
            deleted: message.is_deleted,
            interaction: message.interaction,
        });
        Ok(Json(MessagePage {
            messages: messages.collect(),
            older: page.older,
            newer: page.newer,
        }))
    })
    .await
}

/// List a conversation's history
///
/// The newest entries first, then page by page back to the first entry, or forward again.
/// Entries of replies have their texts.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/history",
    operation_id = "history",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        HistoryQuery,
    ),
    responses((status = 200, description = "A page of entries.", body = HistoryPage), descriptions::ReadErrors)
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
    Query(query): Query<HistoryQuery>,
) -> Result<Json<HistoryPage>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let place = place(query.before.as_deref(), query.after.as_deref())?;
    let limit = page_limit(query.limit.as_deref(), ENTRIES, ENTRIES)?;
    app.read(move |desk| {
        let of = known(desk, &company, conversation)?;
        let journal = &**desk.journal();
        let page = thread::read_history(journal, of, place, limit)?;
        let entries = page.items.into_iter().map(|entry| {
            let words = thread::entry_words(journal, of.0, &entry)?;
            Ok(HistoryEntry::from(entry).with_words(words))
        });
        Ok(Json(HistoryPage {
            entries: entries.collect::<Result<_, Problem>>()?,
            older: page.older,
            newer: page.newer,
        }))
    })
    .await
}

/// A conversation that exists.
fn known(
    desk: &Desk,
    company: &str,
    conversation: ConversationId,
) -> Result<(CompanyId, ConversationId), Problem> {
    let company = desk.company(company)?;
    match desk.journal().conversation(company, conversation)? {
        Some(_) => Ok((company, conversation)),
        None => Err(Problem::of(Kind::UnknownConversation)),
    }
}

fn place(before: Option<&str>, after: Option<&str>) -> Result<PagePlace, Problem> {
    let number = |field: &str, text: &str| {
        let number = text.parse::<u64>();
        number.map_err(|_| Problem::bad_parameter(field, NUMBER))
    };
    match (before, after) {
        (None, None) => Ok(PagePlace::Newest),
        (Some(before), None) => number("before", before).map(PagePlace::Before),
        (None, Some(after)) => number("after", after).map(PagePlace::After),
        (Some(_), Some(_)) => Err(Problem::bad_parameter(
            "after",
            "must be absent beside `before`",
        )),
    }
}
