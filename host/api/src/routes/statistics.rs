//! Statistics over time.

mod documents;
mod subject;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use patchbay_http::descriptions;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{TIME, parse_code, parse_field};
use patchbay_journal::Dimension;
use patchbay_service::app::App;
use patchbay_statistics::report::ReportBucket;
use patchbay_statistics::{ReportError, ReportQuery, Step, report};
use serde::Deserialize;
use utoipa::IntoParams;

use documents::{StatisticsBucket, StatisticsDocument, rows};

patchbay_http::code_schemas! {
    StatisticsStep of Step, "Length of the buckets.", |step| match step {
        Step::FiveMinutes => "five minutes, for 62 hours at most and 35 days back",
        Step::Hour => "an hour of the company's time zone, for 31 days at most",
        Step::Day => "a day of the company's time zone, of 23 or 25 hours where the clock changes, for 750 days at most",
    };
    StatisticsSubject of Dimension, "What the rows are about.", |by| match by {
        Dimension::Company => "the whole company",
        Dimension::Queue => "each queue, as of the moment that counts",
        Dimension::Agent => "each agent who did it or whose conversation it was",
        Dimension::Channel => "each channel",
        Dimension::Stage => "each stage of the pipelines: only `stage` is set",
    };
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StatisticsQuery {
    /// A moment in the first bucket.
    #[param(value_type = String, format = DateTime)]
    from: Option<String>,
    /// The buckets that start before this time are the last. Default: now.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// Length of the buckets. Default `hour`.
    #[param(value_type = Option<StatisticsStep>, inline)]
    step: Option<String>,
    /// What the rows are about. Default `company`.
    #[param(value_type = Option<StatisticsSubject>, inline)]
    by: Option<String>,
    /// Only this queue, agent, channel or stage; not with `by=company`. Default: all. One
    /// that the company does not have and that has no counts in the time is an error; of
    /// one that it had before, the counts are answered.
    key: Option<String>,
}

/// Read statistics over time
///
/// Counts of the history by time, for the whole company or by queue, agent, channel or
/// stage. They follow the history within seconds; `behind` says by how much they lag. At
/// most 750 buckets and 10,000 rows, summed up from 250,000 stored counts. A company has one
/// report at a time, and the others wait for their turn; one that is not answered within
/// `request_timeout` is refused (`overloaded`). A report ends when its client hangs up. It
/// reads stored counts in pages, from the earliest on: what is counted meanwhile may be in its
/// later rows and not in its earlier ones. Counts of five minutes are kept for 35 days, those
/// of an hour for three years, also where `retain` deletes the conversations.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/statistics",
    operation_id = "statistics",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company."), StatisticsQuery),
    responses((status = 200, description = "The statistics.", body = StatisticsDocument), descriptions::ReadErrors)
)]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Query(query): Query<StatisticsQuery>,
) -> Result<Json<StatisticsDocument>, Problem> {
    let step = parse_code("step", query.step.as_deref(), &Step::ALL, Step::as_str)?;
    let step = step.unwrap_or(Step::Hour);
    let by = parse_code(
        "by",
        query.by.as_deref(),
        &Dimension::ALL,
        Dimension::as_str,
    )?;
    let by = by.unwrap_or(Dimension::Company);
    subject::check_key(by, query.key.as_deref())?;
    let from: Option<Timestamp> = parse_field("from", query.from.as_deref(), TIME)?;
    let from =
        from.ok_or_else(|| Problem::bad_parameter("from", format!("is required; {TIME}")))?;
    let to: Option<Timestamp> = parse_field("to", query.to.as_deref(), TIME)?;
    let statistics = Arc::clone(&app.statistics);
    app.report(move |desk, cancel| {
        let id = desk.company(&company)?;
        let generation = desk.generation(&company)?;
        let is_cancelled = || cancel.is_cancelled();
        let counted = statistics.catch_up(desk, id, &generation, &is_cancelled)?;
        let asked = ReportQuery {
            from,
            to: to.unwrap_or_else(|| desk.now()),
            step,
            by,
            key: query.key,
            zone: generation.time_zone().to_owned(),
        };
        let report = report(&**desk.journal(), id, &asked, &is_cancelled);
        let report = report.map_err(problem)?;
        if let Some(key) = asked.key.as_deref().filter(|_| report.totals.is_empty()) {
            subject::check_exists(desk, &company, by, key)?;
        }
        let edge = |bucket: Option<&ReportBucket>, of: fn(&ReportBucket) -> Timestamp| {
            bucket.map_or(from, of)
        };
        Ok(Json(StatisticsDocument {
            from: edge(report.buckets.first(), |bucket| bucket.start),
            to: edge(report.buckets.last(), |bucket| bucket.end),
            step: step.as_str(),
            by: by.as_str(),
            zone: asked.zone,
            counted: counted.feed,
            behind: counted.behind,
            totals: rows(report.totals, by),
            buckets: report
                .buckets
                .into_iter()
                .map(|bucket| StatisticsBucket {
                    start: bucket.start,
                    end: bucket.end,
                    rows: rows(bucket.rows, by),
                })
                .collect(),
        }))
    })
    .await
}

fn problem(error: ReportError) -> Problem {
    let field = match &error {
        ReportError::Empty | ReportError::TooLate => "to",
        ReportError::TooManyBuckets => "step",
        ReportError::TooManyRows => "key",
        ReportError::Cancelled => return Problem::busy("the report was given up"),
        ReportError::Journal(_) => {
            let ReportError::Journal(error) = error else {
                return Problem::of(Kind::Internal);
            };
            return error.into();
        }
    };
    Problem::bad_parameter(field, error.to_string())
}
