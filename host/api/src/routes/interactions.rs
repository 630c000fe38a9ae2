//! Intake of interactions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use patchbay_config::bound::Bound;
use patchbay_desk::{Delivery, Receipt};
use patchbay_http::media_type::{self, MediaType};
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_http::request_headers::{Deadline, traceparent};
use patchbay_http::work_share::on_share;
use patchbay_http::{body, json};
use patchbay_journal::JournalError;
use patchbay_model::input::InputWarning;
use patchbay_pass::ReceiptStatus;
use patchbay_service::app::App;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use patchbay_http::descriptions;

/// Interactions per batch at most.
const BATCH: usize = 10_000;

/// Deliver interactions
///
/// One interaction as JSON, or a batch as NDJSON (`application/x-ndjson`, one per
/// line, at most 10,000). An `accepted` interaction is on disk, in order, and will
/// be decided about. The same interaction again, at once or later, is a
/// `duplicate`. An invalid line is `refused`; the other lines are not affected. An
/// interaction may also have a `kind`: `message`, `edit`, `delete`, `reaction` or
/// `echo`.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/interactions",
    operation_id = "accept",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), descriptions::DeadlineHeader, descriptions::TraceparentHeader),
    request_body(content(
        (descriptions::Interaction = "application/json"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 202, description = "The result of each interaction, in order.", body = Receipts),
        descriptions::DecisionErrors,
    )
)]
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let desk = app.desk()?;
    app.check_draining(&company)?;
    let deadline = Deadline::from_headers(request.headers())?;
    let traceparent = traceparent(request.headers());
    let is_batch = media_type::of(request.headers()) == Some(MediaType::Ndjson);
    let body = body::read(
        request,
        app.settings.body_limit,
        app.settings.request_timeout,
        &app.bounds,
    )
    .await?;
    let lines = match is_batch {
        true => read_lines(&body)?,
        false => vec![Ok(
            read_one(&body).inspect_err(|_| app.count_refused(&company, 1))?
        )],
    };
    drop(body);
    app.count_refused(&company, lines.iter().filter(|line| line.is_err()).count());
    let (host, named) = (Arc::clone(&app), company.clone());
    let work = move || -> Result<Accepted, Problem> {
        deadline.check()?;
        host.check_free_space()?;
        let (deliveries, refused): (Vec<_>, Vec<_>) = lines.into_iter().map(split).unzip();
        let mut warnings = Vec::new();
        let generation = desk.generation(&named)?;
        let deliveries = deliveries.into_iter().flatten();
        let deliveries: Vec<Delivery> = deliveries
            .map(|mut delivery| {
                let mut odd = std::mem::take(&mut delivery.warnings);
                let channel = generation.channel_problem(&delivery.interaction.channel);
                odd.extend(channel.map(|message| InputWarning {
                    field: "channel".to_owned(),
                    message,
                }));
                warnings.push(odd);
                Delivery {
                    traceparent,
                    ..delivery
                }
            })
            .collect();
        let receipts: Vec<Receipt> = match deliveries.is_empty() {
            // Report an unknown company even if no line is valid.
            true => desk.company(&named).map(|_| Vec::new()),
            false => desk.accept(&named, deliveries),
        }?;
        let full = receipts.iter().find_map(|receipt| match receipt.status {
            ReceiptStatus::Full { limit } => Some(limit),
            _ => None,
        });
        let mut receipts = receipts.into_iter().zip(warnings);
        let lines = refused.into_iter().filter_map(|refused| match refused {
            Some(problem) => Some(InteractionReceipt::refused(&problem)),
            None => receipts
                .next()
                .map(|(receipt, warnings)| InteractionReceipt::of(receipt, warnings)),
        });
        let receipts = lines.collect();
        Ok(Accepted { receipts, full })
    };
    let Accepted { receipts, full } = on_share(&app.shares.intake, work).await??;
    let count = |status: &str| receipts.iter().filter(|line| line.status == status).count();
    let document = Receipts {
        accepted: count("accepted"),
        duplicate: count("duplicate"),
        refused: count("refused"),
        busy: count("busy"),
        receipts,
    };
    let all = document.receipts.len();
    let is_busy = document.busy > 0;
    if let Some(limit) = full {
        if document.busy == all {
            return Err(JournalError::CompanyFull { limit }.into());
        }
        // Some of the batch were accepted, so that no problem says it.
        let telemetry = &app.telemetry;
        telemetry.count_overload(Some(&company), Bound::StoredBytes);
    } else if is_busy && document.busy == all {
        return Err(Problem::busy(
            "too many inputs wait for a decision; deliver this again later",
        ));
    }
    let mut response = (StatusCode::ACCEPTED, Json(document)).into_response();
    if is_busy {
        let bound = full.map_or(Bound::Backlog, |_| Bound::StoredBytes);
        let seconds = bound.refusal().retry_after().unwrap_or(1);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// What became of the lines of a delivery.
struct Accepted {
    receipts: Vec<InteractionReceipt>,
    /// How many bytes the company may store, if that turned some away.
    full: Option<u64>,
}

/// Results of delivered interactions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipts {
    /// Number of new interactions, all on disk.
    accepted: usize,
    /// Number delivered before.
    duplicate: usize,
    /// Number of invalid ones.
    refused: usize,
    /// Number turned away by a bound: deliver them again.
    busy: usize,
    /// The result of each, in the order of delivery.
    receipts: Vec<InteractionReceipt>,
}

