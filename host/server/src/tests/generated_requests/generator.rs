//! Makes requests from the OpenAPI document, most of them valid by it.

use patchbay_api::openapi_json;
use serde_json::{Map, Value, json};

use super::known_values::KnownValues;

/// Deepest nesting of a generated value.
const DEPTH: usize = 6;
/// One value of this many is of any type.
const WRONG: usize = 40;

const TEXTS: [&str; 20] = [
    "ana",
    "general",
    "northwind",
    "x",
    "chat",
    "1",
    "2",
    "",
    " ",
    "5%",
    "30m",
    "2d",
    "2026-03-02T10:15:00Z",
    "stage:route",
    "a.db",
    "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",
    "\u{202e}\u{0}",
    "\u{1F600} ol\u{e1}",
    "<a href=\"x\">'\";--",
    "sha256:0f",
];

/// Bodies of the media types other than JSON.
const FILES: [(&str, &[&str]); 2] = [
    (
        "toml",
        &[
            "company = \"northwind\"\n[queue.general]\ndefault = true\n[queue.tax]\nskills = { tax = 3 }\n",
            "company = \"northwind\"\n[queue.general]\ndefault = true\n",
            "company = \"northwind\"\n[queue.other]\ndefault = true\n",
            "company = \"other\"\n[queue.general]\ndefault = true\n",
        ],
    ),
    (
        "ndjson",
        &[
            "{\"id\":\"n1\",\"channel\":\"x\",\"text\":\"Hello\",\"author\":{\"address\":\"@jo\"}}\n{\"id\":\"n2\"}\n",
            "{\"id\":\"n1\",\"kind\":\"edit\",\"channel\":\"x\",\"text\":\"Hi\"}\n",
        ],
    ),
];

const NUMBERS: [i64; 8] = [0, 1, 2, 3, 50, 500, -1, i64::MAX];

/// Decisions of the generator, one for each byte of an input; then all 0.
pub(super) struct Choices<'a>(std::slice::Iter<'a, u8>);

impl<'a> Choices<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Choices<'a> {
        Choices(bytes.iter())
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        let byte = self.0.next().copied().unwrap_or_default();
        usize::from(byte) % count.max(1)
    }

    pub(super) fn one<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.below(all.len())]
    }
}

/// An operation of the document.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) template: String,
    method: String,
    description: Value,
}

pub(super) struct Generator {
    document: Value,
    pub(super) operations: Vec<Operation>,
}

/// A request to an operation: its bytes but for the caller's header.
pub(super) struct Draft {
    line: String,
    head: String,
    body: String,
}

impl Draft {
    /// The bytes of the request of a caller with this header.
    pub(super) fn to_bytes(&self, header: &str) -> Vec<u8> {
        let Draft { line, head, body } = self;
        let length = body.len();
        format!(
            "{line}\r\nHost: localhost\r\nConnection: close\r\n{header}{head}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

impl Generator {
    pub(super) fn new() -> Generator {
        let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, description) in methods.as_object().expect("methods") {
                operations.push(Operation {
                    id: description["operationId"]
                        .as_str()
                        .expect("an id")
                        .to_owned(),
                    template: path.clone(),
                    method: method.to_uppercase(),
                    description: description.clone(),
                });
            }
        }
        Generator {
            document,
            operations,
        }
    }

    /// A request to an operation.
    pub(super) fn draft(
        &self,
        operation: &Operation,
        choices: &mut Choices<'_>,
        known: &KnownValues,
    ) -> Draft {
        let mut maker = Maker {
            document: &self.document,
            choices,
            known,
        };
        let mut path = operation.template.clone();
        let mut query = Vec::new();
        let mut head = String::new();
        let described = &operation.description;
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let value = match maker.named(name, &parameter["schema"], 0) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &encoded(&value)),
                Some("query") if maker.choices.below(3) == 0 => {
                    query.push(format!("{name}={}", encoded(&value)));
                }
                Some("header") if maker.choices.below(3) == 0 => {
                    let text = value.replace(|sign: char| !sign.is_ascii_graphic(), "");
                    head += &format!("{name}: {text}\r\n");
                }
                _ => {}
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let mut body = String::new();
        if let Some(content) = described["requestBody"]["content"].as_object() {
            let media_types: Vec<&String> = content.keys().collect();
            let media_type = *maker.choices.one(&media_types);
            body = maker.body(media_type, &content[media_type]);
            head += &format!("Content-Type: {media_type}\r\n");
        }
        Draft {
            line: format!("{} {path} HTTP/1.1", operation.method),
            head,
            body,
        }
    }
}

