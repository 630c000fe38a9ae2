//! The trace a caller says a request belongs to.

use axum::http::HeaderMap;
use patchbay_model::traceparent::Traceparent;

/// What the header says; nothing where it is not there or is none, for nobody
/// is refused because of it.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    let value = headers.get("traceparent")?;
    Traceparent::parse(value.to_str().ok()?)
}
