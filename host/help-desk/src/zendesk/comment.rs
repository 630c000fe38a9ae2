//! Comments: of customers, of agents and programs, and of Patchbay.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use serde_json::Value;

use super::Zendesk;
use crate::desk_item::{Customer, DeskInteraction};
use crate::help_desk::number;
use crate::network;

/// Networks by `via.channel`, where it is not their code.
const NETWORKS: &[(&str, &str)] = &[
    ("api_phone_call_inbound", "phone"),
    ("api_phone_call_outbound", "phone"),
    ("api_voicemail", "phone"),
    ("chat_offline_message", "chat"),
    ("chat_transcript", "chat"),
    ("connect_sms", "sms"),
    ("facebook_message", "messenger"),
    ("facebook_post", "facebook"),
    ("helpcenter", "web"),
    ("instagram_dm", "instagram-direct"),
    ("mail", "email"),
    ("messagebird_sms", "sms"),
    ("native_messaging", "chat"),
    ("phone_call_inbound", "phone"),
    ("phone_call_outbound", "phone"),
    ("sunshine_conversations_facebook_messenger", "messenger"),
    ("sunshine_conversations_twitter_dm", "x-direct"),
    ("text_message", "sms"),
    ("twilio_sms", "sms"),
    ("twitter", "x"),
    ("twitter_dm", "x-direct"),
    ("voice", "phone"),
    ("voicemail", "phone"),
    ("web_form", "web"),
    ("web_service", "api"),
    ("web_widget", "chat"),
];

/// The item of a comment that was added.
pub(super) fn decode(adapter: &Zendesk, delivery: &Value) -> Item {
    let number_at = |path: &[&str]| delivery.id(path).filter(|id| number(id).is_some());
    let Some(ticket) = number_at(&["detail", "id"]) else {
        return Item::undecodable("detail.id", "is missing or no number");
    };
    let Some(id) = number_at(&["event", "comment", "id"]) else {
        return Item::undecodable("event.comment.id", "is missing or no number");
    };
    let comment = &delivery["event"]["comment"];
    let flag = |path: &[&str]| comment.at(path).and_then(Value::as_bool);
    let Some(is_staff) = flag(&["author", "is_staff"]) else {
        return Item::undecodable("event.comment.author.is_staff", "is missing");
    };
    let author = comment.id(&["author", "id"]);
    // The system is the user -1.
    let is_number = author.as_deref().is_some_and(|id| number(id).is_some());
    let kind = match (is_staff, flag(&["is_public"])) {
        _ if author.as_deref() == Some(&*adapter.desk.user) => return event("own"),
        (_, Some(false)) => return event("private"),
        (false, _) => InteractionKind::Message,
        // Whether the customer got it is not said, or who wrote it.
        (true, None) => return event("unclear"),
        (true, _) if author.is_none() => return event("unclear"),
        (true, _) if !is_number => return event("system"),
        (true, _) => InteractionKind::Echo,
    };
    let customer = match kind {
        InteractionKind::Echo => Customer {
            address: number_at(&["detail", "requester_id"]).map(|id| id.into_owned()),
            ..Customer::default()
        },
        _ => Customer {
            address: author.filter(|_| is_number).map(|id| id.into_owned()),
            name: comment.text(&["author", "name"]).map(str::to_owned),
            ..Customer::default()
        },
    };
    let detail = &delivery["detail"];
    let network = detail.text(&["via", "channel"]).and_then(network_of);
    let mut found = DeskInteraction::new(
        &adapter.desk,
        (kind, network::visibility(network.as_deref())),
        (&id, &ticket),
        customer,
    );
    found.interaction.text = comment.text(&["body"]).unwrap_or_default().to_owned();
    let time = delivery.text(&["time"]);
    found.interaction.received_at = time.and_then(|time| time.parse().ok());
    found.attributes.set("network", network.map(Value::from));
    found.set_subject(detail.text(&["subject"]));
    found.set_labels(tags_of(detail).as_ref());
    for (name, field) in [("group", "group_id"), ("brand", "brand_id")] {
        let id = number_at(&["detail", field]);
        found
            .attributes
            .set(name, id.map(|id| id.into_owned().into()));
    }
    found.into_item("event.comment")
}

fn event(name: &str) -> Item {
    Item::event(&["ticket.comment_added", name])
}

/// The code of the network by which the ticket came.
fn network_of(channel: &str) -> Option<String> {
    let known = network::find(NETWORKS, channel);
    known
        .map(str::to_owned)
        .or_else(|| network::as_code(channel))
}

/// The tags of a ticket: a list, or a text in which blanks divide them.
fn tags_of(detail: &Value) -> Option<Value> {
    match detail.get("tags")? {
        Value::String(tags) => Some(tags.split_whitespace().collect()),
        tags => Some(tags.clone()),
    }
}
