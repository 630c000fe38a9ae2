use serde_json::json;

use super::*;

fn lines(old: Value, new: Value) -> Vec<String> {
    let schema = |value: Value| SettingsSchema::parse(&value.to_string()).expect("a schema");
    let found = schema(old).changes_to(&schema(new)).into_iter();
    found
        .map(|one| format!("{}: {}", one.level, one.what))
        .collect()
}

/// The changes of one setting, `a`.
fn of_setting(old: Value, new: Value) -> Vec<String> {
    lines(
        json!({"type": "object", "properties": {"a": old}}),
        json!({"type": "object", "properties": {"a": new}}),
    )
}

#[test]
fn what_accepts_less_is_major_and_what_accepts_more_is_minor() {
    for (narrow, wide) in [
        (json!({"type": "integer"}), json!({"type": "number"})),
        (
            json!({"type": "string"}),
            json!({"type": ["string", "integer"]}),
        ),
        (json!({"type": "string"}), json!({})),
        (json!({"enum": ["x"]}), json!({"enum": ["x", "y"]})),
        (json!({"enum": ["x"]}), json!({})),
        (
            json!({"const": "x"}),
            json!({"oneOf": [{"const": "x"}, {"const": "y"}]}),
        ),
        (json!({"minimum": 2}), json!({"minimum": 1})),
        (json!({"minimum": 2}), json!({})),
        (json!({"maximum": 1}), json!({"maximum": 2})),
        (json!({"maxLength": 1}), json!({"maxLength": 2})),
        (json!({"minItems": 1}), json!({})),
        (json!({"pattern": "^x$"}), json!({})),
        (json!({"uniqueItems": true}), json!({})),
        (json!({"x-patchbay-ref": "queue"}), json!({})),
        (
            json!({"items": {"type": "string"}}),
            json!({"items": {"type": ["string", "number"]}}),
        ),
        (
            json!({"properties": {"b": {}}, "additionalProperties": false}),
            json!({"properties": {"b": {}}}),
        ),
        (
            json!({"properties": {"b": {}}, "required": ["b"]}),
            json!({"properties": {"b": {}}}),
        ),
        (
            json!({"additionalProperties": {"type": "string"}}),
            json!({"additionalProperties": {"type": ["string", "number"]}}),
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
            json!({"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "number"}]}),
        ),
    ] {
        let (wider, narrower) = (
            of_setting(narrow.clone(), wide.clone()),
            of_setting(wide.clone(), narrow.clone()),
        );
        assert!(
            !wider.is_empty() && wider.iter().all(|one| one.starts_with("minor")),
            "{narrow} {wide}: {wider:?}"
        );
        assert!(
            narrower.iter().any(|one| one.starts_with("major")),
            "{wide} {narrow}: {narrower:?}"
        );
    }
}

#[test]
fn a_change_names_the_setting_and_both_values() {
    let old = json!({"type": "object", "additionalProperties": false, "properties": {
        "words": {"type": "array", "items": {"type": "string"}},
        "night": {"type": "object", "properties": {"queue": {"type": "string", "default": "late"}}},
        "gone": {}
    }});
    let new = json!({"type": "object", "additionalProperties": false, "required": ["brand"], "properties": {
        "words": {"type": "array", "items": {"type": "integer"}},
        "night": {"$ref": "#/$defs/Night"},
        "brand": {"type": "string"},
        "mode": {"type": "string", "default": "hold"}
    }, "$defs": {"Night": {"type": "object", "properties": {"queue": {"type": "string", "default": "general"}}}}});
    assert_eq!(
        lines(old, new),
        [
            "major: setting words[] was string and is integer",
            "minor: the default of setting night.queue changes from \"late\" to \"general\"",
            "major: setting gone was removed",
            "minor: setting mode is new",
            "major: setting brand must be given",
        ]
    );
}

#[test]
fn a_required_setting_with_a_default_need_not_be_given() {
    let old = json!({"type": "object", "properties": {}});
    let new = json!({"type": "object", "properties": {"a": {"type": "integer", "default": 1}}, "required": ["a"]});
    assert_eq!(lines(old, new), ["minor: setting a is new"]);
}

#[test]
fn another_way_to_write_the_same_is_no_change() {
    let plain = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "b": {"enum": ["x", "y"]}}});
    let other = json!({"type": "object", "$defs": {"A": {"type": "string", "description": "Text."}}, "properties": {
        "a": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "default": null},
        "b": {"oneOf": [{"const": "x", "description": "X."}, {"const": "y"}]}}});
    assert_eq!(lines(plain.clone(), other.clone()), [""; 0]);
    assert_eq!(lines(other, plain), [""; 0]);
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let tree = |kind: &str| {
        json!({"type": "object", "properties": {
        "name": {"type": kind}, "left": {"$ref": "#"}, "right": {"$ref": "#"}}})
    };
    assert_eq!(lines(tree("string"), tree("string")), [""; 0]);
    let found = lines(tree("string"), tree("integer"));
    assert_eq!(
        found,
        [
            "major: setting name was string and is integer",
            "major: setting left.name was string and is integer",
            "major: setting right.name was string and is integer",
        ]
    );
}

#[test]
fn the_reference_pack_does_not_differ_from_itself() {
    let text = include_str!("../../../../../plugins/social-care/settings.schema.json");
    let schema = SettingsSchema::parse(text).expect("a schema");
    assert_eq!(schema.changes_to(&schema), []);
}
