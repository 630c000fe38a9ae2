//! Requests that send a reply.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, Outbound, OutboundFile, OutboundRequest, Receipt, Reply, ReplyFile,
    ReplyMessage, RequestMethod, TemplateReply,
};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::{CHANNEL, WhatsApp, file};

/// Most characters of a planted key (assumption). Part numbers are part of it.
const KEY_CHARACTERS: usize = 512;

/// The parts of a reply. The first one quotes the message that is answered.
pub(super) fn encode(adapter: &WhatsApp, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
    if !adapter.app.serves(reply.account) {
        return Err(EncodeError::Account);
    }
    if let Some(template) = reply.template {
        let key = reply.only_key(KEY_CHARACTERS)?;
        let content = ("template", template_content(template));
        let document = message(reply, content, false)?;
        return Ok(vec![Outbound::Http(request(adapter, reply, key, document))]);
    }
    // Of a reply with files alone too, before the first of them is stored.
    recipient(reply)?;
    let rule = channel::length_rule(CHANNEL);
    let caption = |file: &ReplyFile<'_>| file::caption(file.media_type);
    let messages = reply.messages(rule, KEY_CHARACTERS, caption)?;
    let parts = messages
        .into_iter()
        .enumerate()
        .map(|(index, part)| match part {
            ReplyMessage::File(file) => Ok(Outbound::File(file)),
            ReplyMessage::Text { key, text } => {
                let document = message(reply, ("text", json!({"body": text})), index == 0)?;
                Ok(Outbound::Http(request(adapter, reply, key, document)))
            }
        });
    parts.collect()
}

/// The message with a file that is stored under an id.
pub(super) fn encode_file(
    adapter: &WhatsApp,
    reply: &Reply<'_>,
    part: &OutboundFile,
    id: &str,
) -> Result<OutboundRequest, EncodeError> {
    let file = reply.files.get(part.position).ok_or(EncodeError::NoFiles)?;
    let content = file::content(file, part, id).ok_or(EncodeError::NoFiles)?;
    let document = message(reply, content, part.is_first)?;
    Ok(request(adapter, reply, part.key.clone(), document))
}

/// A message of a type with its content.
fn message(
    reply: &Reply<'_>,
    (kind, content): (&str, Value),
    is_first: bool,
) -> Result<Value, EncodeError> {
    let (recipient_type, field, recipient) = recipient(reply)?;
    let mut document = json!({
        "messaging_product": "whatsapp",
        "recipient_type": recipient_type,
        field: recipient,
        "type": kind,
        kind: content,
    });
    if let Some(id) = reply.in_reply_to.filter(|_| is_first) {
        document["context"] = json!({"message_id": id});
    }
    Ok(document)
}

/// A message by its content, with the key planted.
fn request(
    adapter: &WhatsApp,
    reply: &Reply<'_>,
    key: String,
    mut document: Value,
) -> OutboundRequest {
    document["biz_opaque_callback_data"] = json!(key);
    OutboundRequest {
        method: RequestMethod::Post,
        key,
        url: adapter.app.url(reply.account, "messages"),
        content_type: "application/json".into(),
        headers: Vec::new(),
        body: document.to_string().into_bytes().into(),
        credential: Credential::Bearer(adapter.app.access_token.first().clone()),
    }
}

/// An approved message: its parameters stand in its body.
fn template_content(template: TemplateReply<'_>) -> Value {
    let mut content = json!({
        "name": template.name,
        "language": {"code": template.language},
    });
    if !template.parameters.is_empty() {
        let parameters = template.parameters.iter();
        let parameters: Vec<Value> = parameters
            .map(|text| json!({"type": "text", "text": text}))
            .collect();
        content["components"] = json!([{"type": "body", "parameters": parameters}]);
    }
    content
}

/// Type, field and value of the recipient: a group, a number exactly as it came, or
/// a business-scoped user id.
fn recipient<'a>(reply: &Reply<'a>) -> Result<(&'static str, &'static str, &'a str), EncodeError> {
    if let Some(group) = reply.conversation {
        return Ok(("group", "to", group));
    }
    let number = reply.to.strip_prefix('+').unwrap_or(reply.to);
    let is_number = |text: &str| {
        (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if is_number(number) {
        return Ok(("individual", "to", number));
    }
    match is_user_id(reply.to) {
        true => Ok(("individual", "recipient", reply.to)),
        false => Err(EncodeError::Address),
    }
}

/// A country code, `ENT` for the id of several portfolios, and up to 128 letters and
/// digits, separated by full stops.
fn is_user_id(text: &str) -> bool {
    let Some((country, id)) = text.split_once('.') else {
        return false;
    };
    let id = id.strip_prefix("ENT.").unwrap_or(id);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Of an accepted message.
pub(super) fn receipt(document: &Value) -> Option<Receipt> {
    let message = document.list("messages").first()?;
    let contact = document.list("contacts").first();
    let contact = contact.unwrap_or(&Value::Null);
    let recipient = contact.text(&["wa_id"]).or(contact.text(&["user_id"]));
    Some(Receipt {
        provider_id: message.text(&["id"])?.to_owned(),
        recipient: recipient.map(str::to_owned),
    })
}
