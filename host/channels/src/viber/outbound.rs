//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason,
    Receipt, Reply, RequestMethod,
};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::{CHANNEL, Viber, status_code};

/// Most characters of a planted key (assumption).
const KEY_CHARACTERS: usize = 4_000;
/// Most bytes of a user's id.
const ID_BYTES: usize = 128;

/// The parts of a reply. The customer's next message returns the key.
pub(super) fn encode(
    adapter: &Viber,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let is_part = |byte: u8| byte.is_ascii_graphic();
    if !(1..=ID_BYTES).contains(&reply.to.len()) || !reply.to.bytes().all(is_part) {
        return Err(EncodeError::Address);
    }
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().map(|(key, text)| {
        let document = json!({
            "receiver": reply.to,
            "type": "text",
            "text": text,
            "sender": {"name": adapter.sender_name},
            "tracking_data": key,
        });
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/pa/send_message", adapter.base),
            content_type: "application/json".into(),
            headers: Vec::new(),
            body: document.to_string().into_bytes().into(),
            credential: Credential::Header {
                name: "x-viber-auth-token",
                value: adapter.auth_token.first().clone(),
            },
        }
    });
    Ok(parts.collect())
}

/// What a result means. HTTP 200 with a `status` other than 0 is a failure. The API
/// has no idempotency key: what may have been sent is not sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let code = document.get("status").and_then(Value::as_i64);
    let token = document.get("message_token").filter(|token| token.is_u64());
    let failure = match (response.status, code) {
        (200..=299, Some(0)) => match token {
            Some(token) => {
                return Outcome::Accepted(Receipt {
                    provider_id: token.to_string(),
                    recipient: None,
                });
            }
            // Taken, but by which token?
            None => Failure {
                kind: FailureKind::Uncertain,
                reason: Reason::code(0),
            },
        },
        (200..=299, Some(code)) => Failure {
            kind: status_code::kind(code).unwrap_or(FailureKind::Refused),
            reason: Reason::code(code),
        },
        (status, _) => Failure {
            kind: FailureKind::of_status(status, FailureKind::Uncertain),
            reason: Reason::status(status),
        },
    };
    Outcome::failed(failure, response.retry_after())
}
