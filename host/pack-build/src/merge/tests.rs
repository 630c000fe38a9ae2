//! Components as interpreters come, written by hand, separate and merged.

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};

use super::{MergeError, merge_core_modules};

/// The module with the memory, the table and constants.
const MAIN: &str = r#"(core module $main
    (memory (export "memory") 1)
    (table (export "table") 6 funcref)
    (global (export "base") i32 (i32.const 2))
    (global (export "data-base") i32 (i32.const 16))
    (global (export "counter") (mut i32) (i32.const 40))
    (func (export "six") (result i32) i32.const 6)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (data (i32.const 0) "\07\00\00\00"))"#;

/// A library that shares them: `answer` reads its own data, the data of the main module, a mutable
/// global that it has changed, and calls through the table.
const LIBRARY: &str = r#"(core module $library
    (type $number (func (result i32)))
    (type $twice (func (param i32) (result i32)))
    (import "host" "add" (func $host (param i32) (result i32)))
    (import "main" "six" (func $six (type $number)))
    (import "main" "memory" (memory 1))
    (import "main" "table" (table 6 funcref))
    (import "main" "base" (global $base i32))
    (import "main" "data-base" (global $data i32))
    (import "main" "counter" (global $counter (mut i32)))
    (global $own i32 (i32.add (global.get $base) (i32.const 1)))
    (elem (i32.add (global.get $base) (i32.const 1)) func $double $six)
    (elem declare func $double)
    (data (global.get $data) "\05\00\00\00")
    (data $passive "\03\00\00\00")
    (func $double (type $twice) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "answer") (param $n i32) (result i32)
        (local $sum i32)
        (global.set $counter (i32.add (global.get $counter) (i32.const 2)))
        (memory.init $passive (i32.const 32) (i32.const 0) (i32.const 4))
        (local.set $sum (call_indirect (type $twice) (local.get $n) (global.get $own)))
        (block (result i32)
            (call_indirect (type $number) (i32.add (global.get $own) (i32.const 1))))
        (local.set $sum (i32.add (local.get $sum)))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 0))))
        (local.set $sum (i32.add (local.get $sum) (i32.load (global.get $data))))
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 32))))
        (local.set $sum (i32.add (local.get $sum) (global.get $counter)))
        (call $host (local.get $sum))))"#;

/// What stands before and behind the functions of the host, as for every component: shims, and the
/// instance that fills their table last, which takes all of a member.
const SHIMS: &str = r#"(core module $shims
    (table (export "$imports") 1 funcref)
    (func (export "add") (param i32) (result i32)
        (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))
  (core module $filler
    (import "shims" "$imports" (table 1 funcref))
    (import "host" "add" (func $add (param i32) (result i32)))
    (import "main" "six" (func $six (result i32)))
    (elem (i32.const 0) func $add))"#;

fn component(more: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
  (import "add" (func $add (param "n" u32) (result u32)))
  {MAIN} {LIBRARY} {SHIMS}
  (core instance $shim (instantiate $shims))
  (core instance $one (instantiate $main))
  (core instance $two (instantiate $library
    (with "host" (instance (export "add" (func $shim "add"))))
    (with "main" (instance $one))))
  {more}
  (core func $lowered (canon lower (func $add) (memory (core memory $one "memory")) (realloc (core func $one "realloc"))))
  (core instance $last (instantiate $filler
    (with "shims" (instance $shim))
    (with "main" (instance $one))
    (with "host" (instance (export "add" (func $lowered))))))
  (func (export "answer") (param "n" u32) (result u32) (canon lift (core func $two "answer"))))"#
    );
    wat::parse_str(text).expect("a component")
}

