//! Contacts: export, erase, merge and split.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::ContactId;
use patchbay_records::person_export;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// A merge of two contacts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// Name for the record; required without tokens.
    #[serde(default)]
    by: Option<String>,
    /// Id of the contact to merge into.
    into: String,
}

/// Who makes the change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByRequest {
    /// Name for the record; required without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// A change of contacts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeDocument {
    /// Number of the change, to undo it.
    change: u64,
}

/// Result of an erasure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedDocument {
    /// Ids of the person's contacts, all erased.
    contacts: Vec<String>,
    /// Whether the journal's write-ahead log is already scrubbed. A long read can
    /// delay that until the next erasure or compaction.
    scrubbed: bool,
    /// Conversations of the person that are still open, although the contact is erased:
    /// the server was too busy, stopped, or could not read them. Erase the contact again to
    /// resolve them. `null` if they could not be counted. Normally 0.
    open_conversations: Option<usize>,
}

/// Export a contact
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/contacts/{contact}",
    operation_id = "export_contact",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    responses((status = 200, description = "Addresses, conversations with their messages, and the history; `complete` says whether it has all.", body = Value), descriptions::ReadErrors)
)]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, contact)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let contact = contact_id(&contact)?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let document = person_export::export(&**desk.journal(), id, contact)?;
        // The export is recorded before it is answered.
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.exported", Some(&company), &about);
        desk.journal().append_audit(entry)?;
        Ok(Json(document))
    })
    .await
}

/// Erase a contact
///
/// Destroys the key that seals the person's data. This cannot be undone. Discard
/// backups made before: they still hold the key. Then resolves the person's open
/// conversations; `open_conversations` says how many it could not resolve. If the client
/// hangs up, the rest stays open. The same request again resolves what is still open.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/contacts/{contact}",
    operation_id = "erase_contact",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    responses((status = 200, description = "The contact is erased.", body = ErasedDocument), descriptions::ReadErrors)
)]
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, contact)): Path<(String, String)>,
) -> Result<Json<ErasedDocument>, Problem> {
    let contact = contact_id(&contact)?;
    app.read_until(move |desk, cancel| {
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.erased", Some(&company), &about);
        let contacts = desk.contacts();
        let erased = contacts.erase_until(&company, contact, entry, cancel)?;
        Ok(Json(ErasedDocument {
            contacts: erased.contacts.iter().map(ToString::to_string).collect(),
            scrubbed: erased.scrubbed,
            open_conversations: erased.open_conversations,
        }))
    })
    .await
}

/// Merge two contacts
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/contacts/{contact}/merge",
    operation_id = "merge_contacts",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    request_body(content = MergeRequest, content_type = "application/json"),
    responses((status = 200, description = "The contacts are merged.", body = ChangeDocument), descriptions::ActionErrors)
)]
pub(super) async fn merge(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, contact)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ChangeDocument>, Problem> {
    let contact = contact_id(&contact)?;
    let request: MergeRequest = app.json(request).await?;
    let into = contact_id(&request.into).map_err(|problem| problem.field("into"))?;
    let by = caller.name(request.by)?;
    app.read(move |desk| {
        let about = json!({"contact": contact.to_string(), "into": into.to_string()});
        let entry = caller.entry("contact.merged", Some(&company), &about);
        let change = desk.contacts().merge(&company, contact, into, &by, entry)?;
        Ok(Json(ChangeDocument { change }))
    })
    .await
}

/// Split a contact from the one it was merged into
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/contacts/{contact}/split",
    operation_id = "split_contact",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    request_body(content = ByRequest, content_type = "application/json"),
    responses((status = 200, description = "The contacts are split.", body = ChangeDocument), descriptions::ActionErrors)
)]
pub(super) async fn split(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, contact)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ChangeDocument>, Problem> {
    let contact = contact_id(&contact)?;
    let request: ByRequest = app.json(request).await?;
    let by = caller.name(request.by)?;
    app.read(move |desk| {
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.split", Some(&company), &about);
        let change = desk.contacts().split(&company, contact, &by, entry)?;
        Ok(Json(ChangeDocument { change }))
    })
    .await
}

/// Undo a merge or a split
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/contacts/changes/{change}/undo",
    operation_id = "undo_contact_change",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("change" = u64, Path, description = "Number of the change."),
    ),
    request_body(content = ByRequest, content_type = "application/json"),
    responses((status = 200, description = "The change is undone; the undo has a number of its own.", body = ChangeDocument), descriptions::ActionErrors)
)]
pub(super) async fn undo(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, change)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ChangeDocument>, Problem> {
    let change: u64 = change.parse().map_err(|_| {
        Problem::of(Kind::NotFound).detail("the number of a change is a whole number")
    })?;
    let request: ByRequest = app.json(request).await?;
    let by = caller.name(request.by)?;
    app.read(move |desk| {
        let about = json!({"change": change});
        let entry = caller.entry("contact.undone", Some(&company), &about);
        let change = desk.contacts().undo(&company, change, &by, entry)?;
        Ok(Json(ChangeDocument { change }))
    })
    .await
}

pub(super) fn contact_id(text: &str) -> Result<ContactId, Problem> {
    text.parse().map_err(|_| Problem::of(Kind::UnknownContact))
}
