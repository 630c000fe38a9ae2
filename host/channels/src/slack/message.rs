//! Messages, their edits and deletions, and reactions to them.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction, media,
};
use patchbay_model::channel::Visibility;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::{Attachment, Author, Direction, Interaction};
use serde_json::{Value, json};

use super::{CHANNEL, Slack, text};

/// Subtypes of what a person writes; without one it is a plain message.
const WRITTEN: &[&str] = &[
    "file_share",
    "thread_broadcast",
    "me_message",
    "reply_broadcast",
];

/// The item of an event about a message.
pub(super) fn decode(adapter: &Slack, event: &Value) -> Item {
    let Some(channel) = event.text(&["channel"]) else {
        return Item::undecodable("event.channel", "is missing");
    };
    let place = Place {
        adapter,
        channel,
        visibility: visibility(event.text(&["channel_type"]), channel),
        is_direct: is_direct(event.text(&["channel_type"]), channel),
    };
    let nothing = &Value::Null;
    let before = event.get("previous_message").unwrap_or(nothing);
    match event.text(&["subtype"]) {
        Some("message_changed") => {
            let message = event.get("message").unwrap_or(nothing);
            // A deleted message with answers leaves a place holder.
            if message.text(&["subtype"]) == Some("tombstone") {
                return place.deletion(before, message.text(&["ts"]), event);
            }
            // A preview of a link, or a first answer, changes nothing that was said.
            let files = |of: &Value| files(adapter, of);
            let is_same = message.text(&["text"]) == before.text(&["text"])
                && files(message) == files(before);
            match is_same {
                true => Item::event(&["message", "message_changed"]),
                false => place.message(message, InteractionKind::Edit, "event.message"),
            }
        }
        Some("message_deleted") => place.deletion(before, event.text(&["deleted_ts"]), event),
        Some("bot_message") => place.message(event, InteractionKind::Message, "event"),
        Some(subtype) if !WRITTEN.contains(&subtype) => Item::event(&["message", subtype]),
        _ => place.message(event, InteractionKind::Message, "event"),
    }
}

/// The item of a reaction that was added or removed.
pub(super) fn reaction(adapter: &Slack, event: &Value, name: &str) -> Item {
    let user = event.text(&["user"]);
    // Intake takes reactions of customers only, and to messages only.
    if user == Some(&adapter.bot_user) || event.text(&["item", "type"]) != Some("message") {
        return Item::event(&[name]);
    }
    let (channel, ts) = (
        event.text(&["item", "channel"]),
        event.text(&["item", "ts"]),
    );
    let (Some(channel), Some(ts)) = (channel, ts) else {
        return Item::undecodable("event.item", "has no channel or no ts");
    };
    let place = Place {
        adapter,
        channel,
        visibility: visibility(None, channel),
        is_direct: false,
    };
    let (mut interaction, mut attributes) = place.interaction(ts);
    interaction.author = author(user);
    interaction.received_at = event.text(&["event_ts"]).and_then(time);
    // An emoji by its name, which each workspace can extend.
    let emoji = event
        .text(&["reaction"])
        .map(|emoji| cut(emoji, NAME_BYTES));
    let at = interaction.received_at.map(|at| at.to_string());
    let is_added = name == "reaction_added";
    let action = if is_added { "add" } else { "remove" };
    let reaction = json!({"action": action, "emoji": emoji, "at": at});
    attributes.set("reaction", Some(reaction));
    if is_added {
        interaction.text = emoji.unwrap_or_default().to_owned();
    }
    item(
        (interaction, attributes),
        InteractionKind::Reaction,
        "event",
    )
}

/// The channel in which an event is.
struct Place<'a> {
    adapter: &'a Slack,
    channel: &'a str,
    visibility: Visibility,
    is_direct: bool,
}

