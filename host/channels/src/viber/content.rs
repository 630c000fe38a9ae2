//! What a message says, by its type.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::Attachment;
use serde_json::{Map, Value, json};

use super::CHANNEL;

/// Text, files and further attributes of a message.
#[derive(Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl Content {
    /// What a message says. One of an unknown type is still a message: without text,
    /// with the attribute `unsupported`.
    pub(super) fn read(message: &Value, id: &str, account: &str) -> Content {
        let kind = message.text(&["type"]).unwrap_or("other");
        let file = |kind: &str| Content::of_file(kind, message, id, account);
        match kind {
            "text" => Content::of_text(message.text(&["text"])),
            "url" => Content::of_text(message.text(&["media"])),
            "picture" => file("image"),
            "video" => file("video"),
            "file" => file("document"),
            "sticker" => {
                let sticker = message.id(&["sticker_id"]);
                let sticker = sticker.map(|it| cut(&it, NAME_BYTES).to_owned());
                file("image").with("sticker", sticker)
            }
            "location" => Content::of_location(message.get("location").unwrap_or(&Value::Null)),
            "contact" => Content::of_contact(message.get("contact").unwrap_or(&Value::Null)),
            kind => {
                let unsupported = json!({"type": cut(kind, NAME_BYTES), "codes": []});
                Content::default().with("unsupported", Some(unsupported))
            }
        }
    }

    fn of_text(text: Option<&str>) -> Content {
        Content {
            text: text.unwrap_or_default().to_owned(),
            ..Content::default()
        }
    }

    fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Content {
        self.attributes
            .extend(value.map(|value| (name, value.into())));
        self
    }

    /// A file, by the id of its message: its URL expires and is signed.
    fn of_file(kind: &str, message: &Value, id: &str, account: &str) -> Content {
        let name = message.text(&["file_name"]);
        let size = message.get("size").or_else(|| message.get("file_size"));
        Content {
            attachments: vec![Attachment {
                name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
                size: size.and_then(Value::as_u64),
                url: media::reference(CHANNEL, account, &[id]),
                ..media::bare(kind)
            }],
            ..Content::of_text(message.text(&["text"]))
        }
    }

    fn of_location(location: &Value) -> Content {
        let mut kept = Map::new();
        for (name, field) in [("latitude", "lat"), ("longitude", "lon")] {
            if let Some(number) = location.get(field).filter(|value| value.is_number()) {
                kept.insert(name.to_owned(), number.clone());
            }
        }
        let address = location.text(&["address"]);
        if let Some(address) = address {
            kept.insert("address".to_owned(), address.into());
        }
        let content = Content {
            attachments: vec![media::bare("location")],
            ..Content::of_text(address)
        };
        content.with("location", Some(kept))
    }

    fn of_contact(contact: &Value) -> Content {
        let name = contact.text(&["name"]);
        let phone = contact.text(&["phone_number"]);
        let parts: Vec<&str> = name.into_iter().chain(phone).collect();
        let phones: Vec<&str> = phone.into_iter().collect();
        let content = Content {
            attachments: vec![Attachment {
                name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
                media_type: Some("text/vcard".to_owned()),
                ..media::bare("other")
            }],
            ..Content::of_text(Some(&parts.join(" ")))
        };
        let card = json!({"name": name, "phones": phones, "emails": []});
        content.with("contacts", Some(vec![card]))
    }
}
