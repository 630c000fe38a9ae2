//! Interactions and drafts. The JSON form is the same in the API, on the
//! command line, in cases and in the journal.

mod draft;
mod outside;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use draft::{Draft, WrittenBy};
pub use outside::{CUT_TEXT_ATTRIBUTE, ReadInteraction};

use crate::channel::{self, Visibility};
use crate::input::{self, InputError};
use crate::{address, codes, language_tag, wording};
use patchbay_config::excerpt::without_place;

codes! {
    /// Direction of an interaction.
    #[derive(Default)]
    pub enum Direction {
        /// From the customer.
        #[default]
        Inbound = "inbound",
        /// From the company.
        Outbound = "outbound",
    }
}

/// Author of an interaction, as the channel says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// Handle, number or mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number of people who see their posts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<u64>,
    /// Whether the channel verified them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// A file of an interaction or draft, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `document`, `location` or `other`.
    #[serde(default = "other")]
    pub kind: String,
    /// File name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// URL of the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Attachment {
    /// The file as a person sees it: its URL without query and fragment, which
    /// hold signatures and expiry times, and its name in NFC.
    #[must_use]
    pub fn as_said(&self) -> Attachment {
        let mut said = self.clone();
        if let Some(name) = &mut said.name {
            *name = wording::as_read(name).into_owned();
        }
        if let Some(url) = &mut said.url {
            let end = url.find(['?', '#']).unwrap_or(url.len());
            url.truncate(end);
        }
        said
    }
}

fn normal_language<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let tag = Option::<String>::deserialize(from)?;
    Ok(tag.and_then(|tag| language_tag::normalize(&tag)))
}

fn other() -> String {
    "other".to_owned()
}

/// One inbound or outbound message, post, call or mention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Identifier given by the channel.
    pub id: String,
    /// Code of the channel.
    pub channel: String,
    /// What was written.
    pub text: String,
    /// Direction; inbound by default.
    #[serde(default)]
    pub direction: Direction,
    /// Visibility; the channel's default where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The company's account that was addressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Language the channel gives (BCP 47). A tag that is not well-formed, from
    /// an earlier version of the host, is read as absent.
    #[serde(
        default,
        deserialize_with = "normal_language",
        skip_serializing_if = "Option::is_none"
    )]
    pub language: Option<String>,
    /// When the channel received it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Who wrote it.
    #[serde(default)]
    pub author: Author,
    /// Conversation the channel or the integrator gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Interaction it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// Files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When this wording was written, for an edit (RFC 3339). It orders the
    /// wordings of a message; `received_at` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    /// Whether a program wrote it without a person: an acknowledgement, a
    /// greeting, an out-of-office reply. It answers nothing and asks nothing.
    #[serde(
        default,
        deserialize_with = "flag_or_null",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub automatic: bool,
    /// Other fields of the sender, sorted by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Value>,
    /// The end of a text that was too long, cut off by the host. Policies do
    /// not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<String>,
}

/// A flag that may be null, which is false.
fn flag_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

const INTERACTION_FIELDS: &[&str] = &[
    "id",
    "channel",
    "text",
    "direction",
    "visibility",
    "account",
    "language",
    "received_at",
    "author",
    "conversation",
    "in_reply_to",
    "attachments",
    "edited_at",
    "automatic",
    "attributes",
];

