//! Compiling in a process of its own: limits of time and memory, cancelling, and
//! what is remembered. This program runs itself to compile, so it has a `main`.

#![allow(clippy::print_stdout, reason = "it writes what a test runner reads")]

mod requests;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use patchbay_config::bound::Bound;
use patchbay_config::duration::ByteSize;
use patchbay_engine::CancelSignal;
use patchbay_engine::compile_worker;
use patchbay_engine::component::{ComponentBytes, LoadError};
use patchbay_engine::config::{Allocation, CompileSettings, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_fuzz::peak_of;
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::misbehaving;
use patchbay_suite::host::spec;
use serde_json::json;

const TESTS: &[(&str, fn())] = &[
    (
        "every_engine_loads_what_a_process_compiled",
        every_engine_loads_what_a_process_compiled,
    ),
    (
        "a_component_that_takes_too_long_is_refused_and_remembered",
        a_component_that_takes_too_long_is_refused_and_remembered,
    ),
    (
        "a_component_that_needs_too_much_memory_is_refused",
        a_component_that_needs_too_much_memory_is_refused,
    ),
    (
        "a_component_with_large_code_is_refused",
        a_component_with_large_code_is_refused,
    ),
    (
        "a_component_with_too_many_parts_is_refused_for_them",
        a_component_with_too_many_parts_is_refused_for_them,
    ),
    (
        "a_cancelled_compilation_ends_and_leaves_its_slot_to_others",
        a_cancelled_compilation_ends_and_leaves_its_slot_to_others,
    ),
    (
        "a_component_that_fails_to_prepare_is_remembered_for_further_companies",
        a_component_that_fails_to_prepare_is_remembered_for_further_companies,
    ),
    (
        "another_component_compiles_beside_a_hostile_one",
        another_component_compiles_beside_a_hostile_one,
    ),
    (
        "a_hostile_component_over_http_is_answered_413_and_other_companies_are_served",
        requests::a_hostile_component_over_http_is_answered_413_and_other_companies_are_served,
    ),
    (
        "a_client_that_disconnects_ends_the_compilation_of_its_change",
        requests::a_client_that_disconnects_ends_the_compilation_of_its_change,
    ),
];

fn main() -> ExitCode {
    compile_worker::init();
    // The test runner's list of names, and its filter.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in TESTS {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    for (name, test) in TESTS {
        if filter.is_none_or(|filter| name.contains(filter.as_str())) {
            test();
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

fn engine(compile: CompileSettings) -> Engine {
    let settings = EngineSettings {
        instances: 2,
        allocation: Allocation::OnDemand,
        compile,
        ..EngineSettings::default()
    };
    Engine::serving(settings, None).expect("an engine")
}

fn limits(time: Duration, at_once: usize) -> CompileSettings {
    CompileSettings {
        at_once,
        time,
        ..CompileSettings::default()
    }
}

/// A component that compiles at once and is no policy. The number makes it
/// another one.
fn quick(number: u32) -> ComponentBytes {
    let text = format!(
        r#"(component (core module $m (func (export "f") (result i32) i32.const {number}))
           (core instance (instantiate $m)))"#
    );
    wat::parse_str(text).expect("a component").into()
}

/// A component of some 170 KB that keeps the compiler busy for minutes: every
/// variable is alive at every branch of one large function.
fn slow(number: u32) -> ComponentBytes {
    const VARIABLES: usize = 2_000;
    const BRANCHES: usize = 8_000;
    let mut code = format!("i64.const {number} local.set 0\n");
    for branch in 0..BRANCHES {
        let [from, with, to] = [7, 11, 13].map(|factor| branch * factor % VARIABLES);
        code += &format!(
            "(loop (local.set {to} (i64.add (local.get {from}) (local.get {with})))
               (br_if 0 (i64.eqz (local.get {to}))))\n"
        );
    }
    for variable in 0..VARIABLES {
        code += &format!("(global.set 0 (i64.add (global.get 0) (local.get {variable})))\n");
    }
    let variables = "i64 ".repeat(VARIABLES);
    let text = format!(
        r#"(component (core module $m (global (mut i64) (i64.const 0))
             (func (export "f") (local {variables}) {code}))
           (core instance (instantiate $m)))"#
    );
    wat::parse_str(text).expect("a component").into()
}

/// Whether the component was compiled, although it is no policy.
fn is_compiled(error: &LoadError) -> bool {
    matches!(error, LoadError::NoDecision(_))
}

fn is_at(error: &LoadError, bound: Bound) -> bool {
    matches!(error, LoadError::AtLimit { limit, .. } if limit.bound == bound)
}

fn every_engine_loads_what_a_process_compiled() {
    let component = quick(1);
    for allocation in [Allocation::OnDemand, Allocation::Auto] {
        let settings = || EngineSettings {
            instances: 2,
            allocation,
            ..EngineSettings::default()
        };
        for engine in [
            Engine::serving(settings(), None),
            Engine::metered(settings()),
        ] {
            let engine = engine.expect("an engine");
            let error = engine.describe(&component).expect_err("no policy");
            assert!(is_compiled(&error), "{engine:?}: {error}");
        }
    }
    let engine = engine(CompileSettings::default());
    let broken = ComponentBytes::from(b"\0asm\x0d\0\x01\0\xff\xff".to_vec());
    let error = engine.describe(&broken).expect_err("broken");
    assert!(matches!(error, LoadError::Invalid(_)), "{error}");
}

