//! Requests that send a reply.

use patchbay_adapter::{EncodeError, OutboundRequest, Reply};
use patchbay_model::channel;

use super::{CHANNEL, Twilio, is_number, is_sid};

/// Twilio takes no key of ours: no field limits it.
const KEY_CHARACTERS: usize = usize::MAX;

/// The parts of a reply, from the number that the customer wrote to.
pub(super) fn encode(
    adapter: &Twilio,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !adapter.accounts.contains(reply.account) {
        return Err(EncodeError::Account);
    }
    // A sender with letters (`MEOINFO`) takes no reply.
    if !is_number(reply.to) {
        return Err(EncodeError::Address);
    }
    let sender = match is_sid(reply.account, "MG") {
        true => "MessagingServiceSid",
        false => "From",
    };
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().map(|(key, text)| {
        let mut fields = vec![("To", reply.to), (sender, reply.account), ("Body", &text)];
        let callback = adapter.status_callback.as_deref();
        fields.extend(callback.map(|url| ("StatusCallback", url)));
        adapter.account.create("Messages", key, &fields)
    });
    Ok(parts.collect())
}
