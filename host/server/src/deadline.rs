//! How long a caller waits for an answer.

use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::problem::{Kind, Problem};

/// Name of the header, in whole milliseconds.
pub(crate) const HEADER: &str = "Patchbay-Deadline-Ms";

/// Until when a caller waits, where it says so: counted from the head of its
/// request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// The caller's.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Deadline, Problem> {
        let Some(given) = headers.get(HEADER) else {
            return Ok(Deadline(None));
        };
        let millis = given
            .to_str()
            .ok()
            .and_then(|text| text.parse::<u32>().ok())
            .filter(|millis| *millis > 0);
        match millis {
            Some(millis) => Ok(Deadline(Some(
                Instant::now() + Duration::from_millis(u64::from(millis)),
            ))),
            None => Err(Problem::of(Kind::BadHeader).field(HEADER).detail(format!(
                "{HEADER} must be a whole number of milliseconds, at least 1"
            ))),
        }
    }

    /// Until when a place is waited for, once the body is there: never longer
    /// than the server's own deadline from then on.
    pub(crate) fn until(self, servers: Duration) -> Instant {
        let own = Instant::now() + servers;
        self.0.map_or(own, |given| given.min(own))
    }

    /// Whether the caller still waits; if not, nothing is to be done for it.
    pub(crate) fn check(self) -> Result<(), Problem> {
        match self.0 {
            Some(until) if until <= Instant::now() => {
                Err(Problem::busy("its deadline passed before its turn came"))
            }
            _ => Ok(()),
        }
    }
}
