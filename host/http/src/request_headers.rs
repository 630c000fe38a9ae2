//! Headers that any request may bring: the caller's deadline and its trace.

use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use patchbay_model::traceparent::Traceparent;

use crate::problem::{Kind, Problem};

/// The deadline header, in whole milliseconds.
const DEADLINE: &str = "Patchbay-Deadline-Ms";

/// How long the caller waits for an answer, counted from the request's head.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Reads the header; without it only the server's deadline applies.
    ///
    /// # Errors
    /// 400 where the header is not a whole number of milliseconds from 1.
    pub fn from_headers(headers: &HeaderMap) -> Result<Deadline, Problem> {
        let Some(value) = headers.get(DEADLINE) else {
            return Ok(Deadline(None));
        };
        let millis = value.to_str().ok().and_then(|text| text.parse().ok());
        match millis.filter(|millis: &u32| *millis > 0) {
            Some(millis) => Ok(Deadline(Some(
                Instant::now() + Duration::from_millis(u64::from(millis)),
            ))),
            None => Err(Problem::of(Kind::BadHeader).field(DEADLINE).detail(format!(
                "{DEADLINE} must be a whole number of milliseconds, at least 1"
            ))),
        }
    }

    /// Until when the request may wait for a thread from now on: at most as
    /// long as the server's own deadline.
    pub fn until(self, servers: Duration) -> Instant {
        let own = Instant::now() + servers;
        self.0.map_or(own, |callers| callers.min(own))
    }

    /// Called when the request has waited.
    ///
    /// # Errors
    /// 503 if the deadline has passed.
    pub fn check(self) -> Result<(), Problem> {
        match self.0 {
            Some(until) if until <= Instant::now() => Err(Problem::busy(
                "the request's deadline passed while it waited",
            )),
            _ => Ok(()),
        }
    }
}

/// The trace the caller belongs to. A malformed header counts as none: no
/// request is refused because of it.
pub fn traceparent(headers: &HeaderMap) -> Option<Traceparent> {
    Traceparent::parse(headers.get("traceparent")?.to_str().ok()?)
}
