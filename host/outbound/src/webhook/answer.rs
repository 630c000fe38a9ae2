//! What a target's answer means: whether it is worth asking again, and when.

use std::time::Duration;

use hyper::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use thiserror::Error;

use crate::egress::{Answer, EgressError};

/// Why a target has not said that it has something.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// The key cannot be sent. Nothing was sent.
    #[error(
        "its key cannot be sent as webhook-id: it must be 1 to 256 visible ASCII characters without a full stop"
    )]
    Key,
    /// There was no answer.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// It answered with another status than 2xx.
    #[error("{origin} answered {status}{}", advice(*.status))]
    Answered {
        /// Scheme, host and port.
        origin: String,
        /// What it answered.
        status: StatusCode,
        /// When it asks to come again, as its header says it.
        retry_after: Option<String>,
    },
}

pub(super) fn refusal(origin: String, answer: &Answer) -> SendError {
    SendError::Answered {
        origin,
        status: answer.status,
        retry_after: answer.retry_after.clone(),
    }
}

impl SendError {
    /// Whether the same bytes sent again could not fare better, until a human
    /// changes something:
    ///
    /// - a rule of ours kept it in, or its key cannot be sent;
    /// - any 3xx: redirects are not followed;
    /// - 410: the target wants no more of it;
    /// - any other 4xx but those below: it is the request that is wrong, and
    ///   that stays as it is.
    ///
    /// Tried again are all 5xx, everything below HTTP (no connection, no
    /// answer in time, a certificate that ran out), and of 4xx
    ///
    /// - 401, 403, 404: a secret being changed, a firewall, a target being
    ///   deployed; they pass without a change here, and a reply to a customer
    ///   is not to be lost to them;
    /// - 408, 421, 425, 429: the status itself says to come again;
    /// - 409, 423: the target is still at an earlier attempt with this key.
    pub fn is_final(&self) -> bool {
        match self {
            SendError::Key => true,
            SendError::Egress(error) => error.is_refusal(),
            SendError::Answered { status, .. } => {
                let passes = [401, 403, 404, 408, 409, 421, 423, 425, 429];
                !status.is_server_error() && !passes.contains(&status.as_u16())
            }
        }
    }

    /// How long the target asks to be left alone: seconds, or until a date
    /// (RFC 9110, 10.2.3). A date that has passed is no time at all.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let SendError::Answered {
            retry_after: Some(value),
            ..
        } = self
        else {
            return None;
        };
        let value = value.trim();
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // More digits than fit ask for longer than anybody waits.
            return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
        }
        let at = rfc2822::DateTimeParser::new()
            .relaxed_weekday(true)
            .parse_timestamp(value)
            .ok()?;
        Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
    }
}

/// What to do about a status; follows it in a sentence.
fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        300..=399 => {
            "; redirects are not followed: write the address it points to as the target's url"
        }
        401 | 403 => "; check that both sides have the same secret",
        404 | 405 => "; check the target's url",
        410 => ": it wants nothing more; take the target out, or give it another url",
        413 => "; raise how much the target takes",
        429 => ": it is asked too much at once",
        500..=599 => "; check the target's log",
        400..=499 => ": it does not take this; check the target's log for what it expects",
        _ => ", which is no answer to this; check the target's url",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> SendError {
        SendError::Answered {
            origin: "https://hooks.example".to_owned(),
            status: StatusCode::from_u16(status).expect("a status"),
            retry_after: retry_after.map(str::to_owned),
        }
    }

    #[test]
    fn what_passes_is_tried_again_and_what_stays_is_not() {
        for status in [
            401, 403, 404, 408, 409, 421, 423, 425, 429, 500, 501, 502, 503, 504, 507, 529, 599,
        ] {
            assert!(!answered(status, None).is_final(), "{status}");
        }
        for status in [
            101, 300, 301, 302, 303, 304, 307, 308, 400, 402, 405, 406, 410, 411, 412, 413, 414,
            415, 417, 422, 426, 428, 431, 451, 600, 999,
        ] {
            assert!(answered(status, None).is_final(), "{status}");
        }
        assert!(SendError::Key.is_final());
        let origin = "https://hooks.example".to_owned();
        let problem = String::new();
        for (error, is_final) in [
            (
                EgressError::Unencrypted {
                    origin: origin.clone(),
                    address: [8, 8, 8, 8].into(),
                },
                true,
            ),
            (
                EgressError::NoAuthorities {
                    origin: origin.clone(),
                },
                false,
            ),
            (
                EgressError::Untrusted {
                    origin: origin.clone(),
                    problem: problem.clone(),
                },
                false,
            ),
            (
                EgressError::NotFound {
                    origin: origin.clone(),
                    problem: problem.clone(),
                },
                false,
            ),
            (EgressError::Broken { origin, problem }, false),
        ] {
            assert_eq!(
                SendError::from(error.clone()).is_final(),
                is_final,
                "{error}"
            );
        }
    }

    #[test]
    fn a_redirect_says_that_it_is_not_followed() {
        assert_eq!(
            answered(301, None).to_string(),
            "https://hooks.example answered 301 Moved Permanently; redirects are not followed: write the address it points to as the target's url"
        );
    }

    #[test]
    fn the_time_asked_for_is_in_seconds_or_a_date() {
        let now = "2026-07-01T12:00:00Z".parse().expect("a time");
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Wed, 01 Jul 2026 12:00:30 GMT", Some(30)),
            ("Wed, 01 Jul 2026 11:00:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
        ] {
            let found = answered(503, Some(value)).retry_after(now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{value:?}");
        }
        assert_eq!(answered(503, None).retry_after(now), None);
        assert_eq!(SendError::Key.retry_after(now), None);
    }
}
