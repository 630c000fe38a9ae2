//! Files that agents uploaded for replies: read and removed.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_config::bound::Bound;
use patchbay_desk::FileError;
use patchbay_http::bounds::Requester;
use patchbay_http::problem::{Problem, ProblemDocument};
use patchbay_model::actor::ActorRole;
use patchbay_pass::agent_action::AgentAction;
use patchbay_records::uploaded_file::UploadedFile;
use patchbay_service::app::App;
use patchbay_service::file_answer::answer_file;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::actions::{RoleField, actor};
use super::conversations::conversation_id;
use patchbay_http::descriptions;

/// An uploaded file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadedFile)]
pub(crate) struct UploadedFileDocument {
    /// Its id, by which a reply names it in `attachments`.
    id: String,
    /// Its name; one that had no ending has got that of its type.
    name: String,
    /// Its media type, by the bytes.
    media_type: String,
    /// Its bytes.
    #[schema(minimum = 1)]
    size: u64,
    /// SHA-256 of the bytes, hexadecimal.
    sha256: String,
    /// Id of the person who uploaded it.
    by: String,
    /// When the upload began.
    at: Timestamp,
    /// When it is deleted unless a reply names it; absent once one does. Then it is kept
    /// with its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl From<UploadedFile> for UploadedFileDocument {
    fn from(file: UploadedFile) -> UploadedFileDocument {
        UploadedFileDocument {
            id: file.stored.id,
            name: file.description.name,
            media_type: file.description.media_type,
            size: file.stored.size,
            sha256: file.description.sha256,
            by: file.stored.by,
            at: file.stored.created_at,
            expires_at: file.stored.expires_at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FileActorQuery {
    /// Id of the agent or supervisor; required without tokens.
    pub(super) by: Option<String>,
    /// `agent` or `supervisor`. Default: the token's role, or `agent` without tokens.
    pub(super) role: Option<RoleField>,
}

/// Download a file that was uploaded for a reply
///
/// It comes as an attachment with `nosniff` and a sandbox, so that a browser saves it and
/// runs nothing of it.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/{conversation}/files/{file}",
    operation_id = "file",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("file" = String, Path, description = "Id of the file."),
    ),
    responses(
        descriptions::ReadErrors,
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "*/*"),
        (status = 429, description = "Too many files are being downloaded.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    State(app): State<Arc<App>>,
    Path((company, conversation, file)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let conversation = conversation_id(&conversation)?;
    let permit = app.bounds.enter(Bound::Files, &Requester::current())?;
    let name = company.clone();
    let found = app
        .read(move |desk| Ok(desk.files().file(&company, conversation, &file)?))
        .await??;
    Ok(answer_file(app, name, found, vec![permit]))
}

/// Remove an uploaded file
///
/// Before a reply names it: by those who may reply. One that a reply has is kept, and only a
/// supervisor removes it: the history gets `file-removed` and the audit trail
/// `file.removed`; a reply with it that is not sent yet fails. A network keeps what it
/// was sent; a visitor of the web chat cannot download the file any more.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/conversations/{conversation}/files/{file}",
    operation_id = "remove_file",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("conversation" = String, Path, description = "Id of the conversation."),
        ("file" = String, Path, description = "Id of the file."),
        FileActorQuery,
    ),
    responses((status = 204, description = "The file is deleted."), descriptions::ActionErrors)
)]
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, conversation, file)): Path<(String, String, String)>,
    Query(query): Query<FileActorQuery>,
) -> Result<StatusCode, Problem> {
    let conversation = conversation_id(&conversation)?;
    let actor = actor(&caller, query.by, query.role)?;
    app.read(move |desk| {
        let files = desk.files();
        let is_supervisor = actor.role == ActorRole::Supervisor;
        if !is_supervisor || !files.is_kept(&company, conversation, &file)? {
            match files.remove(&company, conversation, &actor, &file)? {
                // A reply has named it meanwhile.
                Err(FileError::Kept) if is_supervisor => {}
                removed => return Ok(removed?),
            }
        }
        let about = json!({"conversation": conversation.to_string(), "file": file, "by": actor.id});
        let entry = caller.entry("file.removed", Some(&company), &about);
        let action = AgentAction::RemoveFile { file };
        desk.conversations()
            .act(&company, conversation, actor, action)??;
        // After it: a refused removal leaves no entry. The history records the removal in the
        // same transaction, so that none is without a trace.
        desk.journal().append_audit(entry)?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The document of a file.
pub(super) fn document(file: UploadedFile) -> Json<UploadedFileDocument> {
    Json(file.into())
}
