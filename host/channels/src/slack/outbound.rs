//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, OutboundRequest, Outcome, Reason,
    Receipt, Reply, RequestMethod,
};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::{CHANNEL, Slack, error_code, is_id, text};

/// Most characters of a planted key: what fits into metadata by far.
const KEY_CHARACTERS: usize = 512;
/// Name of our metadata.
const METADATA: &str = "patchbay_reply";

/// The parts of a reply, without markup, in the thread of the conversation.
pub(super) fn encode(
    adapter: &Slack,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    // To a person without a conversation: their direct message.
    let conversation = reply.conversation.unwrap_or(reply.to);
    let (channel, thread) = match conversation.split_once(':') {
        Some((channel, thread)) => (channel, Some(thread)),
        None => (conversation, None),
    };
    let is_ts = |ts: &str| {
        (1..=32).contains(&ts.len()) && ts.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    if !is_id(channel) || !thread.is_none_or(is_ts) {
        return Err(EncodeError::Address);
    }
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().map(|(key, text)| {
        let mut document = json!({
            "channel": channel,
            "text": text::escape(&text),
            "mrkdwn": false,
            "metadata": {"event_type": METADATA, "event_payload": {"key": key}},
        });
        if let Some(thread) = thread {
            document["thread_ts"] = thread.into();
        }
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/chat.postMessage", adapter.base),
            content_type: "application/json; charset=utf-8".into(),
            headers: Vec::new(),
            body: document.to_string().into_bytes().into(),
            credential: Credential::Bearer(adapter.bot_token.first().clone()),
        }
    });
    Ok(parts.collect())
}

/// What a result means. HTTP 200 with `ok: false` is a failure. The API has no
/// idempotency key: what may have been sent is not sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    let status = response.status;
    if let (200..=299, true, Some(receipt)) = (status, document.flag(&["ok"]), receipt(&document)) {
        return Outcome::Accepted(receipt);
    }
    let by_status = FailureKind::of_status(status, FailureKind::Uncertain);
    let is_refusal = document.get("ok").and_then(Value::as_bool) == Some(false);
    let error = document.text(&["error"]).filter(|_| is_refusal);
    let failure = match error.map(error_code::find) {
        Some(Some((name, kind))) => Failure {
            kind,
            reason: Reason::words(name),
        },
        // An error that is not in the table says that nothing was sent.
        Some(None) if status < 300 => Failure {
            kind: FailureKind::Refused,
            reason: Reason::words("another error"),
        },
        _ => Failure {
            kind: by_status,
            reason: Reason::status(status),
        },
    };
    Outcome::failed(failure, response.retry_after())
}

/// Channel and `ts`, as a delivery spells the provider's id.
fn receipt(document: &Value) -> Option<Receipt> {
    let channel = document.text(&["channel"])?;
    let ts = document.text(&["ts"])?;
    Some(Receipt {
        provider_id: format!("{channel}:{ts}"),
        recipient: None,
    })
}
