//! What a company's CRM says about a person: an external id, addresses on
//! channels, and attributes that policies may read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::address;
use crate::input::{self, InputError};
use crate::interaction::{deserialize, into_object, reject_unknown};

/// Most addresses of a record.
pub const ADDRESSES: usize = 16;
/// Most attributes of a record.
pub const ATTRIBUTES: usize = 32;
/// Most bytes of the value of an attribute.
pub const VALUE_BYTES: usize = 1024;

/// Fields of a record as JSON.
pub const FIELDS: &[&str] = &["id", "verified", "deleted", "addresses", "attributes"];

/// An address of a person on a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordAddress {
    /// Code of the channel.
    pub channel: String,
    /// Handle, number or mail address, in any spelling that the channel knows.
    pub address: String,
}

/// One person of the company's CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRecord {
    /// The CRM's id of the person.
    pub id: String,
    /// What it says.
    pub change: RecordChange,
}

/// What a record says about its person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordChange {
    /// The whole record, which replaces an earlier one of the same id.
    Put(RecordContent),
    /// The CRM has no such person any more.
    Delete,
}

/// The content of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordContent {
    /// Whether the company has verified that all addresses are of this person.
    /// Only then may the record join people who have written before.
    #[serde(default)]
    pub verified: bool,
    /// Where they write from; 1 to [`ADDRESSES`].
    pub addresses: Vec<RecordAddress>,
    /// What policies may read, by name; at most [`ATTRIBUTES`].
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// A record as its fields stand in JSON.
#[derive(Deserialize)]
struct RecordDocument {
    id: String,
    #[serde(default)]
    verified: bool,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    addresses: Vec<RecordAddress>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

impl ContactRecord {
    /// Read a record. Attributes that are null or empty are absent, numbers and
    /// booleans are read as text.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault. Its message repeats the names of
    /// fields, and no address and no value.
    pub fn from_value(value: Value) -> Result<ContactRecord, InputError> {
        let map = into_object("record", value)?;
        reject_unknown(&map, FIELDS)?;
        check_types(&map)?;
        let document: RecordDocument = deserialize(map, &["id"])?;
        input::check_identifier("id", &document.id, input::ID_BYTES)?;
        let change = match document.deleted {
            true => {
                check_is_alone(&document)?;
                RecordChange::Delete
            }
            false => RecordChange::Put(document.content()?),
        };
        Ok(ContactRecord {
            id: document.id,
            change,
        })
    }
}

impl ContactRecord {
    /// The record as [`ContactRecord::from_value`] reads it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.change {
            RecordChange::Delete => json!({"id": self.id, "deleted": true}),
            RecordChange::Put(content) => json!({
                "id": self.id,
                "verified": content.verified,
                "addresses": content.addresses,
                "attributes": content.attributes,
            }),
        }
    }
}

impl Serialize for ContactRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

/// What is deleted has nothing else to say.
fn check_is_alone(document: &RecordDocument) -> Result<(), InputError> {
    match document.addresses.is_empty() && document.attributes.is_empty() {
        true => Ok(()),
        false => Err(InputError::invalid(
            "deleted",
            "is true beside addresses or attributes; leave them out",
        )),
    }
}

/// A wrong type is named here: the message of the parser would repeat the value.
fn check_types(map: &Map<String, Value>) -> Result<(), InputError> {
    let wrong = |field: &str, expected: &str| {
        Err(InputError::invalid(field, format!("must be {expected}")))
    };
    for (field, value) in map {
        match (field.as_str(), value) {
            ("id", Value::String(_))
            | ("verified" | "deleted", Value::Bool(_))
            | ("attributes", Value::Object(_)) => {}
            ("id", _) => return wrong("id", "a text"),
            ("verified" | "deleted", _) => return wrong(field, "true or false"),
            ("attributes", _) => return wrong("attributes", "an object of names and values"),
            (_, Value::Array(addresses)) => {
                for (index, address) in addresses.iter().enumerate() {
                    check_address_type(&format!("addresses[{index}]"), address)?;
                }
            }
            _ => return wrong("addresses", "a list of channels and addresses"),
        }
    }
    Ok(())
}

fn check_address_type(field: &str, address: &Value) -> Result<(), InputError> {
    let Value::Object(parts) = address else {
        let problem = r#"must be an object such as {"channel": "email", "address": "…"}"#;
        return Err(InputError::invalid(field, problem));
    };
    for part in ["channel", "address"] {
        let field = format!("{field}.{part}");
        match parts.get(part) {
            None => return Err(InputError::Missing { field }),
            Some(Value::String(_)) => {}
            Some(_) => return Err(InputError::invalid(&field, "must be a text")),
        }
    }
    reject_unknown(parts, &["channel", "address"])
}

impl RecordDocument {
    fn content(&self) -> Result<RecordContent, InputError> {
        let count = self.addresses.len();
        if count == 0 {
            let field = "addresses".to_owned();
            return Err(InputError::Missing { field });
        }
        input::check_count("addresses", count, ADDRESSES, "entries")?;
        for (index, address) in self.addresses.iter().enumerate() {
            address.check(&format!("addresses[{index}]."))?;
        }
        let mut attributes = BTreeMap::new();
        for (name, value) in &self.attributes {
            let field = format!("attributes.{name}");
            if !input::is_code(name) {
                // A name that is none may be a value that slipped.
                let problem = format!(
                    "has a name that is not a code: use lower-case letters, digits, hyphens and dots, at most {} bytes",
                    input::CODE_BYTES
                );
                return Err(InputError::invalid("attributes", problem));
            }
            if let Some(value) = attribute_text(&field, value)? {
                attributes.insert(name.clone(), value);
            }
        }
        input::check_count("attributes", attributes.len(), ATTRIBUTES, "entries")?;
        Ok(RecordContent {
            verified: self.verified,
            addresses: self.addresses.clone(),
            attributes,
        })
    }
}