/// Result of one interaction.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InteractionReceipt {
    /// Id of the interaction; absent if it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction: Option<String>,
    /// `accepted`, `duplicate`, `refused` or `busy`.
    status: &'static str,
    /// Its kind: `message`, `edit`, `delete`, `reaction` or `echo`. A message whose
    /// id was delivered before with other words is an edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Position in the order of acceptance; for a duplicate, that of the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    ordinal: Option<u64>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
    /// What is odd about it and was accepted all the same: look at it, do not
    /// deliver it again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<InteractionWarning>,
}

/// Something odd about an interaction that the host accepts all the same.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InteractionWarning {
    /// Path of the field.
    field: String,
    /// What is odd, and what the host did.
    message: String,
}

impl InteractionReceipt {
    fn of(receipt: Receipt, warnings: Vec<InputWarning>) -> InteractionReceipt {
        let (status, kind, ordinal) = match receipt.status {
            ReceiptStatus::Accepted { ordinal, kind } => {
                ("accepted", Some(kind.as_str()), Some(ordinal.0))
            }
            ReceiptStatus::Duplicate { ordinal } => ("duplicate", None, Some(ordinal.0)),
            // Not of the API: its messages may be reworded.
            ReceiptStatus::Conflict => ("refused", None, None),
            ReceiptStatus::Busy { .. } | ReceiptStatus::Full { .. } => ("busy", None, None),
        };
        InteractionReceipt {
            interaction: Some(receipt.interaction),
            status,
            kind,
            ordinal,
            problem: None,
            warnings: warnings
                .into_iter()
                .map(|InputWarning { field, message }| InteractionWarning { field, message })
                .collect(),
        }
    }

    fn refused(problem: &Problem) -> InteractionReceipt {
        InteractionReceipt {
            interaction: None,
            status: "refused",
            kind: None,
            ordinal: None,
            problem: Some(problem.document().clone()),
            warnings: Vec::new(),
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
    let value: Value = json::read(body)?;
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
            .detail(format!("the batch has more than {BATCH} lines; split it"))),
        _ => Ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_fuzz::{Corpus, Reading};

    use super::*;

    #[test]
    fn a_batch_of_any_bytes_is_read_line_by_line_or_refused() {
        let one = r#"{"id":"1","channel":"x","text":"Hello","author":{"address":"@jo"}}"#;
        let batch = format!(
            "{one}\n\n{{\"id\":\"2\"}}\r\n{one}\n{{\"id\":\"1\",\"kind\":\"edit\",\"channel\":\"x\",\"text\":\"Hi\"}}\n{{\"kind\":\"delete\",\"id\":\"1\",\"channel\":\"x\"}}\n{{\"kind\":\"reaction\",\"id\":\"9\",\"channel\":\"x\",\"of\":\"1\"}}\n"
        );
        Corpus::of([one, &batch])
            .words(&[
                "\n",
                "\r",
                "{",
                "}",
                "[",
                "\"",
                "null",
                "\"kind\":\"echo\",",
                "\u{2028}",
                "\0",
                "\"id\":\"1\",",
                "{}\n",
                "1e999",
                "\\ud800",
                "\"attributes\":{",
            ])
            .cases(500)
            .run(|bytes| {
                let lines = bytes.split(|byte| *byte == b'\n');
                let lines = lines.filter(|line| !line.trim_ascii().is_empty());
                let expected = lines.count();
                let lines = read_lines(bytes);
                match &lines {
                    Ok(read) => assert_eq!(read.len(), expected),
                    Err(_) => assert!(expected == 0 || expected > BATCH),
                }
                let one = read_one(bytes);
                let is_valid = |line: &Result<_, _>| line.is_ok();
                match one.is_ok() || lines.is_ok_and(|lines| lines.iter().any(is_valid)) {
                    true => Reading::Accepted,
                    false => Reading::Rejected,
                }
            });
    }
}
