//! Requests that send a reply.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply, RequestMethod};
use patchbay_model::channel;
use patchbay_model::length::LengthRule;
use serde_json::json;

use super::{DIRECT, PUBLIC, X, is_id};

/// Most characters of a key: it is planted nowhere.
const KEY_CHARACTERS: usize = 1_000;

/// The parts of a reply: one post, or direct messages.
pub(super) fn encode(adapter: &X, reply: &Reply<'_>) -> Result<Vec<OutboundRequest>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let rule = channel::length_rule(reply.channel);
    match reply.channel {
        PUBLIC => post(adapter, reply, rule).map(|request| vec![request]),
        DIRECT => direct_messages(adapter, reply, rule),
        _ => Err(EncodeError::Address),
    }
}

/// A post is not divided: each part would stand in public by itself, and be paid for.
fn post(adapter: &X, reply: &Reply<'_>, rule: LengthRule) -> Result<OutboundRequest, EncodeError> {
    let answered = reply.in_reply_to.ok_or(EncodeError::Unanswered)?;
    if !is_id(answered) {
        return Err(EncodeError::Address);
    }
    reply.check_text()?;
    if !rule.measure(reply.text).fits() {
        let limit = rule.limit.unwrap_or(u32::MAX);
        return Err(EncodeError::TooLongForOne { limit });
    }
    let document = json!({
        "text": reply.text,
        "reply": {"in_reply_to_tweet_id": answered},
    });
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key: format!("{}/1", reply.key),
        url: format!("{}/2/tweets", adapter.base),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: document.to_string().into_bytes().into(),
        credential: adapter.access.clone(),
    })
}

fn direct_messages(
    adapter: &X,
    reply: &Reply<'_>,
    rule: LengthRule,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !is_id(reply.to) {
        return Err(EncodeError::Address);
    }
    let parts = reply.parts(rule, KEY_CHARACTERS)?.into_iter();
    let url = format!(
        "{}/2/dm_conversations/with/{}/messages",
        adapter.base, reply.to
    );
    let parts = parts.map(|(key, text)| OutboundRequest {
        method: RequestMethod::Post,
        key,
        url: url.clone(),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: json!({"text": text}).to_string().into_bytes().into(),
        credential: adapter.access.clone(),
    });
    Ok(parts.collect())
}
