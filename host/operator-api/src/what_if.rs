//! What-if: repeat recorded decisions with a stored generation.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use patchbay_access::Caller;
use patchbay_generations::replay::tally::{self, Tally};
use patchbay_http::body;
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_journal::CompanyId;
use patchbay_service::app::App;
use patchbay_service::what_if::{self, MAX_DECISIONS, WhatIfReport, WhatIfRequest, WhatIfState};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::decisions;
use crate::generation_changes::name_for_record;
use patchbay_http::descriptions;

/// Default of `limit`.
const LIMIT: usize = 1_000;

/// The generation to decide with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionWhatIfRequest {
    /// Number of a stored generation, active or not.
    generation: u64,
}

/// The decisions to repeat.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WhatIfRequest)]
pub(crate) struct RangeRequest {
    /// Number of a stored generation, active or not.
    generation: u64,
    /// Only decisions at this time or later.
    #[serde(default)]
    from: Option<Timestamp>,
    /// Only decisions before this time.
    #[serde(default)]
    to: Option<Timestamp>,
    /// At most this many, the newest ones. Default 1,000.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 10_000)]
    limit: Option<usize>,
    /// Name for the record. Default: the token's, or `operator` without tokens.
    #[serde(default)]
    by: Option<String>,
}

/// What another generation decides.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIf)]
pub(crate) struct DecisionWhatIf {
    /// Number of the decision.
    decision: u64,
    /// Number of the generation that decided again.
    generation: u64,
    /// `same`, `different`, `failed` (a policy fails that did not before) or
    /// `not-replayable`.
    result: &'static str,
    /// The plugin that fails, and how; or why the decision cannot be repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The fields that differ. List indexes are left out of their names.
    differences: Vec<FieldDifference>,
    /// Host calls about agents, queues and state that the record answered.
    recalled: u64,
    /// Such calls that the record has no answer for: the company file of the generation
    /// answered them.
    missed: u64,
}

/// A field that differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldDifference {
    /// Path of the field, such as `route.queue`.
    field: String,
    /// Its recorded value; absent if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Value>,
    /// Its value now; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<Value>,
}

/// A decision in which a field differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIfExample)]
pub(crate) struct ExampleDocument {
    /// Number of the decision.
    decision: u64,
    /// The recorded value; absent if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<Value>,
    /// The value now; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<Value>,
}

/// A field that differs in some decisions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIfField)]
pub(crate) struct FieldDocument {
    /// In how many decisions, counted once for each place in a list.
    count: u64,
    /// The first decisions, at most 5. A value of more than 2,000 bytes is cut.
    examples: Vec<ExampleDocument>,
}

/// Decisions in which one plugin failed with one outcome.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIfFailures)]
pub(crate) struct FailuresDocument {
    /// How many.
    count: u64,
    /// The first decisions, at most 5.
    decisions: Vec<u64>,
}

/// A job, and what it has counted so far. Personal data is masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhatIfJob)]
pub(crate) struct JobDocument {
    /// Id of the job.
    id: String,
    /// `running`, `done`, `failed` or `cancelled`.
    #[schema(value_type = String)]
    state: WhatIfState,
    /// Number of the generation that decides again.
    generation: u64,
    /// Only decisions at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    /// Only decisions before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Timestamp>,
    /// At most this many decisions, the newest ones.
    limit: usize,
    /// Who started it.
    by: String,
    /// When it was started.
    started_at: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Decisions repeated so far.
    done: u64,
    /// Decisions to repeat; absent until they are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<usize>,
    /// With the same result.
    same: u64,
    /// With another result.
    different: u64,
    /// In which a policy failed that did not before.
    failed: u64,
    /// Not compared, by the reason, such as `no-transcript`.
    not_replayable: BTreeMap<String, u64>,
    /// Host calls whose answer changes with time and that the record answered.
    recalled: u64,
    /// Such calls that the record has no answer for.
    missed: u64,
    /// Differences by field; beyond 200 fields, together as `others`.
    fields: BTreeMap<String, FieldDocument>,
    /// Failures by plugin and outcome; beyond 200, together as `others`.
    failures: BTreeMap<String, FailuresDocument>,
    /// Why the job failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

impl From<WhatIfReport> for JobDocument {
    fn from(report: WhatIfReport) -> JobDocument {
        let WhatIfReport {
            request, mut tally, ..
        } = report;
        tally.sort();
        let fields = tally.fields.into_iter();
        let failures = tally.failures.into_iter();
        JobDocument {
            id: report.id,
            state: report.state,
            generation: request.generation,
            from: request.from,
            to: request.to,
            limit: request.limit,
            by: request.by,
            started_at: report.started_at,
            ended_at: report.ended_at,
            done: tally.decisions,
            total: report.total,
            same: tally.same,
            different: tally.different,
            failed: tally.failed,
            not_replayable: tally.not_replayable,
            recalled: tally.recalled,
            missed: tally.missed,
            fields: fields.map(|(name, it)| (name, it.into())).collect(),
            failures: failures.map(|(name, it)| (name, it.into())).collect(),
            problem: report.problem.map(|problem| problem.document().clone()),
        }
    }
}

impl From<tally::FieldDifferences> for FieldDocument {
    fn from(field: tally::FieldDifferences) -> FieldDocument {
        let example = |example: tally::Example| ExampleDocument {
            decision: example.decision,
            recorded: example.recorded,
            replayed: example.replayed,
        };
        FieldDocument {
            count: field.count,
            examples: field.examples.into_iter().map(example).collect(),
        }
    }
}

impl From<tally::PluginFailures> for FailuresDocument {
    fn from(failures: tally::PluginFailures) -> FailuresDocument {
        FailuresDocument {
            count: failures.count,
            decisions: failures.decisions,
        }
    }
}

/// Ask what another generation decides
///
/// Repeats a recorded decision with a stored generation, on the recorded words,
/// conversation, agents and queues, and compares. Personal data is masked. Changes
/// nothing. The first use of a generation builds it, which may take seconds.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/decisions/{decision}/what-if",
    operation_id = "what_if_decision",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("decision" = u64, Path, description = "Number of the decision."),
    ),
    request_body = DecisionWhatIfRequest,
    responses((status = 200, description = "The comparison.", body = DecisionWhatIf), descriptions::ActionErrors)
)]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path((company, decision)): Path<(String, String)>,
    request: Request,
) -> Result<Json<DecisionWhatIf>, Problem> {
    let DecisionWhatIfRequest { generation } = app.json(request).await?;
    let number = decisions::decision_id(&decision)?;
    let shared = Arc::clone(&app);
    app.read(move |desk| {
        let decision = decisions::find(desk, &company, number)?;
        let id = desk.company(&company)?;
        let candidate = stored_generation(&shared, &company, id, generation)?;
        let mut tally = Tally::default();
        tally.count(what_if::repeat(&decision, &candidate));
        Ok(Json(comparison(number, generation, tally)))
    })
    .await
}

