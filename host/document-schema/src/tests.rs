use std::collections::BTreeSet;

use super::*;

fn validator(kind: DocumentKind) -> jsonschema::Validator {
    jsonschema::validator_for(&kind.schema()).expect("a valid schema")
}

fn problems(kind: DocumentKind, document: &Value) -> Vec<String> {
    let validator = validator(kind);
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn toml(text: &str) -> Value {
    serde_json::to_value(text.parse::<::toml::Table>().expect("TOML")).expect("JSON")
}

/// Every key of a schema that a document has not, by path.
fn unused(path: &str, schema: &Value, document: &Value, out: &mut BTreeSet<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, property) in properties {
            match document.get(name) {
                Some(value) => unused(&format!("{path}.{name}"), property, value, out),
                None => {
                    out.insert(format!("{path}.{name}"));
                }
            }
        }
    } else if let (Some(values), Some(fields)) =
        (schema.get("additionalProperties"), document.as_object())
    {
        let mut missing: Option<BTreeSet<String>> = None;
        for value in fields.values() {
            let mut of_value = BTreeSet::new();
            unused(&format!("{path}.*"), values, value, &mut of_value);
            missing = Some(match missing {
                Some(known) => known.intersection(&of_value).cloned().collect(),
                None => of_value,
            });
        }
        out.extend(missing.unwrap_or_default());
    }
}

#[test]
fn the_example_company_file_fits_its_schema_and_has_every_key() {
    let text = include_str!("../../../docs/company.example.toml");
    let example = toml(text);
    assert_eq!(problems(DocumentKind::Company, &example), [""; 0]);
    let mut missing = BTreeSet::new();
    unused("", &DocumentKind::Company.schema(), &example, &mut missing);
    // Keys that the example has in another form.
    for known in [
        ".plugin.*.grants.",
        ".plugin.*.limits.",
        ".plugin.*.on-failure.",
        ".hours.*.week.",
    ] {
        missing.retain(|path| !path.starts_with(known));
    }
    // Keys that the example shows in a comment.
    missing.retain(|path| !text.contains(path.rsplit('.').next().unwrap_or(path)));
    assert_eq!(missing, BTreeSet::new(), "keys of the schema only");
}

#[test]
fn the_example_pack_manifest_fits_its_schema_and_has_every_key() {
    let example = toml(include_str!("../../../docs/pack.example.toml"));
    assert_eq!(problems(DocumentKind::Pack, &example), [""; 0]);
    let mut missing = BTreeSet::new();
    unused("", &DocumentKind::Pack.schema(), &example, &mut missing);
    assert_eq!(missing, BTreeSet::new(), "keys of the schema only");
}

#[test]
fn every_case_that_a_document_shows_fits_the_schema() {
    let text = include_str!("../../../docs/cases.md");
    let blocks = text.split("```json\n").skip(1);
    let blocks: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    let cases: Vec<Value> = blocks
        .iter()
        .filter_map(|block| serde_json::from_str(block).ok())
        .filter(|case: &Value| case.get("steps").is_some())
        .collect();
    assert!(!cases.is_empty());
    for case in cases {
        assert_eq!(problems(DocumentKind::Case, &case), [""; 0]);
    }
}

#[test]
fn a_misspelt_key_does_not_fit() {
    for (kind, document) in [
        (DocumentKind::Company, json!({"company": "a", "que": {}})),
        (
            DocumentKind::Pack,
            json!({"pack": {"name": "a", "version": "1.0.0", "licens": "x"}}),
        ),
        (
            DocumentKind::Case,
            json!({"steps": [{"route": {}, "expect": {"rout": {}}}]}),
        ),
        (
            DocumentKind::Case,
            json!({"steps": [{"route": {}, "tone": {}}]}),
        ),
        (DocumentKind::Decision, json!({"outcome": "okay"})),
    ] {
        assert_ne!(problems(kind, &document), [""; 0], "{kind}: {document}");
    }
}
