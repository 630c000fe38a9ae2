//! Reading an interaction of an integrator: what is odd but readable is taken
//! in with a warning, because a customer wrote it.

use patchbay_config::name_suggestion;
use serde_json::{Map, Value};

use super::{INTERACTION_FIELDS, Interaction, into_object};
use crate::input::{InputError, InputWarning, TEXT_BYTES, WHOLE_TEXT_BYTES};
use crate::{identifier, language_tag};

/// Attribute of an interaction whose text was cut: the size of the whole text
/// in bytes.
pub const CUT_TEXT_ATTRIBUTE: &str = "text_bytes";

/// An interaction as an integrator delivered it, and what was odd about it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadInteraction {
    /// The interaction.
    pub interaction: Interaction,
    /// What the integrator should look at.
    pub warnings: Vec<InputWarning>,
}

impl Interaction {
    /// Read an interaction from an integrator.
    ///
    /// - Unknown fields become `attributes`, unless an attribute of the same
    ///   name exists, with a warning where the name is nearly a known field
    ///   that is absent.
    /// - The language tag gets its usual spelling; one that is not well-formed
    ///   is dropped with a warning.
    /// - White space around an address or account and invisible characters in it
    ///   are removed with a warning; an empty one counts as absent.
    /// - A text of more than [`TEXT_BYTES`] is cut there, on a character
    ///   boundary. The attribute [`CUT_TEXT_ATTRIBUTE`] then has the size of
    ///   the whole, and [`Interaction::rest`] what was cut off.
    ///
    /// `absent` are fields that the caller reads itself and has not found: a name
    /// that is nearly one of them has a warning too.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn read_outside(value: Value, absent: &[&str]) -> Result<ReadInteraction, InputError> {
        let mut map = into_object("interaction", value)?;
        let mut warnings = Vec::new();
        move_unknown_fields(&mut map, absent, &mut warnings)?;
        normalize_language(&mut map, &mut warnings);
        clean_addresses(&mut map, &mut warnings);
        let cut = cut_text(&mut map, &mut warnings)?;
        let mut interaction = Interaction::from_map(map)?;
        if let Some((rest, bytes)) = cut {
            let attributes = &mut interaction.attributes;
            attributes.insert(CUT_TEXT_ATTRIBUTE.to_owned(), bytes.into());
            interaction.rest = Some(rest);
        }
        Ok(ReadInteraction {
            interaction,
            warnings,
        })
    }

    /// [`Interaction::read_outside`] without the warnings.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn from_outside(value: Value) -> Result<Interaction, InputError> {
        Ok(Interaction::read_outside(value, &[])?.interaction)
    }
}

fn move_unknown_fields(
    map: &mut Map<String, Value>,
    absent: &[&str],
    warnings: &mut Vec<InputWarning>,
) -> Result<(), InputError> {
    let unknown: Vec<String> = map
        .keys()
        .filter(|key| !INTERACTION_FIELDS.contains(&key.as_str()))
        .cloned()
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let absent: Vec<&str> = INTERACTION_FIELDS
        .iter()
        .filter(|field| !map.contains_key(**field))
        .chain(absent)
        .copied()
        .collect();
    let mut attributes = match map.remove("attributes") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(InputError::invalid("attributes", "must be an object")),
    };
    for key in unknown {
        if let Some(field) = nearly(&key, &absent) {
            warnings.push(InputWarning::new(
                &key,
                format!("is not a field and was kept as an attribute; did you mean `{field}`?"),
            ));
        }
        if let Some(value) = map.remove(&key) {
            attributes.entry(key).or_insert(value);
        }
    }
    map.insert("attributes".to_owned(), Value::Object(attributes));
    Ok(())
}

/// The field that a name nearly is: the same letters in another style
/// (`inReplyTo`), or a typing error.
fn nearly<'a>(name: &str, fields: &[&'a str]) -> Option<&'a str> {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let own = letters(name);
    let same = fields.iter().find(|field| letters(field) == own).copied();
    same.or_else(|| name_suggestion::nearest(name, fields.iter().copied()))
        .or_else(|| {
            let near = fields.iter().map(|field| (letters(field), *field));
            let near: Vec<(String, &str)> = near.collect();
            let found = name_suggestion::nearest(&own, near.iter().map(|(it, _)| it.as_str()))?;
            near.iter()
                .find(|(it, _)| it == found)
                .map(|(_, field)| *field)
        })
}

