//! Requests that send a reply, and the meaning of their results.

use std::time::Duration;

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Exchange, Failure, FailureKind, LONGEST_WAIT, Outbound,
    OutboundRequest, Outcome, Reason, Receipt, Reply, ReplyMessage, RequestMethod,
};
use patchbay_model::channel;
use serde_json::{Map, Value, json};

use super::{CHANNEL, Telegram, file};

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

/// The fields of every message: where it goes, and of the first one what it answers.
pub(super) fn fields(reply: &Reply<'_>, is_first: bool) -> Result<Map<String, Value>, EncodeError> {
    let target = Target::of(reply)?;
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("chat_id", target.chat.into());
    if let Some(topic) = target.topic {
        add("message_thread_id", topic.into());
    }
    if let Some(connection) = target.connection {
        add("business_connection_id", connection.into());
    }
    let answered = reply.in_reply_to.and_then(|id| id.rsplit(':').next());
    let answered = answered.and_then(|id| id.parse::<i64>().ok());
    if let Some(id) = answered.filter(|_| is_first) {
        // The customer may have deleted it meanwhile.
        let quoted = json!({"message_id": id, "allow_sending_without_reply": true});
        add("reply_parameters", quoted);
    }
    Ok(fields)
}

/// The parts of a reply, without markup. The first one quotes the message that is
/// answered.
pub(super) fn encode(adapter: &Telegram, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
    if adapter.account != reply.account {
        return Err(EncodeError::Account);
    }
    // Of a reply with files alone too, before the first of them is read.
    Target::of(reply)?;
    let rule = channel::length_rule(CHANNEL);
    let messages = reply.messages(rule, KEY_CHARACTERS, |_| Some(file::CAPTION))?;
    let parts = messages
        .into_iter()
        .enumerate()
        .map(|(index, message)| match message {
            ReplyMessage::File(file) => Ok(Outbound::File(file)),
            ReplyMessage::Text { key, text } => {
                let mut document = fields(reply, index == 0)?;
                document.insert("text".to_owned(), text.into());
                Ok(Outbound::Http(OutboundRequest {
                    method: RequestMethod::Post,
                    key,
                    url: method_url(adapter, "sendMessage"),
                    content_type: "application/json".into(),
                    headers: Vec::new(),
                    body: Value::Object(document).to_string().into_bytes().into(),
                    credential: Credential::Path(adapter.bot_token.first().clone()),
                }))
            }
        });
    parts.collect()
}

/// The URL of a method of the API.
pub(super) fn method_url(adapter: &Telegram, method: &str) -> String {
    format!("{}/bot{}/{method}", adapter.base, Credential::PLACEHOLDER)
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
