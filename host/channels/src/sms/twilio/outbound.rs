//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason,
    Receipt, Reply, RequestMethod,
};
use patchbay_model::channel;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{CHANNEL, Twilio, error_code, is_number, is_sid};

/// Twilio takes no key of ours: no field limits it.
const KEY_CHARACTERS: usize = usize::MAX;

/// What a value keeps as it is in a form.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The parts of a reply, from the number that the customer wrote to.
pub(super) fn encode(
    adapter: &Twilio,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !adapter.accounts.contains(reply.account) {
        return Err(EncodeError::Account);
    }
    // A sender with letters (`MEOINFO`) takes no reply.
    if !is_number(reply.to) {
        return Err(EncodeError::Address);
    }
    let sender = match is_sid(reply.account, "MG") {
        true => "MessagingServiceSid",
        false => "From",
    };
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().map(|(key, text)| {
        let mut fields = vec![("To", reply.to), (sender, reply.account), ("Body", &text)];
        let callback = adapter.status_callback.as_deref();
        fields.extend(callback.map(|url| ("StatusCallback", url)));
        let fields = fields.into_iter();
        let fields =
            fields.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)));
        let fields: Vec<String> = fields.collect();
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/Messages.json", adapter.resource),
            content_type: "application/x-www-form-urlencoded",
            headers: Vec::new(),
            body: fields.join("&").into_bytes(),
            credential: Credential::Basic {
                user: adapter.account_sid.clone(),
                password: adapter.auth_token.first().clone(),
            },
        }
    });
    Ok(parts.collect())
}

/// What a result means. The API has no idempotency key: what may have been sent is
/// not sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let by_status = FailureKind::of_status(response.status, FailureKind::Uncertain);
    let failure = match response.status {
        200..=299 => match document.text(&["sid"]) {
            Some(sid) => {
                return Outcome::Accepted(Receipt {
                    provider_id: sid.to_owned(),
                    recipient: document.text(&["to"]).map(str::to_owned),
                });
            }
            None => None,
        },
        _ => document.get("code").and_then(serde_json::Value::as_i64),
    };
    let failure = match failure {
        Some(code) => Failure {
            kind: error_code::kind(code).unwrap_or(by_status),
            reason: Reason::code(code),
        },
        None => Failure {
            kind: by_status,
            reason: Reason::status(response.status),
        },
    };
    Outcome::failed(failure, response.retry_after())
}
