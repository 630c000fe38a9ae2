//! `contract check`: which contract a policy was built for, and whether this host runs it.

use serde_json::Value;

use crate::command::{joined, patchbay_in, stdout};

/// Write a component that exports this interface, empty, and check it.
fn check(interface: &str, flags: &[&str]) -> std::process::Output {
    let place = tempfile::tempdir().expect("a place");
    let text = format!("(component (instance $none) (export \"{interface}\" (instance $none)))");
    let bytes = wat::parse_str(text).expect("a component");
    std::fs::write(place.path().join("care.wasm"), bytes).expect("written");
    let arguments = [&["contract", "check", "care.wasm"], flags].concat();
    patchbay_in(place.path(), &arguments, "")
}

#[test]
fn a_component_that_this_host_does_not_run_is_refused_with_what_differs() {
    for (interface, item, advice) in [
        (
            "patchbay:routing/routing@0.1.0",
            "patchbay:routing/routing@0.1.0",
            "rebuild it against this host's `wit/`",
        ),
        (
            "patchbay:routing/routing@0.2.0",
            "patchbay:routing/routing@0.2.0",
            "Update the host",
        ),
        (
            "other:host/things@1.0.0",
            "",
            "exports none of the decisions",
        ),
    ] {
        let shown = joined(&check(interface, &[]), 3);
        assert!(
            shown.contains("this host does not run care.wasm"),
            "{shown}"
        );
        // A terminal breaks a line after a slash.
        let shown = shown.replace("/ ", "/");
        assert!(shown.contains(item) && shown.contains(advice), "{shown}");
        let output = check(interface, &["--json"]);
        assert_eq!(output.status.code(), Some(3));
        let document: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert_eq!(document["runs"], false, "{document}");
        let found = document["use"]["refusal"]["item"]
            .as_str()
            .unwrap_or_default();
        assert!(found.contains(item), "{document}");
    }
}

#[test]
fn what_is_no_component_cannot_be_checked() {
    let place = tempfile::tempdir().expect("a place");
    std::fs::write(place.path().join("care.wasm"), b"\0asm\x01\0\0\0").expect("written");
    let shown = joined(
        &patchbay_in(place.path(), &["contract", "check", "care.wasm"], ""),
        3,
    );
    assert!(shown.contains("core module"), "{shown}");
    let shown = joined(
        &patchbay_in(place.path(), &["contract", "check", "none.wasm"], ""),
        3,
    );
    assert!(shown.contains("none.wasm"), "{shown}");
}
