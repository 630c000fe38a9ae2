//! From the body of a delivery to its items.

use std::collections::BTreeSet;

use patchbay_adapter::{DecodedInteraction, InteractionKind, Item};
use patchbay_model::contact_record::ContactRecord;
use patchbay_model::input::InputError;
use patchbay_model::interaction::{CUT_TEXT_ATTRIBUTE, Direction, Interaction};
use serde_json::Value;

use patchbay_adapter::document;

/// The items of a body: one document, over any number of lines, or a document per
/// line. Empty lines are left out.
pub(super) fn decode(channels: &BTreeSet<String>, contacts: bool, body: &[u8]) -> Vec<Item> {
    if let Ok(document) = document::parse(body) {
        return vec![decode_document(channels, contacts, "$", document)];
    }
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let items = lines.map(|(index, line)| {
        let place = format!("line {}", index + 1);
        match document::parse(line) {
            Ok(document) => decode_document(channels, contacts, &place, document),
            Err(reason) => Item::undecodable(&place, reason),
        }
    });
    let items = Item::bounded(items);
    match items.is_empty() {
        true => vec![Item::undecodable("$", "is empty")],
        false => items,
    }
}

/// An interaction names its channel; a document that does not is a record of a
/// person, where the connection delivers those.
fn decode_document(
    channels: &BTreeSet<String>,
    contacts: bool,
    place: &str,
    mut document: Value,
) -> Item {
    if contacts && document.is_object() && document.get("channel").is_none() {
        return match ContactRecord::from_value(document) {
            Ok(record) => Item::ContactRecord(record),
            Err(error) => invalid(place, &error),
        };
    }
    let field = |name: &str| format!("{place} {name}");
    let kind = match &mut document {
        Value::Object(fields) => fields.remove("kind"),
        _ => None,
    };
    let kind = match kind {
        None | Some(Value::Null) => None,
        Some(Value::String(code)) => match InteractionKind::from_code(&code) {
            Some(kind) => Some(kind),
            None => return invalid_kind(&field("kind")),
        },
        Some(_) => return invalid_kind(&field("kind")),
    };
    let channel = document.get("channel").and_then(Value::as_str);
    if channel.is_some_and(|channel| !channels.contains(channel)) {
        let reason = "is not in the settings of this connection; add it to `channels`";
        return Item::undecodable(&field("channel"), reason);
    }
    let mut interaction = match Interaction::from_outside(document) {
        Ok(interaction) => interaction,
        Err(error) => return invalid(place, &error),
    };
    // It was cut: intake cuts it again, by its own rules.
    if let Some(rest) = interaction.rest.take() {
        interaction.text += &rest;
        interaction.attributes.remove(CUT_TEXT_ATTRIBUTE);
    }
    let is_outbound = interaction.direction == Direction::Outbound;
    let kind = kind.unwrap_or(match is_outbound {
        true => InteractionKind::Echo,
        false => InteractionKind::Message,
    });
    if (kind == InteractionKind::Echo) != is_outbound {
        let reason = "does not fit the direction: an outbound interaction must be an echo, an inbound one must not";
        return Item::undecodable(&field("kind"), reason);
    }
    interaction.visibility = Some(interaction.visibility());
    let decoded = DecodedInteraction {
        kind,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(place)
}

/// What is wrong, without a value of the delivery: problems that have one quote it.
fn invalid(place: &str, error: &InputError) -> Item {
    let place = match error.field() {
        Some(field) => format!("{place} {field}"),
        None => place.to_owned(),
    };
    let reason = match error {
        InputError::Missing { .. } => "is missing".to_owned(),
        InputError::TooLarge {
            limit, size, unit, ..
        } => {
            format!("is {size} {unit} long; the limit is {limit}")
        }
        InputError::Invalid { problem, .. } if !problem.contains(['"', '`']) => problem.clone(),
        _ => "has another type or an impossible value".to_owned(),
    };
    Item::undecodable(&place, reason)
}

fn invalid_kind(place: &str) -> Item {
    let reason = "must be message, edit, delete, reaction or echo";
    Item::undecodable(place, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_without_a_channel_is_a_record_where_the_connection_delivers_those() {
        let body = br#"{"id": "C-1", "addresses": [{"channel": "rcs", "address": "@jo"}]}
            {"id": "C-2", "deleted": true}
            {"id": "C-3", "addresses": "jo@secret.example"}
            {"id": "m-1", "channel": "rcs", "text": "Hello"}
            {"id": "m-2", "channel": "sms", "text": "Hello"}"#;
        let channels = BTreeSet::from(["rcs".to_owned()]);
        let kinds = |contacts| -> Vec<&str> {
            let items = decode(&channels, contacts, body);
            assert!(!format!("{items:?}").contains("secret"), "{items:?}");
            let kind = |item: &Item| match item {
                Item::ContactRecord(_) => "record",
                Item::Interaction(_) => "interaction",
                Item::Undecodable(_) => "undecodable",
                _ => "other",
            };
            items.iter().map(kind).collect()
        };
        let undecodable = "undecodable";
        assert_eq!(
            kinds(true),
            ["record", "record", undecodable, "interaction", undecodable]
        );
        assert_eq!(
            kinds(false),
            [
                undecodable,
                undecodable,
                undecodable,
                "interaction",
                undecodable
            ]
        );
    }
}