/// What `answer` returns for these numbers, called in one instance.
fn answers(component: &[u8], numbers: [u32; 3]) -> [u32; 3] {
    let engine = Engine::default();
    let component = Component::new(&engine, component).expect("a component");
    let mut linker = Linker::new(&engine);
    let add = |_: wasmtime::StoreContextMut<'_, ()>, (number,): (u32,)| Ok((number + 1000,));
    linker.root().func_wrap("add", add).expect("a function");
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component);
    let instance = instance.expect("an instance");
    let answer = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "answer");
    let answer = answer.expect("a function");
    numbers.map(|number| answer.call(&mut store, (number,)).expect("an answer").0)
}

/// Number of core modules.
fn modules(component: &[u8]) -> usize {
    let payloads = wasmparser::Parser::new(0).parse_all(component);
    let is_module = |payload: &wasmparser::Payload<'_>| {
        matches!(payload, wasmparser::Payload::ModuleSection { .. })
    };
    payloads
        .filter(|one| is_module(one.as_ref().expect("valid")))
        .count()
}

#[test]
fn merged_modules_answer_as_the_separate_ones() {
    let separate = component("");
    let merged = merge_core_modules(&separate).expect("merged");
    // Shims and their filler stay.
    assert_eq!((modules(&separate), modules(&merged)), (4, 3));
    // 2n + 6 + 7 + 5 + 3, the counter from 42, and the host's 1000.
    assert_eq!(answers(&separate, [1, 2, 3]), [1065, 1069, 1073]);
    assert_eq!(answers(&merged, [1, 2, 3]), [1065, 1069, 1073]);
    assert_eq!(merged, merge_core_modules(&separate).expect("merged again"));
}

#[test]
fn names_of_core_items_go_and_those_of_the_component_stay() {
    let merged = merge_core_modules(&component("")).expect("merged");
    let (mut of_functions, mut of_others) = (0, 0);
    for payload in wasmparser::Parser::new(0).parse_all(&merged) {
        let wasmparser::Payload::CustomSection(section) = payload.expect("valid") else {
            continue;
        };
        let wasmparser::KnownCustom::ComponentName(names) = section.as_known() else {
            continue;
        };
        for name in names {
            match name.expect("names") {
                wasmparser::ComponentName::Funcs(_) => of_functions += 1,
                _ => of_others += 1,
            }
        }
    }
    // The imported function `$add`; instances, modules and functions of the core had names too.
    assert_eq!((of_functions, of_others), (1, 0));
}

#[test]
fn a_stub_without_imports_is_merged() {
    let separate = component(
        r#"(core module $stub (func (export "never") unreachable)) (core instance $stubbed (instantiate $stub))"#,
    );
    let merged = merge_core_modules(&separate).expect("merged");
    assert_eq!((modules(&separate), modules(&merged)), (5, 3));
    assert_eq!(answers(&merged, [1, 2, 3]), [1065, 1069, 1073]);
}

#[test]
fn what_cannot_be_merged_is_named() {
    for (more, reason) in [
        (
            "(core module $other (memory 1)) (core instance (instantiate $other))",
            "it has no memory, or several",
        ),
        (
            r#"(core module $other (import "main" "memory" (memory 1)) (func $f) (start $f))
               (core instance (instantiate $other (with "main" (instance $one))))"#,
            "it has a start function",
        ),
    ] {
        let error = merge_core_modules(&component(more)).expect_err(reason);
        assert_eq!(error.to_string(), reason);
    }
    let one =
        wat::parse_str("(component (core module $m (memory 1)) (core instance (instantiate $m)))");
    let one = merge_core_modules(&one.expect("a component"));
    assert!(matches!(one, Err(MergeError::OneModule)), "{one:?}");
    let module = wat::parse_str("(module)").expect("a module");
    let error = merge_core_modules(&module).expect_err("a module");
    assert_eq!(error.to_string(), "it has no component but a module");
}

#[test]
fn a_broken_component_is_no_panic() {
    let whole = component("");
    for end in 0..whole.len() {
        let _ = merge_core_modules(&whole[..end]);
    }
    for at in 8..whole.len() {
        for change in [0x00, 0x01, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] ^= change;
            let _ = merge_core_modules(&changed);
        }
    }
}
