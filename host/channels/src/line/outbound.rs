//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason,
    Receipt, Reply, RequestMethod, Response,
};
use patchbay_model::channel;
use ring::digest;
use serde_json::{Value, json};

use super::{CHANNEL, Line, is_id};

/// Most characters of a key: only its hash is sent.
const KEY_CHARACTERS: usize = usize::MAX;
/// Name space of the UUIDs, a random UUID.
const NAME_SPACE: [u8; 16] = [
    0x6f, 0x1d, 0x0c, 0x5e, 0x52, 0x0b, 0x4e, 0x39, 0x9a, 0x57, 0x21, 0x8a, 0xd3, 0x4c, 0xb0, 0x66,
];

/// The parts of a reply, pushed to the group, the room or the person.
pub(super) fn encode(
    adapter: &Line,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let to = reply.conversation.unwrap_or(reply.to);
    if !is_id(to, "UCR") {
        return Err(EncodeError::Address);
    }
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().map(|(key, text)| {
        let document = json!({"to": to, "messages": [{"type": "text", "text": text}]});
        let retry_key = uuid(&adapter.account, &key);
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/v2/bot/message/push", adapter.base),
            content_type: "application/json".into(),
            headers: vec![("x-line-retry-key", retry_key)],
            body: document.to_string().into_bytes().into(),
            credential: Credential::Bearer(adapter.access_token.first().clone()),
        }
    });
    Ok(parts.collect())
}

/// The UUID of a part's key: version 5 (RFC 9562), SHA-1 of a name.
fn uuid(account: &str, key: &str) -> String {
    let mut hash = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(&NAME_SPACE);
    hash.update(account.as_bytes());
    hash.update(b" ");
    hash.update(key.as_bytes());
    let digest = hash.finish();
    let bytes = digest.as_ref().iter().take(16).enumerate();
    let digits = bytes.map(|(index, byte)| match index {
        6 => format!("-{:02x}", byte & 0x0f | 0x50),
        8 => format!("-{:02x}", byte & 0x3f | 0x80),
        4 | 10 => format!("-{byte:02x}"),
        _ => format!("{byte:02x}"),
    });
    digits.collect()
}

/// Beginning of the message of a used up monthly quota.
const QUOTA: &str = "You have reached your monthly limit";
/// Beginnings of the messages about a recipient who is not one.
const RECIPIENT: &[&str] = &["The property, 'to'", "Failed to send messages"];

/// What a result means. The retry key makes it safe to send again what may have been
/// sent: HTTP 409 says that it was.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Retry) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    if matches!(response.status, 200..=299 | 409)
        && let Some(receipt) = receipt(&document, response)
    {
        return Outcome::Accepted(receipt);
    }
    let message = document.text(&["message"]).unwrap_or_default();
    let (kind, reason) = match response.status {
        // Until the month turns, or the plan changes.
        429 if message.starts_with(QUOTA) => {
            (FailureKind::ChannelBroken, Reason::words("monthly quota"))
        }
        400 if RECIPIENT.iter().any(|it| message.starts_with(it)) => (
            FailureKind::RecipientUnreachable,
            Reason::words("recipient"),
        ),
        // Taken, but by which id? The same request again gives 409.
        status @ 200..=299 => (FailureKind::Retry, Reason::status(status)),
        status => (
            FailureKind::of_status(status, FailureKind::Retry),
            Reason::status(status),
        ),
    };
    Outcome::failed(Failure { kind, reason }, response.retry_after())
}

/// The id of the message; for a request that was accepted before, that of the request
/// where the answer does not have the message's.
fn receipt(document: &Value, response: &Response<'_>) -> Option<Receipt> {
    let message = document.list("sentMessages").first();
    let message = message.and_then(|message| message.id(&["id"]));
    let provider_id = match message {
        Some(id) => id.into_owned(),
        None if response.status == 409 => {
            let header = response.headers.required("x-line-accepted-request-id");
            format!("request {}", header.unwrap_or("unknown"))
        }
        None => return None,
    };
    Some(Receipt {
        provider_id,
        recipient: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `uuid.uuid5`.
    #[test]
    fn the_retry_key_is_a_uuid_of_account_and_key() {
        assert_eq!(
            uuid("U1", "reply-01J/1"),
            "e49db0ae-ca5f-5fa4-9861-997c6336667f"
        );
        assert_ne!(uuid("U1", "reply-01J/1"), uuid("U1", "reply-01J/2"));
        assert_ne!(uuid("U1", "reply-01J/1"), uuid("U2", "reply-01J/1"));
    }
}