impl Place<'_> {
    fn id(&self, ts: &str) -> String {
        let ids = &self.adapter.ids;
        ids.id(&self.adapter.account, &self.provider_id(ts))
    }

    fn provider_id(&self, ts: &str) -> String {
        format!("{}:{ts}", self.channel)
    }

    /// The channel of a direct message, else the thread.
    fn conversation(&self, ts: &str, thread: Option<&str>) -> String {
        match (thread, self.is_direct) {
            (None, true) => self.channel.to_owned(),
            (thread, _) => format!("{}:{}", self.channel, thread.unwrap_or(ts)),
        }
    }

    /// The interaction about a message of the channel, without content.
    fn interaction(&self, ts: &str) -> (Interaction, Attributes) {
        let mut attributes = Attributes::default();
        attributes.set("provider_id", Some(self.provider_id(ts).into()));
        let interaction = Interaction {
            account: Some(self.adapter.account.clone()),
            ..blank_interaction(self.id(ts), CHANNEL, self.visibility)
        };
        (interaction, attributes)
    }

    /// The item of a message, new or edited.
    fn message(&self, message: &Value, kind: InteractionKind, at: &str) -> Item {
        let is_ours = self.is_ours(message);
        if !is_ours && message.text(&["bot_id"]).is_some() {
            return Item::event(&["message", "bot_message"]);
        }
        let Some(ts) = message.text(&["ts"]) else {
            return Item::undecodable(&format!("{at}.ts"), "is missing");
        };
        let thread = message.text(&["thread_ts"]);
        let (mut interaction, mut attributes) = self.interaction(ts);
        interaction.conversation = Some(self.conversation(ts, thread));
        interaction.received_at = time(ts);
        // The root of a thread names itself once it has answers.
        let root = thread.filter(|root| *root != ts);
        interaction.in_reply_to = root.map(|root| self.id(root));
        interaction.text = text::decode(message.text(&["text"]).unwrap_or_default());
        interaction.attachments = files(self.adapter, message);
        if kind == InteractionKind::Edit {
            interaction.edited_at = message.text(&["edited", "ts"]).and_then(time);
        }
        let kind = match is_ours {
            // The customer is not named: the conversation files it.
            true => {
                interaction.direction = Direction::Outbound;
                InteractionKind::Echo
            }
            false => {
                interaction.author = author(message.text(&["user"]));
                let name = &["user_profile", "real_name"];
                let name = message.text(name).map(|name| cut(name, NAME_BYTES));
                interaction.author.name = name.map(str::to_owned);
                // Another workspace, by Slack Connect.
                let team = message.text(&["user_team"]);
                let team = team.filter(|team| *team != self.adapter.account);
                attributes.set("user_team", team.map(|team| cut(team, NAME_BYTES).into()));
                kind
            }
        };
        let key = message.text(&["metadata", "event_payload", "key"]);
        let key = key.filter(|_| is_ours).map(|key| cut(key, NAME_BYTES));
        keyed_item((interaction, attributes), kind, at, key)
    }

    /// The item of a deletion. Intake takes deletions by customers only.
    fn deletion(&self, before: &Value, ts: Option<&str>, event: &Value) -> Item {
        if self.is_ours(before) || before.text(&["bot_id"]).is_some() {
            return Item::event(&["message", "message_deleted"]);
        }
        let Some(ts) = ts else {
            return Item::undecodable("event.deleted_ts", "is missing");
        };
        let (mut interaction, attributes) = self.interaction(ts);
        interaction.conversation = Some(self.conversation(ts, before.text(&["thread_ts"])));
        interaction.author = author(before.text(&["user"]));
        interaction.received_at = event.text(&["ts"]).and_then(time);
        item((interaction, attributes), InteractionKind::Delete, "event")
    }

    /// Whether the company's app wrote a message.
    fn is_ours(&self, message: &Value) -> bool {
        let is_app = |path: &[&str]| message.text(path) == Some(&self.adapter.app);
        is_app(&["app_id"])
            || is_app(&["bot_profile", "app_id"])
            || message.text(&["user"]) == Some(&self.adapter.bot_user)
    }
}

fn item(decoded: (Interaction, Attributes), kind: InteractionKind, place: &str) -> Item {
    keyed_item(decoded, kind, place, None)
}

/// With the key that we planted in a message.
fn keyed_item(
    (mut interaction, attributes): (Interaction, Attributes),
    kind: InteractionKind,
    place: &str,
    key: Option<&str>,
) -> Item {
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind,
        interaction,
        second_address: None,
        key: key.map(str::to_owned),
    };
    decoded.into_item(place)
}

fn author(user: Option<&str>) -> Author {
    Author {
        address: user.map(str::to_owned),
        ..Author::default()
    }
}

/// The files of a message. Their URLs need the token; one that was removed leaves a
/// place holder.
fn files(adapter: &Slack, message: &Value) -> Vec<Attachment> {
    let files = message.list("files").iter();
    let files = files.filter(|file| file.text(&["mode"]) != Some("tombstone"));
    let files = files.take(ATTACHMENTS).map(|file| {
        let media_type = file.text(&["mimetype"]);
        let name = file.text(&["name"]).map(|name| cut(name, NAME_BYTES));
        let id = file.text(&["id"]);
        Attachment {
            name: name.map(str::to_owned),
            media_type: media_type.map(|it| cut(it, NAME_BYTES).to_owned()),
            size: file.get("size").and_then(Value::as_u64),
            url: id.and_then(|id| media::reference(CHANNEL, &adapter.account, &[id])),
            ..media::bare(match file.text(&["subtype"]) {
                // A clip without a picture has the type of a video.
                Some("slack_audio") => "audio",
                _ => media::kind_of(media_type.unwrap_or_default()),
            })
        }
    });
    files.collect()
}

/// Who can read a channel: by its type, else by the first letter of its id.
fn visibility(channel_type: Option<&str>, channel: &str) -> Visibility {
    match channel_type {
        Some("channel") => Visibility::Public,
        None if channel.starts_with('C') => Visibility::Public,
        _ => Visibility::Private,
    }
}

/// Whether a channel is one of two people, where every message is to the other.
fn is_direct(channel_type: Option<&str>, channel: &str) -> bool {
    match channel_type {
        Some(channel_type) => channel_type == "im",
        None => channel.starts_with('D'),
    }
}

/// A `ts`: seconds and microseconds, which together are unique in a channel.
fn time(ts: &str) -> Option<Timestamp> {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(seconds) || !is_number(rest) || rest.len() > 9 {
        return None;
    }
    let nanoseconds = format!("{rest:0<9}").parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ts_is_read_in_microseconds_or_is_no_time() {
        for (ts, expected) in [
            ("1767225600.000100", Some("2026-01-01T00:00:00.0001Z")),
            ("1767225600", Some("2026-01-01T00:00:00Z")),
            ("1767225600.5", Some("2026-01-01T00:00:00.5Z")),
            ("99999999999999999999.0", None),
            ("1767225600.0000000001", None),
            ("-1.0", None),
            ("1.-1", None),
            ("", None),
        ] {
            let found = time(ts).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{ts}");
        }
    }
}
