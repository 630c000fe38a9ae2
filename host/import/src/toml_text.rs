//! TOML text of the company file.

use serde_json::Value as Json;
use toml::{Table, Value};

/// Appends a table, and an empty line.
pub(crate) fn push(text: &mut String, table: &Table) {
    // A table of texts, numbers and tables can always be written.
    text.push_str(&toml::to_string_pretty(table).unwrap_or_default());
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
}

/// The value without `null`, which TOML does not have and rules read as absent; also without
/// numbers that neither 64-bit type holds.
pub(crate) fn from_json(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::from(number),
            None => Value::from(number.as_f64()?),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::Array(items.iter().filter_map(from_json).collect()),
        Json::Object(entries) => Value::Table(
            entries
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), from_json(value)?)))
                .collect(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_toml_has_is_written_and_null_is_left_out() {
        let json = serde_json::json!({"a": [1, null, 2.5, "x"], "b": {"c": true, "d": null}});
        let Some(Value::Table(table)) = from_json(&json) else {
            panic!("a table");
        };
        let mut text = String::new();
        push(&mut text, &table);
        assert!(text.ends_with("c = true\n\n"), "{text}");
        let read: Table = text.parse().expect("TOML");
        assert_eq!(read, table);
        assert_eq!(read["a"].as_array().map(Vec::len), Some(3));
    }
}