/// The counts of one decision as its comparison.
fn comparison(decision: u64, generation: u64, tally: Tally) -> DecisionWhatIf {
    let result = match (tally.same, tally.different, tally.failed) {
        (1, _, _) => "same",
        (_, 1, _) => "different",
        (_, _, 1) => "failed",
        _ => "not-replayable",
    };
    let failures = tally.failures.into_keys();
    let differences = tally.fields.into_iter().flat_map(|(field, differences)| {
        let examples = differences.examples.into_iter();
        examples.map(move |example| FieldDifference {
            field: field.clone(),
            recorded: example.recorded,
            replayed: example.replayed,
        })
    });
    DecisionWhatIf {
        decision,
        generation,
        result,
        why: failures.chain(tally.not_replayable.into_keys()).next(),
        differences: differences.collect(),
        recalled: tally.recalled,
        missed: tally.missed,
    }
}

/// A stored generation; a problem about the field `generation` if there is none.
fn stored_generation(
    app: &App,
    company: &str,
    id: CompanyId,
    number: u64,
) -> Result<Arc<patchbay_generations::Generation>, Problem> {
    let found = app.stored_generation(company, id, number);
    found.map_err(|problem| match problem.is(Kind::UnknownGeneration) {
        true => problem.field("generation"),
        false => problem,
    })
}

/// Start a what-if job
///
/// Repeats a range of recorded decisions with a stored generation, the newest ones
/// up to `limit`, and counts what differs. A company has one running job. It uses
/// one thread that all companies share, and pauses while the host is busy.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/what-if",
    operation_id = "start_what_if",
    tag = "decisions",
    params(("company" = String, Path, description = "Name of the company.")),
    request_body = RangeRequest,
    responses((status = 202, description = "The job has started.", body = JobDocument), descriptions::ActionErrors)
)]
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<(StatusCode, Json<JobDocument>), Problem> {
    let RangeRequest {
        generation,
        from,
        to,
        limit,
        by,
    } = app.json(request).await?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=MAX_DECISIONS).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("must be 1 to {MAX_DECISIONS}"),
        ));
    }
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::invalid("to", "must be later than `from`"));
    }
    let request = WhatIfRequest {
        generation,
        from,
        to,
        limit,
        by: name_for_record(&caller, by)?,
    };
    let name = company.clone();
    let shared = Arc::clone(&app);
    let id = app
        .read(move |desk| {
            let id = desk.company(&name)?;
            // Before the job: a wrong number is answered at once.
            stored_generation(&shared, &name, id, generation)?;
            let about = json!({"generation": generation, "from": from, "to": to, "limit": limit});
            let entry = caller.entry("decisions.what-if", Some(&name), &about);
            desk.journal().append_audit(entry)?;
            Ok(id)
        })
        .await?;
    let report = app.what_if.begin(&app, &company, id, request)?;
    Ok((StatusCode::ACCEPTED, Json(report.into())))
}

/// Get a what-if job
///
/// Its progress and counts. The server remembers the last job of each company, for
/// an hour after its end and until it restarts.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/what-if/{job}",
    operation_id = "what_if",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("job" = String, Path, description = "Id of the job."),
    ),
    responses((status = 200, description = "The job.", body = JobDocument), descriptions::ReadErrors)
)]
pub(crate) async fn report(
    State(app): State<Arc<App>>,
    Path((company, job)): Path<(String, String)>,
) -> Result<Json<JobDocument>, Problem> {
    app.desk()?.generation(&company)?;
    Ok(Json(app.what_if.report(&company, &job)?.into()))
}

/// Cancel a what-if job
///
/// What it has counted stays readable. One that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/v1/companies/{company}/what-if/{job}",
    operation_id = "cancel_what_if",
    tag = "decisions",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("job" = String, Path, description = "Id of the job."),
    ),
    responses((status = 200, description = "The job.", body = JobDocument), descriptions::ActionErrors)
)]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path((company, job)): Path<(String, String)>,
    request: Request,
) -> Result<Json<JobDocument>, Problem> {
    body::discard(request).await;
    app.desk()?.generation(&company)?;
    Ok(Json(app.what_if.cancel(&company, &job)?.into()))
}
