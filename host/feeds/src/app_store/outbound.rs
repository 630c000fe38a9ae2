//! The request that sends a response.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply, RequestMethod};
use patchbay_model::channel;
use serde_json::json;

use super::{AppStore, CHANNEL};

/// Longest id of a review.
const ID_BYTES: usize = 128;

/// A response. It is not divided: a review has one, and a second one replaces it.
pub(super) fn encode(
    adapter: &AppStore,
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
    let document = json!({"data": {
        "type": "customerReviewResponses",
        "attributes": {"responseBody": reply.text},
        "relationships": {"review": {"data": {"type": "customerReviews", "id": review}}},
    }});
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: format!("{}/1", reply.key),
        url: format!("{}/v1/customerReviewResponses", adapter.base),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: document.to_string().into_bytes().into(),
        credential: adapter.credential(),
    })
}
