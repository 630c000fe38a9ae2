//! Circuit breakers of a company's plugins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, Request, State};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use patchbay_access::Caller;
use patchbay_config::name_suggestion;
use patchbay_engine::breaker::BreakerReading;
use patchbay_generations::Generation;
use patchbay_http::descriptions;
use patchbay_http::problem::{Kind, Problem};
use patchbay_model::codes;
use patchbay_model::decision::stage::Stage;
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::drain::reason;

codes! {
    /// State of a circuit breaker.
    pub(crate) enum BreakerState {
        /// The plugin is called.
        Closed = "closed",
        /// The plugin is not called.
        Open = "open",
        /// One call is in progress; its outcome decides.
        HalfOpen = "half-open",
    }
}

patchbay_http::code_schemas! {
    BreakerStateCode of BreakerState, "State of a circuit breaker.", |state| match state {
        BreakerState::Closed => "the plugin is called",
        BreakerState::Open => "the plugin is not called; the stage's `on-failure` rule applies",
        BreakerState::HalfOpen => "the trial call is in progress; its outcome closes the breaker or leaves it open",
    };
}

/// The circuit breaker of a plugin at a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakerDocument {
    /// Name of the plugin.
    plugin: String,
    /// The stage.
    #[schema(value_type = descriptions::Stage)]
    stage: Stage,
    /// Its state.
    #[schema(value_type = BreakerStateCode)]
    state: BreakerState,
    /// Since when it is open; absent where it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// When the next call is let through as a trial; in the past: the next call is one.
    /// Absent where it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_trial: Option<Timestamp>,
    /// Failures in a row, of calls about any customer.
    failures: u32,
    /// The same by outcome, such as `{"timeout": 7, "trapped": 3}`.
    #[schema(value_type = BTreeMap<String, u32>)]
    outcomes: BTreeMap<&'static str, u32>,
    /// Contacts, conversations, channels and languages about which the plugin is not
    /// called: their inputs alone made it fail.
    parts: usize,
}

/// Circuit breakers of the active generation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakerList {
    /// Number of the generation.
    generation: u64,
    /// By stage, in the order of the pipeline.
    breakers: Vec<BreakerDocument>,
}

/// A breaker to close.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseRequest {
    /// Only the breaker of this stage. Default: every stage of the plugin.
    #[serde(default)]
    #[schema(value_type = Option<descriptions::Stage>)]
    stage: Option<Stage>,
    /// Reason, for the audit trail; at most 500 bytes.
    #[serde(default)]
    reason: Option<String>,
}

/// The breakers of a plugin after they were closed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClosedBreakers {
    /// Whether any of them refused a call before.
    was_open: bool,
    /// The breakers now.
    breakers: Vec<BreakerDocument>,
}

impl BreakerDocument {
    fn new(plugin: &str, stage: Stage, reading: BreakerReading, now: (Instant, Timestamp)) -> Self {
        let time = |at: Instant| {
            let (instant, timestamp) = now;
            let ahead = SignedDuration::try_from(at.saturating_duration_since(instant));
            let past = SignedDuration::try_from(instant.saturating_duration_since(at));
            let distance = ahead.unwrap_or_default() - past.unwrap_or_default();
            timestamp.checked_add(distance).unwrap_or(timestamp)
        };
        BreakerDocument {
            plugin: plugin.to_owned(),
            stage,
            state: match (reading.next_trial, reading.is_trying) {
                (None, _) => BreakerState::Closed,
                (Some(_), true) => BreakerState::HalfOpen,
                (Some(_), false) => BreakerState::Open,
            },
            since: reading.opened_at.map(time),
            next_trial: reading.next_trial.map(time),
            failures: reading.failures,
            outcomes: reading
                .outcomes
                .into_iter()
                .map(|(outcome, count)| (outcome.as_str(), count))
                .collect(),
            parts: reading.parts,
        }
    }
}

