//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{EncodeError, Exchange, OutboundRequest, Outcome, Reply, RequestMethod};
use serde_json::{Value, json};

use super::Chatwoot;
use crate::answer;
use crate::sent_text::without_placeholders;

/// The content attribute in which our key is planted. A `source_id` would keep Chatwoot from
/// sending the message to the customer.
pub(super) const KEY_ATTRIBUTE: &str = "patchbay_key";

/// A message of a conversation.
pub(super) fn message(key: &str, text: &str, is_private: bool) -> Value {
    json!({
        "content": without_placeholders(text),
        "message_type": "outgoing",
        "private": is_private,
        "content_type": "text",
        "content_attributes": {KEY_ATTRIBUTE: key},
    })
}

/// The message to the customer.
pub(super) fn encode(
    adapter: &Chatwoot,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let conversation = adapter.desk.check_reply(reply)?;
    let key = format!("{}/1", reply.key);
    let path = format!("{}/messages", adapter.path(conversation));
    let body = message(&key, reply.text, false);
    let request = adapter.desk.request(RequestMethod::Post, key, &path, &body);
    Ok(vec![request])
}

/// What a result means: the answer is the message.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    answer::of_reply(exchange, |message| {
        message.id(&["id"]).map(|id| id.into_owned())
    })
}
