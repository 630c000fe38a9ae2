//! From what a visitor's page sends to an interaction.

use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::identifier::is_invisible;
use patchbay_model::interaction::{Author, Interaction};
use serde::Deserialize;

use super::{CHANNEL, Session, WebChat};

/// Most characters of a message.
pub const MESSAGE_CHARACTERS: usize = 4_000;
/// Most bytes of the body: every character escaped, and the rest.
pub(super) const BODY_BYTES: usize = 64 << 10;
/// Separates a visitor's address from the id that the page gave a message.
const SEPARATOR: char = '/';

/// A message, as the page sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    /// UUID that the page made: the same whenever it sends the message again.
    id: String,
    text: String,
}

/// The interaction of a message, or what is wrong with it: the field, and why.
pub(super) fn decode(chat: &WebChat, session: &Session, body: &[u8]) -> Item {
    // A list would be read as the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Item::undecodable("$", "must be an object with the texts id and text");
    }
    let message: Message = match serde_json::from_slice(body) {
        Ok(message) => message,
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let reason = format!(
                "must be an object with the texts id and text (line {line}, column {column})"
            );
            return Item::undecodable("$", reason);
        }
    };
    if !is_uuid(&message.id) {
        let reason =
            "must be a UUID in lower case, such as \"9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b60\"";
        return Item::undecodable("id", reason);
    }
    if let Some(reason) = problem(&message.text) {
        return Item::undecodable("text", reason);
    }
    let provider_id = format!("{}{SEPARATOR}{}", session.address(), message.id);
    let mut attributes = Attributes::default();
    let id = chat.ids.id(&chat.account, &provider_id);
    attributes.set("provider_id", Some(provider_id.into()));
    let interaction = Interaction {
        account: Some(chat.account.clone()),
        author: Author {
            address: Some(session.address().to_owned()),
            verified: Some(session.is_known()),
            ..Author::default()
        },
        text: message.text,
        attributes: attributes.into_map(),
        ..blank_interaction(id, CHANNEL, Visibility::Private)
    };
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("$")
}

/// The id that the page gave a message, by its attribute `provider_id`.
pub fn page_id(provider_id: &str) -> Option<&str> {
    let (_, id) = provider_id.rsplit_once(SEPARATOR)?;
    is_uuid(id).then_some(id)
}

/// Why a text is no message.
fn problem(text: &str) -> Option<String> {
    let is_blank = |c: char| c.is_whitespace() || is_invisible(c);
    if text.chars().all(is_blank) {
        return Some("must not be empty".to_owned());
    }
    let count = text.chars().count();
    if count > MESSAGE_CHARACTERS {
        return Some(format!(
            "has {count} characters; a message has at most {MESSAGE_CHARACTERS}"
        ));
    }
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let is_bad = text.chars().any(is_control);
    is_bad.then(|| "must not have control characters other than line feeds and tabs".to_owned())
}

/// 32 hexadecimal digits in lower case, in groups of 8, 4, 4, 4 and 12.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_visible_text_of_a_bounded_length() {
        for text in ["", " \n\t", "\u{200b}\u{feff}", "\u{a0}"] {
            let problem = problem(text).expect(text);
            assert!(problem.contains("empty"), "{text:?}: {problem}");
        }
        for text in ["a\0", "\u{7}", "a\rb", "\u{1b}[31m", "\u{85}x", "\u{7f}x"] {
            let problem = problem(text).expect(text);
            assert!(problem.contains("control"), "{text:?}: {problem}");
        }
        let long = "é".repeat(4_001);
        assert!(
            problem(&long)
                .expect("too long")
                .contains("4001 characters")
        );
        for text in [
            "Hi",
            "two\nlines\tand a tab",
            "שלום",
            "👩‍🚀",
            "<script>alert(1)</script>",
            &"👩".repeat(4_000),
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_in_one_spelling() {
        let id = "9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b60";
        assert!(is_uuid(id));
        assert_eq!(page_id(&format!("visitor:07/{id}")), Some(id));
        assert_eq!(page_id(&format!("a/b/{id}")), Some(id));
        for other in [
            "",
            "9B2F0C1E-6a1d-4f5e-8c3b-2a7d9e4f1b60",
            "9b2f0c1e6a1d4f5e8c3b2a7d9e4f1b60",
            "{9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b6}",
            "9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b6",
            "9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b600",
            "9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1bé",
        ] {
            assert!(!is_uuid(other), "{other}");
            assert_eq!(page_id(&format!("a/{other}")), None, "{other}");
        }
        assert_eq!(page_id("a"), None);
    }
}
