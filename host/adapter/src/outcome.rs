//! What the result of sending means, one closed set for all channels.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::codes;
use patchbay_model::mail_server::MailStep;
use serde::Serialize;
use serde_json::Value;

use crate::poll::PollFailure;
use crate::request::Headers;

/// Longest wait that a provider can ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// What came of a request or of a mail.
#[derive(Clone, Debug)]
pub enum Exchange<'a> {
    /// The provider answered a request.
    Answered(Response<'a>),
    /// A mail server answered: to the end of the mail, or before it with a refusal.
    MailAnswered(MailAnswer<'a>),
    /// The folder of a mailbox was opened to read, or why not.
    MailboxOpened(Result<(), PollFailure>),
    /// No byte of the request was sent: no connection. Of a mail: the connection ended
    /// before the end of the mail was sent.
    Unsent,
    /// The request, or a part of it, was sent, and no whole answer came. Of a mail:
    /// its end was sent, and no answer came.
    Lost,
}

/// The answer of a mail server that decides about a mail. `Debug` shows no text.
#[derive(Clone)]
pub struct MailAnswer<'a> {
    /// The Message-ID of the mail, as in
    /// [`OutboundMail`](crate::OutboundMail::message_id).
    pub message_id: &'a str,
    /// What was answered: a refusal of the login is not one of the mail.
    pub step: MailStep,
    /// Reply code: `250`.
    pub code: u16,
    /// The text behind the code, of its last line; it may begin with an enhanced status
    /// code: `2.0.0 Ok`.
    pub text: &'a str,
}

impl std::fmt::Debug for MailAnswer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailAnswer")
            .field("step", &self.step)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl<'a> Exchange<'a> {
    /// The answer; without one, the outcome. `lost` is what it means that a request
    /// was sent and has no answer: [`FailureKind::Retry`] where the provider
    /// recognises a request that it took before.
    pub fn answer(&self, lost: FailureKind) -> Result<&Response<'a>, Outcome> {
        let failed = |kind, reason| Err(Outcome::failed(Failure { kind, reason }, None));
        match self {
            Exchange::Unsent => failed(FailureKind::Retry, Reason::words("not sent")),
            Exchange::Lost => failed(lost, Reason::words("no answer")),
            Exchange::MailAnswered(_) | Exchange::MailboxOpened(_) => failed(
                FailureKind::Refused,
                Reason::words("not an answer to a request"),
            ),
            Exchange::Answered(response) => Ok(response),
        }
    }
}

/// An answer of the provider. `Debug` shows no header and no body.
#[derive(Clone)]
pub struct Response<'a> {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers<'a>,
    /// Body.
    pub body: &'a [u8],
    /// When it came, by the host's clock: a date in `Retry-After` counts from it.
    pub at: Timestamp,
}

impl std::fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Response<'_> {
    /// The body as JSON. An answer that is not JSON comes from something in
    /// between: null.
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    /// The wait that the header `Retry-After` asks for, in seconds or as a date; at
    /// most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.only("retry-after").ok()??.trim();
        let wait = match value.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
                let wait = date.duration_since(self.at).max(SignedDuration::ZERO);
                wait.unsigned_abs()
            }
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

codes! {
    /// Why a message was not accepted or not delivered.
    pub enum FailureKind {
        /// Try the same request again later.
        Retry = "retry",
        /// The time for free replies is over; the channel takes templates only.
        WindowClosed = "window-closed",
        /// This customer cannot be reached on this channel: blocked, opted out,
        /// unknown, deleted.
        RecipientUnreachable = "recipient-unreachable",
        /// The channel does not take this message, now or later: too long,
        /// invalid, against its rules.
        Refused = "refused",
        /// The account cannot send at all: token revoked, account locked. Stop the
        /// channel and raise one alert; the reply is not used up.
        ChannelBroken = "channel-broken",
        /// The message may have been sent. Look it up by the planted key, or ask a
        /// person.
        Uncertain = "uncertain",
    }
}

impl FailureKind {
    /// What an HTTP status other than 2xx means by itself. `lost` is as in
    /// [`Exchange::answer`].
    pub fn of_status(status: u16, lost: FailureKind) -> FailureKind {
        match status {
            // The base URL leads elsewhere, or the token is not accepted.
            300..=399 | 401 | 403 => FailureKind::ChannelBroken,
            408 | 425 | 429 => FailureKind::Retry,
            400..=499 => FailureKind::Refused,
            _ => lost,
        }
    }
}

