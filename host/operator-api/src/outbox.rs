//! Pending and failed deliveries.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_http::code_schema;
use patchbay_http::problem::Problem;
use patchbay_journal::OutboxState;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use patchbay_http::descriptions;
use patchbay_http::request_fields::{next_page, parse_code};

/// Items per page.
const PAGE: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutboxQuery {
    /// `waiting`, `dead` (failed for good) or `done`. Default `dead`.
    #[param(value_type = Option<OutboxStateCode>, inline)]
    state: Option<String>,
    /// Key of the previous page's last item.
    after: Option<String>,
}

/// Describes [`OutboxState`] in the API.
struct OutboxStateCode;

impl PartialSchema for OutboxStateCode {
    fn schema() -> RefOr<Schema> {
        let all = OutboxState::ALL.into_iter();
        code_schema::codes("State of an item.", all.map(|state| (state.as_str(), "")))
    }
}

impl ToSchema for OutboxStateCode {}

/// Items of the outbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutboxList {
    /// At most 500, sorted by key.
    items: Vec<OutboxDocument>,
    /// Value of `after` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An item of the outbox, without its content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutboxDocument {
    /// Its key. A target that receives the same key again ignores it.
    key: String,
    /// Name of the target.
    target: String,
    /// Id of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// `waiting`, `dead` or `done`.
    state: &'static str,
    /// Number of failed attempts.
    attempts: u32,
    /// Earliest time of the next attempt.
    not_before: Timestamp,
    /// Whether its author may still take it back: it waits for `not_before`, and no attempt
    /// has begun.
    can_take_back: bool,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// List the outbox
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/outbox",
    operation_id = "outbox",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), OutboxQuery),
    responses((status = 200, description = "Items of the outbox.", body = OutboxList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<OutboxQuery>,
) -> Result<Json<OutboxList>, Problem> {
    let state = query.state.as_deref();
    let state = parse_code("state", state, &OutboxState::ALL, OutboxState::as_str)?;
    let state = state.unwrap_or(OutboxState::Dead);
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let after = query.after.unwrap_or_default();
        let items = desk.journal().outbox_items(id, state, &after, PAGE)?;
        let next = next_page(&items, PAGE, |item| item.key.clone());
        let items = items.into_iter().map(|item| OutboxDocument {
            key: item.key,
            target: item.target,
            conversation: item.conversation.map(|id| id.to_string()),
            state: item.state.as_str(),
            attempts: item.attempts,
            not_before: item.not_before,
            can_take_back: item.can_take_back,
            problem: item.problem,
        });
        Ok(Json(OutboxList {
            items: items.collect(),
            next,
        }))
    })
    .await
}

/// Retry a delivery
///
/// Delivers a failed or waiting item at once, with its attempts counted from 0.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/outbox/{key}/retry",
    operation_id = "retry_outbox",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("key" = String, Path, description = "Key of the item."),
    ),
    responses((status = 204, description = "The delivery starts at once."), descriptions::ActionErrors)
)]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let entry = caller.entry("outbox.retried", Some(&company), &json!({"key": key}));
        Ok(desk.journal().retry_outbox(id, &key, desk.now(), entry)?)
    })
    .await?;
    if let Some(courier) = &app.courier {
        courier.wake();
    }
    Ok(StatusCode::NO_CONTENT)
}
