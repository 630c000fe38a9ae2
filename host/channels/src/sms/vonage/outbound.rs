//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    EncodeError, Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason, Receipt, Reply,
    RequestMethod,
};
use patchbay_model::length::{LengthRule, LengthUnit};
use serde_json::json;

use super::{Vonage, error_code, is_number};

/// Most characters of `client_ref`.
const KEY_CHARACTERS: usize = 100;
/// Of a part: the most segments that are below 1,000 characters in either alphabet, which
/// is the longest text that Vonage takes.
const SEGMENTS: LengthRule = LengthRule::new(LengthUnit::Sms, 6);

/// The parts of a reply, from the number that the customer wrote to.
pub(super) fn encode(
    adapter: &Vonage,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !adapter.accounts.contains(reply.account) {
        return Err(EncodeError::Account);
    }
    // A sender with letters (`MEOINFO`) takes no reply.
    if !is_number(reply.to) {
        return Err(EncodeError::Address);
    }
    let parts = reply.parts(SEGMENTS, KEY_CHARACTERS)?.into_iter();
    let parts = parts.map(|(key, text)| {
        let mut document = json!({
            "channel": "sms",
            "message_type": "text",
            "to": digits(reply.to),
            "from": digits(reply.account),
            "text": text,
            "client_ref": key,
        });
        if let Some(url) = &adapter.status_callback {
            document["webhook_url"] = url.as_str().into();
            document["webhook_version"] = "v1".into();
        }
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/v1/messages", adapter.base),
            content_type: "application/json".into(),
            headers: Vec::new(),
            body: document.to_string().into_bytes().into(),
            credential: adapter.credential(),
        }
    });
    Ok(parts.collect())
}

/// A number as Vonage writes it.
fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// What a result means. The API has no idempotency key: what may have been sent is not sent
/// again. A state with its key finds it.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    if let (200..=299, Some(id)) = (response.status, document.text(&["message_uuid"])) {
        return Outcome::Accepted(Receipt {
            provider_id: id.to_owned(),
            recipient: None,
        });
    }
    let by_status = match response.status {
        // The credit of the account is spent.
        402 => FailureKind::ChannelBroken,
        status => FailureKind::of_status(status, FailureKind::Uncertain),
    };
    // What an answer with another status says of an error is not known to be one.
    let code = matches!(response.status, 400..=499).then(|| error_code::read(&document));
    let failure = match code.flatten() {
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
