//! What the descriptions of many routes share: request headers, and error
//! answers by status.

use std::collections::BTreeMap;

use crate::problem::MEDIA_TYPE;
use serde::Deserialize;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};
use utoipa::{IntoParams, IntoResponses};

/// The header with which a request limits its wait.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes a header")]
pub struct DeadlineHeader {
    /// How long the request may wait for a thread, in milliseconds; at most the server's own deadline.
    #[param(rename = "Patchbay-Deadline-Ms", minimum = 1)]
    deadline: Option<u32>,
}

/// The header of traces.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "describes a header")]
pub struct TraceparentHeader {
    /// The span this request belongs to (W3C Trace Context); a malformed header is ignored.
    traceparent: Option<String>,
}

/// Errors of operations that decide.
pub struct DecisionErrors;

/// Errors of operations that change something.
pub struct ActionErrors;

/// Errors of operations that only read.
pub struct ReadErrors;

/// Errors of operations that read neither companies nor the journal.
pub struct PublicErrors;

const PUBLIC: [(u16, &str); 5] = [
    (400, "The request is malformed."),
    (403, "The request comes from a page of another origin."),
    (421, "The Host header names another host."),
    (500, "Internal server error."),
    (503, "The host is overloaded."),
];

const READ: [(u16, &str); 8] = [
    (400, "The request is malformed."),
    (403, "The request comes from a page of another origin."),
    (404, "It does not exist, or the server has no journal."),
    (421, "The Host header names another host."),
    (422, "The input is not valid; `field` names the field."),
    (429, "Too many requests."),
    (500, "Internal server error."),
    (
        503,
        "The journal is not available, or the server is stopping.",
    ),
];

const ACTION: [(u16, &str); 11] = [
    (
        400,
        "The body is not UTF-8, not JSON, or nested deeper than 128 levels.",
    ),
    (
        403,
        "It belongs to another agent, or requires a supervisor or approver; or the request comes from a page of another origin.",
    ),
    (404, "It does not exist, or the server has no journal."),
    (408, "The body did not arrive in time."),
    (409, "The current state does not allow this."),
    (413, "The body is too large."),
    (421, "The Host header names another host."),
    (422, "The input is not valid; `field` names the field."),
    (429, "Too many requests."),
    (500, "Internal server error."),
    (
        503,
        "The host is overloaded or stopping, or the journal is not available. Try again: a repeated request takes effect once.",
    ),
];

const DECISION: [(u16, &str); 10] = [
    (
        400,
        "The body is not UTF-8, not JSON, or nested deeper than 128 levels.",
    ),
    (403, "The request comes from a page of another origin."),
    (404, "Unknown company."),
    (408, "The body did not arrive in time."),
    (413, "The body is too large."),
    (421, "The Host header names another host."),
    (422, "The input is not valid; `field` names the field."),
    (429, "Too many requests."),
    (500, "Internal server error."),
    (503, "The host is overloaded or stopping."),
];

impl IntoResponses for DecisionErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&DECISION)
    }
}

impl IntoResponses for ActionErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&ACTION)
    }
}

impl IntoResponses for PublicErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&PUBLIC)
    }
}

impl IntoResponses for ReadErrors {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&READ)
    }
}

fn problems(errors: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    errors
        .iter()
        .map(|(status, description)| {
            let document = Ref::from_schema_name("Problem");
            let content = ContentBuilder::new().schema(Some(document)).build();
            let mut response = ResponseBuilder::new()
                .description(*description)
                .content(MEDIA_TYPE, content);
            if *status == 503 {
                response = response.header("Retry-After", retry_after());
            }
            (status.to_string(), response.build().into())
        })
        .collect()
}

fn retry_after() -> Header {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(0));
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("Seconds to wait before trying again; under overload."))
        .build()
}
