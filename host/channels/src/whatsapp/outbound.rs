//! Requests that send a reply.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{
    Credential, EncodeError, OutboundRequest, Receipt, Reply, RequestMethod, TemplateReply,
};
use patchbay_model::channel;
use serde_json::{Value, json};

use super::{CHANNEL, WhatsApp};

/// Most characters of a planted key (assumption). Part numbers are part of it.
const KEY_CHARACTERS: usize = 512;

/// The parts of a reply. The first one quotes the message that is answered.
pub(super) fn encode(
    adapter: &WhatsApp,
    reply: &Reply<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    if !adapter.app.serves(reply.account) {
        return Err(EncodeError::Account);
    }
    let (recipient_type, field, recipient) = recipient(reply)?;
    if let Some(template) = reply.template {
        let document = json!({
            "messaging_product": "whatsapp",
            "recipient_type": recipient_type,
            field: recipient,
            "type": "template",
            "template": content(template),
        });
        let key = reply.only_key(KEY_CHARACTERS)?;
        return Ok(vec![request(adapter, reply, key, document)]);
    }
    let parts = reply.parts(channel::length_rule(CHANNEL), KEY_CHARACTERS)?;
    let parts = parts.into_iter().enumerate();
    let parts = parts.map(|(index, (key, text))| {
        let mut document = json!({
            "messaging_product": "whatsapp",
            "recipient_type": recipient_type,
            field: recipient,
            "type": "text",
            "text": {"body": text},
        });
        if let (0, Some(id)) = (index, reply.in_reply_to) {
            document["context"] = json!({"message_id": id});
        }
        request(adapter, reply, key, document)
    });
    Ok(parts.collect())
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
        content_type: "application/json",
        headers: Vec::new(),
        body: document.to_string().into_bytes(),
        credential: Credential::Bearer(adapter.app.access_token.first().clone()),
    }
}

/// An approved message: its parameters stand in its body.
fn content(template: TemplateReply<'_>) -> Value {
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
