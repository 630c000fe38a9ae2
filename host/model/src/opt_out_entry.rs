//! A line of a list of opt-outs: an address that the company may not write to, or
//! may again.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::codes;
use crate::contact_record::RecordAddress;
use crate::input::{self, InputError};
use crate::interaction::{deserialize, into_object, reject_unknown};

codes! {
    /// What an opt-out is about.
    #[derive(Default)]
    pub enum MessagePurpose {
        /// Every message of the company.
        #[default]
        Any = "any",
        /// Advertisements; answers to the customer are not.
        Marketing = "marketing",
    }
}

/// Fields of an entry as JSON, and columns of one as CSV.
pub const FIELDS: &[&str] = &[
    "channel",
    "address",
    "account",
    "purpose",
    "opted_out",
    "source",
    "at",
];

/// Most bytes of a source.
const SOURCE_BYTES: usize = 32;
/// Source of an entry that names none.
const USUAL_SOURCE: &str = "list";

/// What the company knows about messages to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOutEntry {
    /// The address.
    pub address: RecordAddress,
    /// The company's account on the channel; empty: all of them.
    pub account: String,
    /// What it is about.
    pub purpose: MessagePurpose,
    /// Whether they opted out; else they opted in again.
    pub is_opted_out: bool,
    /// Code of how the company knows, such as `letter` or `call`.
    pub source: String,
    /// When the customer said so; absent: now.
    pub at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct EntryDocument {
    channel: String,
    address: String,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    opted_out: Option<bool>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    at: Option<String>,
}

impl OptOutEntry {
    /// Read an entry. By default it opts out of every message of every account on
    /// the channel, source `list`.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault. Its message repeats no value.
    pub fn from_value(value: Value) -> Result<OptOutEntry, InputError> {
        let map = into_object("entry", value)?;
        reject_unknown(&map, FIELDS)?;
        check_types(&map)?;
        let document: EntryDocument = deserialize(map, &["channel", "address"])?;
        let address = RecordAddress {
            channel: document.channel,
            address: document.address,
        };
        address.check("")?;
        let account = document.account.unwrap_or_default();
        if !account.is_empty() {
            input::check_identifier("account", &account, input::NAME_BYTES)?;
        }
        let purpose = match document.purpose {
            None => MessagePurpose::default(),
            Some(code) => MessagePurpose::from_code(&code)
                .ok_or_else(|| InputError::invalid("purpose", "must be any or marketing"))?,
        };
        let source = document.source.unwrap_or_else(|| USUAL_SOURCE.to_owned());
        if !input::is_code(&source) || source.len() > SOURCE_BYTES {
            let problem = "is not a code of at most 32 bytes: use lower-case letters, digits, hyphens and dots";
            return Err(InputError::invalid("source", problem));
        }
        let at = document.at.map(|at| {
            at.parse().map_err(|_| {
                InputError::invalid("at", "is not a time such as 2026-03-02T10:15:00Z")
            })
        });
        Ok(OptOutEntry {
            address,
            account,
            purpose,
            is_opted_out: document.opted_out.unwrap_or(true),
            source,
            at: at.transpose()?,
        })
    }
}

impl OptOutEntry {
    /// The entry as [`OptOutEntry::from_value`] reads it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "channel": self.address.channel,
            "address": self.address.address,
            "account": self.account,
            "purpose": self.purpose.as_str(),
            "opted_out": self.is_opted_out,
            "source": self.source,
            "at": self.at,
        })
    }
}

/// A wrong type is named here: the message of the parser would repeat the value.
fn check_types(map: &Map<String, Value>) -> Result<(), InputError> {
    for (field, value) in map {
        match (field.as_str(), value) {
            ("channel" | "address", Value::String(_)) | ("opted_out", Value::Bool(_)) => {}
            ("opted_out", Value::Null) => {}
            ("opted_out", _) => return Err(InputError::invalid(field, "must be true or false")),
            ("channel" | "address", _) => {
                return Err(InputError::invalid(field, "must be a text"));
            }
            (_, Value::String(_) | Value::Null) => {}
            _ => return Err(InputError::invalid(field, "must be a text")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_written_as_json_is_read_as_the_same() {
        let entry = json!({"channel": "sms", "address": "+41791234567", "purpose": "marketing",
            "opted_out": false, "source": "letter", "at": "2026-03-02T10:15:00Z"});
        for value in [entry, json!({"channel": "sms", "address": "+41791234567"})] {
            let entry = OptOutEntry::from_value(value).expect("valid");
            assert_eq!(OptOutEntry::from_value(entry.to_value()), Ok(entry));
        }
    }

    #[test]
    fn an_entry_opts_out_of_everything_by_default() {
        let entry = OptOutEntry::from_value(json!({"channel": "sms", "address": "+41791234567"}));
        let entry = entry.expect("valid");
        assert!(entry.is_opted_out && entry.at.is_none() && entry.account.is_empty());
        assert_eq!(
            (entry.purpose, &*entry.source),
            (MessagePurpose::Any, "list")
        );
    }

    #[test]
    fn an_error_names_the_field_and_repeats_no_value() {
        let secret = "Jo Secret\u{7}";
        for (field, value) in [
            ("channel", json!(secret)),
            ("channel", json!(null)),
            ("address", json!("")),
            ("address", json!(7)),
            ("address", json!(secret)),
            ("account", json!([])),
            ("account", json!(secret)),
            ("purpose", json!(secret)),
            ("opted_out", json!("no")),
            ("source", json!(secret)),
            ("at", json!(secret)),
            ("at", json!(1)),
            ("since", json!("2026-01-01T00:00:00Z")),
        ] {
            let mut document = json!({"channel": "sms", "address": "+41791234567"});
            document[field] = value;
            let error = OptOutEntry::from_value(document).expect_err(field);
            assert_eq!(error.field(), Some(field), "{error}");
            assert!(!error.to_string().contains("Secret"), "{error}");
        }
    }
}
