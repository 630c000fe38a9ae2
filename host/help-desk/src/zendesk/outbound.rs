//! Requests that send a reply, and the meaning of their results.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{EncodeError, Exchange, OutboundRequest, Outcome, Reply, RequestMethod};
use serde_json::{Value, json};

use super::Zendesk;
use crate::answer;
use crate::sent_text::without_placeholders;

/// Path of a ticket in the API.
pub(super) fn path(ticket: &str) -> String {
    format!("/api/v2/tickets/{ticket}")
}

/// An update of a ticket that adds a comment. The key is in the metadata of its audit.
pub(super) fn comment(key: &str, text: &str, is_public: bool) -> Value {
    json!({
        "ticket": {
            "comment": {"body": without_placeholders(text), "public": is_public},
            "metadata": {"patchbay_key": key},
        },
    })
}

/// The comment that Zendesk sends to the customer.
pub(super) fn encode(
    adapter: &Zendesk,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let ticket = adapter.desk.check_reply(reply)?;
    let key = format!("{}/1", reply.key);
    let body = comment(&key, reply.text, true);
    let request = adapter
        .desk
        .request(RequestMethod::Put, key, &path(ticket), &body);
    Ok(vec![request])
}

/// What a result means: the audit of the answer has the comment.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    answer::of_reply(exchange, |answer| {
        let audit = answer.get("audit")?;
        let mut events = audit.list("events").iter();
        let comment = events.find(|event| event.text(&["type"]) == Some("Comment"))?;
        comment.id(&["id"]).map(|id| id.into_owned())
    })
}
