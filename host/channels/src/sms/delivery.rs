//! From a request of Twilio to its item: a message of a customer, or the status of
//! one of the company's.

use patchbay_adapter::field::cut;
use patchbay_adapter::{
    Attributes, DecodedInteraction, DeliveryStatus, Failure, FailureKind, InboundRequest,
    InteractionKind, Item, MessagePurpose, OptOutChange, Reason, blank_interaction, media,
};
use patchbay_model::channel::Visibility;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::{Attachment, Author, Interaction};
use serde_json::Value;

use super::parameters::Parameters;
use super::{CHANNEL, Sms, error_code};

/// Parameter with the id of a message.
const ID: &str = "MessageSid";
/// Most bytes of an id.
const ID_BYTES: usize = 128;

/// The items of a request: one, and for a word of refusal or consent the change too.
pub(super) fn decode(adapter: &Sms, request: &InboundRequest<'_>) -> Vec<Item> {
    let parameters = Parameters::read(request);
    let id = parameters.text(ID).filter(|id| id.len() <= ID_BYTES);
    let Some(id) = id else {
        return vec![Item::undecodable(ID, "is missing or too long")];
    };
    // A message has the status `received` or, from some products, none.
    let status = parameters.text("MessageStatus");
    let status = status.or_else(|| parameters.text("SmsStatus"));
    match status.as_deref() {
        None | Some("received" | "receiving") => {
            let item = message(adapter, &parameters, &id);
            let change = match &item {
                Item::Interaction(decoded) => opt_out(&decoded.interaction, &parameters),
                _ => None,
            };
            std::iter::once(item).chain(change).collect()
        }
        Some(status) => vec![self::status(adapter, &parameters, &id, status)],
    }
}

/// Words by which a customer opts out and in again, where no messaging service says
/// what a word means: those that Twilio acts on by itself on every long number
/// (help.twilio.com, support for opt-out keywords).
const OPT_OUT_WORDS: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "revoke",
    "optout",
];
const OPT_IN_WORDS: &[&str] = &["start", "unstop", "yes"];

/// The change that a message makes. From the word on, Twilio takes no message to the
/// customer from this number.
fn opt_out(interaction: &Interaction, parameters: &Parameters) -> Option<Item> {
    let word = interaction.text.trim().to_ascii_lowercase();
    let is_one_of = |words: &[&str]| words.contains(&word.as_str());
    let is_opted_out = match parameters.text("OptOutType").as_deref() {
        Some("STOP") => true,
        Some("START") => false,
        Some(_) => return None,
        None if is_one_of(OPT_OUT_WORDS) => true,
        None if is_one_of(OPT_IN_WORDS) => false,
        None => return None,
    };
    Some(Item::OptOut(OptOutChange {
        channel: CHANNEL,
        account: interaction.account.clone()?,
        address: interaction.author.address.clone()?,
        purpose: MessagePurpose::Any,
        is_opted_out,
        source: match is_opted_out {
            true => "stop",
            false => "start",
        },
        at: None,
    }))
}

/// The company's account in a parameter, or the messaging service where the
/// settings name that instead.
fn account(adapter: &Sms, parameters: &Parameters, name: &str) -> Option<String> {
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

fn message(adapter: &Sms, parameters: &Parameters, id: &str) -> Item {
    if let Some(network) = network(parameters) {
        return Item::event(&["message", network]);
    }
    let Some(account) = account(adapter, parameters, "To") else {
        return Item::event(&["unknown-account"]);
    };
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(id.into()));
    for (name, parameter) in [
        ("messaging_service", "MessagingServiceSid"),
        ("opt_out_type", "OptOutType"),
    ] {
        let value = parameters.text(parameter);
        attributes.set(
            name,
            value.map(|value| Value::from(cut(&value, NAME_BYTES))),
        );
    }
    let text = parameters.text("Body").unwrap_or_default().into_owned();
    let mut interaction =
        blank_interaction(adapter.ids.id(&account, id), CHANNEL, Visibility::Private);
    interaction.text = text;
    interaction.attachments = files(parameters, &account, id);
    interaction.author = Author {
        address: parameters.text("From").map(|from| from.into_owned()),
        ..Author::default()
    };
    interaction.account = Some(account);
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("$")
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
        let id = url.rsplit('/').next().filter(|id| super::is_sid(id, "ME"));
        Some(Attachment {
            media_type: media_type.clone(),
            url: id.and_then(|id| media::reference(CHANNEL, account, &[message, id])),
            ..media::bare(media::kind_of(&media_type.unwrap_or_default()))
        })
    });
    files.collect()
}

fn status(adapter: &Sms, parameters: &Parameters, id: &str, status: &str) -> Item {
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
