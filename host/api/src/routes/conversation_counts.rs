//! Counts of conversations by queue and by owner.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use patchbay_http::problem::Problem;
use patchbay_records::conversation_list::ListCounts;
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// How many conversations that are not resolved there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GroupCounts {
    /// All of them.
    open: usize,
    /// They by state; a state that is absent has none.
    by_state: BTreeMap<&'static str, usize>,
    /// Those with a running clock that is at risk.
    at_risk: usize,
    /// Those with a missed clock, running or stopped.
    missed: usize,
    /// Those with one or the other.
    warned: usize,
}

impl From<ListCounts> for GroupCounts {
    fn from(counts: ListCounts) -> GroupCounts {
        let by_state = counts.by_state.into_iter();
        GroupCounts {
            open: counts.matching,
            by_state: by_state.map(|(state, n)| (state.as_str(), n)).collect(),
            at_risk: counts.at_risk,
            missed: counts.missed,
            warned: counts.warned,
        }
    }
}

/// Counts of the conversations that are not resolved, all of one moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsByGroup {
    /// All of the company.
    total: GroupCounts,
    /// By queue: those that wait in it or came from it. One that is absent has none.
    queues: BTreeMap<String, GroupCounts>,
    /// By the agent who owns them. One that is absent has none.
    owners: BTreeMap<String, GroupCounts>,
    /// The moment, by the desk's clock.
    at: Timestamp,
}

/// Count conversations by queue and owner
///
/// Those that are not resolved. Each number is `counts` of the list with the same `queue` or
/// `owner`; this is one request for all of them, whose cost grows with the number of
/// conversations and not with the groups.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations/counts",
    operation_id = "conversation_counts",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "The counts.", body = CountsByGroup), descriptions::ReadErrors)
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<CountsByGroup>, Problem> {
    app.read(move |desk| {
        let groups = desk.conversations().group_counts(&company)?;
        let documents = |groups: BTreeMap<String, ListCounts>| {
            let groups = groups.into_iter();
            groups.map(|(name, n)| (name, n.into())).collect()
        };
        Ok(Json(CountsByGroup {
            total: groups.total.into(),
            queues: documents(groups.by_queue),
            owners: documents(groups.by_owner),
            at: desk.now(),
        }))
    })
    .await
}
