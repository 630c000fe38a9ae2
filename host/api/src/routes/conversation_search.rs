//! Searches in lists of conversations.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::SearchKind;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::check_length;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conversation_list::{ConversationList, ListQuery, list_page};
use patchbay_http::descriptions;

/// Longest text to search for, in bytes.
const TEXT_BYTES: usize = 512;

/// What to search for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The id of a conversation; the address of a customer, as a mail address, a phone number
    /// or a name with `@`; the exact id of a message; or one to eight words. At most 512
    /// bytes.
    text: String,
}

/// A page of the conversations that a search found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundConversations {
    #[serde(flatten)]
    page: ConversationList,
    /// How the search went.
    search: SearchSummary,
}

/// How a search went.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchSummary {
    /// What the text was taken for. `conversation`: the id of a conversation. `address`: an
    /// address that a customer writes from; all conversations of that person are found.
    /// `words`: conversations in which each word occurs, and those with a message of that
    /// id.
    by: SearchField,
    /// Whether all conversations that match the filter were searched, beside resolved ones of
    /// further pages. `false`: of those that are not resolved only the 25,000 with the newest
    /// messages were searched, of conversations with texts of thousands of people only a part
    /// of the texts, or for the id of a message only 1,000 channels and accounts or the first
    /// 100 conversations. A narrower filter searches the others.
    complete: bool,
    /// Resolved conversations that this page was chosen from, the last resolved first; at
    /// most 10,000. 0 where the page ends before the resolved ones.
    #[schema(minimum = 0, maximum = 10_000)]
    resolved: usize,
    /// When the last of them was resolved: `next` leads to those that were resolved before.
    /// Absent where `resolved` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    back_to: Option<Timestamp>,
    /// Conversations of the company whose words are still being collected: after an update of
    /// the host, or after a message was changed or deleted. They are not found by all of
    /// their texts yet.
    outdated: u64,
}

/// What a search goes by.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SearchField {
    Conversation,
    Address,
    Words,
}

impl From<SearchKind> for SearchField {
    fn from(kind: SearchKind) -> SearchField {
        match kind {
            SearchKind::Conversation => SearchField::Conversation,
            SearchKind::Address => SearchField::Address,
            SearchKind::Words => SearchField::Words,
        }
    }
}

/// Search conversations
///
/// A list of conversations, with one more filter: a text, which stands in the body because
/// addresses of requests are logged on the way. Changes nothing. The text is not logged and
/// not recorded.
///
/// Words are those of customers' messages and their subjects, names of customers and files,
/// replies and drafts of them, and internal notes. Case, accents and the order of words do
/// not matter, and a conversation has each word somewhere, not all in one message. A word of
/// three characters or more also finds longer ones that begin with it; within words, and by
/// other forms of a word, it finds nothing. A number with signs, such as `AB-1234`, is found
/// whole and by its parts. Of a message, the first 512 different words are found.
///
/// A page of resolved conversations is chosen from at most 10,000, of fewer where their words
/// are not in memory: it may have fewer than `limit`, or none, although `next` leads to more.
/// `search.resolved` and `search.back_to` say how far it went. Answered 404 `search-off` where
/// the server's settings switch search off; `GET /v1/me` then does not list the operation. One search of a caller runs at a time; the next waits.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/search",
    operation_id = "search_conversations",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), ListQuery),
    request_body = SearchRequest,
    responses((status = 200, description = "A page of conversations.", body = FoundConversations), descriptions::ReadErrors)
)]
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
    request: Request,
) -> Result<Json<FoundConversations>, Problem> {
    let SearchRequest { text } = app.json(request).await?;
    check_length("text", &text, TEXT_BYTES)?;
    let request = super::conversation_list::request(&query, true)?;
    let state = Arc::clone(&app);
    app.search(move |desk| {
        let mut request = request;
        request.text = Some(text);
        let (page, report) = list_page((&state, desk), &company, (query, request), &caller)?;
        let report = report.ok_or(Problem::of(Kind::Internal))?;
        Ok(Json(FoundConversations {
            page,
            search: SearchSummary {
                by: report.kind.into(),
                complete: report.is_complete,
                resolved: report.resolved,
                back_to: report.back_to,
                outdated: report.outdated,
            },
        }))
    })
    .await
}
