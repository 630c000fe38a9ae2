//! The request that sends a reply.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply, RequestMethod};
use patchbay_model::channel;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::{CHANNEL, PlayStore};

/// Longest id of a review.
const ID_BYTES: usize = 512;

/// A reply. It is not divided: a review has one reply, and a second one replaces it.
pub(super) fn encode(
    adapter: &PlayStore,
    reply: &Reply<'_>,
) -> Result<OutboundRequest, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let review = reply.in_reply_to.ok_or(EncodeError::Unanswered)?;
    if review.is_empty() || review.len() > ID_BYTES {
        return Err(EncodeError::Address);
    }
    reply.check_text()?;
    let rule = channel::length_rule(CHANNEL);
    if !rule.measure(reply.text).fits() {
        let limit = rule.limit.unwrap_or(u32::MAX);
        return Err(EncodeError::TooLongForOne { limit });
    }
    let review = utf8_percent_encode(review, NON_ALPHANUMERIC);
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: format!("{}/1", reply.key),
        url: adapter.url(&format!("/{review}:reply")),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: json!({"replyText": reply.text})
            .to_string()
            .into_bytes()
            .into(),
        credential: adapter.credential(),
    })
}
