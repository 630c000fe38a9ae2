//! Files that are not valid components of the contract.

use std::panic::{AssertUnwindSafe, catch_unwind};

use patchbay_config::duration::{ByteSize, Millis};
use patchbay_engine::component::LoadError;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::outcome::OutcomeKind;
use patchbay_suite::guests::{Wrapping, misbehaving, wat};
use patchbay_suite::host::{TIMEOUT, drafted, plugin, said, serving, spec, triggered};

use crate::assertions::{assert_healthy, assert_limit, on_both_allocators};

fn refused(engine: &Engine, component: &[u8]) -> LoadError {
    Plugin::activate(engine, spec(component)).expect_err("refused")
}

#[test]
fn a_file_that_is_not_a_component_is_named_for_what_it_is() {
    on_both_allocators(|engine| {
        assert!(matches!(refused(engine, b""), LoadError::Empty));
        assert!(matches!(refused(engine, b"#!/bin/sh"), LoadError::NotWasm));
        assert!(matches!(
            refused(engine, b"\0asm\x01\0\0\0"),
            LoadError::CoreModule
        ));
        for cut in [&b"\0asm"[..], b"\0asm\x0d", b"\0asm\x0d\0\x01"] {
            assert!(matches!(refused(engine, cut), LoadError::Invalid(_)));
        }
    });
}

#[test]
fn a_component_without_a_decision_is_refused() {
    let component = Wrapping {
        world: "elsewhere",
        ..Wrapping::default()
    };
    let component = component.wrap("another-world");
    on_both_allocators(|engine| {
        let error = refused(engine, &component);
        assert!(matches!(error, LoadError::NoDecision(_)), "{error}");
        assert!(
            error.to_string().contains("other:host/things@1.0.0"),
            "{error}"
        );
    });
}

#[test]
fn a_missing_import_is_named() {
    let component = Wrapping {
        world: "foreign",
        ..Wrapping::default()
    };
    let component = component.wrap("foreign");
    on_both_allocators(|engine| {
        let error = refused(engine, &component);
        assert!(matches!(error, LoadError::Incompatible(_)), "{error}");
        assert!(
            error.to_string().contains("other:host/things@1.0.0"),
            "{error}"
        );
    });
}

#[test]
fn an_item_that_differs_from_the_contract_is_named() {
    const CLASSIFICATION: &str = "patchbay:classification/classification@0.1.0";
    let alterations = [
        (
            "declines",
            ("        why: string,", "        why: string, mood: string,"),
            CLASSIFICATION,
        ),
        (
            "declines",
            ("        abuse: option<f64>,", ""),
            CLASSIFICATION,
        ),
        (
            "declines",
            ("urgency: option<u8>", "urgency: option<u16>"),
            CLASSIFICATION,
        ),
        (
            "query",
            ("        proficiency: u8,", "        proficiency: u16,"),
            "patchbay:care/agents@0.1.2",
        ),
    ];
    on_both_allocators(|engine| {
        for (name, altered, item) in alterations {
            let wrapping = Wrapping {
                altered: Some(altered),
                ..Wrapping::default()
            };
            let error = refused(engine, &wrapping.wrap(name));
            assert!(
                matches!(error, LoadError::Incompatible(_)),
                "{altered:?}: {error}"
            );
            assert!(error.to_string().contains(item), "{altered:?}: {error}");
        }
        let error = refused(engine, &of_version_0_2(&wat("declines")));
        assert!(matches!(error, LoadError::Contract { .. }), "{error}");
        let versions = "built for contract 0.2.0; this host speaks 0.1.2";
        assert!(error.to_string().contains(versions), "{error}");
        let unaltered = Plugin::activate(engine, spec(wat("query"))).expect("activated");
        assert!(Lease::acquire(&unaltered, TIMEOUT).is_ok());
    });
}

