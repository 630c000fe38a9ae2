//! Masking of decisions for callers who may not read personal data.

mod author_names;

use std::collections::BTreeSet;

use patchbay_engine::replay::NotReplayable;
use patchbay_model::decision::stage::Stage;
use patchbay_model::masking::mask_document;
use patchbay_model::outcome::OutcomeKind;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::StoredDecision;
use author_names::AuthorNames;

/// Replaces each text that a policy passed to or read from its pack's data.
const DATA: &str = "[data]";
/// Prefix of the host calls that read a pack's data: rows may hold names of customers.
const DATA_CALLS: &str = "data.";
/// Replaces what the CRM says about a person.
const ATTRIBUTE: &str = "[attribute]";
/// The host call that reads it; its argument is the name of an attribute.
const ATTRIBUTE_CALL: &str = "contacts.attribute";
/// Methods of a contact, and fields of its view, that name a person.
const CONTACT_NAMES: [&str; 3] = ["address", "name", "id"];
/// Fields the host writes; their digits are not telephone numbers.
const HOST_FIELDS: [&str; 5] = ["id", "conversation", "kind", "at", "outcome"];

impl StoredDecision {
    /// The decision as JSON, with personal data masked: what the detector
    /// finds, the names and addresses of authors, what the CRM says about them,
    /// and all texts of host calls that read a pack's data.
    #[must_use]
    pub fn to_masked_json(&self) -> Value {
        let document = serde_json::to_value(self).unwrap_or(Value::Null);
        let mut masked = self.mask(&document);
        restore_host_fields(&document, &mut masked);
        masked
    }

    /// A document derived from the decision, with personal data masked.
    #[must_use]
    pub fn mask(&self, document: &Value) -> Value {
        mask_document(&replace_names(document, &self.author_names()))
    }

    /// Names, addresses and ids of authors.
    fn author_names(&self) -> AuthorNames {
        let mut names = BTreeSet::new();
        if let Some(texts) = &self.texts {
            let all = texts.earlier.iter().chain(&texts.elsewhere);
            for text in all.chain(&texts.interaction) {
                names.extend(text.author.address.clone());
                names.extend(text.author.name.clone());
            }
        }
        for result in self.plugin_results() {
            for call in result.transcript.into_iter().flatten() {
                let Some(method) = call.name.strip_prefix("types.contact.") else {
                    continue;
                };
                match (method, call.result) {
                    (method, Some(Value::String(name))) if CONTACT_NAMES.contains(&method) => {
                        names.insert(name);
                    }
                    ("read", Some(view)) => {
                        let fields = CONTACT_NAMES
                            .iter()
                            .filter_map(|field| view[field].as_str());
                        names.extend(fields.map(str::to_owned));
                    }
                    _ => {}
                }
            }
        }
        names.into_iter().collect()
    }
}

fn replace_names(value: &Value, names: &AuthorNames) -> Value {
    match value {
        Value::String(text) => Value::String(names.replace(text)),
        Value::Array(items) => items.iter().map(|it| replace_names(it, names)).collect(),
        Value::Object(fields) => {
            let is_data_call = is_call(fields, |name| name.starts_with(DATA_CALLS));
            let is_attribute_call = is_call(fields, |name| name == ATTRIBUTE_CALL);
            let fields = fields.iter().map(|(name, value)| match name.as_str() {
                "author" => (name.clone(), json!({})),
                "args" | "result" if is_data_call => (name.clone(), mask_texts(value, DATA)),
                "result" if is_attribute_call => (name.clone(), mask_texts(value, ATTRIBUTE)),
                "contact" => {
                    let mut contact = replace_names(value, names);
                    if let Some(attributes) = contact.get_mut("attributes") {
                        *attributes = mask_texts(attributes, ATTRIBUTE);
                    }
                    (name.clone(), contact)
                }
                field if is_host_code(field, value) => (name.clone(), value.clone()),
                _ => (name.clone(), replace_names(value, names)),
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Whether an object is a host call, of a transcript or a replay, with such a name.
fn is_call(fields: &Map<String, Value>, is_named: impl FnOnce(&str) -> bool) -> bool {
    let name = fields.get("name").and_then(Value::as_str);
    fields.contains_key("args") && name.is_some_and(is_named)
}

/// A value without any text. Numbers, the length of lists, the names of fields and absent rows
/// stay.
fn mask_texts(value: &Value, mask: &str) -> Value {
    match value {
        Value::String(_) => mask.into(),
        Value::Array(items) => items.iter().map(|item| mask_texts(item, mask)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), mask_texts(value, mask)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// Whether a field has a code of the host, which programs read and which stays also where an
/// author has such a name.
fn is_host_code(field: &str, value: &Value) -> bool {
    fn is<T: DeserializeOwned>(value: &Value) -> bool {
        value.is_string() && serde_json::from_value::<T>(value.clone()).is_ok()
    }
    match field {
        "stage" => is::<Stage>(value),
        "outcome" | "ended" => is::<OutcomeKind>(value),
        "why" => is::<NotReplayable>(value),
        "result" => matches!(
            value.as_str(),
            Some("same" | "different" | "diverged" | "not-replayable")
        ),
        _ => false,
    }
}

fn restore_host_fields(document: &Value, masked: &mut Value) {
    for field in HOST_FIELDS {
        if let Some(own) = document.get(field) {
            masked[field] = own.clone();
        }
    }
    let plugins = document["record"]["stamp"]["plugins"].as_array();
    for (index, plugin) in plugins.into_iter().flatten().enumerate() {
        for field in ["digest", "settings", "snapshot"] {
            if let Some(own) = plugin.get(field) {
                masked["record"]["stamp"]["plugins"][index][field] = own.clone();
            }
        }
    }
    if let Some(now) = document["given"].get("now") {
        masked["given"]["now"] = now.clone();
    }
}
