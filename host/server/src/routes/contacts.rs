//! Who is whom, and the end of it.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use patchbay_desk::export;
use patchbay_journal::ContactId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Two contacts that are one person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeRequest {
    /// Who says so; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
    /// Contact it is merged into.
    into: String,
}

/// Who parts or undoes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByRequest {
    /// Who says so; needed where there is no token.
    #[serde(default)]
    by: Option<String>,
}

/// A change of who is whom.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangeDocument {
    /// Its number, by which it can be undone.
    change: u64,
}

/// An erasure.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErasedDocument {
    /// Contacts of the person, all of them erased.
    contacts: Vec<String>,
    /// Whether the last traces in the journal's own log are gone already; a
    /// long read may be in the way, and the next erasure or compaction does
    /// it.
    scrubbed: bool,
}

/// Everything that is kept of a person
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/contacts/{contact}",
    operation_id = "export_contact",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    responses((status = 200, description = "Addresses, conversations with everything that was said, and the history.", body = Value), schema::NoDocument)
)]
pub(super) async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, contact)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let contact = contact_id(&contact)?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let document = export::export(&**desk.journal(), id, contact)?;
        // Nobody is told before it is written down that they were.
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.exported", Some(&company), &about);
        desk.journal().audit(entry)?;
        Ok(Json(document))
    })
    .await
}

/// Erase a person
///
/// Destroys the key under which everything they said is sealed. It cannot be
/// undone; backups made before must be discarded.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/contacts/{contact}",
    operation_id = "erase_contact",
    tag = "contacts",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("contact" = String, Path, description = "Id of the contact."),
    ),
    responses((status = 200, description = "They are erased.", body = ErasedDocument), schema::NoDocument)
)]
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, contact)): Path<(String, String)>,
) -> Result<Json<ErasedDocument>, Problem> {
    let contact = contact_id(&contact)?;
    app.read(move |desk| {
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.erased", Some(&company), &about);
        let erased = desk.erase(&company, contact, entry)?;
        Ok(Json(ErasedDocument {
            contacts: erased.contacts.iter().map(ToString::to_string).collect(),
            scrubbed: erased.scrubbed,
        }))
    })
    .await
}

/// Make two contacts one person
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
    responses((status = 200, description = "They are one.", body = ChangeDocument), schema::NotDone)
)]
pub(super) async fn merge(
    State(app): State<Arc<App>>,
    caller: Caller,
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
        let change = desk.merge(&company, contact, into, &by, entry)?;
        Ok(Json(ChangeDocument { change }))
    })
    .await
}

/// Part a contact from the one it was merged into
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
    responses((status = 200, description = "They are two.", body = ChangeDocument), schema::NotDone)
)]
pub(super) async fn split(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, contact)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ChangeDocument>, Problem> {
    let contact = contact_id(&contact)?;
    let request: ByRequest = app.json(request).await?;
    let by = caller.name(request.by)?;
    app.read(move |desk| {
        let about = json!({"contact": contact.to_string()});
        let entry = caller.entry("contact.split", Some(&company), &about);
        let change = desk.split(&company, contact, &by, entry)?;
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
    responses((status = 200, description = "It is undone; that is a change of its own.", body = ChangeDocument), schema::NotDone)
)]
pub(super) async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, change)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ChangeDocument>, Problem> {
    let change: u64 = change
        .parse()
        .map_err(|_| Problem::of(Kind::NotFound).detail("a change has a number"))?;
    let request: ByRequest = app.json(request).await?;
    let by = caller.name(request.by)?;
    app.read(move |desk| {
        let about = json!({"change": change});
        let entry = caller.entry("contact.undone", Some(&company), &about);
        let change = desk.undo(&company, change, &by, entry)?;
        Ok(Json(ChangeDocument { change }))
    })
    .await
}

pub(super) fn contact_id(text: &str) -> Result<ContactId, Problem> {
    text.parse().map_err(|_| Problem::of(Kind::UnknownContact))
}
