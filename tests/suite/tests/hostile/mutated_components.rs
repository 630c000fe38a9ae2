//! Components whose bytes were changed: cut, with flipped bits, with parts moved.

use patchbay_engine::component::{ComponentBytes, Outline};
use patchbay_fuzz::{Corpus, Reading, peak_of};
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

/// Components of few bytes for which the compiler would allocate much, and what is
/// said about them.
fn expansive() -> [(&'static str, String); 4] {
    let sparse =
        r#"(core module (memory 255) (data (i32.const 0) "a") (data (i32.const 16700000) "b"))"#;
    let table = "(table 1000000 funcref)".repeat(30);
    let elements: String = (0..30)
        .map(|table| format!("(elem (table {table}) (i32.const 999999) func $f)"))
        .collect();
    [
        ("no interface at all", format!("(component {sparse})")),
        (
            "60 memories exceed the 2",
            format!("(component {})", sparse.repeat(60)),
        ),
        (
            "1000000 elements in a table exceed the 100000",
            format!("(component (core module {table} (func $f) {elements}))"),
        ),
        (
            "900 core modules exceed the 64",
            format!("(component {})", "(core module)".repeat(900)),
        ),
    ]
}

#[test]
fn a_small_component_takes_little_memory() {
    let texts = expansive().map(|(message, text)| {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{message}: {error}"));
        (message, bytes)
    });
    // A component's exports are section 11; it declares a million in one byte.
    let mut exports = b"\0asm\x0d\0\x01\0".to_vec();
    exports.extend([11, 4, 0xc0, 0x84, 0x3d, 0]);
    let all = texts
        .into_iter()
        .chain([("1000000 items, more than it has bytes", exports)]);
    let all: Vec<(&str, Vec<u8>)> = all.collect();
    for engine in serving() {
        for (message, bytes) in &all {
            let component = ComponentBytes::from(bytes.clone());
            let mut error = None;
            let held = peak_of(|| error = engine.describe(&component).err());
            let error = error.expect("no policy").to_string();
            assert!(error.contains(message), "{error}");
            assert!(held < 8 << 20, "{message}: {held} bytes held");
        }
    }
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
