//! JSON Schemas of the documents that people write and read: company files, `pack.toml`, cases and
//! decisions. Codes come from the types of the model, so that a schema knows every code the host
//! knows.

mod case;
mod company;
mod components;
mod decision;
mod domain;
mod manifest;
mod request;

use patchbay_model::codes;
use serde_json::{Map, Value, json};

pub use case::MATCHERS;
pub use components::add_components;

codes! {
    /// A document with a schema.
    pub enum DocumentKind {
        /// A company file (TOML).
        Company = "company",
        /// `pack.toml`.
        Pack = "pack",
        /// A case (JSON or TOML).
        Case = "case",
        /// A decision: what `run`, `decide` and cases show.
        Decision = "decision",
    }
}

/// Mark of a set that later versions extend; see [`open`].
const OPEN: &str = "x-patchbay-open";

impl DocumentKind {
    /// The schema (JSON Schema 2020-12). Unknown keys do not fit it.
    pub fn schema(self) -> Value {
        let schema = match self {
            DocumentKind::Company => company::schema(),
            DocumentKind::Pack => manifest::schema(),
            DocumentKind::Case => case::schema(),
            DocumentKind::Decision => decision::schema(),
        };
        let mut whole = Map::new();
        let dialect = "https://json-schema.org/draft/2020-12/schema";
        whole.insert("$schema".to_owned(), dialect.into());
        let title = format!("Patchbay: {}", self.title());
        whole.insert("title".to_owned(), title.into());
        if let Value::Object(fields) = schema {
            whole.extend(fields);
        }
        Value::Object(whole)
    }

    /// File name under which `patchbay new` writes the schema.
    pub fn file_name(self) -> String {
        format!("{self}.schema.json")
    }

    const fn title(self) -> &'static str {
        match self {
            DocumentKind::Company => "company file",
            DocumentKind::Pack => "pack.toml",
            DocumentKind::Case => "case",
            DocumentKind::Decision => "decision",
        }
    }
}

/// The schema of one decision, without the head of [`DocumentKind::schema`].
pub fn decision() -> Value {
    decision::schema()
}

/// The schema of the events of a case; see [`case::input`].
pub fn case_input() -> Value {
    case::input()
}

/// A table with these keys and no others; `required` must be present.
fn object(fields: Value, required: &[&str]) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false});
    schema["properties"] = fields;
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A table with any keys, whose values all have this schema.
fn map(of: Value) -> Value {
    json!({"type": "object", "additionalProperties": of})
}

fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

fn integer(least: u64, most: Option<u64>, description: &str) -> Value {
    let mut schema = json!({"type": "integer", "minimum": least, "description": description});
    if let Some(most) = most {
        schema["maximum"] = most.into();
    }
    schema
}

/// A number that fits into 32 bits.
fn int32(least: u64, most: Option<u64>, description: &str) -> Value {
    let mut schema = integer(least, most, description);
    schema["format"] = "int32".into();
    schema
}

/// A number that fits into 64 bits.
fn int64(least: u64, description: &str) -> Value {
    let mut schema = integer(least, None, description);
    schema["format"] = "int64".into();
    schema
}

fn number(least: f64, most: f64, description: &str) -> Value {
    json!({"type": "number", "minimum": least, "maximum": most, "description": description})
}

/// A closed or documented set of codes.
fn codes(codes: &[&str], description: &str) -> Value {
    json!({"type": "string", "enum": codes, "description": description})
}

/// A set that later versions extend; the text of a closed document is checked against it.
fn open(mut schema: Value) -> Value {
    schema[OPEN] = true.into();
    schema
}

/// A span of time, such as `"90s"`, `"30m"` or `"1h30m"`.
fn duration(description: &str) -> Value {
    json!({
        "type": "string",
        "pattern": "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$",
        "minLength": 2,
        "format": "patchbay-duration",
        "description": format!("{description}; a duration such as 90s, 30m or 1h30m"),
    })
}

/// A moment (RFC 3339).
fn moment(description: &str) -> Value {
    json!({"type": "string", "format": "date-time", "description": description})
}

/// A text with so many characters.
fn within(least: u64, most: u64, mut schema: Value) -> Value {
    if least > 0 {
        schema["minLength"] = least.into();
    }
    schema["maxLength"] = most.into();
    schema
}

/// A list with at most so many entries.
fn at_most(most: u64, mut schema: Value) -> Value {
    schema["maxItems"] = most.into();
    schema
}

/// A value that may be null.
fn optional(mut schema: Value) -> Value {
    schema["type"] = json!([schema["type"], "null"]);
    if let Some(Value::Array(codes)) = schema.get_mut("enum") {
        codes.push(Value::Null);
    }
    schema
}

/// The schema of a value that [`optional`] lets be null, without null.
fn without_null(mut schema: Value) -> Value {
    if let Some([kind, _]) = schema["type"].as_array().map(Vec::as_slice) {
        schema["type"] = kind.clone();
        if let Some(Value::Array(codes)) = schema.get_mut("enum") {
            codes.retain(|code| !code.is_null());
        }
    }
    schema
}

/// A schema with a name, under which the OpenAPI document of the server has it.
fn component(name: &str, description: &str, mut schema: Value) -> Value {
    schema["title"] = name.into();
    schema["description"] = description.into();
    schema
}

/// Adds properties to an object's schema.
fn with(mut schema: Value, fields: Map<String, Value>) -> Value {
    if let Some(Value::Object(known)) = schema.get_mut("properties") {
        known.extend(fields);
    }
    schema
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}

#[cfg(test)]
mod tests;
