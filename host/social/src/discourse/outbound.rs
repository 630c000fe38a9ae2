//! The request that sends a reply.

use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Reply, RequestMethod, Secret};
use patchbay_model::channel;
use serde_json::json;

use super::{CHANNEL, Discourse};

/// A reply is one post below the answered one. It is not divided: every part would stand in
/// the topic by itself.
pub(super) fn encode(
    adapter: &Discourse,
    reply: &Reply<'_>,
) -> Result<OutboundRequest, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    if reply.channel != CHANNEL {
        return Err(EncodeError::Address);
    }
    let answered = reply.in_reply_to.ok_or(EncodeError::Unanswered)?;
    let (topic, number) = place(answered).ok_or(EncodeError::Address)?;
    reply.check_text()?;
    let rule = channel::length_rule(CHANNEL);
    if !rule.measure(reply.text).fits() {
        let limit = rule.limit.unwrap_or(u32::MAX);
        return Err(EncodeError::TooLongForOne { limit });
    }
    let document = json!({
        "topic_id": topic,
        "raw": reply.text,
        "reply_to_post_number": number,
    });
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: format!("{}/1", reply.key),
        url: format!("{}/posts.json", adapter.base),
        content_type: "application/json".into(),
        headers: vec![("api-username", adapter.username.clone())],
        body: document.to_string().into_bytes().into(),
        credential: credential(adapter.api_key.first()),
    })
}

/// Topic and number of a post in the provider's id of it.
fn place(id: &str) -> Option<(u64, u64)> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (topic, number) = id.split_once(':')?;
    match is_number(topic) && is_number(number) {
        true => Some((topic.parse().ok()?, number.parse().ok()?)),
        false => None,
    }
}

pub(super) fn credential(key: &Secret) -> Credential {
    Credential::Header {
        name: "api-key",
        value: key.clone(),
    }
}