impl Interaction {
    /// Read an interaction from a file of the project; unknown fields are
    /// errors.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn from_own(value: Value) -> Result<Interaction, InputError> {
        let mut map = into_object("interaction", value)?;
        let rest = map.remove("rest");
        reject_unknown(&map, INTERACTION_FIELDS)?;
        if let Some(Value::String(tag)) = map.get("language")
            && language_tag::normalize(tag).is_none()
        {
            let problem = "is not a language tag (BCP 47); write it as in `pt-BR`";
            return Err(InputError::invalid("language", problem));
        }
        let mut interaction = Self::from_map(map)?;
        if let Some(Value::String(rest)) = rest {
            interaction.rest = Some(rest);
        }
        Ok(interaction)
    }

    /// Parse an interaction from an integrator.
    ///
    /// # Errors
    /// [`InputError`] with the place or the field at fault.
    pub fn parse(text: &str) -> Result<Interaction, InputError> {
        Self::from_outside(parse_json(text)?)
    }

    fn from_map(map: Map<String, Value>) -> Result<Interaction, InputError> {
        let interaction: Interaction = deserialize(map, &["id", "channel", "text"])?;
        interaction.check()?;
        Ok(interaction)
    }

    /// Visibility.
    pub fn visibility(&self) -> Visibility {
        self.visibility
            .unwrap_or_else(|| channel::usual_visibility(&self.channel))
    }

    /// The author's address in the canonical form of its channel: equal for the
    /// same person.
    pub fn canonical_author(&self) -> Option<String> {
        let address = self.author.address.as_deref()?;
        Some(address::canonical(&self.channel, address))
    }

    /// Whether both have the same author. Names and reach change.
    pub fn has_same_author(&self, other: &Interaction) -> bool {
        match (&self.author.address, &other.author.address) {
            (Some(own), Some(others)) => {
                own == others || self.canonical_author() == other.canonical_author()
            }
            _ => false,
        }
    }

    /// When this wording was written, as the channel says.
    pub fn written_at(&self) -> Option<Timestamp> {
        self.edited_at.or(self.received_at)
    }

    /// The whole text as a person reads it, cut end included.
    pub fn text_as_read(&self) -> Cow<'_, str> {
        match &self.rest {
            None => wording::as_read(&self.text),
            Some(rest) => {
                Cow::Owned(wording::as_read(&format!("{}{rest}", self.text)).into_owned())
            }
        }
    }

    /// Whether both say the same: text as a person reads it, and files. The rest
    /// of an interaction (reach, counts, other attributes, times) changes without
    /// a person saying anything.
    pub fn says_the_same(&self, other: &Interaction) -> bool {
        let files = |of: &Interaction| -> Vec<Attachment> {
            of.attachments.iter().map(Attachment::as_said).collect()
        };
        let is_same_text = (self.text == other.text && self.rest == other.rest)
            || self.text_as_read() == other.text_as_read();
        is_same_text && files(self) == files(other)
    }

    /// Check every field against its limit.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn check(&self) -> Result<(), InputError> {
        input::check_identifier("id", &self.id, input::ID_BYTES)?;
        input::check_code("channel", &self.channel)?;
        input::check_bytes("text", &self.text, input::TEXT_BYTES)?;
        for (field, value, limit) in [
            ("account", &self.account, input::NAME_BYTES),
            ("author.address", &self.author.address, input::NAME_BYTES),
            ("conversation", &self.conversation, input::ID_BYTES),
            ("in_reply_to", &self.in_reply_to, input::ID_BYTES),
        ] {
            if let Some(value) = value {
                input::check_identifier(field, value, limit)?;
            }
        }
        check_optional("author.name", &self.author.name, input::NAME_BYTES)?;
        check_attachments(&self.attachments)?;
        let own = |name: &&String| *name != CUT_TEXT_ATTRIBUTE;
        let extra = self.attributes.keys().filter(own).count();
        input::check_count("attributes", extra, input::ATTRIBUTES, "entries")?;
        let bytes: usize = self
            .attributes
            .iter()
            .map(|(name, value)| name.len() + json_len(value))
            .sum();
        input::check_count("attributes", bytes, input::ATTRIBUTES_BYTES, "bytes")
    }
}

/// Parse JSON text.
///
/// # Errors
/// [`InputError::Syntax`] with the place.
pub fn parse_json(text: &str) -> Result<Value, InputError> {
    serde_json::from_str(text).map_err(|error| InputError::Syntax {
        problem: without_place(&error),
        line: error.line(),
        column: error.column(),
    })
}

pub(crate) fn into_object(what: &str, value: Value) -> Result<Map<String, Value>, InputError> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(InputError::invalid(what, "must be a JSON object")),
    }
}

pub(crate) fn reject_unknown(map: &Map<String, Value>, known: &[&str]) -> Result<(), InputError> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(InputError::Unknown {
            field: key.clone(),
            known: known.join(", "),
        }),
    }
}

/// Deserialize a map; errors name the field.
pub(crate) fn deserialize<T: serde::de::DeserializeOwned>(
    map: Map<String, Value>,
    required: &[&str],
) -> Result<T, InputError> {
    if let Some(field) = required.iter().find(|field| !map.contains_key(**field)) {
        return Err(InputError::Missing {
            field: (*field).to_owned(),
        });
    }
    serde_path_to_error::deserialize(Value::Object(map)).map_err(|error| {
        let field = error.path().to_string();
        InputError::invalid(&field, format!("does not fit: {}", error.into_inner()))
    })
}

fn check_optional(field: &str, text: &Option<String>, limit: usize) -> Result<(), InputError> {
    match text {
        Some(text) => input::check_bytes(field, text, limit),
        None => Ok(()),
    }
}

/// Check number and fields of attachments.
///
/// # Errors
/// [`InputError`] naming the field.
pub fn check_attachments(files: &[Attachment]) -> Result<(), InputError> {
    input::check_count("attachments", files.len(), input::ATTACHMENTS, "entries")?;
    for (index, file) in files.iter().enumerate() {
        input::check_code(&format!("attachments[{index}].kind"), &file.kind)?;
        for (name, value) in [
            ("name", &file.name),
            ("media_type", &file.media_type),
            ("url", &file.url),
        ] {
            check_optional(
                &format!("attachments[{index}].{name}"),
                value,
                input::NAME_BYTES * 4,
            )?;
        }
    }
    Ok(())
}

fn json_len(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        other => other.to_string().len(),
    }
}

#[cfg(test)]
mod tests;
