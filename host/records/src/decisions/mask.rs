//! What may be shown of a decision to whoever has no business with the
//! customer's words.

use std::collections::BTreeSet;

use patchbay_model::interaction::Author;
use patchbay_model::masking::mask_document;
use serde_json::{Value, json};

use super::KeptDecision;

/// What stands for whoever wrote.
const CONTACT: &str = "[contact]";
/// A name shorter than this is in too many words.
const NAME: usize = 3;

/// A decision with personal data masked: what the detector finds, and who wrote
/// by address and name, wherever it stands.
pub fn masked(kept: &KeptDecision) -> Value {
    let document = serde_json::to_value(kept).unwrap_or(Value::Null);
    let mut shown = hide(kept, &document);
    // Digests and ids are no telephone numbers, whatever digits they have.
    put_back(&document, &mut shown);
    shown
}

/// A document made of a decision, masked like that.
pub fn hide(kept: &KeptDecision, document: &Value) -> Value {
    mask_document(&without(document, &names(kept)))
}

/// By what whoever wrote is known in it, the longest first: one name may be a
/// piece of another.
fn names(kept: &KeptDecision) -> Vec<String> {
    let mut names = BTreeSet::new();
    if let Some(texts) = &kept.texts {
        let all = texts.earlier.iter().chain(&texts.elsewhere);
        for text in all.chain([&texts.interaction]) {
            of_author(&text.author, &mut names);
        }
    }
    for part in kept.parts() {
        let calls = part.transcript.into_iter().flatten();
        for call in calls {
            let is_name = matches!(
                call.name.as_str(),
                "types.contact.address" | "types.contact.name" | "types.contact.id"
            );
            if let (true, Some(Value::String(name))) = (is_name, call.result) {
                names.insert(name);
            }
        }
    }
    let mut names: Vec<String> = names
        .into_iter()
        .filter(|name| name.chars().count() >= NAME)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
}

fn of_author(author: &Author, names: &mut BTreeSet<String>) {
    names.extend(author.address.clone());
    names.extend(author.name.clone());
}

fn without(value: &Value, names: &[String]) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for name in names {
                if text.contains(name.as_str()) {
                    text = text.replace(name.as_str(), CONTACT);
                }
            }
            Value::String(text)
        }
        Value::Array(items) => items.iter().map(|item| without(item, names)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| match name.as_str() {
                "author" => (name.clone(), json!({})),
                _ => (name.clone(), without(value, names)),
            });
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

/// What the host itself wrote is shown as it is.
fn put_back(document: &Value, shown: &mut Value) {
    for field in ["id", "conversation", "kind", "at", "outcome"] {
        if let Some(own) = document.get(field) {
            shown[field] = own.clone();
        }
    }
    let parts = document["record"]["stamp"]["plugins"].as_array();
    for (index, part) in parts.into_iter().flatten().enumerate() {
        for field in ["digest", "settings", "snapshot"] {
            if let Some(own) = part.get(field) {
                shown["record"]["stamp"]["plugins"][index][field] = own.clone();
            }
        }
    }
    if let Some(now) = document["given"].get("now") {
        shown["given"]["now"] = now.clone();
    }
}
