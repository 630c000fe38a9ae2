//! Recorded decisions: list, read, replay and export as cases.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::{Extension, Json};
use jiff::{SignedDuration, Timestamp};
use patchbay_access::Caller;
use patchbay_config::duration::Seconds;
use patchbay_desk::Desk;
use patchbay_generations::Generation;
use patchbay_generations::replay::case_export;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{
    NUMBER, TIME, page_limit, parse_code, parse_field, parse_flag,
};
use patchbay_http::{body, code_schema};
use patchbay_journal::ContactId;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_records::decisions::{self, Filter, StoredDecision};
use patchbay_service::app::App;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::{schema, unsealings};
use patchbay_http::descriptions;

/// Default page size.
const PAGE: usize = 50;
/// Largest page size.
const MOST: usize = 500;

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DecisionFilter {
    /// Only decisions of this last period, such as `24h`.
    #[param(pattern = "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$", min_length = 2)]
    since: Option<String>,
    /// Only decisions with a plugin called at this stage.
    #[param(value_type = Option<descriptions::Stage>, inline)]
    stage: Option<String>,
    /// Only decisions with this outcome, such as `ok` or `timeout`.
    #[param(value_type = Option<code_schema::OutcomeKind>, inline)]
    outcome: Option<String>,
    /// Only decisions that called this plugin.
    plugin: Option<String>,
    /// Only decisions by this generation.
    #[param(value_type = Option<u64>)]
    generation: Option<String>,
    /// Only decisions of this conversation, by id.
    conversation: Option<String>,
    /// Only decisions about this person, by the id of one of their contacts.
    contact: Option<String>,
    /// Only decisions at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Only decisions before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// Only decisions about this interaction, by the channel's id.
    interaction: Option<String>,
    /// Only decisions with a smaller number: `next` of the previous page.
    #[param(value_type = Option<u64>)]
    before: Option<String>,
    /// Page size, 1 to 500. Default 50.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnsealingQuery {
    /// `true`: with the customer's words and identity, for an auditor. Default false.
    #[param(value_type = Option<bool>)]
    unsealed: Option<String>,
    /// Number of an unsealing of many decisions in the audit trail. Default: this
    /// request is recorded as an unsealing of its own.
    #[param(value_type = Option<u64>)]
    under: Option<String>,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseQuery {
    /// Name of the plugin; required if the decision called several.
    plugin: Option<String>,
    /// Whether personal data is masked: then the answer may differ from what the policy
    /// says to the masked words. `false` is for an auditor. Default: `false` for an
    /// auditor, `true` for others.
    #[param(value_type = Option<bool>)]
    masked: Option<String>,
}

/// Decisions, newest first.
#[derive(Debug, serde::Serialize, ToSchema)]
pub(crate) struct DecisionPage {
    /// At most 100.
    #[schema(value_type = Vec<schema::DecisionRow>)]
    decisions: Vec<decisions::DecisionRow>,
    /// Value of `before` for the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// List decisions
///
/// Newest first, as codes and numbers. The number of a decision is that of its
/// entry in the company's feed.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions",
    operation_id = "decisions",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company."), DecisionFilter),
    responses((status = 200, description = "A page of decisions.", body = DecisionPage), descriptions::ActionErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(which): Query<DecisionFilter>,
) -> Result<Json<DecisionPage>, Problem> {
    let limit = page_limit(which.limit.as_deref(), PAGE, MOST)?;
    let span = which.since.as_deref().map(str::parse::<Seconds>);
    let span = span.transpose();
    let span = span.map_err(|error| Problem::bad_parameter("since", error.to_string()))?;
    let mut filter = Filter {
        since: parse_field("from", which.from.as_deref(), TIME)?,
        until: parse_field("to", which.to.as_deref(), TIME)?,
        generation: parse_field("generation", which.generation.as_deref(), NUMBER)?,
        contacts: Vec::new(),
        stage: parse_code("stage", which.stage.as_deref(), &Stage::ALL, Stage::as_str)?,
        outcome: parse_code(
            "outcome",
            which.outcome.as_deref(),
            &OutcomeKind::ALL,
            OutcomeKind::as_str,
        )?,
        plugin: which.plugin,
        conversation: which.conversation,
        interaction: which.interaction,
        before: parse_field("before", which.before.as_deref(), NUMBER)?,
        limit,
    };
    let contact = which.contact.as_deref().map(str::parse::<ContactId>);
    let contact = contact.transpose();
    let contact = contact.map_err(|_| Problem::of(Kind::UnknownContact).field("contact"))?;
    app.read(move |desk| {
        if let Some(span) = span {
            // By the desk's clock, as the times of decisions are.
            let begin = desk
                .now()
                .checked_sub(SignedDuration::from_secs(span.0.into()));
            filter.since = filter.since.max(Some(begin.unwrap_or(Timestamp::MIN)));
        }
        let company = desk.company(&company)?;
        if let Some(contact) = contact {
            filter.contacts = desk.journal().person_contacts(company, contact)?.1;
        }
        let page = decisions::list(&**desk.journal(), company, &filter)?;
        Ok(Json(DecisionPage {
            decisions: page.decisions,
            next: page.next,
        }))
    })
    .await
}

/// Get a decision
///
/// Its input, its answer, and each plugin's part with every host call and log line.
/// Personal data is masked, unless `unsealed` is set.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions/{decision}",
    operation_id = "decision",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        UnsealingQuery,
    ),
    responses((status = 200, description = "The decision.", body = schema::DecisionDocument), descriptions::ActionErrors)
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(shown): Query<UnsealingQuery>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    let unsealed = unsealed(&shown, &caller)?;
    let under = parse_field("under", shown.under.as_deref(), NUMBER)?;
    let id = decision_id(&decision)?;
    app.read(move |desk| {
        let record = find(desk, &company, id)?;
        if unsealed {
            unsealings::record(desk, &company, id, &caller, under)?;
        }
        Ok(Json(match unsealed {
            true => serde_json::to_value(&record).map_err(|_| Problem::of(Kind::Internal))?,
            false => record.to_masked_json(),
        }))
    })
    .await
}

