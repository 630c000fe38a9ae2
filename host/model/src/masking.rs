//! Masks personal data in documents people read. It needs no policy: data a classifier missed, or
//! never saw, is masked as well.

use patchbay_personal_data::mask;
use serde_json::Value;

/// A copy of a document with personal data masked in every text, names of fields included: a card
/// number becomes `[payment-card]`.
pub fn mask_document(document: &Value) -> Value {
    match document {
        Value::String(text) => Value::String(mask(text)),
        Value::Array(items) => Value::Array(items.iter().map(mask_document).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (mask(name), mask_document(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests;
