//! How long a caller wants to wait for a place.

use std::time::Duration;

use axum::http::HeaderMap;

use crate::problem::{Kind, Problem};

/// Name of the header, in whole milliseconds.
pub(crate) const HEADER: &str = "Patchbay-Deadline-Ms";

/// The caller's deadline where it gives one, but never more than the server's.
pub(crate) fn of(headers: &HeaderMap, servers: Duration) -> Result<Duration, Problem> {
    let Some(given) = headers.get(HEADER) else {
        return Ok(servers);
    };
    let millis = given
        .to_str()
        .ok()
        .and_then(|text| text.parse::<u32>().ok())
        .filter(|millis| *millis > 0);
    match millis {
        Some(millis) => Ok(servers.min(Duration::from_millis(u64::from(millis)))),
        None => Err(Problem::of(Kind::BadHeader).field(HEADER).detail(format!(
            "{HEADER} must be a whole number of milliseconds, at least 1"
        ))),
    }
}
