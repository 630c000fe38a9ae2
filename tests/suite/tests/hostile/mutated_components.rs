//! Components whose bytes were changed: cut, with flipped bits, with parts moved.

use patchbay_engine::component::{ComponentBytes, Outline};
use patchbay_fuzz::{Corpus, Reading};
use patchbay_suite::guests::wat;
use patchbay_suite::host::serving;

/// LEB128 numbers at the edges, the opcodes that nest, and headers.
const WORDS: [&str; 8] = [
    "\0asm\x0d\0\x01\0",
    "\0asm\x01\0\0\0",
    "\x7f",
    "\x02\x40",
    "\x03\x40",
    "\x0b",
    "\x04",
    "\x01",
];

/// A component with what the SDK embeds: a function that returns address and
/// length of the settings schema.
const WITH_SCHEMA: &str = r#"(component (core module
    (memory (export "memory") 1)
    (table 1 funcref)
    (data (i32.const 16) "{\"type\":\"object\"}")
    (func (export "_initialize"))
    (func (export "patchbay-settings-schema") (result i64)
        (i64.const 0x1000000011))))"#;

#[test]
fn a_schema_function_that_asks_for_much_is_stopped() {
    let read = |from: &str, to: &str| {
        let text = WITH_SCHEMA.replace(from, to);
        assert_ne!(text, WITH_SCHEMA);
        let bytes = wat::parse_str(text).expect("a component");
        Outline::read(&bytes).settings_schema(&bytes)
    };
    for (from, to) in [
        ("(table 1 funcref)", "(table 200000000 funcref)"),
        (
            "(table 1 funcref)",
            "(memory 1) (memory 1) (table 1 funcref)",
        ),
        (
            "(memory (export \"memory\") 1)",
            "(memory (export \"memory\") 2000)",
        ),
        ("0x1000000011", "0x1000000000000011"),
        ("0x1000000011", "0x10ffffffff"),
        ("(i64.const 0x1000000011)", "(loop (br 0)) (i64.const 0)"),
    ] {
        assert!(read(from, to).is_err(), "{to}");
    }
    let valid = read("(table 1", "(table 1000");
    assert_eq!(valid, Ok(Some("{\"type\":\"object\"}".to_owned())));
}

#[test]
fn an_outline_is_read_of_any_bytes() {
    let with_schema = wat::parse_str(WITH_SCHEMA).expect("a component");
    Corpus::of([&*wat("prepared"), &*wat("declines"), &*with_schema])
        .words(&WORDS)
        .cases(200)
        .run(|bytes| {
            let outline = Outline::read(bytes);
            let has_schema = matches!(outline.settings_schema(bytes), Ok(Some(_)));
            match has_schema || !outline.stages().is_empty() {
                true => Reading::Accepted,
                false => Reading::Rejected,
            }
        });
}

#[test]
fn a_changed_component_is_described_or_refused() {
    let [_, engine] = serving();
    Corpus::of([wat("prepared")])
        .words(&WORDS)
        .cases(100)
        .least_accepted(2)
        .run(|bytes| Reading::from(&engine.describe(&ComponentBytes::from(bytes))));
    // The engine still describes what is valid.
    assert!(
        engine
            .describe(&ComponentBytes::from(&*wat("prepared")))
            .is_ok()
    );
}