fn normalize_language(map: &mut Map<String, Value>, warnings: &mut Vec<InputWarning>) {
    let Some(Value::String(tag)) = map.get("language") else {
        return;
    };
    match language_tag::normalize(tag) {
        Some(normal) => {
            map.insert("language".to_owned(), normal.into());
        }
        None => {
            map.remove("language");
            warnings.push(InputWarning::new(
                "language",
                "is not a language tag (BCP 47, such as `pt-BR`) and was dropped",
            ));
        }
    }
}

/// Channels copy numbers and handles out of contact cards and forms, with marks
/// of writing direction and spaces around them.
fn clean_addresses(map: &mut Map<String, Value>, warnings: &mut Vec<InputWarning>) {
    clean(map, "account", "account", warnings);
    for field in ["conversation", "in_reply_to"] {
        if map.get(field).and_then(Value::as_str) == Some("") {
            map.remove(field);
        }
    }
    if let Some(Value::Object(author)) = map.get_mut("author") {
        clean(author, "address", "author.address", warnings);
    }
}

fn clean(map: &mut Map<String, Value>, field: &str, path: &str, warnings: &mut Vec<InputWarning>) {
    let Some(Value::String(text)) = map.get(field) else {
        return;
    };
    let visible = text.replace(identifier::is_invisible, "");
    let clean = visible.trim_matches(|c: char| c.is_whitespace() && !c.is_control());
    let message = match clean {
        "" => "is empty and was dropped",
        same if same == text => return,
        _ => "had white space around it or invisible characters, which were removed",
    };
    warnings.push(InputWarning::new(path, message));
    match clean.to_owned() {
        empty if empty.is_empty() => map.remove(field),
        clean => map.insert(field.to_owned(), clean.into()),
    };
}