/// The same component for a later version of `classification`.
fn of_version_0_2(component: &[u8]) -> Vec<u8> {
    let name = b"patchbay:classification/classification@0.1.0";
    let mut later = component.to_vec();
    let mut found = 0;
    for at in 0..later.len() - name.len() {
        if later[at..].starts_with(name) {
            later[at + name.len() - 3] = b'2';
            found += 1;
        }
    }
    assert!(found > 0, "no import or export to rename");
    later
}

#[test]
fn a_failing_start_function_rejects_the_activation() {
    on_both_allocators(|engine| {
        let LoadError::Start(outcome) = refused(engine, &wat("start-trap")) else {
            panic!("expected a failing start");
        };
        assert_eq!(outcome.kind, OutcomeKind::Trapped, "{outcome}");
        assert!(
            outcome.backtrace.concat().contains("never_starts"),
            "{outcome:?}"
        );

        let mut impatient = spec(wat("start-loop"));
        impatient.limits.deadline = Millis(20);
        let error = Plugin::activate(engine, impatient).expect_err("an endless start");
        assert!(
            matches!(&error, LoadError::Start(outcome) if outcome.kind == OutcomeKind::Timeout),
            "{error}"
        );

        let mut small = spec(wat("start-memory"));
        small.limits.memory = ByteSize(50 << 20);
        let LoadError::Start(outcome) = Plugin::activate(engine, small).expect_err("too large")
        else {
            panic!("expected a failing start");
        };
        assert_limit(&outcome, OutcomeKind::OutOfMemory, "memory", 50 << 20);
    });
}

#[test]
fn a_truncated_component_is_refused() {
    let whole = misbehaving();
    on_both_allocators(|engine| {
        for sixteenth in 1..16 {
            let cut = &whole[..whole.len() * sixteenth / 16];
            let error = refused(engine, cut);
            assert!(
                matches!(error, LoadError::Invalid(_)),
                "{sixteenth}/16: {error}"
            );
        }
        assert_healthy(&plugin(engine, |_| {}));
    });
}

/// SplitMix64: every run flips the same bits.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Flips one bit in each copy of a component and calls the copies that load.
/// Returns how many were refused and how many were called.
fn flip(engine: &Engine, component: &[u8], files: usize, seed: u64) -> (usize, usize) {
    let mut random = seed;
    let (mut refused, mut decided) = (0, 0);
    for _ in 0..files {
        let mut bytes = component.to_vec();
        let (at, bit) = (
            next(&mut random) as usize % bytes.len(),
            next(&mut random) % 8,
        );
        bytes[at] ^= 1 << bit;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let mut spec = spec(bytes);
            spec.limits.deadline = Millis(20);
            let Ok(plugin) = Plugin::activate(engine, spec) else {
                return false;
            };
            if let Ok(mut lease) = Lease::acquire(&plugin, TIMEOUT) {
                lease.classify(&said("ok"), true);
                lease.route(&said("ok"), true);
                lease.check(&drafted("ok", false), true);
                lease.escalate(&triggered("ok"), true);
            }
            true
        }));
        match ended {
            Ok(true) => decided += 1,
            Ok(false) => refused += 1,
            Err(_) => panic!("bit {bit} of byte {at} flipped makes the host panic"),
        }
    }
    (refused, decided)
}

#[test]
fn a_flipped_bit_in_a_small_component_does_not_harm_the_host() {
    for (engine, files) in serving().into_iter().zip([60, 15]) {
        for (name, seed) in [("settings", 1), ("query", 2), ("table", 3), ("prepared", 4)] {
            let (refused, decided) = flip(engine, &wat(name), files, seed);
            assert!(
                refused > 0 && decided > 0,
                "{name}: {refused} refused, {decided} decided"
            );
        }
        assert_healthy(&plugin(engine, |_| {}));
    }
}

#[test]
fn a_flipped_bit_in_a_whole_policy_does_not_harm_the_host() {
    let [engine, _] = serving();
    flip(engine, &misbehaving(), 4, 4);
    assert_healthy(&plugin(engine, |_| {}));
}