/// Makes the values of one request.
struct Maker<'a, 'c> {
    document: &'a Value,
    choices: &'a mut Choices<'c>,
    known: &'a KnownValues,
}

impl Maker<'_, '_> {
    fn body(&mut self, media_type: &str, content: &Value) -> String {
        let mut files = FILES.iter().filter(|(kind, _)| media_type.ends_with(kind));
        if let Some((_, texts)) = files.next() {
            return (*self.choices.one(texts)).to_owned();
        }
        if !content["example"].is_null() && self.choices.below(4) == 0 {
            return content["example"].to_string();
        }
        self.value(&content["schema"], 0).to_string()
    }

    /// A value of a field or parameter: often one that occurred under this name.
    fn named(&mut self, name: &str, schema: &Value, depth: usize) -> Value {
        let known = self.known.of(name).filter(|known| !known.is_empty());
        match known {
            Some(known) if self.choices.below(5) > 0 => {
                known[self.choices.below(known.len())].clone()
            }
            _ => self.value(schema, depth),
        }
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if depth >= DEPTH || self.choices.below(WRONG) == WRONG - 1 {
            let wrong = [
                json!(null),
                json!([1]),
                json!({"a": {}}),
                json!("x"),
                json!(-1.5),
            ];
            return self.choices.one(&wrong).clone();
        }
        if let Some(name) = schema["$ref"].as_str() {
            let pointer = name.trim_start_matches('#');
            let schema = self.document.pointer(pointer).expect("a schema");
            return self.value(schema, depth);
        }
        if !schema["example"].is_null() && self.choices.below(4) == 0 {
            return schema["example"].clone();
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.value(part, depth) {
                    all.extend(fields);
                }
            }
            return Value::Object(all);
        }
        for alternatives in ["oneOf", "anyOf", "enum"] {
            if let Some(all) = schema[alternatives].as_array() {
                let one = self.choices.one(all);
                return match alternatives {
                    "enum" => one.clone(),
                    _ => self.value(one, depth),
                };
            }
        }
        let of_type = match &schema["type"] {
            Value::Array(types) => self.choices.one(types).as_str(),
            one => one.as_str(),
        };
        match of_type {
            Some("object") => self.object(schema, depth),
            Some("array") => {
                let count = self.choices.below(4);
                let items = (0..count).map(|_| self.value(&schema["items"], depth + 1));
                items.collect()
            }
            Some("integer") => json!(self.choices.one(&NUMBERS)),
            Some("number") => json!(*self.choices.one(&NUMBERS) as f64 / 2.0),
            Some("boolean") => json!(self.choices.below(2) == 1),
            Some("null") => Value::Null,
            _ => self.text(schema),
        }
    }

    fn text(&mut self, schema: &Value) -> Value {
        match schema["format"].as_str() {
            Some("date-time") => json!("2026-03-02T10:15:00Z"),
            _ => json!(self.choices.one(&TEXTS)),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut object = Map::new();
        let required = schema["required"].as_array();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let is_required = required.is_some_and(|names| names.contains(&json!(name)));
            if is_required || self.choices.below(4) == 0 {
                object.insert(name.clone(), self.named(name, field, depth + 1));
            }
        }
        let others = &schema["additionalProperties"];
        if others.is_object() {
            for _ in 0..self.choices.below(3) {
                let name = self.choices.one(&TEXTS);
                object.insert((*name).to_owned(), self.value(others, depth + 1));
            }
        }
        Value::Object(object)
    }
}

/// A part of a path or query; an empty one would be another path.
fn encoded(text: &str) -> String {
    let text = if text.is_empty() { "-" } else { text };
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
