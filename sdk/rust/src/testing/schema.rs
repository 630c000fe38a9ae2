use std::path::Path;

use schemars::{JsonSchema, schema_for};

/// Asserts that a JSON Schema file matches the settings type, so that a pack ships what its policy
/// reads. The path is relative to the policy's package; `PATCHBAY_UPDATE=1 cargo test` writes the
/// file.
///
/// ```no_run
/// # use patchbay_sdk::prelude::*;
/// # use patchbay_sdk::testing::schema_matches;
/// # settings! { pub struct Settings { words: Vec<String> } }
/// schema_matches::<Settings>("settings.schema.json");
/// ```
///
/// # Panics
/// When they differ, or the file cannot be written.
#[track_caller]
pub fn schema_matches<Settings: JsonSchema>(path: impl AsRef<Path>) {
    let path = path.as_ref();
    let update = std::env::var_os("PATCHBAY_UPDATE").is_some_and(|value| value == "1");
    let schema = schema_for!(Settings).to_value();
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    // As values: the order of names depends on a feature of serde_json that another crate of the
    // build may enable.
    let parsed = serde_json::from_str::<serde_json::Value>(&committed);
    if parsed.is_ok_and(|committed| committed == schema) {
        return;
    }
    let shown = path.display();
    assert!(
        update,
        "{shown} is not the schema of the settings; run `PATCHBAY_UPDATE=1 cargo test` to write it"
    );
    if let Err(error) = std::fs::write(path, format!("{schema:#}\n")) {
        panic!("{shown} cannot be written: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        #[expect(dead_code, reason = "only its schema is used")]
        struct Settings {
            words: Vec<String>,
        }
    }

    #[test]
    fn a_schema_that_differs_from_the_settings_fails() {
        let path = std::env::temp_dir().join(format!("patchbay-sdk-{}.json", std::process::id()));
        let schema = schema_for!(Settings).to_value().to_string();
        std::fs::write(&path, &schema).unwrap();
        schema_matches::<Settings>(&path);
        std::fs::write(&path, schema.replace("words", "word")).unwrap();
        let differs = std::panic::catch_unwind(|| schema_matches::<Settings>(&path)).is_err();
        std::fs::remove_file(&path).unwrap();
        // With PATCHBAY_UPDATE set, as when all schemas of a workspace are updated, it writes instead.
        assert_eq!(differs, std::env::var_os("PATCHBAY_UPDATE").is_none());
    }
}