/// Replay a decision
///
/// Runs the decision again in the sandbox from its transcript. The result is `same`
/// (every plugin answers the same bytes), `different` (with the fields), `diverged`
/// (with the first host call that is not in the transcript) or `not-replayable`
/// (with the reason). Changes nothing.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decisions/{decision}/replay",
    operation_id = "replay_decision",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        UnsealingQuery,
    ),
    responses((status = 200, description = "Result of the replay.", body = schema::ReplayReport), descriptions::ActionErrors)
)]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(shown): Query<UnsealingQuery>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    body::discard(request).await;
    let unsealed = unsealed(&shown, &caller)?;
    let under = parse_field("under", shown.under.as_deref(), NUMBER)?;
    let id = decision_id(&decision)?;
    let shared = Arc::clone(&app);
    app.read(move |desk| {
        let record = find(desk, &company, id)?;
        let generation = generation_of(&shared, desk, &company, &record)?;
        if unsealed {
            unsealings::record(desk, &company, id, &caller, under)?;
        }
        let report = record.replay(&generation.pipelines);
        let report = serde_json::to_value(report).map_err(|_| Problem::of(Kind::Internal))?;
        Ok(Json(match unsealed {
            true => report,
            false => record.mask(&report),
        }))
    })
    .await
}

/// Export a decision as a test case
///
/// A file for `patchbay test`: the input and answer of one plugin. It contains the
/// customer's words; an auditor may read them, others with personal data masked.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/decisions/{decision}/case",
    operation_id = "decision_case",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
        CaseQuery,
    ),
    responses((status = 200, description = "The case.", body = Value), descriptions::ActionErrors)
)]
pub(crate) async fn case(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    Query(query): Query<CaseQuery>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    let is_masked = parse_flag("masked", query.masked.as_deref())?;
    let is_masked = is_masked.unwrap_or(!caller.may_unseal());
    if !is_masked && !caller.may_unseal() {
        return Err(Problem::of(Kind::Forbidden)
            .field("masked")
            .detail("only an auditor may read customers' words; leave it out"));
    }
    let id = decision_id(&decision)?;
    let shared = Arc::clone(&app);
    app.read(move |desk| {
        let record = find(desk, &company, id)?;
        let generation = generation_of(&shared, desk, &company, &record)?;
        let plugin = query.plugin.as_deref();
        let case = case_export::export(&record, plugin, &generation, &generation.pipelines);
        let case = case.map_err(|error| Problem::of(Kind::NoCase).detail(error.to_string()))?;
        if is_masked {
            return Ok(Json(record.mask(&case)));
        }
        // Recorded only if the case is answered.
        unsealings::record(desk, &company, id, &caller, None)?;
        Ok(Json(case))
    })
    .await
}

pub(crate) fn find(desk: &Desk, company: &str, id: u64) -> Result<StoredDecision, Problem> {
    let company = desk.company(company)?;
    let record = decisions::find(&**desk.journal(), company, id)?;
    record.ok_or_else(|| {
        Problem::of(Kind::UnknownDecision).detail(format!(
            "the journal has no decision {id} of this company; `patchbay decisions list` shows their numbers"
        ))
    })
}

/// The generation that made a decision. If it can no longer be built, the active
/// one, whose plugins may be the same.
fn generation_of(
    app: &App,
    desk: &Desk,
    company: &str,
    record: &StoredDecision,
) -> Result<Arc<Generation>, Problem> {
    let present = app.companies.get(company);
    let present = present.ok_or_else(|| Problem::of(Kind::UnknownCompany))?;
    if present.number == record.row.generation {
        return Ok(present);
    }
    let id = desk.company(company)?;
    Ok(app
        .inactive_generation(id, record.row.generation)
        .unwrap_or(present))
}

pub(crate) fn decision_id(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| {
        Problem::of(Kind::UnknownDecision)
            .detail("the number of a decision is a whole number, such as 1841")
    })
}

fn unsealed(shown: &UnsealingQuery, caller: &Caller) -> Result<bool, Problem> {
    let is_unsealed = parse_flag("unsealed", shown.unsealed.as_deref())?;
    let is_unsealed = is_unsealed.unwrap_or(false);
    match is_unsealed && !caller.may_unseal() {
        true => Err(Problem::of(Kind::Forbidden)
            .field("unsealed")
            .detail("only an auditor may read customers' words; leave it out")),
        false => Ok(is_unsealed),
    }
}
