//! Incidents: conversations about the same problem.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_desk::{IncidentChange, IncidentView};
use patchbay_events::IncidentState;
use patchbay_http::descriptions;
use patchbay_http::problem::Problem;
use patchbay_http::request_fields::{
    check_length, next_page, page_limit, parse_code, parse_place, place_cursor,
};
use patchbay_pass::IncidentPlace;
use patchbay_service::app::App;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

/// Most incidents, or conversations of one, of a page.
const PAGE: usize = 100;
/// Longest name of an incident, in bytes.
const NAME_BYTES: usize = 256;

patchbay_http::code_schemas! {
    IncidentStateCode of IncidentState, "Whether an incident is open.", |state| match state {
        IncidentState::Open => "messages about its subject join it",
        IncidentState::Closed => "a supervisor closed it: messages no longer join it, and its conversations stay in it",
    };
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IncidentQuery {
    /// Only incidents in this state. Default: both.
    #[param(value_type = Option<IncidentStateCode>, inline)]
    state: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// Page size, 1 to 100. Default 100.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct IncidentPageQuery {
    /// `next` of the page before.
    after: Option<String>,
    /// Conversations of a page, 1 to 100. Default 100.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// A change of an incident.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IncidentRequest {
    /// Its name, at most 256 bytes; `null`: no name. Absent: as it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    /// Whether it is open. Absent: as it is.
    #[schema(value_type = Option<IncidentStateCode>)]
    state: Option<IncidentState>,
}

/// Incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentList {
    /// Sorted by subject.
    incidents: Vec<IncidentDocument>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Conversations about the same problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentDocument {
    /// The problem, as policies name it.
    subject: String,
    /// The name that a supervisor gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Whether it is open.
    #[schema(value_type = IncidentStateCode)]
    state: IncidentState,
    /// When it was closed; absent where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    /// Who closed it: id of a token, or `local`; absent where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_by: Option<String>,
    /// Number of its conversations that are not resolved.
    open: usize,
    /// Ids of those in the order in which they came into it: the first 100.
    conversations: Vec<String>,
    /// Value of `after` for further conversations of the one incident; absent: there are
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl IncidentDocument {
    fn new(view: IncidentView, places: &[IncidentPlace], limit: usize) -> IncidentDocument {
        let state = view.state();
        let closed_at = view.incident.closed_at;
        IncidentDocument {
            subject: view.incident.subject,
            name: view.note.name,
            state,
            closed_at,
            closed_by: view.note.closed_by.filter(|_| closed_at.is_some()),
            open: view.incident.open,
            conversations: places.iter().map(|(_, id)| id.to_string()).collect(),
            next: next_page(places, limit, place_cursor),
        }
    }
}

/// List incidents
///
/// An incident groups conversations that policies found to be about the same problem. It
/// lasts while one of its conversations is not resolved. A supervisor can name it and close
/// it. A closed one opens again when a policy puts another conversation into it.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/incidents",
    operation_id = "incidents",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), IncidentQuery),
    responses((status = 200, description = "A page of incidents.", body = IncidentList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<IncidentQuery>,
) -> Result<Json<IncidentList>, Problem> {
    let limit = page_limit(query.limit.as_deref(), PAGE, PAGE)?;
    let state = parse_code(
        "state",
        query.state.as_deref(),
        &IncidentState::ALL,
        IncidentState::as_str,
    )?;
    app.read(move |desk| {
        let incidents = desk.incidents();
        let found = incidents.list(&company, query.after.as_deref(), state, limit)?;
        let next = next_page(&found, limit, |view| view.incident.subject.clone());
        let mut documents = Vec::with_capacity(found.len());
        for view in found {
            let subject = view.incident.subject.clone();
            // It may have ended meanwhile.
            let places = incidents.one(&company, &subject, None, PAGE);
            let places = places.map(|(_, places)| places).unwrap_or_default();
            documents.push(IncidentDocument::new(view, &places, PAGE));
        }
        Ok(Json(IncidentList {
            incidents: documents,
            next,
        }))
    })
    .await
}

/// Read an incident
///
/// With its conversations that are not resolved, in the order in which they came into it.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/incidents/{subject}",
    operation_id = "incident",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("subject" = String, Path, description = "Subject of the incident."),
        IncidentPageQuery,
    ),
    responses((status = 200, description = "The incident, with a page of its conversations.", body = IncidentDocument), descriptions::ReadErrors)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((company, subject)): Path<(String, String)>,
    Query(query): Query<IncidentPageQuery>,
) -> Result<Json<IncidentDocument>, Problem> {
    let limit = page_limit(query.limit.as_deref(), PAGE, PAGE)?;
    let after = parse_place(query.after.as_deref())?;
    app.read(move |desk| {
        let (view, places) = desk.incidents().one(&company, &subject, after, limit)?;
        Ok(Json(IncidentDocument::new(view, &places, limit)))
    })
    .await
}

/// Name, close or reopen an incident
///
/// Closed: messages about its subject no longer join it, and its conversations stay as they
/// are. Open again: by hand, or when a policy opens the incident for a conversation that is
/// not in it yet.
#[utoipa::path(
    put,
    path = "/v1/companies/{company}/incidents/{subject}",
    operation_id = "change_incident",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("subject" = String, Path, description = "Subject of the incident."),
    ),
    request_body = IncidentRequest,
    responses((status = 200, description = "The incident after the change.", body = IncidentDocument), descriptions::ActionErrors)
)]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, subject)): Path<(String, String)>,
    request: Request,
) -> Result<Json<IncidentDocument>, Problem> {
    let body: IncidentRequest = app.json(request).await?;
    if let Some(Some(name)) = &body.name {
        check_length("name", name, NAME_BYTES)?;
    }
    app.read(move |desk| {
        let about = json!({"subject": subject, "name": body.name, "state": body.state});
        let entry = caller.entry("incident.changed", Some(&company), &about);
        let change = IncidentChange {
            name: body.name,
            state: body.state,
        };
        let incidents = desk.incidents();
        let view = incidents.change(&company, &subject, change, &caller.id(), entry)?;
        let places = incidents.one(&company, &subject, None, PAGE);
        let places = places.map(|(_, places)| places).unwrap_or_default();
        Ok(Json(IncidentDocument::new(view, &places, PAGE)))
    })
    .await
}

/// A member that is there, `null` or not.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}
