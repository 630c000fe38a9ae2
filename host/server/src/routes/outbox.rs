//! What waits to go out, and what was given up.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use patchbay_journal::OutboxState;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Items of one answer.
const PAGE: usize = 500;

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// `waiting`, `dead` or `done`; dead unless said.
    state: Option<String>,
    /// Key of the last item of the answer before.
    after: Option<String>,
}

/// Items of the outbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutboxList {
    /// At most 500, by key.
    items: Vec<OutboxDocument>,
    /// What to ask after for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Something that goes out, without what it says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutboxDocument {
    /// Its key: whoever receives it twice does it once.
    key: String,
    /// Name of the target.
    target: String,
    /// Conversation it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
    /// `waiting`, `dead` or `done`.
    state: &'static str,
    /// Attempts that failed.
    attempts: u32,
    /// When it is tried next.
    #[schema(value_type = String, format = DateTime)]
    not_before: Timestamp,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// The outbox
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/outbox",
    operation_id = "outbox",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), Which),
    responses((status = 200, description = "What goes out.", body = OutboxList), schema::NoDocument)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<OutboxList>, Problem> {
    let state = state(which.state.as_deref())?;
    app.read(move |desk| {
        let id = desk.company(&company)?;
        let after = which.after.unwrap_or_default();
        let items = desk.journal().outbox_list(id, state, &after, PAGE)?;
        let next = (items.len() == PAGE)
            .then(|| items.last().map(|item| item.key.clone()))
            .flatten();
        let items = items.into_iter().map(|item| OutboxDocument {
            key: item.key,
            target: item.target,
            conversation: item.conversation.map(|id| id.to_string()),
            state: item.state.as_str(),
            attempts: item.attempts,
            not_before: item.not_before,
            problem: item.problem,
        });
        Ok(Json(OutboxList {
            items: items.collect(),
            next,
        }))
    })
    .await
}

/// Send something after all
///
/// With its attempts counted from 0: what was given up, or what waits and
/// should not.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/outbox/{key}/retry",
    operation_id = "retry_outbox",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("key" = String, Path, description = "Key of the item."),
    ),
    responses((status = 204, description = "It is tried at once."), schema::NotDone)
)]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((company, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let answer = app
        .read(move |desk| {
            let id = desk.company(&company)?;
            let entry = caller.entry("outbox.retried", Some(&company), &json!({"key": key}));
            desk.journal().outbox_retry(id, &key, desk.now(), entry)?;
            Ok(StatusCode::NO_CONTENT)
        })
        .await?;
    if let Some(courier) = &app.courier {
        courier.wake();
    }
    Ok(answer)
}

fn state(text: Option<&str>) -> Result<OutboxState, Problem> {
    match text {
        None | Some("dead") => Ok(OutboxState::Dead),
        Some("waiting") => Ok(OutboxState::Waiting),
        Some("done") => Ok(OutboxState::Done),
        Some(other) => Err(Problem::of(Kind::BadRequest)
            .field("state")
            .detail(format!("is {other:?}; it must be waiting, dead or done"))),
    }
}
