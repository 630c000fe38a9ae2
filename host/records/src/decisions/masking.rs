//! Masking of decisions for callers who may not read personal data.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use patchbay_model::masking::mask_document;
use serde_json::{Value, json};

use super::StoredDecision;

/// Replaces the names and addresses of authors.
const CONTACT: &str = "[contact]";
/// Methods of a contact, and fields of its view, that name a person.
const CONTACT_NAMES: [&str; 3] = ["address", "name", "id"];
/// A shorter name is not replaced: it is part of too many words.
const MIN_NAME: usize = 3;
/// Fields the host writes; their digits are not telephone numbers.
const HOST_FIELDS: [&str; 5] = ["id", "conversation", "kind", "at", "outcome"];

impl StoredDecision {
    /// The decision as JSON, with personal data masked: what the detector
    /// finds, and the names and addresses of authors.
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

    /// Names, addresses and ids of authors; the longest first, because a name
    /// may be part of another.
    fn author_names(&self) -> Vec<String> {
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
        let mut names: Vec<String> = names.into_iter().collect();
        names.retain(|name| name.chars().count() >= MIN_NAME);
        names.sort_by_key(|name| Reverse(name.len()));
        names
    }
}

fn replace_names(value: &Value, names: &[String]) -> Value {
    match value {
        Value::String(text) => {
            let replace = |text: String, name: &String| text.replace(name.as_str(), CONTACT);
            Value::String(names.iter().fold(text.clone(), replace))
        }
        Value::Array(items) => items.iter().map(|it| replace_names(it, names)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| match name.as_str() {
                "author" => (name.clone(), json!({})),
                _ => (name.clone(), replace_names(value, names)),
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
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
