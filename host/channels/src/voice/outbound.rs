//! The request that calls a customer and speaks a reply.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply};
use patchbay_model::channel;

use super::call::{REPLY, RETRIES};
use super::{CHANNEL, Voice, caller, twiml};
use crate::twilio::encode as encoded;

/// Most characters of a key: it is in a URL.
pub(super) const KEY_CHARACTERS: usize = 300;

/// The call, from the number that the customer called. The text is not divided: every part
/// would be a call of its own.
pub(super) fn encode(adapter: &Voice, reply: &Reply<'_>) -> Result<OutboundRequest, EncodeError> {
    if !adapter.accounts.contains(reply.account) {
        return Err(EncodeError::Account);
    }
    if !caller::is_number(reply.to) {
        return Err(EncodeError::Address);
    }
    reply.check_text()?;
    let key = reply.only_key(KEY_CHARACTERS)?;
    let text = twiml::escape(reply.text);
    if text.trim().is_empty() {
        return Err(EncodeError::Empty);
    }
    // Twilio counts entities by their letters.
    let rule = channel::length_rule(CHANNEL);
    if !rule.measure(&text).fits() {
        let limit = rule.limit.unwrap_or(u32::MAX);
        return Err(EncodeError::TooLongForOne { limit });
    }
    let document = twiml::document(&twiml::say(&adapter.speech, reply.text));
    let mut fields = vec![
        ("To", reply.to),
        ("From", reply.account),
        ("Twiml", &document),
    ];
    let callback = adapter.status_callback.as_deref();
    let callback = callback.map(|url| format!("{url}?{REPLY}={}{RETRIES}", encoded(&key)));
    fields.extend(callback.as_deref().map(|url| ("StatusCallback", url)));
    Ok(adapter.account.create("Calls", key, &fields))
}
