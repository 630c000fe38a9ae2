//! Failed attempts: whether a retry can help, and when.

use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use thiserror::Error;

use crate::courier::{FinalKind, Problem, SendFailure, SendFailureKind, TargetHealth};
use crate::egress::EgressError;

/// Why a target did not confirm a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// The key does not fit the header. Nothing was sent.
    #[error(
        "the key is not a valid webhook-id: it must be 1 to 256 visible ASCII characters without a full stop"
    )]
    InvalidKey,
    /// There was no answer.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// The answer's status is not 2xx.
    #[error("{origin} answered {status}{}", advice(*.status))]
    Status {
        /// Scheme, host and port.
        origin: String,
        /// The answer's status.
        status: StatusCode,
        /// The Retry-After header, not parsed.
        retry_after: Option<String>,
    },
}

impl SendError {
    /// The error for the company: without the address a target's name has, which
    /// is for the host's operator.
    pub fn without_address(&self) -> String {
        match self {
            SendError::Egress(error) => error.without_address(),
            other => other.to_string(),
        }
    }

    /// What the courier does about it. `now` is when the answer came.
    pub(crate) fn failure(&self, now: Timestamp) -> SendFailure {
        let (kind, health) = match (self.is_final(), self) {
            (false, _) => {
                let after = self.retry_after(now);
                (SendFailureKind::Retry { after }, TargetHealth::Failing)
            }
            (true, SendError::Status { .. }) => {
                let kind = SendFailureKind::Final(FinalKind::Refused);
                (kind, TargetHealth::Healthy)
            }
            (true, SendError::InvalidKey | SendError::Egress(_)) => {
                let kind = SendFailureKind::Final(FinalKind::Refused);
                (kind, TargetHealth::Unknown)
            }
        };
        SendFailure {
            kind,
            problem: Problem {
                logged: self.to_string(),
                recorded: self.without_address(),
            },
            health,
        }
    }

    /// Whether the same request fails again until a person changes something:
    ///
    /// - an egress rule refused it, or its key is not valid;
    /// - 3xx: redirects are not followed;
    /// - 410: the target wants no more deliveries;
    /// - other 4xx: the request itself is wrong.
    ///
    /// Retried are 5xx, failures below HTTP, and these 4xx:
    ///
    /// - 401, 403, 404: a secret is being rotated, a firewall changed, a target
    ///   deployed; these pass, and a reply to a customer must not be lost;
    /// - 408, 421, 425, 429: the status says so;
    /// - 409, 423: the target still handles an earlier attempt with this key.
    pub fn is_final(&self) -> bool {
        match self {
            SendError::InvalidKey => true,
            SendError::Egress(error) => error.is_refusal(),
            SendError::Status { status, .. } => {
                let retried = [401, 403, 404, 408, 409, 421, 423, 425, 429];
                !status.is_server_error() && !retried.contains(&status.as_u16())
            }
        }
    }

    /// The wait the target requests, in seconds or until a date in one of the
    /// three forms of HTTP (RFC 9110, 10.2.3 and 5.6.7). Zero for a date in the
    /// past.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let SendError::Status { retry_after, .. } = self else {
            return None;
        };
        let value = retry_after.as_deref()?.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let at = http_date(value)?;
        Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    }
}

/// A date of HTTP. Beyond its three forms, those of mail: another zone, a wrong
/// day of the week.
fn http_date(value: &str) -> Option<Timestamp> {
    let strict = httpdate::parse_http_date(value).ok();
    let strict = strict.and_then(|at| Timestamp::try_from(at).ok());
    strict.or_else(|| {
        let parser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
        parser.parse_timestamp(value).ok()
    })
}

/// What to do about a status; ends the error's sentence.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => "; redirects are not followed: set the target's url to the new address",
        401 | 403 => "; check that both sides have the same secret",
        404 | 405 => "; check the target's url",
        410 => ": it accepts no more deliveries; remove the target or change its url",
        413 => "; raise the target's size limit",
        429 => ": it receives too many requests",
        500..=599 => "; check the target's log",
        400..=499 => ": it rejects the request; check the target's log",
        _ => ", which is not a valid answer; check the target's url",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::EgressProblem;

    fn failure(status: u16, retry_after: Option<&str>) -> SendError {
        SendError::Status {
            origin: "https://hooks.example".to_owned(),
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: retry_after.map(str::to_owned),
        }
    }

    #[test]
    fn temporary_failures_are_retried_and_permanent_ones_are_not() {
        for status in [
            401, 403, 404, 408, 409, 421, 423, 425, 429, 500, 501, 502, 503, 504, 507, 529, 599,
        ] {
            assert!(!failure(status, None).is_final(), "{status}");
        }
        for status in [
            101, 300, 301, 302, 303, 304, 307, 308, 400, 402, 405, 406, 410, 411, 412, 413, 414,
            415, 417, 422, 426, 428, 431, 451, 600, 999,
        ] {
            assert!(failure(status, None).is_final(), "{status}");
        }
        assert!(SendError::InvalidKey.is_final());
        let address = [8, 8, 8, 8].into();
        for (problem, is_final) in [
            (EgressProblem::Unencrypted { address }, true),
            (EgressProblem::NoAuthorities, false),
            (EgressProblem::Untrusted(String::new()), false),
            (EgressProblem::NotFound(String::new()), false),
            (EgressProblem::Interrupted(String::new()), false),
        ] {
            let origin = "https://hooks.example".to_owned();
            let error = SendError::from(EgressError { origin, problem });
            assert_eq!(error.is_final(), is_final, "{error}");
        }
    }

    #[test]
    fn the_error_for_a_redirect_says_that_it_is_not_followed() {
        assert_eq!(
            failure(301, None).to_string(),
            "https://hooks.example answered 301 Moved Permanently; redirects are not followed: set the target's url to the new address"
        );
    }

    #[test]
    fn retry_after_parses_seconds_and_dates() {
        let now = "2026-07-01T12:00:00Z".parse().expect("a time");
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Wed, 01 Jul 2026 12:00:30 GMT", Some(30)),
            ("Wed, 01 Jul 2026 11:00:00 GMT", Some(0)),
            // RFC 850 and asctime.
            ("Wednesday, 01-Jul-26 12:00:30 GMT", Some(30)),
            ("Wednesday, 01-Jul-26 11:00:00 GMT", Some(0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(0)),
            ("Wed Jul  1 12:00:30 2026", Some(30)),
            ("Sun Nov  6 08:49:37 1994", Some(0)),
            ("Thu Jul 30 12:00:00 2026", Some(29 * 86_400)),
            (
                "Thursday, 31-Dec-26 23:59:59 GMT",
                Some(183 * 86_400 + 43_199),
            ),
            // Not of HTTP, but understood.
            ("Wed, 01 Jul 2026 14:00:30 +0200", Some(30)),
            ("Mon, 01 Jul 2026 12:00:30 GMT", Some(30)),
            // None of them.
            ("Wednesday, 32-Jul-26 12:00:30 GMT", None),
            ("Wed Jul  1 12:00:30", None),
            ("2026-07-01T12:00:30Z", None),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let found = failure(503, Some(value)).retry_after(now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(failure(503, None).retry_after(now), None);
        assert_eq!(SendError::InvalidKey.retry_after(now), None);
    }
}
