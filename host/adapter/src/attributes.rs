//! Attributes of a decoded interaction.

use std::collections::BTreeMap;

use patchbay_model::input::{ATTRIBUTES, ATTRIBUTES_BYTES};
use serde_json::Value;

/// Attributes within their limit: one that is too long is left out, and its name
/// is in `left_out`.
#[derive(Default)]
pub struct Attributes {
    map: BTreeMap<String, Value>,
    bytes: usize,
    left_out: Vec<Value>,
}

/// Bytes that `left_out` may need.
const RESERVE: usize = 512;

impl Attributes {
    /// Sets an attribute, if it has a value.
    pub fn set(&mut self, name: &str, value: Option<Value>) {
        let Some(value) = value else {
            return;
        };
        let bytes = name.len() + value.to_string().len();
        if self.map.len() + 1 == ATTRIBUTES || self.bytes + bytes > ATTRIBUTES_BYTES - RESERVE {
            self.left_out.push(name.into());
            return;
        }
        self.bytes += bytes;
        self.map.insert(name.to_owned(), value);
    }

    /// The attributes; with `left_out`, a list of names, if one was too long.
    pub fn into_map(mut self) -> BTreeMap<String, Value> {
        if !self.left_out.is_empty() {
            let left_out = Value::Array(self.left_out);
            self.map.insert("left_out".to_owned(), left_out);
        }
        self.map
    }
}
