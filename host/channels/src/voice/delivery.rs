//! From a request of Twilio to its item: what a caller said, or how far a call of the
//! company came.

use patchbay_adapter::{
    Attributes, DecodedInteraction, DeliveryStatus, Failure, FailureKind, InboundRequest,
    InteractionKind, Item, Reason, blank_interaction,
};
use patchbay_model::channel::Visibility;
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::interaction::Author;
use serde_json::Value;

use super::call::{Call, Occasion};
use super::outbound::KEY_CHARACTERS;
use super::{CHANNEL, Voice, caller};

/// Parameter with the id of a call.
const ID: &str = "CallSid";
/// Most bytes of an id.
const ID_BYTES: usize = 128;
/// Most characters of the digits that a caller typed.
const DIGITS: usize = 64;

/// The item of a request.
pub(super) fn decode(adapter: &Voice, request: &InboundRequest<'_>) -> Item {
    let call = Call::read(request);
    let id = call.parameters.text(ID).filter(|id| id.len() <= ID_BYTES);
    let Some(id) = id else {
        return Item::undecodable(ID, "is missing or too long");
    };
    match (call.occasion(), adapter.called(&call)) {
        (Occasion::Outgoing, _) => status(adapter, &call, &id),
        (_, None) => Item::event(&["unknown-account"]),
        (Occasion::Speech(text), Some(account)) => speech(adapter, &call, &id, account, text),
        (Occasion::Start, Some(_)) => Item::event(&["call", "started"]),
        (Occasion::Silence, Some(_)) => Item::event(&["call", "silent"]),
        (Occasion::End(status), Some(_)) => Item::event(&["call", &status]),
    }
}

/// What a caller said in a turn. The turn is ours, so that a repeated request is the same
/// message, whatever Twilio understands the second time.
fn speech(adapter: &Voice, call: &Call, sid: &str, account: String, text: String) -> Item {
    let provider_id = format!("{sid}:{}", call.turn.round);
    let id = adapter.ids.id(&account, &provider_id);
    let mut interaction = blank_interaction(id, CHANNEL, Visibility::Private);
    interaction.text = text;
    interaction.conversation = Some(adapter.ids.conversation(&account, &[sid]));
    interaction.language = Some(adapter.speech.language.clone());
    let from = call.parameters.text("From").unwrap_or_default();
    interaction.author = Author {
        address: caller::address(&from),
        ..Author::default()
    };
    interaction.account = Some(account);
    let digits = call.parameters.text("Digits");
    let digits = digits.filter(|digits| digits.len() <= DIGITS);
    let mut attributes = Attributes::default();
    attributes.set("provider_id", Some(provider_id.into()));
    attributes.set("transcribed", Some(true.into()));
    attributes.set("confidence", confidence(call));
    attributes.set("digits", digits.map(|digits| digits.into()));
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("$")
}

/// How sure Twilio is of the words: 0 to 1.
fn confidence(call: &Call) -> Option<Value> {
    let figure: f64 = call.parameters.text("Confidence")?.parse().ok()?;
    (0.0..=1.0).contains(&figure).then(|| figure.into())
}

/// How far a call of the company came.
fn status(adapter: &Voice, call: &Call, id: &str) -> Item {
    let status = call.parameters.text("CallStatus").unwrap_or_default();
    let failed = |kind, words| {
        let reason = Reason::words(words);
        (DeliveryState::Failed, Some(Failure { kind, reason }))
    };
    let unreachable = FailureKind::RecipientUnreachable;
    let (state, failure) = match &*status {
        "completed" => (DeliveryState::Delivered, None),
        "busy" => failed(unreachable, "busy"),
        "no-answer" => failed(unreachable, "not answered"),
        "failed" => failed(unreachable, "call failed"),
        "canceled" => failed(FailureKind::Refused, "call canceled"),
        status => return Item::event(&["status", status]),
    };
    let account = call.parameters.text("From").unwrap_or_default();
    if !adapter.accounts.contains(&*account) {
        return Item::event(&["unknown-account"]);
    }
    let time = call.parameters.text("Timestamp");
    let time = time.and_then(|time| jiff::fmt::rfc2822::parse(&time).ok());
    let key = call.reply.clone();
    Item::Status(DeliveryStatus {
        message: adapter.ids.id(&account, id),
        provider_id: id.to_owned(),
        account: account.into_owned(),
        state,
        at: time.map(|time| time.timestamp()),
        key: key.filter(|key| key.chars().count() <= KEY_CHARACTERS),
        failure,
    })
}
