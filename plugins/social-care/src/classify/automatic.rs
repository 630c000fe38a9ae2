//! Recognises messages that no person wrote now.

use patchbay_sdk::prelude::*;
use patchbay_sdk::text::mail::Automatic;

/// Attributes that may hold the header fields of a mail as one JSON object.
const HEADER_OBJECTS: [&str; 2] = ["headers", "header"];
const SUBJECT: &str = "subject";

/// Whether an interaction is an automatic reply, a report or a notification: by the attributes that
/// carry header fields of a mail, by its subject, or by its text.
pub(super) fn is_automatic(interaction: &Interaction, text: &str) -> bool {
    let names = interaction.attribute_names();
    let by_attribute = names.iter().any(|name| {
        let value = || interaction.attribute(name).unwrap_or_default();
        if HEADER_OBJECTS
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
        {
            return holds_automatic_field(&value());
        }
        if name.eq_ignore_ascii_case(SUBJECT) {
            return Automatic::from_text(&value()).is_some();
        }
        Automatic::from_header(name, &value()).is_some()
    });
    by_attribute
        || (interaction.channel() == Channel::Email && Automatic::from_text(text).is_some())
}

/// Whether a JSON object of header fields has one of automatic mail.
fn holds_automatic_field(object: &str) -> bool {
    let Ok(fields) = settings::parse::<std::collections::BTreeMap<String, Field>>(object) else {
        return false;
    };
    fields.iter().any(|(name, field)| {
        let values: &[String] = match field {
            Field::One(value) => std::slice::from_ref(value),
            Field::Several(values) => values,
            Field::Other(_) => &[],
        };
        values
            .iter()
            .any(|value| match name.eq_ignore_ascii_case(SUBJECT) {
                true => Automatic::from_text(value).is_some(),
                false => Automatic::from_header(name, value).is_some(),
            })
    })
}

/// Value of a header field; a field may occur several times.
#[derive(Deserialize)]
#[serde(crate = "patchbay_sdk::serde", untagged)]
enum Field {
    One(String),
    Several(Vec<String>),
    Other(patchbay_sdk::serde::de::IgnoredAny),
}
