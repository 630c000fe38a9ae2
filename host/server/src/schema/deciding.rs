//! What every request for a decision has in common: how patient the asker is,
//! and the ways to be turned away.

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response};
use utoipa::{IntoParams, IntoResponses};

use crate::problem::MEDIA_TYPE;

/// The asker's patience.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by nobody: it is a description")]
pub(crate) struct Patience {
    /// How long to wait for a place, in milliseconds; the server's own deadline bounds it.
    #[param(rename = "Patchbay-Deadline-Ms", minimum = 1)]
    deadline: Option<u32>,
}

/// The asker's trace.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by nobody: it is a description")]
pub(crate) struct Traced {
    /// The span this request belongs to (W3C Trace Context); one that is not right is as none.
    traceparent: Option<String>,
}

/// Why there is no decision; each with a problem document.
pub(crate) struct NoDecision;

/// Why something is not done; each with a problem document.
pub(crate) struct NotDone;

/// Why there is nothing to read; each with a problem document.
pub(crate) struct NoDocument;

const READING: [(u16, &str); 6] = [
    (400, "A parameter is malformed."),
    (403, "A page of another origin asks."),
    (404, "There is nothing of that name, or no journal is kept."),
    (421, "The Host header names another host."),
    (500, "The server failed."),
    (
        503,
        "The journal cannot be used, or the server is stopping.",
    ),
];

const DOING: [(u16, &str); 12] = [
    (
        400,
        "The body is not UTF-8, or not JSON, or nested deeper than 128 levels.",
    ),
    (
        403,
        "It is another agent's, or only a supervisor or approver may; or a page of another origin asks.",
    ),
    (404, "There is nothing of that name, or no journal is kept."),
    (408, "The body did not arrive in time."),
    (409, "Its state does not allow that."),
    (413, "The body is too large."),
    (415, "The body is not declared as JSON."),
    (421, "The Host header names another host."),
    (422, "The input is not valid; `field` says where."),
    (429, "It is asked too often."),
    (500, "The server failed."),
    (
        503,
        "The host is too busy or stopping, or the journal cannot be used; try again: it is done once.",
    ),
];

const DECIDING: [(u16, &str); 10] = [
    (
        400,
        "The body is not UTF-8, or not JSON, or nested deeper than 128 levels.",
    ),
    (403, "A page of another origin asks."),
    (404, "There is no such company."),
    (408, "The body did not arrive in time."),
    (413, "The body is too large."),
    (415, "The body is not declared as JSON."),
    (421, "The Host header names another host."),
    (422, "The input is not valid; `field` says where."),
    (500, "The server failed."),
    (503, "The host is too busy, or stopping."),
];

impl IntoResponses for NoDecision {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&DECIDING)
    }
}

impl IntoResponses for NotDone {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&DOING)
    }
}

impl IntoResponses for NoDocument {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&READING)
    }
}

fn problems(reasons: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    reasons
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

fn retry_after() -> utoipa::openapi::header::Header {
    let seconds = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(0));
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some(
            "Seconds after which to try again; where the host is too busy.",
        ))
        .build()
}
