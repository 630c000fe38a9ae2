//! What a message says, by its type.

use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::Attachment;
use serde_json::{Map, Value, json};

/// Text, files and further attributes of a message.
#[derive(Default)]
pub(super) struct Content {
    pub(super) text: String,
    pub(super) attachments: Vec<Attachment>,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

impl Content {
    /// What a message of a type says. A type that is unknown or without its field
    /// is still a message: without text, with the attribute `unsupported`.
    pub(super) fn read(kind: &str, message: &Value, account: &str) -> Content {
        let field = message.get(kind).filter(|field| !field.is_null());
        let content = match (kind, field) {
            ("text", Some(text)) => text.text(&["body"]).map(Content::of_text),
            ("image" | "video" | "audio" | "document" | "sticker", Some(media)) => {
                Some(Content::of_media(kind, media, account))
            }
            ("location", Some(location)) => Some(Content::of_location(location)),
            ("contacts", Some(Value::Array(cards))) => Some(Content::of_cards(cards)),
            ("button", Some(button)) => Some(Content::of_button(button)),
            ("interactive", Some(reply)) => Content::of_interactive(reply),
            ("order", Some(order)) => Some(Content::of_order(order)),
            _ => None,
        };
        content.unwrap_or_else(|| Content::of_unsupported(kind, message))
    }

    fn of_text(text: &str) -> Content {
        Content {
            text: text.to_owned(),
            ..Content::default()
        }
    }

    fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Content {
        self.attributes
            .extend(value.map(|value| (name, value.into())));
        self
    }

    /// A file by its id. Its URL is valid for minutes, needs the token, and differs
    /// between deliveries: the host asks for it when it fetches the file.
    fn of_media(kind: &str, media: &Value, account: &str) -> Content {
        let text = |name: &str| media.text(&[name]);
        let id = media.id(&["id"]);
        let file = Attachment {
            kind: match kind {
                "sticker" => "image",
                kind => kind,
            }
            .to_owned(),
            name: text("filename").map(|name| cut(name, NAME_BYTES).to_owned()),
            media_type: text("mime_type").map(|kind| cut(kind, NAME_BYTES).to_owned()),
            size: None,
            url: id.and_then(|id| media::reference(super::CHANNEL, account, &[&id])),
        };
        let sticker = match media.flag(&["animated"]) {
            true => "animated",
            false => "static",
        };
        let voice = media.flag(&["voice"]).then_some(true);
        Content {
            attachments: vec![file],
            ..Content::of_text(text("caption").unwrap_or_default())
        }
        .with("voice", voice)
        .with("sticker", (kind == "sticker").then_some(sticker))
    }

    fn of_location(location: &Value) -> Content {
        let mut kept = Map::new();
        for name in ["latitude", "longitude"] {
            if let Some(number) = location.get(name).filter(|value| value.is_number()) {
                kept.insert(name.to_owned(), number.clone());
            }
        }
        for name in ["name", "address", "url"] {
            if let Some(text) = location.text(&[name]) {
                kept.insert(name.to_owned(), text.into());
            }
        }
        let lines = ["name", "address"].into_iter();
        let lines: Vec<&str> = lines.filter_map(|name| location.text(&[name])).collect();
        let name = location.text(&["name"]);
        let file = Attachment {
            name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
            ..media::bare("location")
        };
        Content {
            attachments: vec![file],
            ..Content::of_text(&lines.join("\n"))
        }
        .with("location", Some(kept))
    }

    /// Contact cards. One may lack a name.
    fn of_cards(cards: &[Value]) -> Content {
        let mut content = Content::default();
        let mut lines = Vec::new();
        let mut kept = Vec::new();
        for card in cards.iter().take(ATTACHMENTS) {
            let name = card.text(&["name", "formatted_name"]);
            let name = name.or_else(|| card.text(&["name", "first_name"]));
            let values = |list: &str, field: &str| -> Vec<String> {
                let items = card.list(list).iter();
                let texts = items.filter_map(|item| item.text(&[field]));
                texts.map(str::to_owned).collect()
            };
            let (phones, emails) = (values("phones", "phone"), values("emails", "email"));
            let line = name.into_iter().map(str::to_owned);
            let line = line
                .chain(phones.iter().cloned())
                .chain(emails.iter().cloned());
            lines.push(line.collect::<Vec<_>>().join(" "));
            content.attachments.push(Attachment {
                name: name.map(|name| cut(name, NAME_BYTES).to_owned()),
                media_type: Some("text/vcard".to_owned()),
                ..media::bare("other")
            });
            kept.push(json!({"name": name, "phones": phones, "emails": emails}));
        }
        content.text = lines.join("\n").trim().to_owned();
        content.with("contacts", Some(kept))
    }

    /// A button of a template.
    fn of_button(button: &Value) -> Content {
        Content::of_text(button.text(&["text"]).unwrap_or_default())
            .with("payload", button.text(&["payload"]))
    }

    /// An answer to buttons, a list, a form or a request to call.
    fn of_interactive(reply: &Value) -> Option<Content> {
        let kind = reply.text(&["type"])?;
        let answer = reply.get(kind)?;
        let text = |name: &str| answer.text(&[name]);
        Some(match kind {
            "button_reply" | "list_reply" => Content::of_text(text("title").unwrap_or_default())
                .with("payload", text("id"))
                .with("description", text("description")),
            "nfm_reply" => Content::of_text(text("body").unwrap_or_default())
                .with("form", text("name"))
                .with("form_answer", text("response_json")),
            "call_permission_reply" => Content::default().with("call_permission", text("response")),
            _ => return None,
        })
    }

    fn of_order(order: &Value) -> Content {
        let items = order.list("product_items");
        let kept = json!({
            "catalog_id": order.text(&["catalog_id"]),
            "items": items,
        });
        Content::of_text(order.text(&["text"]).unwrap_or_default())
            .with("items", Some(items.len()))
            .with("order", Some(kept))
    }

    /// Nothing that can be shown: the provider does not pass the content on, or
    /// this version does not know the type.
    fn of_unsupported(kind: &str, message: &Value) -> Content {
        let errors = message.list("errors").iter();
        let codes: Vec<i64> = errors
            .filter_map(|error| error.get("code")?.as_i64())
            .take(ATTACHMENTS)
            .collect();
        let inner = message.text(&["unsupported", "type"]).unwrap_or(kind);
        let unsupported = json!({"type": cut(inner, NAME_BYTES), "codes": codes});
        Content::default().with("unsupported", Some(unsupported))
    }
}
