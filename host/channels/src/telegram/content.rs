//! What a message says, by the field that it has.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::Attachment;
use serde_json::{Map, Value, json};

use super::CHANNEL;

/// Fields of what Telegram itself says in a chat.
const SERVICE: &[&str] = &[
    "new_chat_members",
    "left_chat_member",
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "migrate_to_chat_id",
    "migrate_from_chat_id",
    "pinned_message",
    "invoice",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "chat_shared",
    "connected_website",
    "write_access_allowed",
    "passport_data",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "web_app_data",
];

/// Fields of files, and the kind of each. An animation has the field `document` too.
const FILES: &[(&str, &str)] = &[
    ("animation", "video"),
    ("audio", "audio"),
    ("voice", "audio"),
    ("video", "video"),
    ("video_note", "video"),
    ("sticker", "image"),
    ("document", "document"),
];

/// Fields of every message, which are not its content.
const ENVELOPE: &[&str] = &[
    "message_id",
    "message_thread_id",
    "is_topic_message",
    "from",
    "sender_chat",
    "sender_boost_count",
    "sender_business_bot",
    "date",
    "edit_date",
    "business_connection_id",
    "chat",
    "reply_to_message",
    "external_reply",
    "quote",
    "reply_to_story",
    "via_bot",
    "forward_origin",
    "has_protected_content",
    "is_from_offline",
    "media_group_id",
    "author_signature",
    "reply_markup",
    "effect_id",
];

/// The field of what Telegram itself says, if a message is that.
pub(super) fn service(message: &Value) -> Option<&'static str> {
    let mut names = SERVICE.iter().copied();
    names.find(|name| message.get(name).is_some_and(|value| !value.is_null()))
}

