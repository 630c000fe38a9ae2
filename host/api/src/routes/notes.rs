//! Internal notes of conversations.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::random_id;
use patchbay_model::input::{ID_BYTES, NOTE_CHARS};
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::notes::{self, NewNote, StoredNote};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::{RoleField, actor, run_action};
use super::conversations::conversation_id;
use patchbay_http::descriptions;
use patchbay_http::request_fields::check_length;
use patchbay_http::request_fields::page_limit;

/// Notes per page, unless the request says otherwise.
const PAGE: usize = 50;
/// Most notes per page.
const MOST: usize = 100;

/// A note to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteRequest {
    /// Id of the agent or supervisor who writes it; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    #[serde(default)]
    role: Option<RoleField>,
    /// The text; 1 to 10,000 characters.
    text: String,
    /// Id given by the writer, unique in the conversation, at most 256 bytes. A request
    /// with the same id is the same note and is stored once. Default: a new id.
    #[serde(default)]
    note: Option<String>,
}

/// A note that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedNote {
    /// Id of the note.
    note: String,
}

/// Notes of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteList {
    /// Oldest first.
    notes: Vec<NoteDocument>,
    /// Value of `before` for the page of older notes; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    older: Option<u64>,
}

/// An internal note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub(crate) struct NoteDocument {
    /// Id of the note.
    id: String,
    /// When it was written.
    at: Timestamp,
    /// Id of the person who wrote it.
    by: String,
    /// The text; absent if the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<StoredNote> for NoteDocument {
    fn from(note: StoredNote) -> NoteDocument {
        NoteDocument {
            id: note.id,
            at: note.at,
            by: note.by.id,
            text: note.text,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NotesQuery {
    /// `older` of the previous page. Absent: the newest notes.
    before: Option<u64>,
    /// Most notes of the page; default 50.
    #[param(value_type = Option<usize>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// Add an internal note
///
/// For the company's people only: it is not sent, no policy reads it, and it changes
/// neither clocks nor state. Agents may add one to any conversation of their company.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/conversations/{conversation}/notes",
    operation_id = "add_note",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
    ),
    request_body(content = NoteRequest, content_type = "application/json"),
    responses((status = 201, description = "The note is on disk.", body = AddedNote), descriptions::ActionErrors)
)]
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation)): Path<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<AddedNote>), Problem> {
    let conversation = conversation_id(&conversation)?;
    let request: NoteRequest = app.json(request).await?;
    check_length("text", &request.text, NOTE_CHARS * 4)?;
    let size = request.text.chars().count();
    if size > NOTE_CHARS {
        return Err(Problem::too_large("text", size, NOTE_CHARS, "characters"));
    }
    let id = match request.note {
        Some(id) => id,
        None => random_id()?,
    };
    check_length("note", &id, ID_BYTES)?;
    let actor = actor(&caller, request.by, request.role)?;
    let note = NewNote {
        id: id.clone(),
        text: request.text,
    };
    let action = (AgentAction::Note(note), None);
    let _done = run_action(app, company, conversation, actor, action).await?;
    Ok((StatusCode::CREATED, Json(AddedNote { note: id })))
}

/// List the internal notes of a conversation
///
/// The newest page, or the one before a note; within a page the oldest first.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/notes",
    operation_id = "notes",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        NotesQuery,
    ),
    responses((status = 200, description = "A page of notes.", body = NoteList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path((company, conversation)): Path<(String, String)>,
    Query(query): Query<NotesQuery>,
) -> Result<Json<NoteList>, Problem> {
    let conversation = conversation_id(&conversation)?;
    let limit = page_limit(query.limit.as_deref(), PAGE, MOST)?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let journal = &**desk.journal();
        if journal.conversation(id, conversation)?.is_none() {
            return Err(Problem::of(Kind::UnknownConversation));
        }
        // One more than the page tells whether there are older ones.
        let mut notes = notes::read(journal, id, conversation, query.before, limit + 1)?;
        let has_older = notes.len() > limit;
        if has_older {
            notes.remove(0);
        }
        let oldest = notes.first().filter(|_| has_older);
        Ok(Json(NoteList {
            older: oldest.map(|note| note.sequence),
            notes: notes.into_iter().map(Into::into).collect(),
        }))
    })
    .await
}
