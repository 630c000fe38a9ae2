//! `settings.schema.json` is made from the type, and the manifest and README
//! name what exists. `PATCHBAY_UPDATE=1 cargo test` rewrites the schema.

use std::fs;
use std::path::Path;

use patchbay_sdk::testing::schema_matches;
use serde_json::Value;
use social_care::Settings;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_default()
}

#[test]
fn the_schema_is_that_of_the_type() {
    schema_matches::<Settings>("settings.schema.json");
}

#[test]
fn every_setting_has_a_description_a_default_and_a_line_in_the_readme() {
    let schema: Value = serde_json::from_str(&read("settings.schema.json")).unwrap_or_default();
    let readme = read("README.md");
    let settings = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    assert!(!settings.is_empty());
    for (name, setting) in settings {
        assert!(
            setting.get("description").is_some(),
            "{name} has no description"
        );
        assert!(setting.get("default").is_some(), "{name} has no default");
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in README.md"
        );
    }
}
