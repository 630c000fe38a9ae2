//! Interactions taken in for good.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use patchbay_desk::{Delivery, Receipt, ReceiptStatus};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::body;
use crate::deadline::Deadline;
use crate::problem::{Kind, Problem, ProblemDocument};
use crate::schema;
use crate::telemetry;

/// Most interactions of one batch.
const BATCH: usize = 10_000;

/// Take in interactions
///
/// One interaction as JSON, or a batch as NDJSON (`application/x-ndjson`, one a
/// line, at most 10,000). What is answered `accepted` is on disk, in order, and
/// will be decided about; the same interaction again, at once or later, is a
/// `duplicate`. A line that is not right is `refused` and keeps the others from
/// nothing. Beside its fields an interaction may say its `kind`: `message`,
/// `edit`, `delete`, `reaction` or `echo`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/interactions",
    operation_id = "accept",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), schema::Patience, schema::Traced),
    request_body(content(
        (schema::Interaction = "application/json"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 202, description = "What became of each, in order.", body = Receipts),
        schema::NoDecision,
    )
)]
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let desk = app.desk()?;
    app.takes_in(&company)?;
    let deadline = Deadline::of(request.headers())?;
    let traceparent = telemetry::traceparent(request.headers());
    let is_batch = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-ndjson"));
    let body = body::read(
        request,
        app.settings.body_limit,
        app.settings.request_timeout,
        &app.bodies,
    )
    .await?;
    let lines = match is_batch {
        true => read_lines(&body)?,
        false => vec![Ok(
            read_one(&body).inspect_err(|_| app.refused(&company, 1))?
        )],
    };
    drop(body);
    app.refused(&company, lines.iter().filter(|line| line.is_err()).count());
    let work = move || -> Result<Vec<InteractionReceipt>, Problem> {
        deadline.check()?;
        let (deliveries, refused): (Vec<_>, Vec<_>) = lines.into_iter().map(split).unzip();
        let deliveries = deliveries.into_iter().flatten();
        let deliveries: Vec<Delivery> = deliveries
            .map(|delivery| Delivery {
                traceparent,
                ..delivery
            })
            .collect();
        let mut receipts = match deliveries.is_empty() {
            // A company that is not there is told all the same.
            true => desk.company(&company).map(|_| Vec::new()),
            false => desk.accept(&company, deliveries),
        }?
        .into_iter();
        let lines = refused.into_iter().filter_map(|refused| match refused {
            Some(problem) => Some(InteractionReceipt::refused(&problem)),
            None => receipts.next().map(InteractionReceipt::of),
        });
        Ok(lines.collect())
    };
    let receipts = tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::of(Kind::Internal))??;
    let count = |status: &str| receipts.iter().filter(|line| line.status == status).count();
    let document = Receipts {
        accepted: count("accepted"),
        duplicate: count("duplicate"),
        refused: count("refused"),
        busy: count("busy"),
        receipts,
    };
    let all = document.receipts.len();
    if document.busy > 0 && document.busy == all {
        return Err(Problem::busy(
            "too much waits to be decided about already; deliver it again",
        ));
    }
    let is_busy = document.busy > 0;
    let mut response = (StatusCode::ACCEPTED, Json(document)).into_response();
    if is_busy {
        response.headers_mut().insert(RETRY_AFTER, 1.into());
    }
    Ok(response)
}

/// What became of interactions that were delivered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    /// How many are new, and on disk.
    accepted: usize,
    /// How many were delivered before.
    duplicate: usize,
    /// How many are not right.
    refused: usize,
    /// How many found no room: deliver them again.
    busy: usize,
    /// Each, in the order of their delivery.
    receipts: Vec<InteractionReceipt>,
}

/// What became of one interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InteractionReceipt {
    /// Its id; absent where it is not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction: Option<String>,
    /// `accepted`, `duplicate`, `refused` or `busy`.
    status: &'static str,
    /// What it turned out to be: `message`, `edit`, `delete`, `reaction` or
    /// `echo`. A message whose id is known with another body is an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Its place in the order of acceptance; of a duplicate, the first one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordinal: Option<u64>,
    /// What is not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

impl InteractionReceipt {
    fn of(receipt: Receipt) -> InteractionReceipt {
        let (status, kind, ordinal) = match receipt.status {
            ReceiptStatus::Accepted { ordinal, kind } => {
                ("accepted", Some(kind.as_str()), Some(ordinal.0))
            }
            ReceiptStatus::Duplicate { ordinal } => ("duplicate", None, Some(ordinal.0)),
            ReceiptStatus::Busy { .. } => ("busy", None, None),
        };
        InteractionReceipt {
            interaction: Some(receipt.interaction),
            status,
            kind,
            ordinal,
            problem: None,
        }
    }

    fn refused(problem: &Problem) -> InteractionReceipt {
        InteractionReceipt {
            interaction: None,
            status: "refused",
            kind: None,
            ordinal: None,
            problem: Some(problem.document().clone()),
        }
    }
}

fn split(line: Result<Delivery, Problem>) -> (Option<Delivery>, Option<Problem>) {
    match line {
        Ok(delivery) => (Some(delivery), None),
        Err(problem) => (None, Some(problem)),
    }
}

fn read_one(body: &[u8]) -> Result<Delivery, Problem> {
    let value: Value = crate::json::read(body)?;
    Ok(Delivery::from_outside(value)?)
}

fn read_lines(body: &[u8]) -> Result<Vec<Result<Delivery, Problem>>, Problem> {
    let lines = body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.take(BATCH + 1).map(read_one).collect();
    match lines.len() {
        0 => Err(Problem::of(Kind::BadRequest).detail("the batch is empty")),
        read if read > BATCH => Err(Problem::of(Kind::BodyTooLarge)
            .limit(BATCH as u64, None, "lines")
            .detail(format!(
                "the batch has more than the {BATCH} lines that are taken"
            ))),
        _ => Ok(lines),
    }
}