fn a_component_that_takes_too_long_is_refused_and_remembered() {
    let engine = engine(limits(Duration::from_millis(500), 1));
    let component = slow(1);
    assert!(component.len() < 200_000, "{} bytes", component.len());
    let error = engine.describe(&component).expect_err("too slow");
    assert!(is_at(&error, Bound::CompileTime), "{error}");
    // Nothing is compiled any more: a cancelled caller would not get this far.
    let cancelled = CancelSignal::when(|| true);
    let again = engine.describe_until(&component, &cancelled);
    let again = again.expect_err("remembered");
    assert!(is_at(&again, Bound::CompileTime), "{again}");
    assert_eq!(engine.compiling(), 0);
}

fn a_component_that_needs_too_much_memory_is_refused() {
    let engine = engine(CompileSettings {
        memory: 96 << 20,
        ..limits(Duration::from_secs(300), 1)
    });
    let error = engine.describe(&slow(2)).expect_err("too large");
    assert!(is_at(&error, Bound::CompileMemory), "{error}");
}

fn a_component_with_large_code_is_refused() {
    let engine = engine(CompileSettings {
        code: 4 << 10,
        ..limits(Duration::from_secs(300), 1)
    });
    let error = engine.describe(&quick(6)).expect_err("too large");
    assert!(is_at(&error, Bound::CompileMemory), "{error}");
    assert!(error.to_string().contains("compiled code"), "{error}");
}

/// The host itself holds little of it, whether a process refuses the component or
/// compiles it.
fn a_component_with_too_many_parts_is_refused_for_them() {
    // Functions that an interface has, times the names under which it is imported.
    let functions: String = (0..1_000)
        .map(|number| format!(r#"(export "f{number}" (func))"#))
        .collect();
    let imports: String = (0..900)
        .map(|number| {
            format!(r#"(import "wasi:many/functions@0.0.{number}" (instance (type $i)))"#)
        })
        .collect();
    let imports = format!("(component (type $i (instance {functions})) {imports})");
    let tables = format!(
        "(component (core module {}))",
        "(table 1 funcref)".repeat(33)
    );
    // More than an instance of the pool has room for.
    let globals = "(global (mut v128) (v128.const i64x2 0 0))".repeat(270_000);
    let globals = format!("(component (core module {globals}))");
    for allocation in [Allocation::OnDemand, Allocation::Auto] {
        let settings = EngineSettings {
            instances: 2,
            allocation,
            ..EngineSettings::default()
        };
        let engine = Engine::serving(settings, None).expect("an engine");
        for (text, message) in [(&imports, "900000 functions"), (&tables, "33 tables")] {
            let component = ComponentBytes::from(wat::parse_str(text).expect("a component"));
            let mut error = None;
            let held = peak_of(|| error = engine.describe(&component).err());
            let error = error.expect("too many parts").to_string();
            assert!(error.contains(message), "{error}");
            assert!(held < 8 << 20, "{message}: {held} bytes held");
        }
        if engine.is_pooled() {
            let component = ComponentBytes::from(wat::parse_str(&globals).expect("a component"));
            let error = engine.describe(&component).expect_err("too large");
            assert!(matches!(error, LoadError::Invalid(_)), "{error}");
        }
    }
}

fn a_cancelled_compilation_ends_and_leaves_its_slot_to_others() {
    let engine = engine(limits(Duration::from_secs(600), 1));
    let is_cancelled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_cancelled);
    let cancel = CancelSignal::when(move || seen.load(Ordering::Relaxed));
    thread::scope(|scope| {
        let compiling = scope.spawn(|| engine.describe_until(&slow(3), &cancel));
        while engine.compiling() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        is_cancelled.store(true, Ordering::Relaxed);
        let ended = compiling.join().expect("no panic");
        assert!(matches!(ended, Err(LoadError::Cancelled)), "{ended:?}");
    });
    let error = engine.describe(&quick(2)).expect_err("no policy");
    assert!(is_compiled(&error), "{error}");
}

fn another_component_compiles_beside_a_hostile_one() {
    let engine = engine(limits(Duration::from_secs(600), 2));
    let is_cancelled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_cancelled);
    let cancel = CancelSignal::when(move || seen.load(Ordering::Relaxed));
    thread::scope(|scope| {
        let hostile = scope.spawn(|| engine.describe_until(&slow(4), &cancel));
        while engine.compiling() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        for number in 3..6 {
            let error = engine.describe(&quick(number)).expect_err("no policy");
            assert!(is_compiled(&error), "{error}");
        }
        assert!(!hostile.is_finished(), "it still compiles");
        is_cancelled.store(true, Ordering::Relaxed);
        let _ = hostile.join().expect("no panic");
    });
}

fn a_component_that_fails_to_prepare_is_remembered_for_further_companies() {
    let engine = engine(limits(Duration::from_secs(300), 1));
    let spec = |memory: u64| {
        let mut spec = spec(misbehaving());
        spec.settings = json!({"prepare": "trap"});
        spec.limits.memory = ByteSize(memory << 20);
        spec
    };
    let is_trap = |error: &LoadError| match error {
        LoadError::Prepare(outcome) => outcome.kind == OutcomeKind::Trapped,
        _ => false,
    };
    let first = Plugin::activate(&engine, spec(8)).expect_err("it crashes");
    assert!(is_trap(&first), "{first}");
    // Nothing is compiled any more: a cancelled caller would not get this far.
    let cancelled = CancelSignal::when(|| true);
    let again = Plugin::activate_until(&engine, spec(8), &cancelled).expect_err("remembered");
    assert!(is_trap(&again), "{again}");
    let other = Plugin::activate_until(&engine, spec(9), &cancelled).expect_err("other limits");
    assert!(matches!(other, LoadError::Cancelled), "{other}");
}