/// The breakers of a generation that `is_wanted` names.
fn read(generation: &Generation, is_wanted: impl Fn(&str, Stage) -> bool) -> Vec<BreakerDocument> {
    let now = (Instant::now(), Timestamp::now());
    let of_stage = |stage: Stage| {
        let plugins = generation.pipelines.of(stage).iter();
        plugins.map(move |plugin| (plugin, stage))
    };
    let all = Stage::ALL.into_iter().flat_map(of_stage);
    all.filter(|(plugin, stage)| is_wanted(plugin.name(), *stage))
        .map(|(plugin, stage)| {
            BreakerDocument::new(plugin.name(), stage, plugin.breaker(stage).read(), now)
        })
        .collect()
}

/// List circuit breakers
///
/// The breaker of every plugin at every stage of the active generation, closed or not:
/// since when a plugin is not called, because of what outcomes, and when it is tried again.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/breakers",
    operation_id = "breakers",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "The breakers.", body = BreakerList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<BreakerList>, Problem> {
    let generation = generation(&app, &company)?;
    Ok(Json(BreakerList {
        generation: generation.number,
        breakers: read(&generation, |_, _| true),
    }))
}

/// Close circuit breakers
///
/// The plugin is called again at once, and its failures count anew, also those about single
/// customers. Without effect where its breakers are closed.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/breakers/{plugin}/close",
    operation_id = "close_breaker",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("plugin" = String, Path, description = "Name of the plugin."),
    ),
    request_body = CloseRequest,
    responses((status = 200, description = "The breakers are closed.", body = ClosedBreakers), descriptions::ActionErrors)
)]
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, plugin)): Path<(String, String)>,
    request: Request,
) -> Result<Json<ClosedBreakers>, Problem> {
    let body: CloseRequest = app.json(request).await?;
    let reason = reason(body.reason)?;
    let generation = generation(&app, &company)?;
    app.read(move |desk| {
        let is_wanted = |name: &str, stage: Stage| {
            name == plugin && body.stage.is_none_or(|wanted| wanted == stage)
        };
        let found = read(&generation, is_wanted);
        if found.is_empty() {
            return Err(unknown(&generation, &plugin));
        }
        let was_open = found
            .iter()
            .any(|breaker| breaker.state != BreakerState::Closed || breaker.parts > 0);
        if was_open {
            // Recorded before it takes effect: what cannot be recorded does not happen.
            let about = json!({"plugin": plugin, "stage": body.stage, "reason": reason});
            let entry = caller.entry("breaker.closed", Some(&company), &about);
            desk.journal().append_audit(entry)?;
        }
        for stage in Stage::ALL {
            let plugins = generation.pipelines.of(stage).iter();
            for plugin in plugins.filter(|plugin| is_wanted(plugin.name(), stage)) {
                plugin.breaker(stage).close();
            }
        }
        Ok(Json(ClosedBreakers {
            was_open,
            breakers: read(&generation, is_wanted),
        }))
    })
    .await
}

fn generation(app: &App, company: &str) -> Result<Arc<Generation>, Problem> {
    let generation = app.companies.get(company);
    generation.ok_or_else(|| match app.companies.unready_reason(company) {
        Some(reason) => Problem::of(Kind::CompanyNotReady).detail(reason),
        None => Problem::of(Kind::UnknownCompany),
    })
}

fn unknown(generation: &Generation, plugin: &str) -> Problem {
    let plugins = generation.pipelines.plugins();
    let all: Vec<String> = plugins
        .iter()
        .map(|plugin| plugin.name().to_owned())
        .collect();
    let problem = Problem::of(Kind::UnknownPlugin);
    match all.iter().any(|name| name == plugin) {
        true => problem.detail(format!(
            "plugin {plugin:?} is not in the pipeline of that stage"
        )),
        false => problem.detail(name_suggestion::suggest(plugin, "plugins", &all)),
    }
}
