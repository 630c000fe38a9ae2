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
    let text = include_str!("../../../../docs/company.example.toml");
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
    let example = toml(include_str!("../../../../docs/pack.example.toml"));
    assert_eq!(problems(DocumentKind::Pack, &example), [""; 0]);
    let mut missing = BTreeSet::new();
    unused("", &DocumentKind::Pack.schema(), &example, &mut missing);
    assert_eq!(missing, BTreeSet::new(), "keys of the schema only");
}

#[test]
fn every_case_of_the_reference_pack_fits_the_schema() {
    let cases = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../plugins/social-care/cases"
    );
    let files = crate::cases::Case::find(cases.as_ref()).expect("cases");
    let validator = validator(DocumentKind::Case);
    for file in &files.used {
        let text = std::fs::read_to_string(file).expect("a case");
        let case: Value = serde_json::from_str(&text).expect("JSON");
        if case.get("codes").is_some() {
            continue;
        }
        let problems: Vec<_> = validator
            .iter_errors(&case)
            .map(|one| one.to_string())
            .collect();
        assert!(problems.is_empty(), "{}: {problems:?}", file.display());
    }
    assert!(files.used.len() > 100, "{}", files.used.len());
}

#[test]
fn every_case_that_a_document_shows_fits_the_schema() {
    let text = include_str!("../../../../docs/cases.md");
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

/// The keys a type reads, from its error about another key.
fn keys_of<T: serde::de::DeserializeOwned>(mut document: Value) -> BTreeSet<String> {
    document["?"] = 1.into();
    let error = serde_json::from_value::<T>(document)
        .err()
        .expect("a key too many");
    let error = error.to_string();
    let (_, listed) = error.split_once("expected").expect("a list of keys");
    let keys = listed.split('`').skip(1).step_by(2);
    keys.map(str::to_owned).collect()
}

fn keys_of_schema(schema: &Value) -> BTreeSet<String> {
    let properties = schema["properties"].as_object().expect("an object");
    properties.keys().cloned().collect()
}

#[test]
fn the_schema_of_a_case_has_the_keys_that_its_types_read() {
    use patchbay_model::conversation::{Contact, Conversation, Trigger};
    use patchbay_model::directory::{Agent, Queue};
    use patchbay_model::interaction::{Author, Draft};
    use patchbay_model::knowledge::Article;

    let case = case::schema();
    let part = |path: &str| keys_of_schema(case.pointer(path).expect(path));
    let step = "/properties/steps/items";
    let of_step = |path: &str| part(&format!("{step}/properties/{path}"));
    assert_eq!(part(""), keys_of::<crate::cases::Case>(json!({})));
    assert_eq!(part(step), keys_of::<crate::cases::Step>(json!({})));
    assert_eq!(
        of_step("given"),
        keys_of::<crate::cases::RecordedInput>(json!({}))
    );
    assert_eq!(
        of_step("given/properties/contact"),
        keys_of::<Contact>(json!({}))
    );
    assert_eq!(of_step("route"), keys_of::<Conversation>(json!({})));
    assert_eq!(of_step("escalate"), keys_of::<Trigger>(json!({})));
    assert_eq!(of_step("tone"), keys_of::<Draft>(json!({})));
    assert_eq!(
        of_step("classify/properties/author"),
        keys_of::<Author>(json!({}))
    );
    assert_eq!(
        part("/properties/agents/items"),
        keys_of::<Agent>(json!({}))
    );
    assert_eq!(
        part("/properties/queues/items"),
        keys_of::<Queue>(json!({}))
    );
    let mut article = keys_of::<Article>(json!({}));
    article.insert("never_say".to_owned());
    assert_eq!(part("/properties/knowledge/items"), article);
}
