//! Requests that send a reply, and the meaning of their results.

use std::time::Duration;

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, LONGEST_WAIT, OutboundRequest,
    Outcome, Reason, Receipt, Reply, RequestMethod,
};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::{CHANNEL, Telegram};

/// Telegram takes no key of ours: no field limits it.
const KEY_CHARACTERS: usize = usize::MAX;

/// Where a reply goes.
struct Target<'a> {
    chat: i64,
    topic: Option<i64>,
    connection: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The person, or the group and topic, or the person in a business account's
    /// chat: as [`Chat`](super::message::Chat) spells the conversation.
    fn of(reply: &Reply<'a>) -> Result<Target<'a>, EncodeError> {
        let number = |text: &str| text.parse::<i64>().map_err(|_| EncodeError::Address);
        let Some(conversation) = reply.conversation else {
            return Ok(Target {
                chat: number(reply.to)?,
                topic: None,
                connection: None,
            });
        };
        let (first, second) = match conversation.split_once(':') {
            Some((first, second)) => (first, Some(second)),
            None => (conversation, None),
        };
        match (first.parse(), second) {
            (Ok(chat), None) => Ok(Target {
                chat,
                topic: None,
                connection: None,
            }),
            (Ok(chat), Some(topic)) if topic.len() < 32 => Ok(Target {
                chat,
                topic: Some(number(topic)?),
                connection: None,
            }),
            (_, Some(_)) => Ok(Target {
                chat: number(reply.to)?,
                topic: None,
                connection: Some(first),
            }),
            _ => Err(EncodeError::Address),
        }
    }
}

/// The parts of a reply, without markup. The first one quotes the message that is
/// answered.
pub(super) fn encode(
    adapter: &Telegram,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    let target = Target::of(reply)?;
    let answered = reply.in_reply_to.and_then(|id| id.rsplit(':').next());
    let answered = answered.and_then(|id| id.parse::<i64>().ok());
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().enumerate();
    let parts = parts.map(|(index, (key, text))| {
        let mut document = json!({"chat_id": target.chat, "text": text});
        if let Some(topic) = target.topic {
            document["message_thread_id"] = topic.into();
        }
        if let Some(connection) = target.connection {
            document["business_connection_id"] = connection.into();
        }
        if let (0, Some(id)) = (index, answered) {
            // The customer may have deleted it meanwhile.
            document["reply_parameters"] =
                json!({"message_id": id, "allow_sending_without_reply": true});
        }
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!(
                "{}/bot{}/sendMessage",
                adapter.base,
                Credential::PLACEHOLDER
            ),
            content_type: "application/json",
            headers: Vec::new(),
            body: document.to_string().into_bytes(),
            credential: Credential::Path(adapter.bot_token.first().clone()),
        }
    });
    Ok(parts.collect())
}

/// Beginnings of descriptions that say that the chat is not there for the bot. The
/// rest of a description can change.
const UNREACHABLE: &[&str] = &[
    "Bad Request: chat not found",
    "Bad Request: user not found",
    "Bad Request: PEER_ID_INVALID",
];

/// What a result means. The API has no idempotency key: what may have been sent is
/// not sent again.
pub(super) fn outcome(exchange: &Exchange<'_>) -> Outcome {
    let response = match exchange.answer(FailureKind::Uncertain) {
        Ok(response) => response,
        Err(outcome) => return outcome,
    };
    let document = response.json();
    if let (200..=299, Some(receipt)) = (response.status, receipt(&document)) {
        return Outcome::Accepted(receipt);
    }
    let code = document.get("error_code").and_then(Value::as_i64);
    let status = code.and_then(|code| u16::try_from(code).ok());
    let status = status.unwrap_or(response.status);
    let description = document.text(&["description"]).unwrap_or_default();
    let kind = match status {
        // Blocked by the user, deactivated, removed from the group.
        403 if code.is_some() => FailureKind::RecipientUnreachable,
        400 if UNREACHABLE.iter().any(|it| description.starts_with(it)) => {
            FailureKind::RecipientUnreachable
        }
        // The token is not one, or another program uses the bot.
        404 | 409 => FailureKind::ChannelBroken,
        status => FailureKind::of_status(status, FailureKind::Uncertain),
    };
    let wait = document.at(&["parameters", "retry_after"]);
    let wait = wait.and_then(Value::as_u64).map(Duration::from_secs);
    let wait = wait.map(|wait| wait.min(LONGEST_WAIT));
    let failure = Failure {
        kind,
        reason: Reason::status(status),
    };
    Outcome::failed(failure, wait.or_else(|| response.retry_after()))
}

/// Chat and message, as [`Chat`](super::message::Chat) spells the provider's id.
fn receipt(document: &Value) -> Option<Receipt> {
    let message = document.get("result")?;
    let chat = message.id(&["chat", "id"])?;
    let id = message.id(&["message_id"])?;
    let connection = message.text(&["business_connection_id"]);
    let connection = connection.map(|connection| format!("{connection}:"));
    Some(Receipt {
        provider_id: format!("{}{chat}:{id}", connection.unwrap_or_default()),
        recipient: None,
    })
}
