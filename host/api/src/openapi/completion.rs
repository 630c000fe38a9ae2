//! What the derived description lacks or says wrongly, repaired in one place for
//! every operation and schema.

use patchbay_http::problem::MEDIA_TYPE;
use serde_json::{Map, Value, json};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Continues the answer 400 of every operation.
const BAD_PARAMETER: &str = "Or a query parameter is unknown, repeated or not of its form; `field` names it (`bad-parameter`).";

/// Answers to the head of a request, before the operation is called.
const HEAD: [(&str, &str); 3] = [
    ("414", "The path and query are longer than `limit` bytes."),
    (
        "417",
        "The header Expect has another value than `100-continue`.",
    ),
    (
        "501",
        "The header Transfer-Encoding has a coding before `chunked`.",
    ),
];

/// Completes a derived OpenAPI document.
pub(super) fn complete(document: &mut Value) {
    merge_flattened(document);
    for (_, methods) in fields_of(&mut document["paths"]) {
        if let Some(operation) = methods.get_mut("post") {
            describe_post(operation);
        }
        for method in METHODS {
            if let Some(operation) = methods.get_mut(method) {
                describe_head(method, operation);
            }
        }
    }
}

/// Adds what every operation may answer to the head of a request, and what all may
/// answer whose request may have a body.
fn describe_head(method: &str, operation: &mut Value) {
    let document = json!({MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}});
    for (status, description) in HEAD {
        operation["responses"][status] = json!({"description": description, "content": document});
    }
    let is_open = super::is_open(operation);
    let malformed = &mut operation["responses"]["400"];
    if malformed.is_null() {
        *malformed = json!({"description": "The request is malformed.", "content": document});
    }
    if !is_open {
        let description = malformed["description"].as_str().unwrap_or_default();
        malformed["description"] = format!("{description} {BAD_PARAMETER}").into();
    }
    if method != "get" {
        let header =
            |description: &str| json!({"schema": {"type": "string"}, "description": description});
        operation["responses"]["415"] = json!({
            "description": "The body has another media type than the operation takes, is not declared as UTF-8, or is compressed.",
            "headers": {
                "Accept": header("The media types that the server takes, if the body has another."),
                "Accept-Encoding": header("`identity`, if the body is compressed."),
            },
            "content": document,
        });
    }
}

fn fields_of(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// The server takes a POST only with a media type, so that a form on a foreign
/// page cannot send it: an operation that reads no body takes any.
fn describe_post(operation: &mut Value) {
    if operation["requestBody"].is_null() {
        operation["requestBody"] = json!({
            "description": "Any JSON, such as {}: the server reads only the media type.",
            "content": {"application/json": {"schema": {}}},
            "required": true,
        });
    }
}

/// Merges the parts of a schema whose fields are flattened into one object. A
/// part that forbids other fields would otherwise forbid those of the other
/// parts, and nothing would be valid.
fn merge_flattened(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for (_, schema) in fields_of(&mut document["components"]["schemas"]) {
        let Some(merged) = merge(schema, &schemas) else {
            continue;
        };
        *schema = merged;
    }
}

/// The schema as one object, if a part of it forbids other fields.
fn merge(schema: &Value, schemas: &Value) -> Option<Value> {
    let parts: Vec<&Value> = schema["allOf"]
        .as_array()?
        .iter()
        .map(|part| resolve(part, schemas))
        .collect();
    if !parts.iter().any(|part| is_closed(part)) {
        return None;
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    let mut merged = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        merged["required"] = required.into();
    }
    if !schema["description"].is_null() {
        merged["description"] = schema["description"].clone();
    }
    Some(merged)
}

fn is_closed(schema: &Value) -> bool {
    schema["additionalProperties"] == false
}

/// The schema that a reference names.
fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    let name = schema["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/components/schemas/"));
    match name {
        Some(name) => &schemas[name],
        None => schema,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_forbid_each_others_fields_become_one_object() {
        let closed = json!({"type": "object", "properties": {"by": {"type": "string"}},
            "additionalProperties": false});
        let parts = json!([{"$ref": "#/components/schemas/Options"}, {"type": "object",
            "required": ["to"], "properties": {"to": {"type": "integer"}}}]);
        let mut document = json!({"paths": {}, "components": {"schemas": {
            "Options": closed,
            "Change": {"description": "A change.", "allOf": parts},
        }}});
        complete(&mut document);
        let expected = json!({"type": "object", "description": "A change.", "required": ["to"],
            "properties": {"by": {"type": "string"}, "to": {"type": "integer"}},
            "additionalProperties": false});
        assert_eq!(document["components"]["schemas"]["Change"], expected);
    }

    #[test]
    fn open_parts_stay_as_they_are() {
        let parts = json!([{"$ref": "#/components/schemas/Row"}, {"type": "object"}]);
        let schemas = json!({"Row": {"type": "object"}, "Detail": {"allOf": parts}});
        let mut document = json!({"paths": {}, "components": {"schemas": schemas}});
        complete(&mut document);
        assert_eq!(document["components"]["schemas"], schemas);
    }

    #[test]
    fn every_operation_has_the_answers_to_the_head_of_a_request() {
        let mut document = json!({"paths": {"/a": {"get": {"responses": {}},
            "delete": {"responses": {}}}}});
        complete(&mut document);
        let statuses = |method: &str| -> Vec<String> {
            let responses = document["paths"]["/a"][method]["responses"].as_object();
            responses.expect("responses").keys().cloned().collect()
        };
        assert_eq!(statuses("get"), ["414", "417", "501", "400"]);
        assert_eq!(statuses("delete"), ["414", "417", "501", "400", "415"]);
    }

    #[test]
    fn a_post_without_a_body_takes_any_json() {
        let mut document = json!({"paths": {"/a": {"post": {}, "get": {}}}});
        complete(&mut document);
        let methods = &document["paths"]["/a"];
        assert_eq!(methods["post"]["requestBody"]["required"], true);
        assert!(methods["get"]["requestBody"].is_null());
    }
}
