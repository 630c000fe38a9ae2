//! `settings.schema.json` is generated from the settings type, and the README lists every setting.
//! `PATCHBAY_UPDATE=1 cargo test -p automation-rules --test schema` writes the schema.

use automation_rules::Settings;
use patchbay_sdk::testing::schema_matches;

#[test]
fn the_schema_matches_the_settings_type() {
    schema_matches::<Settings>("settings.schema.json");
}

#[test]
fn every_setting_is_in_the_readme() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../settings.schema.json")).expect("valid data");
    let readme = include_str!("../README.md");
    for name in schema["properties"].as_object().expect("valid data").keys() {
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in README.md"
        );
    }
}