impl RecordAddress {
    /// Check both parts; `field` stands before their names in an error.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault. Its message repeats no value.
    pub(crate) fn check(&self, field: &str) -> Result<(), InputError> {
        if !input::is_code(&self.channel) {
            // What stands in the wrong place may be an address.
            let problem = "is not the code of a channel, such as `email` or `sms`";
            return Err(InputError::invalid(&format!("{field}channel"), problem));
        }
        let field = format!("{field}address");
        input::check_identifier(&field, &self.address, input::NAME_BYTES)?;
        match address::is_possible(&self.channel, &self.address) {
            true => Ok(()),
            // No message would ever come from it.
            false => Err(InputError::invalid(&field, "is not a mail address")),
        }
    }
}

/// The text of an attribute; `None` where it is absent.
fn attribute_text(field: &str, value: &Value) -> Result<Option<String>, InputError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            let problem = "must be a text, a number, true or false";
            return Err(InputError::invalid(field, problem));
        }
    };
    input::check_bytes(field, &text, VALUE_BYTES)?;
    if text.chars().any(char::is_control) {
        let problem = "must not contain control characters or line breaks";
        return Err(InputError::invalid(field, problem));
    }
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Result<ContactRecord, InputError> {
        ContactRecord::from_value(value)
    }

    fn whole() -> Value {
        json!({"id": "C-1", "verified": true,
            "addresses": [{"channel": "email", "address": "Jo@example.org"}],
            "attributes": {"tier": "gold", "orders": 7, "vip": true, "note": " ", "old": null}})
    }

    #[test]
    fn numbers_and_booleans_are_texts_and_empty_values_are_absent() {
        let record = read(whole()).expect("valid");
        let RecordChange::Put(content) = record.change else {
            panic!("not deleted");
        };
        let attributes: Vec<_> = content.attributes.into_iter().collect();
        let texts = [("orders", "7"), ("tier", "gold"), ("vip", "true")];
        assert_eq!(attributes, texts.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(content.verified);
    }

    #[test]
    fn a_record_written_as_json_is_read_as_the_same() {
        for value in [whole(), json!({"id": "C-1", "deleted": true})] {
            let record = read(value).expect("valid");
            assert_eq!(read(record.to_value()), Ok(record));
        }
    }

    #[test]
    fn a_deletion_stands_alone() {
        let deleted = read(json!({"id": "C-1", "deleted": true})).expect("valid");
        assert_eq!(deleted.change, RecordChange::Delete);
        let mut both = whole();
        both["deleted"] = true.into();
        assert_eq!(read(both).expect_err("refused").field(), Some("deleted"));
    }

    #[test]
    fn an_error_names_the_field_and_repeats_no_value() {
        let secret = "jo@secret.example";
        let long = secret.repeat(100);
        let many = |count: usize| -> Vec<Value> {
            let one = json!({"channel": "email", "address": secret});
            vec![one; count]
        };
        let names: Map<String, Value> = (0..=ATTRIBUTES)
            .map(|number| (format!("a{number}"), secret.into()))
            .collect();
        for (path, value, field) in [
            ("/id", json!(""), "id"),
            ("/id", json!(7), "id"),
            ("/id", json!(long), "id"),
            ("/id", json!("a\nb"), "id"),
            ("/verified", json!(secret), "verified"),
            ("/addresses", json!([]), "addresses"),
            ("/addresses", json!(secret), "addresses"),
            ("/addresses", json!([secret]), "addresses[0]"),
            ("/addresses", json!(many(ADDRESSES + 1)), "addresses"),
            ("/addresses/0/address", json!(long), "addresses[0].address"),
            ("/addresses/0/address", json!(""), "addresses[0].address"),
            (
                "/addresses/0/address",
                json!("jo.secret"),
                "addresses[0].address",
            ),
            (
                "/addresses/0/address",
                json!([secret]),
                "addresses[0].address",
            ),
            ("/addresses/0/channel", json!(null), "addresses[0].channel"),
            (
                "/addresses/0/channel",
                json!(secret),
                "addresses[0].channel",
            ),
            ("/attributes", json!([secret]), "attributes"),
            ("/attributes", json!({secret: "a"}), "attributes"),
            ("/attributes", json!(names), "attributes"),
            ("/attributes/tier", json!(long), "attributes.tier"),
            ("/attributes/tier", json!([secret]), "attributes.tier"),
            ("/attributes/tier", json!("a\u{7}"), "attributes.tier"),
        ] {
            let mut document = whole();
            *document.pointer_mut(path).expect("a field") = value;
            let error = read(document).expect_err(path);
            assert_eq!(error.field(), Some(field), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for (value, field) in [
            (json!({"addresses": []}), "id"),
            (json!({"id": "1"}), "addresses"),
            (json!({"id": "1", "adresses": []}), "adresses"),
            (json!([1]), "record"),
            (
                json!({"id": "1", "addresses": [{"channel": "email"}]}),
                "addresses[0].address",
            ),
        ] {
            assert_eq!(read(value).expect_err(field).field(), Some(field));
        }
    }
}
