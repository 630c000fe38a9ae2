//! Problem documents (RFC 9457): the form of every error answer.

mod answer;
mod conversions;
mod kind;

use axum::http::StatusCode;
use patchbay_config::bound::{Bound, BoundLimit, Refusal};
use patchbay_config::file_problem::FileProblem;
use patchbay_journal::Entry;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::Serialize;
use utoipa::ToSchema;

pub use answer::write;
pub(crate) use answer::{finish, instance_of};
pub use kind::Kind;

use crate::code_schema;
use crate::history_entry::HistoryEntry;

/// Media type of a problem document.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// Longest detail in characters: it may quote the request.
const DETAIL_CHARS: usize = 500;
/// Longest path of a field in characters: an unknown key may be of any length.
const FIELD_CHARS: usize = 200;

/// Why a request failed (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Kind of the problem, as a reference relative to the server. Stable: compare
    /// this in programs.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-input")]
    type_uri: &'static str,
    /// The kind in words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong in this request, and what would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    /// Outcome of the decision, if the request was for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<code_schema::OutcomeKind>)]
    outcome: Option<OutcomeKind>,
    /// Path of the wrong field, or name of the wrong header.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The limit that was exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    /// The actual size, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// Unit of `limit` and `size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// Line in the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column in the body, from 1; 0 before the first character.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// Number of the newest event, if the feed does not go back far enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<u64>,
    /// Number of the last entry of the conversation, if it has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// The newer entries of the conversation that matter, oldest first; the newest 100 of
    /// many.
    #[serde(skip_serializing_if = "Option::is_none")]
    newer: Option<Vec<HistoryEntry>>,
    /// Every reason, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemPlace>,
    /// Things in a refused company file that are valid but probably not intended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// One of several reasons.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemPlace {
    /// What is wrong.
    message: String,
    /// Line in the document, from 1; absent if the reason has no place.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// Column, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl ProblemPlace {
    /// A problem of a document, with its line and column.
    pub fn in_document(document: &str, problem: FileProblem) -> ProblemPlace {
        let place = problem.line_column(document);
        ProblemPlace {
            message: problem.message,
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            help: problem.help,
        }
    }
}

/// A problem to answer with; boxed to keep every `Result` small.
#[derive(Clone, Debug)]
pub struct Problem(Box<ProblemDocument>, AnswerNotes);

/// What an answer says beside the document of its problem.
#[derive(Clone, Copy, Debug, Default)]
struct AnswerNotes {
    /// The bound that caused the problem.
    bound: Option<Bound>,
    /// Seconds of `Retry-After`, instead of those of the kind or the bound.
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem of a kind, with its status and title and no detail.
    pub fn of(kind: Kind) -> Problem {
        let document = ProblemDocument {
            type_uri: kind.type_uri(),
            title: kind.title().to_owned(),
            status: kind.status().as_u16(),
            detail: None,
            instance: None,
            outcome: None,
            field: None,
            limit: None,
            size: None,
            unit: None,
            line: None,
            column: None,
            newest: None,
            sequence: None,
            newer: None,
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        Problem(Box::new(document), AnswerNotes::default())
    }

    /// A field of the request is invalid: what is wrong with it, and what would be right.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::of(Kind::InvalidInput).field(field).detail(detail)
    }

    /// A field of the request is longer than its limit, both in `unit`.
    pub fn too_large(field: impl Into<String>, size: usize, limit: usize, unit: &str) -> Problem {
        Problem::invalid(field, format!("has {size} {unit}; the limit is {limit}")).limit(
            limit as u64,
            Some(size as u64),
            unit,
        )
    }

    /// A list of the request has another number of entries than 1 to `most`.
    pub fn wrong_count(field: impl Into<String>, count: usize, most: usize, what: &str) -> Problem {
        Problem::invalid(field, format!("must name 1 to {most} {what}")).limit(
            most as u64,
            Some(count as u64),
            what,
        )
    }

    /// A query parameter is unknown or not valid: what would be right.
    pub fn bad_parameter(name: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::of(Kind::BadParameter).field(name).detail(detail)
    }

    /// The problem for an error status that a library answered.
    fn of_status(status: StatusCode) -> Problem {
        let of_status = |kind: &&Kind| kind.status() == status;
        if let Some(kind) = Kind::ALL.iter().find(of_status) {
            return Problem::of(*kind);
        }
        let mut problem = Problem::of(Kind::Internal);
        problem.0.type_uri = "about:blank";
        problem.0.title = status.canonical_reason().unwrap_or("Error").to_owned();
        problem.0.status = status.as_u16();
        problem
    }

