//! Fields of JSON documents that a server or the journal gives.

use serde_json::Value;

/// A text field; empty where it is absent.
pub fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document[field].as_str().unwrap_or_default()
}

/// A number; 0 where it is absent.
pub fn number(document: &Value, field: &str) -> u64 {
    document[field].as_u64().unwrap_or_default()
}

/// A list; empty where it is absent.
pub fn list<'a>(document: &'a Value, field: &str) -> &'a [Value] {
    document[field].as_array().map_or(&[], Vec::as_slice)
}
