//! Direct messages and answers to comments.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Credential, EncodeError, OutboundRequest, Receipt, Reply, RequestMethod};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::app::is_segment;
use super::inbox::Inbox;

/// Most characters of a planted key. Part numbers are part of it.
const KEY_CHARACTERS: usize = 1_000;

/// Where a reply goes.
enum Target<'a> {
    /// To a person.
    Customer {
        id: &'a str,
        /// Whether the window is over, and an agent writes.
        needs_tag: bool,
    },
    /// Below a comment or post.
    Comment(&'a str),
}

/// The parts of a reply.
pub(super) fn encode(
    inbox: &Inbox,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !inbox.app.serves(reply.account) {
        return Err(EncodeError::Account);
    }
    let parts = reply.parts(channel::length_rule(reply.channel), KEY_CHARACTERS)?;
    let target = target(inbox, reply)?;
    let url = match target {
        Target::Customer { .. } => inbox.app.url(reply.account, "messages"),
        Target::Comment(id) => inbox.app.url(id, inbox.product.answers),
    };
    let parts = parts.into_iter().map(|(key, text)| {
        let document = match target {
            Target::Customer { id, needs_tag } => {
                let key = inbox.product.has_metadata.then_some(key.as_str());
                message(id, needs_tag, &text, key)
            }
            Target::Comment(_) => json!({"message": text}),
        };
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: url.clone(),
            content_type: "application/json".into(),
            headers: Vec::new(),
            body: document.to_string().into_bytes().into(),
            credential: Credential::Bearer(inbox.app.access_token.first().clone()),
        }
    });
    Ok(parts.collect())
}

fn target<'a>(inbox: &Inbox, reply: &Reply<'a>) -> Result<Target<'a>, EncodeError> {
    let target = match reply.channel {
        code if code == inbox.product.direct => Target::Customer {
            id: reply.to,
            needs_tag: inbox.needs_agent_tag(reply)?,
        },
        code if code == inbox.product.public => {
            if reply.to.is_empty() && !inbox.product.answers_unknown {
                return Err(EncodeError::Address);
            }
            Target::Comment(reply.in_reply_to.ok_or(EncodeError::Unanswered)?)
        }
        _ => return Err(EncodeError::Address),
    };
    let (Target::Customer { id, .. } | Target::Comment(id)) = target;
    match is_segment(id) {
        true => Ok(target),
        false => Err(EncodeError::Address),
    }
}

fn message(to: &str, needs_tag: bool, text: &str, key: Option<&str>) -> Value {
    let mut document = json!({
        "recipient": {"id": to},
        "messaging_type": "RESPONSE",
        "message": {"text": text},
    });
    if needs_tag {
        document["messaging_type"] = "MESSAGE_TAG".into();
        document["tag"] = "HUMAN_AGENT".into();
    }
    if let Some(key) = key {
        document["message"]["metadata"] = key.into();
    }
    document
}

/// Of a direct message or a comment.
pub(super) fn receipt(document: &Value) -> Option<Receipt> {
    let id = document
        .id(&["message_id"])
        .or_else(|| document.id(&["id"]))?;
    let recipient = document.id(&["recipient_id"]);
    Some(Receipt {
        provider_id: id.into_owned(),
        recipient: recipient.map(|id| id.into_owned()),
    })
}
