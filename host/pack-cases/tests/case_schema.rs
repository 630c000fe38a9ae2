//! The schema of a case has what cases read, and the cases of the reference pack fit it.

use std::collections::BTreeSet;

use patchbay_document_schema::DocumentKind;
use patchbay_pack::source::case_files;
use patchbay_pack_cases::{Case, RecordedInput, Step};
use serde_json::{Value, json};

#[test]
fn every_case_of_the_reference_pack_fits_the_schema() {
    let cases = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../plugins/social-care/cases"
    );
    let files = case_files(cases.as_ref()).expect("cases");
    let validator =
        jsonschema::validator_for(&DocumentKind::Case.schema()).expect("a valid schema");
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

    let case = DocumentKind::Case.schema();
    let part = |path: &str| keys_of_schema(case.pointer(path).expect(path));
    let step = "/properties/steps/items";
    let of_step = |path: &str| part(&format!("{step}/properties/{path}"));
    assert_eq!(part(""), keys_of::<Case>(json!({})));
    assert_eq!(part(step), keys_of::<Step>(json!({})));
    assert_eq!(of_step("given"), keys_of::<RecordedInput>(json!({})));
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
