//! Replies to encode, and answers of providers.

use jiff::Timestamp;
use patchbay_adapter::{
    Adapter, EncodeError, Exchange, Outbound, OutboundRequest, Outcome, Reply, Response,
};
use patchbay_model::interaction::WrittenBy;

/// A reply by a person to an address.
pub(crate) fn reply<'a>(
    channel: &'a str,
    account: &'a str,
    to: &'a str,
    text: &'a str,
) -> Reply<'a> {
    Reply {
        key: "reply-01J",
        channel,
        written_by: WrittenBy::Human,
        account,
        to,
        conversation: None,
        in_reply_to: None,
        last_inbound: None,
        now: Timestamp::UNIX_EPOCH,
        references: &[],
        subject: None,
        written_at: Timestamp::UNIX_EPOCH,
        text,
        template: None,
        files: &[],
    }
}

/// The requests that send a reply.
pub(crate) fn requests(
    adapter: &dyn Adapter,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let parts = adapter.encode(reply)?.into_iter();
    let requests = parts.map(|part| match part {
        Outbound::Http(request) => request,
        other => panic!("{other:?}"),
    });
    Ok(requests.collect())
}

/// What an answer to a request means.
pub(crate) fn answer(
    adapter: &dyn Adapter,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> Outcome {
    let headers = headers.iter();
    adapter.outcome(&Exchange::Answered(Response {
        status,
        headers: headers
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect(),
        body: body.as_bytes(),
        at: Timestamp::UNIX_EPOCH,
    }))
}

/// The code of what an answer without headers means.
pub(crate) fn outcome(adapter: &dyn Adapter, status: u16, body: &str) -> &'static str {
    answer(adapter, status, &[], body).as_str()
}