    /// Sets what is wrong in this request, and what would be right. Clipped to
    /// 500 characters.
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.0.detail = Some(clipped(detail.into(), DETAIL_CHARS));
        self
    }

    /// Sets the detail of a problem that has none.
    pub fn set_detail_if_none(&mut self, detail: impl FnOnce() -> String) {
        if self.0.detail.is_none() {
            self.0.detail = Some(clipped(detail(), DETAIL_CHARS));
        }
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    /// Whether the problem is of a kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.0.type_uri == kind.type_uri()
    }

    /// Sets the path of the wrong field, or the name of the wrong header. Clipped to
    /// 200 characters.
    pub fn field(mut self, field: impl Into<String>) -> Problem {
        self.0.field = Some(clipped(field.into(), FIELD_CHARS));
        self
    }

    /// Sets the limit that was exceeded, and the actual size if it is known, both
    /// in `unit`.
    pub fn limit(mut self, limit: u64, size: Option<u64>, unit: &str) -> Problem {
        self.0.limit = Some(limit);
        self.0.size = size;
        self.0.unit = Some(unit.to_owned());
        self
    }

    /// Sets the place in the body: a line from 1, and a column from 1, or 0 before
    /// the first character.
    pub(crate) fn at(mut self, line: usize, column: usize) -> Problem {
        self.0.line = Some(line);
        self.0.column = Some(column);
        self
    }

    /// Sets the number of the newest event, from which the feed can be followed.
    #[must_use]
    pub fn newest(mut self, newest: u64) -> Problem {
        self.0.newest = Some(newest);
        self
    }

    /// Sets what changed in a conversation.
    fn newer(mut self, sequence: u64, newer: Vec<Entry>) -> Problem {
        self.0.sequence = Some(sequence);
        self.0.newer = Some(newer.into_iter().map(HistoryEntry::from).collect());
        self
    }

    /// The bound that caused the problem, to be counted with the answer.
    pub fn bound(mut self, bound: Bound) -> Problem {
        self.1.bound = Some(bound);
        self
    }

    /// Sets the seconds of `Retry-After`.
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.1.retry_after = Some(seconds);
        self
    }

    /// Adds every reason, with its place in a document.
    fn problems(mut self, document: &str, problems: impl Iterator<Item = FileProblem>) -> Problem {
        let places = problems.map(|problem| ProblemPlace::in_document(document, problem));
        self.0.problems = places.collect();
        self
    }

    fn warnings(mut self, warnings: Vec<String>) -> Problem {
        self.0.warnings = warnings;
        self
    }

    /// The document, for answers that contain it. It has no `instance` yet.
    pub fn document(&self) -> &ProblemDocument {
        &self.0
    }

    /// Overload: 503, which asks the client to try again in a second.
    pub fn busy(detail: &str) -> Problem {
        Problem::overloaded(&Outcome::with_detail(OutcomeKind::Overloaded, detail))
    }

    /// A request at a bound of the table, answered as the table says.
    pub fn at_bound(limit: &BoundLimit, value: u64, detail: impl Into<String>) -> Problem {
        let detail = detail.into();
        let problem = match limit.bound.refusal() {
            Refusal::Busy(_) => Problem::busy(&detail),
            Refusal::TooMany(_) => Problem::of(Kind::TooMany).detail(detail),
            Refusal::TooLarge | Refusal::NotUsed | Refusal::NotKept => {
                Problem::of(Kind::LimitExceeded).detail(detail)
            }
        };
        problem
            .bound(limit.bound)
            .limit(value, None, limit.unit.as_str())
    }

    /// An overload as an outcome reports it.
    pub fn overloaded(outcome: &Outcome) -> Problem {
        let kind = OutcomeKind::Overloaded;
        let detail = outcome.detail.as_deref().unwrap_or(kind.message());
        let mut problem = Problem::of(Kind::Overloaded).detail(detail);
        if let Some(hit) = &outcome.limit {
            problem = problem.limit(hit.value, None, &hit.unit);
        }
        problem.0.outcome = Some(kind);
        problem.0.status = kind.http_status();
        problem
    }
}

fn clipped(text: String, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
