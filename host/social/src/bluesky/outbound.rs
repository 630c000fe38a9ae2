//! Requests that send a reply.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply, RequestMethod};
use patchbay_model::channel;
use patchbay_model::length::LengthRule;
use patchbay_model::length::LengthUnit::Bytes;
use serde_json::{Value, json};

use super::{Bluesky, CHANNEL, POSTS, facet, is_cid, is_did, record_of, tid};

/// Most bytes of a post, beside its graphemes.
const POST_BYTES: u32 = 3_000;

/// The answered post, from the attribute `provider_id`.
pub(super) struct Answered<'a> {
    parent: (&'a str, &'a str),
    root: (&'a str, &'a str),
    /// The handle of its author.
    handle: Option<&'a str>,
}

impl<'a> Answered<'a> {
    /// The words of a `provider_id`.
    pub(super) fn words(post: (&str, &str), root: (&str, &str), handle: Option<&str>) -> String {
        let handle = handle
            .map(|handle| format!(" {handle}"))
            .unwrap_or_default();
        format!("{} {} {} {}{handle}", post.0, post.1, root.0, root.1)
    }

    fn parse(provider_id: &'a str) -> Option<Answered<'a>> {
        let mut words = provider_id.split(' ');
        let mut reference = || {
            let (uri, cid) = (words.next()?, words.next()?);
            (record_of(uri).is_some() && is_cid(cid)).then_some((uri, cid))
        };
        Some(Answered {
            parent: reference()?,
            root: reference()?,
            handle: words.next().filter(|handle| !handle.is_empty()),
        })
    }
}

/// The record that sends a reply. It is not divided: each part would stand by itself.
pub(super) fn encode(adapter: &Bluesky, reply: &Reply<'_>) -> Result<OutboundRequest, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let answered = reply.in_reply_to.ok_or(EncodeError::Unanswered)?;
    let answered = Answered::parse(answered).ok_or(EncodeError::Address)?;
    if !is_did(reply.to) {
        return Err(EncodeError::Address);
    }
    reply.check_text()?;
    for rule in [
        channel::length_rule(CHANNEL),
        LengthRule::new(Bytes, POST_BYTES),
    ] {
        if !rule.measure(reply.text).fits() {
            let limit = rule.limit.unwrap_or(u32::MAX);
            return Err(EncodeError::TooLongForOne { limit });
        }
    }
    let key = format!("{}/1", reply.key);
    let record_key = tid::of(&adapter.account, &key, reply.written_at);
    let reference = |(uri, cid): (&str, &str)| json!({"uri": uri, "cid": cid});
    let mut record = json!({
        "$type": POSTS,
        "text": reply.text,
        "createdAt": reply.written_at.to_string(),
        "reply": {"root": reference(answered.root), "parent": reference(answered.parent)},
    });
    let customer = answered.handle.map(|handle| (handle, reply.to));
    let facets = facet::of(reply.text, customer);
    if !facets.is_empty() {
        record["facets"] = Value::Array(facets);
    }
    let document = json!({
        "repo": adapter.account,
        "collection": POSTS,
        "rkey": record_key.ok_or(EncodeError::Time)?,
        "record": record,
    });
    Ok(OutboundRequest {
        method: RequestMethod::Post,
        key,
        url: adapter.method("com.atproto.repo.putRecord"),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: document.to_string().into_bytes().into(),
        credential: adapter.credential(),
    })
}