/// Cut a text that is too long. Returns what was cut off, and the size of the
/// whole in bytes.
fn cut_text(
    map: &mut Map<String, Value>,
    warnings: &mut Vec<InputWarning>,
) -> Result<Option<(String, usize)>, InputError> {
    let Some(Value::String(text)) = map.get_mut("text") else {
        return Ok(None);
    };
    let bytes = text.len();
    if bytes <= TEXT_BYTES {
        return Ok(None);
    }
    crate::input::check_bytes("text", text, WHOLE_TEXT_BYTES)?;
    let rest = text.split_off(text.floor_char_boundary(TEXT_BYTES));
    warnings.push(InputWarning::new(
        "text",
        format!(
            "is {bytes} bytes long and was cut to {}; the whole is stored",
            text.len()
        ),
    ));
    Ok(Some((rest, bytes)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> ReadInteraction {
        Interaction::read_outside(value, &[]).expect("valid")
    }

    fn message(field: &str, value: Value) -> Value {
        let mut message = json!({"id": "1", "channel": "email", "text": "hi"});
        message[field] = value;
        message
    }

    #[test]
    fn a_name_that_is_nearly_a_field_is_kept_with_a_warning() {
        for (name, field) in [
            ("autor", "author"),
            ("Author", "author"),
            ("auhtor", "author"),
            ("langauge", "language"),
            ("receivedAt", "received_at"),
            ("recieved_at", "received_at"),
            ("received-at", "received_at"),
            ("inReplyTo", "in_reply_to"),
            ("InReplyTo", "in_reply_to"),
            ("inreply_too", "in_reply_to"),
            ("conversaton", "conversation"),
            ("atachments", "attachments"),
            ("acount", "account"),
            ("visiblity", "visibility"),
        ] {
            let read = read(message(name, json!({"name": "Jo"})));
            assert_eq!(read.interaction.attributes[name], json!({"name": "Jo"}));
            let [warning] = &read.warnings[..] else {
                panic!("{name}: {:?}", read.warnings);
            };
            assert_eq!(warning.field, name);
            assert!(
                warning.message.contains(&format!("`{field}`")),
                "{warning:?}"
            );
        }
    }

    #[test]
    fn other_names_are_attributes_without_a_warning() {
        for name in [
            "retweets",
            "brand",
            "provider_id",
            "test",
            "texts",
            "likes",
            "followers",
        ] {
            assert_eq!(read(message(name, json!(1))).warnings, []);
        }
        let mut both = message("autor", json!(1));
        both["author"] = json!({"address": "jo@example.org"});
        assert_eq!(read(both).warnings, [], "the field itself is given");
    }

    #[test]
    fn a_language_is_normalised_or_dropped_with_a_warning() {
        let american = read(message("language", json!("en_us")));
        assert_eq!(american.interaction.language.as_deref(), Some("en-US"));
        assert_eq!(american.warnings, []);
        for bad in ["", "english language", "e", "en;q=1", &"a".repeat(1_000)] {
            let read = read(message("language", json!(bad)));
            assert_eq!(read.interaction.language, None, "{bad}");
            assert_eq!(read.warnings[0].field, "language", "{bad}");
            assert!(!read.warnings[0].message.contains("aaaa"));
        }
    }

    #[test]
    fn an_address_is_cleaned_of_what_nobody_sees() {
        for (given, clean) in [
            (" jo@example.org ", Some("jo@example.org")),
            ("\u{202a}+41 79 123 45 67\u{202c}", Some("+41 79 123 45 67")),
            ("jo\u{200b}@example.org\u{a0}", Some("jo@example.org")),
            ("\u{feff}", None),
            ("", None),
        ] {
            let read = read(message("author", json!({"address": given})));
            assert_eq!(
                read.interaction.author.address.as_deref(),
                clean,
                "{given:?}"
            );
            assert_eq!(read.warnings[0].field, "author.address", "{given:?}");
        }
    }

    #[test]
    fn control_characters_in_identifiers_and_addresses_are_refused() {
        for bad in [
            "\u{0}jo",
            "jo\n",
            "j\to",
            "jo\u{1b}[31m",
            "jo\u{85}",
            "a\u{2028}b",
        ] {
            for (field, value) in [
                ("id", json!(bad)),
                ("conversation", json!(bad)),
                ("in_reply_to", json!(bad)),
                ("account", json!(bad)),
                ("author", json!({"address": bad})),
            ] {
                let error = Interaction::read_outside(message(field, value), &[]);
                let error = error.expect_err("refused");
                assert!(
                    error.field().is_some_and(|it| it.starts_with(field)),
                    "{error}"
                );
                assert!(!error.to_string().contains(bad), "{error}");
            }
        }
        for bad in [" 1", "1 ", "\u{200d}1", "1\u{2060}2"] {
            assert!(
                Interaction::read_outside(message("id", json!(bad)), &[]).is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_kept_whole() {
        for (character, kept) in [
            ("x", TEXT_BYTES),
            ("界", TEXT_BYTES - 1),
            ("🙂", TEXT_BYTES),
        ] {
            let whole = character.repeat(70_000 / character.len());
            let read = read(message("text", json!(whole)));
            let interaction = read.interaction;
            assert_eq!(interaction.text.len(), kept, "{character}");
            let rest = interaction.rest.as_deref().expect("a rest");
            assert_eq!(format!("{}{rest}", interaction.text), whole);
            assert_eq!(interaction.attributes[CUT_TEXT_ATTRIBUTE], whole.len());
            assert_eq!(read.warnings[0].field, "text");
        }
        let short = read(message("text", json!("x".repeat(TEXT_BYTES))));
        assert_eq!((short.interaction.rest, short.warnings), (None, vec![]));
    }

    #[test]
    fn a_text_beyond_the_whole_limit_is_refused() {
        let error = Interaction::read_outside(
            message("text", json!("x".repeat(WHOLE_TEXT_BYTES + 1))),
            &[],
        );
        assert_eq!(
            error.expect_err("too long").to_string(),
            "`text` is 524289 bytes long; the limit is 524288"
        );
    }

    #[test]
    fn a_cut_interaction_round_trips_through_json() {
        let cut = read(message("text", json!("x".repeat(70_000)))).interaction;
        let json = serde_json::to_value(&cut).expect("serialises");
        assert_eq!(Interaction::from_own(json).expect("valid"), cut);
    }
}
