//! What a message says, by its type.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
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
        match kind {
            "text" => Content {
                text: message.text(&["text"]).unwrap_or_default().to_owned(),
                ..Content::default()
            },
            "sticker" => Content::of_sticker(message),
            "image" | "video" | "audio" => Content::of_file(kind, message, id, account),
            "file" => Content::of_file("document", message, id, account),
            "location" => Content::of_location(message),
            kind => {
                let unsupported = json!({"type": cut(kind, NAME_BYTES), "codes": []});
                Content::default().with("unsupported", Some(unsupported))
            }
        }
    }

    fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Content {
        self.attributes
            .extend(value.map(|value| (name, value.into())));
        self
    }

    /// A sticker as the text on it, else as its keywords.
    fn of_sticker(sticker: &Value) -> Content {
        let keywords = sticker.list("keywords").iter().take(ATTACHMENTS);
        let keywords: Vec<&str> = keywords.filter_map(Value::as_str).collect();
        let text = sticker.text(&["text"]).map(str::to_owned);
        let mut kept = Map::new();
        for (name, field) in [("package_id", "packageId"), ("sticker_id", "stickerId")] {
            if let Some(id) = sticker.id(&[field]) {
                kept.insert(name.to_owned(), cut(&id, NAME_BYTES).into());
            }
        }
        let content = Content {
            text: text.unwrap_or_else(|| keywords.join(", ")),
            ..Content::default()
        };
        content.with("sticker", Some(kept))
    }

    /// A file, which the host fetches by the id of its message.
    fn of_file(kind: &str, message: &Value, id: &str, account: &str) -> Content {
        let name = message.text(&["fileName"]);
        let content = Content {
            attachments: vec![Attachment {
                name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
                size: message.get("fileSize").and_then(Value::as_u64),
                url: media::reference(CHANNEL, account, &[id]),
                ..media::bare(kind)
            }],
            ..Content::default()
        };
        // Pictures that were sent together come as messages of their own.
        let set = message.get("imageSet").map(|set| {
            json!({
                "id": set.text(&["id"]).map(|id| cut(id, NAME_BYTES)),
                "index": set.get("index").and_then(Value::as_u64),
                "total": set.get("total").and_then(Value::as_u64),
            })
        });
        content.with("image_set", set)
    }

    fn of_location(location: &Value) -> Content {
        let mut kept = Map::new();
        for name in ["latitude", "longitude"] {
            if let Some(number) = location.get(name).filter(|value| value.is_number()) {
                kept.insert(name.to_owned(), number.clone());
            }
        }
        let title = location.text(&["title"]);
        let address = location.text(&["address"]);
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
}
