//! From a request of Twilio to its item: a message of a customer, or the status of
//! one of the company's.

use patchbay_adapter::field::cut;
use patchbay_adapter::{DeliveryStatus, Failure, FailureKind, InboundRequest, Item, Reason, media};
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::Attachment;
use serde_json::Value;

use super::super::message::{Message, OptOutWords};
use super::{CHANNEL, Twilio};
use crate::twilio::{Parameters, error_code, is_sid};

/// Parameter with the id of a message.
const ID: &str = "MessageSid";
/// Most bytes of an id.
const ID_BYTES: usize = 128;

/// The items of a request: one, and for a word of refusal or consent the change too.
pub(super) fn decode(adapter: &Twilio, request: &InboundRequest<'_>) -> Vec<Item> {
    let parameters = Parameters::read(request);
    let id = parameters.text(ID).filter(|id| id.len() <= ID_BYTES);
    let Some(id) = id else {
        return vec![Item::undecodable(ID, "is missing or too long")];
    };
    // A message has the status `received` or, from some products, none.
    let status = parameters.text("MessageStatus");
    let status = status.or_else(|| parameters.text("SmsStatus"));
    match status.as_deref() {
        None | Some("received" | "receiving") => message(adapter, &parameters, &id),
        Some(status) => vec![self::status(adapter, &parameters, &id, status)],
    }
}

/// Words by which a customer opts out and in again, where no messaging service says
/// what a word means: those that Twilio acts on by itself on every long number
/// (help.twilio.com, support for opt-out keywords). From the word on, Twilio takes no
/// message to the customer from this number.
const OPT_OUT_WORDS: OptOutWords = OptOutWords {
    out: &[
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
    ],
    back_in: &["start", "unstop", "yes"],
};

/// The company's account in a parameter, or the messaging service where the
/// settings name that instead.
fn account(adapter: &Twilio, parameters: &Parameters, name: &str) -> Option<String> {
    let candidates = [name, "MessagingServiceSid"].into_iter();
    let mut candidates = candidates.filter_map(|name| parameters.text(name));
    let known = candidates.find(|account| adapter.accounts.contains(account.as_ref()));
    known.map(|account| account.into_owned())
}

/// Another network by Twilio: `whatsapp:+351912345678`.
fn network(parameters: &Parameters) -> Option<&'static str> {
    let from = parameters.text("From")?;
    let (network, _) = from.split_once(':')?;
    Some(match network {
        "whatsapp" => "whatsapp",
        "messenger" => "messenger",
        "rcs" => "rcs",
        _ => "other",
    })
}

fn message(adapter: &Twilio, parameters: &Parameters, id: &str) -> Vec<Item> {
    if let Some(network) = network(parameters) {
        return vec![Item::event(&["message", network])];
    }
    let Some(account) = account(adapter, parameters, "To") else {
        return vec![Item::event(&["unknown-account"])];
    };
    let text = parameters.text("Body").unwrap_or_default().into_owned();
    let is_opted_out = match parameters.text("OptOutType").as_deref() {
        Some("STOP") => Some(true),
        Some("START") => Some(false),
        Some(_) => None,
        None => OPT_OUT_WORDS.is_opted_out(&text),
    };
    let attribute = |parameter| {
        let value = parameters.text(parameter);
        value.map(|value| Value::from(cut(&value, NAME_BYTES)))
    };
    let message = Message {
        provider_id: id,
        from: parameters.text("From").map(|from| from.into_owned()),
        text,
        attachments: files(parameters, &account, id),
        received_at: None,
        attributes: vec![
            ("messaging_service", attribute("MessagingServiceSid")),
            ("opt_out_type", attribute("OptOutType")),
        ],
        account,
    };
    message.into_items(&adapter.ids, is_opted_out)
}

/// Pictures and other files of an MMS. Their URLs need the token.
fn files(parameters: &Parameters, account: &str, message: &str) -> Vec<Attachment> {
    let count = parameters.text("NumMedia");
    let count = count.and_then(|count| count.parse::<usize>().ok());
    let files = 0..count.unwrap_or_default().min(ATTACHMENTS);
    let files = files.filter_map(|index| {
        let url = parameters.text(&format!("MediaUrl{index}"))?;
        let media_type = parameters.text(&format!("MediaContentType{index}"));
        let media_type = media_type.map(|it| cut(&it, NAME_BYTES).to_owned());
        let id = url.rsplit('/').next().filter(|id| is_sid(id, "ME"));
        Some(Attachment {
            media_type: media_type.clone(),
            url: id.and_then(|id| media::reference(CHANNEL, account, &[message, id])),
            ..media::bare(media::kind_of(&media_type.unwrap_or_default()))
        })
    });
    files.collect()
}

fn status(adapter: &Twilio, parameters: &Parameters, id: &str, status: &str) -> Item {
    let state = match status {
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "read" => DeliveryState::Read,
        "failed" | "undelivered" => DeliveryState::Failed,
        _ => return Item::event(&["status", status]),
    };
    let Some(account) = account(adapter, parameters, "From") else {
        return Item::event(&["unknown-account"]);
    };
    let failure = (state == DeliveryState::Failed).then(|| failure(parameters));
    Item::Status(DeliveryStatus {
        message: adapter.ids.id(&account, id),
        provider_id: id.to_owned(),
        account,
        state,
        at: None,
        key: None,
        failure,
    })
}

/// Why a message failed. Without a known code it is not sent again by itself.
fn failure(parameters: &Parameters) -> Failure {
    let code = parameters.text("ErrorCode");
    match code.and_then(|code| code.parse().ok()) {
        Some(code) => Failure {
            kind: error_code::kind(code).unwrap_or(FailureKind::Refused),
            reason: Reason::code(code),
        },
        None => Failure {
            kind: FailureKind::Refused,
            reason: Reason::words("no code"),
        },
    }
}
