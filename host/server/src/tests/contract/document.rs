//! What holds for every operation and schema of the OpenAPI document.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use patchbay_api::openapi_json;
use serde_json::{Value, json};

use super::Contract;
use crate::tests::Running;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "PATCH"];

fn document() -> Value {
    serde_json::from_str(&openapi_json()).expect("JSON")
}

/// Calls `visit` for each object in a document, with its place.
fn for_each_object(value: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            visit(place, value);
            for (name, field) in fields {
                for_each_object(field, &format!("{place}/{name}"), visit);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| for_each_object(item, place, visit)),
        _ => {}
    }
}

#[test]
fn every_example_in_the_document_fits_its_schema() {
    let contract = Contract {
        document: document(),
        validators: Mutex::default(),
    };
    let mut examples = 0;
    for_each_object(&contract.document, "", &mut |place, object| {
        // A media type's example stands beside its schema, a schema's in it.
        let schema = object.get("schema").unwrap_or(object);
        let many = object["examples"].as_array().into_iter().flatten();
        for example in object.get("example").into_iter().chain(many) {
            examples += 1;
            if let Err(error) = contract.validate(place, schema, example) {
                panic!("the example of {place}: {error}");
            }
        }
    });
    assert!(examples > 0, "no example found");
}

#[test]
fn no_schema_combines_parts_that_forbid_each_others_fields() {
    let document = document();
    for_each_object(&document, "", &mut |place, object| {
        for part in object["allOf"].as_array().into_iter().flatten() {
            let name = part["$ref"].as_str().unwrap_or_default();
            let part = match name.strip_prefix('#') {
                Some(pointer) => document.pointer(pointer).expect("a schema"),
                None => part,
            };
            let is_closed = part["additionalProperties"] == false;
            assert!(!is_closed, "{place}: {part} forbids the fields beside it");
        }
    });
}

/// A number, boolean or closed set described as any text gives generated
/// clients no way to know what the server takes.
#[test]
fn parameters_are_described_by_their_types() {
    let document = document();
    let found = |operation: &str, name: &str| {
        let mut found = None;
        for_each_object(&document["paths"], "", &mut |_, object| {
            if object["operationId"] == operation {
                let all = object["parameters"].as_array().expect("parameters");
                let one = all.iter().find(|one| one["name"] == name);
                found = one.map(|one| one["schema"].clone());
            }
        });
        found.unwrap_or_else(|| panic!("no parameter {name} of {operation}"))
    };
    let contract = Contract {
        document: document.clone(),
        validators: Mutex::default(),
    };
    for (operation, name, valid, invalid) in [
        ("decisions", "limit", json!(500), json!(501)),
        ("decisions", "limit", json!(1), json!(0)),
        ("decisions", "limit", json!(50), json!("50")),
        ("decisions", "before", json!(7), json!(-1)),
        ("decisions", "since", json!("1h30m"), json!("yesterday")),
        ("decisions", "since", json!("24h"), json!("")),
        ("decisions", "stage", json!("route"), json!("lunch")),
        ("decisions", "outcome", json!("timeout"), json!("fine")),
        ("decision", "unsealed", json!(true), json!("yes")),
        ("decision", "under", json!(3), json!("x")),
        ("outbox", "state", json!("waiting"), json!("lost")),
        (
            "verify_audit",
            "expect",
            json!("0f".repeat(32)),
            json!("0f"),
        ),
        ("conversations", "after", json!("0f".repeat(16)), json!("x")),
    ] {
        let schema = found(operation, name);
        let key = format!("{operation} {name}");
        assert_eq!(contract.validate(&key, &schema, &valid), Ok(()));
        let refused = contract.validate(&key, &schema, &invalid);
        assert!(refused.is_err(), "{key} takes {invalid}");
    }
}

/// Neither body nor media type matters for a method that the path does not have.
#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_answered_405_with_those_it_has() {
    let server = Running::usual().await;
    let document = document();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let operations = operations.as_object().expect("operations");
        let mut expected: BTreeSet<String> =
            operations.keys().map(|one| one.to_uppercase()).collect();
        if expected.contains("GET") {
            expected.insert("HEAD".to_owned());
        }
        let path = path
            .replace("{company}", "northwind")
            .replace(['{', '}'], "");
        for method in METHODS.iter().filter(|one| !expected.contains(**one)) {
            for headers in ["", "Content-Type: text/plain\r\nContent-Length: 2\r\n"] {
                let body = if headers.is_empty() { "" } else { "hi" };
                let head = server.client.head(method, &path);
                let request = format!("{head}{headers}\r\n{body}");
                let answer = server.client.raw(request.as_bytes()).await;
                answer.problem(405, "method-not-allowed");
                let allowed = answer.headers["allow"].split(',').map(str::trim);
                let allowed: BTreeSet<String> = allowed.map(str::to_owned).collect();
                assert_eq!(allowed, expected, "{method} {path}");
            }
        }
    }
    let nowhere = format!("{}\r\n", server.client.head("POST", "/nowhere"));
    let answer = server.client.raw(nowhere.as_bytes()).await;
    answer.problem(404, "not-found");
}
