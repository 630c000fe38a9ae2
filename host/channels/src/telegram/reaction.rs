//! Reactions: an update gives those of one person to one message, before and after.

use std::collections::BTreeSet;

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{InteractionKind, Item};
use patchbay_model::input::NAME_BYTES;
use serde_json::{Value, json};

use super::Telegram;
use super::message::{self, Chat};

/// One item for each reaction that is new; without one, that the others were taken
/// off.
pub(super) fn decode(adapter: &Telegram, place: &str, value: &Value) -> Vec<Item> {
    let Some(chat) = Chat::read(adapter, value) else {
        return vec![Item::undecodable(&format!("{place}.chat.id"), "is missing")];
    };
    let Some(id) = value.id(&["message_id"]) else {
        return vec![Item::undecodable(
            &format!("{place}.message_id"),
            "is missing",
        )];
    };
    if value.flag(&["user", "is_bot"]) {
        return vec![Item::event(&["message_reaction", "bot"])];
    }
    let before: BTreeSet<&str> = names(value.list("old_reaction")).collect();
    let after: BTreeSet<&str> = names(value.list("new_reaction")).collect();
    let mut changes: Vec<(&str, Option<&str>)> = Vec::new();
    let added = names(value.list("new_reaction")).filter(|name| !before.contains(name));
    changes.extend(added.map(|name| ("add", Some(name))));
    if changes.is_empty() {
        match after.is_empty() {
            true => changes.push(("remove", None)),
            false => {
                let removed = before.difference(&after);
                changes.extend(removed.map(|name| ("remove", Some(*name))));
            }
        }
    }
    if changes.is_empty() {
        return vec![Item::event(&["message_reaction", "unchanged"])];
    }
    let person = value.get("user").or_else(|| value.get("actor_chat"));
    let person = person.unwrap_or(&Value::Null);
    let items = changes.into_iter().map(|(action, emoji)| {
        let (mut interaction, mut attributes) = chat.interaction(&id, None);
        // A group's update does not name the topic: the message's id files it.
        interaction.conversation = None;
        interaction.author = message::author(person);
        message::add_person(&mut attributes, person);
        interaction.received_at = value.seconds("date");
        let at = interaction.received_at.map(|at| at.to_string());
        let reaction = match emoji {
            Some(emoji) => json!({"action": action, "emoji": emoji, "at": at}),
            None => json!({"action": action, "at": at}),
        };
        attributes.set("reaction", Some(reaction));
        if action == "add" {
            interaction.text = emoji.unwrap_or_default().to_owned();
        }
        message::item((interaction, attributes), InteractionKind::Reaction, place)
    });
    Item::bounded(items)
}

/// Emoji, ids of a person's own emoji, and `paid`.
fn names(list: &[Value]) -> impl Iterator<Item = &str> {
    let names = list.iter().filter_map(|reaction| {
        let emoji = reaction.text(&["emoji"]);
        let custom = reaction.text(&["custom_emoji_id"]);
        emoji.or(custom).or_else(|| reaction.text(&["type"]))
    });
    names.map(|name| cut(name, NAME_BYTES))
}
