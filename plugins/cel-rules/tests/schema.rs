//! `settings.schema.json` is generated from the settings type, and the README lists every setting,
//! field and function. `PATCHBAY_UPDATE=1 cargo test -p cel-rules --test schema` writes the schema.

use cel_rules::Settings;
use patchbay_sdk::testing::schema_matches;

#[test]
fn the_schema_matches_the_settings_type() {
    schema_matches::<Settings>("settings.schema.json");
}