/// The provider's own code, for logs and agents: `131047`, `http 503`. Never the
/// provider's prose, which can contain addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason(String);

impl Reason {
    /// A code of the provider.
    pub fn code(code: i64) -> Reason {
        Reason(code.to_string())
    }

    /// A code of the provider with a subcode: `10/2018278`.
    pub fn subcode(code: i64, subcode: i64) -> Reason {
        Reason(format!("{code}/{subcode}"))
    }

    /// An HTTP status.
    pub fn status(status: u16) -> Reason {
        Reason(format!("http {status}"))
    }

    /// A reply code of a mail server.
    pub fn smtp(code: u16) -> Reason {
        Reason(format!("smtp {code}"))
    }

    /// An enhanced status code of a mail server.
    pub fn enhanced(class: u16, subject: u16, detail: u16) -> Reason {
        Reason(format!("{class}.{subject}.{detail}"))
    }

    /// Fixed words.
    pub fn words(words: &'static str) -> Reason {
        Reason(words.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a message was not accepted or not delivered, with the provider's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Kind.
    pub kind: FailureKind,
    /// The provider's code.
    pub reason: Reason,
}

/// What to record of an accepted part of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the message; seal it.
    pub provider_id: String,
    /// The recipient's address as the provider writes it, if it is said; seal it.
    /// It may differ from the one given.
    pub recipient: Option<String>,
}

/// What the result of sending one part means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took the message. Whether it arrives comes later, as a
    /// [`DeliveryStatus`](crate::DeliveryStatus).
    Accepted(Receipt),
    /// Send the same bytes again.
    Retry {
        /// The wait the provider asks for.
        after: Option<Duration>,
        /// The provider's code.
        reason: Reason,
    },
    /// [`FailureKind::WindowClosed`].
    WindowClosed(Reason),
    /// [`FailureKind::RecipientUnreachable`].
    RecipientUnreachable(Reason),
    /// [`FailureKind::Refused`].
    Refused(Reason),
    /// [`FailureKind::ChannelBroken`].
    ChannelBroken(Reason),
    /// [`FailureKind::Uncertain`].
    Uncertain(Reason),
}

impl Outcome {
    /// A failure, with the wait before a retry.
    pub fn failed(failure: Failure, after: Option<Duration>) -> Outcome {
        let Failure { kind, reason } = failure;
        match kind {
            FailureKind::Retry => Outcome::Retry { after, reason },
            FailureKind::WindowClosed => Outcome::WindowClosed(reason),
            FailureKind::RecipientUnreachable => Outcome::RecipientUnreachable(reason),
            FailureKind::Refused => Outcome::Refused(reason),
            FailureKind::ChannelBroken => Outcome::ChannelBroken(reason),
            FailureKind::Uncertain => Outcome::Uncertain(reason),
        }
    }

    /// The kind of failure; `None` if the message was accepted.
    pub fn failure_kind(&self) -> Option<FailureKind> {
        match self {
            Outcome::Accepted(_) => None,
            Outcome::Retry { .. } => Some(FailureKind::Retry),
            Outcome::WindowClosed(_) => Some(FailureKind::WindowClosed),
            Outcome::RecipientUnreachable(_) => Some(FailureKind::RecipientUnreachable),
            Outcome::Refused(_) => Some(FailureKind::Refused),
            Outcome::ChannelBroken(_) => Some(FailureKind::ChannelBroken),
            Outcome::Uncertain(_) => Some(FailureKind::Uncertain),
        }
    }

    /// The code, as in metric labels: `accepted`, or the kind of failure.
    pub fn as_str(&self) -> &'static str {
        self.failure_kind().map_or("accepted", FailureKind::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_bounded() {
        let wait = |value: &str| {
            let headers = [("Retry-After", value.as_bytes())];
            let response = Response {
                status: 429,
                headers: headers.into_iter().collect(),
                body: b"",
                at: "1994-11-06T08:49:00Z".parse().expect("a time"),
            };
            response.retry_after().map(|wait| wait.as_secs())
        };
        for (value, seconds) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(wait(value), seconds, "{value:?}");
        }
    }

    #[test]
    fn every_kind_of_failure_has_its_outcome() {
        for kind in FailureKind::ALL {
            let reason = Reason::code(1);
            let outcome = Outcome::failed(Failure { kind, reason }, None);
            assert_eq!(outcome.failure_kind(), Some(kind));
            assert_eq!(outcome.as_str(), kind.as_str());
        }
    }
}
