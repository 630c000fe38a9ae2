//! Schemes that sign a time and the body: one row each.

use jiff::Timestamp;

use super::Rejection;
use super::freshness;
use super::mac::Hash;
use super::signature::Spelling;
use crate::request::InboundRequest;
use crate::secret::Secrets;

/// How the time is written.
#[derive(Clone, Copy, Debug)]
enum Clock {
    /// Unix seconds.
    Seconds,
    /// RFC 3339.
    Rfc3339,
}

/// A header with the SHA-256 code of time and body, and one with the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimedSignature {
    header: &'static str,
    prefix: &'static str,
    time_header: &'static str,
    clock: Clock,
    /// What is signed before the time.
    before: &'static str,
    /// What is signed between time and body.
    between: &'static str,
    spelling: Spelling,
}

macro_rules! rows {
    ($( $name:ident: $header:literal, $prefix:literal, $time:literal, $clock:ident, $before:literal, $between:literal, $spelling:ident; )+) => {
        $( pub(super) const $name: TimedSignature = TimedSignature {
            header: $header,
            prefix: $prefix,
            time_header: $time,
            clock: Clock::$clock,
            before: $before,
            between: $between,
            spelling: Spelling::$spelling,
        }; )+
    };
}

rows! {
    SLACK: "x-slack-signature", "v0=", "x-slack-request-timestamp", Seconds, "v0:", ":", Hex;
    CHATWOOT: "x-chatwoot-signature", "sha256=", "x-chatwoot-timestamp", Seconds, "", ".", Hex;
    ZENDESK: "x-zendesk-webhook-signature", "", "x-zendesk-webhook-signature-timestamp", Rfc3339, "", "", Base64;
}

impl TimedSignature {
    pub(super) fn verify(
        &self,
        request: &InboundRequest<'_>,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let value = request.headers.required(self.header)?;
        let time = request.headers.required(self.time_header)?;
        match self.clock {
            Clock::Seconds => freshness::check_seconds(time, now)?,
            Clock::Rfc3339 => freshness::check_rfc_3339(time, now)?,
        }
        let text = value.strip_prefix(self.prefix);
        let text = text.ok_or(Rejection::Malformed)?;
        let given = self.spelling.read(text, Hash::Sha256.bytes())?;
        let message = [
            self.before.as_bytes(),
            time.as_bytes(),
            self.between.as_bytes(),
            request.body,
        ];
        Hash::Sha256.check(secrets, &message, &given)
    }
}
