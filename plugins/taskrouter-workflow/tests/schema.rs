//! `settings.schema.json` is generated from the settings type, and the README lists every setting.
//! `PATCHBAY_UPDATE=1 cargo test -p taskrouter-workflow --test schema` writes the schema.

use std::fs;
use std::path::Path;

use patchbay_sdk::testing::schema_matches;
use serde_json::Value;
use taskrouter_workflow::Settings;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_schema_matches_the_settings_type() {
    schema_matches::<Settings>("settings.schema.json");
}

#[test]
fn every_setting_has_a_description_and_a_row_in_the_readme() {
    let schema: Value = serde_json::from_str(&read("settings.schema.json"))
        .unwrap_or_else(|error| panic!("{error}"));
    let readme = read("README.md");
    let settings = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    assert!(settings.len() >= 9);
    for (name, setting) in settings {
        assert!(
            setting.get("description").is_some(),
            "{name} has no description"
        );
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "{name} is not in README.md"
        );
    }
}
