//! Decisions that were made: which, on what, why; and the same again.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use jiff::{SignedDuration, Timestamp};
use patchbay_desk::Desk;
use patchbay_desk::decisions::{self, Filter, KeptDecision};
use patchbay_generation::Generation;
use patchbay_model::decision::stage::Stage;
use patchbay_model::duration::Seconds;
use patchbay_model::outcome::OutcomeKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::unsealing::opened;
use crate::access::Caller;
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Decisions of one answer, unless it says how many.
const PAGE: usize = 50;
/// Most decisions of one answer.
const MOST: usize = 500;

/// Which decisions are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Made within this span before now, such as `24h`.
    since: Option<String>,
    /// With a plugin asked at this stage: `classify`, `route`, `tone` or
    /// `escalate`.
    stage: Option<String>,
    /// Ended this way, such as `ok` or `timeout`.
    outcome: Option<String>,
    /// With this plugin asked.
    plugin: Option<String>,
    /// With a smaller number than this: `next` of the answer before.
    before: Option<String>,
    /// At most as many, 1 to 500; 50 unless said.
    limit: Option<String>,
}

/// How much of a decision is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Shown {
    /// `true`: with what the customer wrote, and who they are; for an auditor.
    unsealed: Option<String>,
    /// Number of the act of the audit trail under which it is read, where one
    /// stands for many decisions; without it each is an act of its own.
    under: Option<String>,
}

/// Which plugin's part becomes a case.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhosePart {
    /// Its name; needed where several took part.
    plugin: Option<String>,
}

/// Decisions, newest first.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct DecisionPage {
    /// Each with its number (`id`), `conversation`, `kind`, `at`, `outcome`,
    /// `generation`, `stages`, `plugins`, and `transcript`: `kept`, or
    /// `not-kept` where one was wanted and was too long.
    #[schema(value_type = Vec<Object>)]
    decisions: Vec<decisions::Line>,
    /// What to ask before for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Decisions
///
/// Which decisions were made, newest first, as codes and numbers. A decision is
/// known by the number of its entry in the company's feed.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions",
    operation_id = "decisions",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), Which),
    responses((status = 200, description = "Decisions.", body = DecisionPage), schema::NotDone)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<DecisionPage>, Problem> {
    let limit = number("limit", which.limit.as_deref())?.unwrap_or(PAGE as u64);
    if !(1..=MOST as u64).contains(&limit) {
        return Err(invalid("limit", format!("must be 1 to {MOST}")));
    }
    let since = match which.since.as_deref().map(str::parse::<Seconds>) {
        None => None,
        Some(Ok(span)) => {
            let span = SignedDuration::from_secs(span.0.into());
            Some(Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN))
        }
        Some(Err(error)) => return Err(invalid("since", error.to_string())),
    };
    let filter = Filter {
        since,
        stage: code::<Stage>("stage", which.stage)?,
        outcome: code::<OutcomeKind>("outcome", which.outcome)?,
        plugin: which.plugin,
        before: number("before", which.before.as_deref())?,
        limit: limit as usize,
    };
    app.read(move |desk| {
        let company = desk.company(&company)?;
        let page = decisions::list(&**desk.journal(), company, &filter)?;
        Ok(Json(DecisionPage {
            decisions: page.decisions,
            next: page.next,
        }))
    })
    .await
}

/// A decision
///
/// Everything that is kept of it: the answer, each plugin's part with what it
/// read and said, what it was made on. Personal data is masked, unless it is
/// asked for unsealed.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions/{decision}",
    operation_id = "decision",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        Shown,
    ),
    responses((status = 200, description = "The decision.", body = Value), schema::NotDone)
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(shown): Query<Shown>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let unsealed = unsealed(&shown, &caller)?;
    let under = number("under", shown.under.as_deref())?;
    let id = decision_id(&decision)?;
    app.read(move |desk| {
        let kept = find(desk, &company, id)?;
        if unsealed {
            opened(desk, &company, id, &caller, under)?;
        }
        Ok(Json(match unsealed {
            true => serde_json::to_value(&kept).map_err(|_| Problem::of(Kind::Internal))?,
            false => kept.masked(),
        }))
    })
    .await
}

