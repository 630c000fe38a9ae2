//! Packs whose component holds the schema of its settings.

use std::path::Path;

use patchbay_pack::bundle::Bundle;
use patchbay_pack::{Pack, SourceError};
use patchbay_pack_build::PackError;
use patchbay_pack_build::{BuildOptions, open_pack};
use serde_json::json;

const MANIFEST: &str = "[pack]\nname = \"care\"\nversion = \"1.0.0\"\n";
const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{"queue":{"type":"string","default":"general","x-patchbay-ref":"queue"}}}"#;

/// A component with this code as its schema function, and the schema at address 16.
fn component(code: &str) -> Vec<u8> {
    let schema = SCHEMA.replace('"', "\\\"");
    let text = format!(
        r#"(component
            (core module (memory (export "memory") 1) (data (i32.const 16) "{schema}")
                (func (export "patchbay-settings-schema") (result i64) {code}))
            (instance $none)
            (export "patchbay:routing/routing@0.1.0" (instance $none)))"#
    );
    wat::parse_str(text).expect("a component")
}

/// The pack of a directory with a manifest and this component.
fn opened(place: &Path, component: &[u8]) -> Result<Pack, SourceError> {
    std::fs::write(place.join("pack.toml"), MANIFEST).expect("a manifest");
    let mut pack = Pack::from_parts(place, component.to_vec())?;
    pack.check_parts(place)?;
    Ok(pack)
}

/// A component whose schema function returns the schema.
fn sound_component() -> Vec<u8> {
    let place = (16_u64 << 32) + SCHEMA.len() as u64;
    component(&format!("i64.const {place}"))
}

#[test]
fn a_pack_without_a_schema_file_has_the_schema_of_its_component() {
    let place = tempfile::tempdir().expect("a place");
    let code = sound_component();
    let pack = opened(place.path(), &code).expect("a pack");
    has_the_schema(&pack, code);
}

#[test]
fn a_built_component_is_asked_for_its_schema_once() {
    let place = tempfile::tempdir().expect("a place");
    let place = place.path();
    std::fs::write(place.join("pack.toml"), MANIFEST).expect("a manifest");
    let file = place.join("care.wasm");
    let check = |component: Vec<u8>| -> Result<Pack, SourceError> {
        let mut pack = Pack::from_parts(place, component)?;
        pack.check_built_parts(place, &file)?;
        Ok(pack)
    };
    let code = sound_component();
    has_the_schema(&check(code.clone()).expect("a pack"), code.clone());
    let record = file.with_extension("settings-schema.json");
    let changed = std::fs::read_to_string(&record).expect("a record");
    std::fs::write(&record, changed.replace("general", "billing")).expect("a record");
    let settings = check(code).expect("a pack").complete_settings(json!({}));
    assert_eq!(settings.expect("valid"), json!({"queue": "billing"}));
    // Another component is asked itself.
    check(component("unreachable")).expect_err("no schema");
}

#[test]
fn a_component_without_a_manifest_has_its_own_schema() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("care.wasm");
    let code = sound_component();
    std::fs::write(&path, &code).expect("a component");
    let pack = open_pack(&path, &BuildOptions::default()).expect("a pack");
    has_the_schema(&pack, code);
    std::fs::write(&path, component("unreachable")).expect("a component");
    let error = open_pack(&path, &BuildOptions::default()).expect_err("no schema");
    assert!(
        matches!(error, PackError::Source(SourceError::EmbeddedSchema { .. })),
        "{error}"
    );
}

/// Checks that a pack with this component completes and checks settings by the schema, here and
/// on the host that receives it.
fn has_the_schema(pack: &Pack, code: Vec<u8>) {
    let settings = pack.complete_settings(json!({})).expect("valid");
    assert_eq!(settings, json!({"queue": "general"}));
    pack.complete_settings(json!({"queu": "a"}))
        .expect_err("an unknown setting");
    // The host gets it with the pack.
    let sent = serde_json::to_value(pack.bundle()).expect("a document");
    let received: Bundle = serde_json::from_value(sent).expect("the bundle");
    let received = Pack::from_bundle(received, code.into(), |_| None).expect("a pack");
    let schema = received.schema.as_ref().expect("a schema");
    let references = schema.references(&settings);
    assert_eq!(references.len(), 1);
    assert_eq!(
        (&*references[0].name, &*references[0].path),
        ("general", "/queue")
    );
}

#[test]
fn a_schema_that_cannot_be_read_is_an_error() {
    let place = tempfile::tempdir().expect("a place");
    for code in ["unreachable", "i64.const 0x1000000003", "i64.const -1"] {
        let error = opened(place.path(), &component(code)).expect_err("no schema");
        assert!(
            matches!(error, SourceError::EmbeddedSchema { .. }),
            "{code}: {error}"
        );
    }
}