/// Text, files and further attributes of a message.
#[derive(Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl Content {
    /// What a message says. A message without a field that is known is still a
    /// message: without text, with the attribute `unsupported`.
    pub(super) fn read(message: &Value, account: &str) -> Content {
        let object = |name: &str| message.get(name).filter(|value| value.is_object());
        if let Some(text) = message.text(&["text"]) {
            return Content::of_text(text);
        }
        if let Some(photo) = largest(message.list("photo")) {
            return Content::of_file("image", photo, message, account);
        }
        for (name, kind) in FILES {
            if let Some(file) = object(name) {
                let content = Content::of_file(kind, file, message, account);
                return content.with_kind(name, file);
            }
        }
        if let Some(venue) = object("venue") {
            return Content::of_location(venue.get("location").unwrap_or(venue), venue);
        }
        if let Some(location) = object("location") {
            return Content::of_location(location, &Value::Null);
        }
        if let Some(contact) = object("contact") {
            return Content::of_contact(contact);
        }
        if let Some(dice) = object("dice") {
            let emoji = dice.text(&["emoji"]).unwrap_or_default();
            return Content::of_text(emoji).with("dice", dice.get("value").and_then(Value::as_i64));
        }
        if let Some(poll) = object("poll") {
            return Content::of_poll(poll);
        }
        Content::of_unsupported(message)
    }

    /// The payload of a link that started the bot follows `/start`.
    fn of_text(text: &str) -> Content {
        let payload = text.strip_prefix("/start ").map(str::trim);
        let payload = payload.filter(|payload| !payload.is_empty());
        let content = Content {
            text: text.to_owned(),
            ..Content::default()
        };
        content.with("start", payload.map(|payload| cut(payload, NAME_BYTES)))
    }

    fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Content {
        self.attributes
            .extend(value.map(|value| (name, value.into())));
        self
    }

    fn with_kind(self, name: &str, file: &Value) -> Content {
        match name {
            "voice" => self.with("voice", Some(true)),
            "sticker" => {
                let is_moving = file.flag(&["is_animated"]) || file.flag(&["is_video"]);
                self.with(
                    "sticker",
                    Some(if is_moving { "animated" } else { "static" }),
                )
            }
            _ => self,
        }
    }

    /// A file. Its URL has the bot's token in it. What identifies the file comes
    /// first, and what downloads it, which can differ, is in the query.
    fn of_file(kind: &str, file: &Value, message: &Value, account: &str) -> Content {
        let name = file.text(&["file_name"]);
        let media_type = file.text(&["mime_type"]);
        let id = file.text(&["file_id"]);
        let unique = file.text(&["file_unique_id"]).or(id);
        let url = unique.and_then(|unique| media::reference(CHANNEL, account, &[unique]));
        let url = match (url, id.and_then(media::encode)) {
            (Some(url), Some(id)) => Some(format!("{url}?{id}")),
            (url, _) => url,
        };
        Content {
            text: message.text(&["caption"]).unwrap_or_default().to_owned(),
            attachments: vec![Attachment {
                kind: kind.to_owned(),
                name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
                media_type: media_type.map(|it| cut(it, NAME_BYTES).to_owned()),
                size: file.get("file_size").and_then(Value::as_u64),
                url,
            }],
            attributes: Vec::new(),
        }
    }

    fn of_location(point: &Value, venue: &Value) -> Content {
        let mut kept = Map::new();
        for name in ["latitude", "longitude"] {
            if let Some(number) = point.get(name).filter(|value| value.is_number()) {
                kept.insert(name.to_owned(), number.clone());
            }
        }
        let title = venue.text(&["title"]);
        let address = venue.text(&["address"]);
        for (name, text) in [("name", title), ("address", address)] {
            if let Some(text) = text {
                kept.insert(name.to_owned(), text.into());
            }
        }
        let lines: Vec<&str> = title.into_iter().chain(address).collect();
        let content = Content {
            text: lines.join("\n"),
            attachments: vec![Attachment {
                name: title.map(|title| cut(title, NAME_BYTES).to_owned()),
                ..media::bare("location")
            }],
            attributes: Vec::new(),
        };
        content.with("location", Some(kept))
    }

    fn of_contact(contact: &Value) -> Content {
        let names = ["first_name", "last_name"].into_iter();
        let names: Vec<&str> = names.filter_map(|name| contact.text(&[name])).collect();
        let name = names.join(" ");
        let phone = contact.text(&["phone_number"]);
        let name = (!name.is_empty()).then_some(name);
        let parts: Vec<&str> = name.as_deref().into_iter().chain(phone).collect();
        let phones: Vec<&str> = phone.into_iter().collect();
        let card = json!({"name": name, "phones": phones, "emails": []});
        let content = Content {
            text: parts.join(" "),
            attachments: vec![Attachment {
                name: name.as_deref().map(|name| cut(name, NAME_BYTES).to_owned()),
                media_type: Some("text/vcard".to_owned()),
                ..media::bare("other")
            }],
            attributes: Vec::new(),
        };
        content.with("contacts", Some(vec![card]))
    }

    fn of_poll(poll: &Value) -> Content {
        let options = poll.list("options").iter().take(ATTACHMENTS);
        let options = options.filter_map(|option| option.text(&["text"]));
        let lines: Vec<&str> = poll
            .text(&["question"])
            .into_iter()
            .chain(options)
            .collect();
        Content::of_text(&lines.join("\n")).with("poll", Some(true))
    }

    /// This version does not know the content.
    fn of_unsupported(message: &Value) -> Content {
        let names = message.as_object().into_iter().flat_map(Map::keys);
        let mut names = names.filter(|name| !ENVELOPE.contains(&name.as_str()));
        let name = names.next().map_or("other", String::as_str);
        let unsupported = json!({"type": cut(name, NAME_BYTES), "codes": []});
        Content::default().with("unsupported", Some(unsupported))
    }
}

/// The largest of a photo's sizes.
fn largest(sizes: &[Value]) -> Option<&Value> {
    let pixels = |size: &&Value| {
        let side = |name: &str| size.get(name).and_then(Value::as_u64).unwrap_or_default();
        side("width").saturating_mul(side("height"))
    };
    sizes.iter().max_by_key(pixels)
}
