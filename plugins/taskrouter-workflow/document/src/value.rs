//! Values that expressions compare.

use serde_json::Value as Json;

/// Deepest nesting of attributes that is read; what lies deeper is NULL.
const MAX_DEPTH: usize = 32;

/// A value of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Absent, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A text.
    Text(String),
    /// A text whose sender may have meant a number, `true` or `false`: it equals both.
    Untyped(String),
    /// A list.
    List(Vec<Value>),
    /// An object: it has no value of its own, only parts.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// A JSON value.
    pub fn from_json(json: &Json) -> Value {
        Self::from_json_at(json, 0)
    }

    fn from_json_at(json: &Json, depth: usize) -> Value {
        if depth > MAX_DEPTH {
            return Value::Null;
        }
        let inner = |json: &Json| Self::from_json_at(json, depth + 1);
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => number.as_f64().map_or(Value::Null, Value::Number),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(inner).collect()),
            Json::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), inner(value)))
                    .collect(),
            ),
        }
    }

    /// The value of a name within this one; NULL where there is none.
    pub fn member(&self, name: &str) -> &Value {
        match self {
            Value::Object(entries) => entries
                .iter()
                .find_map(|(key, value)| (key == name).then_some(value))
                .unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }

    /// The value at a position of this list, from 0; NULL where there is none.
    pub fn element(&self, index: usize) -> &Value {
        match self {
            Value::List(items) => items.get(index).unwrap_or(&Value::Null),
            _ => &Value::Null,
        }
    }

    /// Whether it is a list or an object.
    pub fn is_composite(&self) -> bool {
        matches!(self, Value::List(_) | Value::Object(_))
    }

    /// Its text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Untyped(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, where it is one or may be meant as one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Untyped(text) => crate::number::parse(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