/// Replay a decision
///
/// Runs it again in the sandbox, from its transcript: `same` where every plugin
/// answers the same bytes, `different` with the fields that differ, `diverged`
/// with what a plugin asked for and had not asked for then, or `not-replayable`
/// with the reason. Nothing is changed by it.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decisions/{decision}/replay",
    operation_id = "replay_decision",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        Shown,
    ),
    responses((status = 200, description = "What it came to.", body = Value), schema::NotDone)
)]
pub(super) async fn replay(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(shown): Query<Shown>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, Problem> {
    crate::body::discard(request).await;
    let unsealed = unsealed(&shown, &caller)?;
    let under = number("under", shown.under.as_deref())?;
    let id = decision_id(&decision)?;
    let looked = Arc::clone(&app);
    app.read(move |desk| {
        let kept = find(desk, &company, id)?;
        let generation = made_by(&looked, desk, &company, &kept)?;
        if unsealed {
            opened(desk, &company, id, &caller, under)?;
        }
        let report = kept.replay(&generation.pipelines);
        let report = serde_json::to_value(report).map_err(|_| Problem::of(Kind::Internal))?;
        Ok(Json(match unsealed {
            true => report,
            false => kept.hide(&report),
        }))
    })
    .await
}

/// A decision as a case
///
/// The file `patchbay test` runs: what one plugin was given and what it
/// answered. It holds what the customer wrote.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions/{decision}/case",
    operation_id = "decision_case",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        WhosePart,
    ),
    responses((status = 200, description = "The case.", body = Value), schema::NotDone)
)]
pub(super) async fn case(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(whose): Query<WhosePart>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let id = decision_id(&decision)?;
    let looked = Arc::clone(&app);
    app.read(move |desk| {
        let kept = find(desk, &company, id)?;
        let generation = made_by(&looked, desk, &company, &kept)?;
        let plugin = whose.plugin.as_deref();
        let case = decisions::case::export(&kept, plugin, &generation, &generation.pipelines);
        let case = case.map_err(|error| Problem::of(Kind::NoCase).detail(error.to_string()))?;
        // What was refused was not read.
        opened(desk, &company, id, &caller, None)?;
        Ok(Json(case))
    })
    .await
}

fn find(desk: &Desk, company: &str, id: u64) -> Result<KeptDecision, Problem> {
    let company = desk.company(company)?;
    let kept = decisions::find(&**desk.journal(), company, id)?;
    kept.ok_or_else(|| Problem::of(Kind::UnknownDecision))
}

/// The generation a decision was made by; the present one, where that cannot
/// be built any more: its plugins may be the same.
fn made_by(
    app: &App,
    desk: &Desk,
    company: &str,
    kept: &KeptDecision,
) -> Result<Arc<Generation>, Problem> {
    let present = app.companies.get(company);
    let present = present.ok_or_else(|| Problem::of(Kind::UnknownCompany))?;
    if present.number == kept.line.generation {
        return Ok(present);
    }
    let id = desk.company(company)?;
    Ok(app.earlier(id, kept.line.generation).unwrap_or(present))
}

fn decision_id(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| {
        Problem::of(Kind::UnknownDecision).detail("a decision has a number, such as 1841")
    })
}

fn unsealed(shown: &Shown, caller: &Caller) -> Result<bool, Problem> {
    match shown.unsealed.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") if caller.may_unseal() => Ok(true),
        Some("true") => Err(Problem::of(Kind::Forbidden)
            .field("unsealed")
            .detail("what customers wrote is shown to an auditor only; leave it out")),
        Some(_) => Err(invalid("unsealed", "must be true or false")),
    }
}

fn number(field: &str, text: Option<&str>) -> Result<Option<u64>, Problem> {
    text.map(str::parse)
        .transpose()
        .map_err(|_| invalid(field, "must be a whole number"))
}

/// One of a closed set.
fn code<T: DeserializeOwned>(field: &str, text: Option<String>) -> Result<Option<T>, Problem> {
    text.map(|text| serde_json::from_value(Value::String(text)))
        .transpose()
        .map_err(|error| invalid(field, error.to_string()))
}

fn invalid(field: &str, detail: impl Into<String>) -> Problem {
    Problem::of(Kind::InvalidInput).field(field).detail(detail)
}
