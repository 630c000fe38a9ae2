//! `prepare`, and the snapshot after it.

use patchbay_config::duration::ByteSize;
use patchbay_engine::component::{LoadError, SettingsProblem};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_model::outcome::Outcome;
use patchbay_model::outcome::OutcomeKind::{
    Denied, Ok, OutOfFuel, OutOfMemory, StackOverflow, Timeout, Trapped,
};
use patchbay_suite::guests::{misbehaving, wat};
use patchbay_suite::host::{metered, plugin, serving, spec};
use serde_json::{Value, json};

use crate::assertions::{
    assert_detail, assert_healthy, assert_limit, classify, on_both_allocators, report,
};

/// The error of an activation with these settings.
fn activation_error(engine: &Engine, settings: Value) -> LoadError {
    let mut spec = spec(misbehaving());
    spec.settings = settings;
    spec.limits.memory = ByteSize(8 << 20);
    spec.limits.fuel = 20_000_000;
    Plugin::activate(engine, spec).expect_err("refused")
}

fn outcome(error: LoadError) -> Outcome {
    match error {
        LoadError::Prepare(outcome) => outcome,
        other => panic!("{other}"),
    }
}

#[test]
fn problems_with_settings_name_their_field() {
    let [engine, _] = serving();
    let LoadError::Settings(problems) = activation_error(engine, json!({"prepare": "refuse"}))
    else {
        panic!("expected problems with settings");
    };
    let problem = |path: &str, message: &str| SettingsProblem {
        path: path.to_owned(),
        message: message.to_owned(),
    };
    assert_eq!(
        problems,
        [
            problem("/queues/0/name", "is not a queue"),
            problem("", "has no words")
        ]
    );
    let error = activation_error(engine, json!({"marker": 7}));
    assert!(error.to_string().contains("/marker: "), "{error}");
    let error = activation_error(engine, json!({"colour": "red"}));
    assert!(
        error.to_string().contains("/colour: unknown field"),
        "{error}"
    );
    assert_healthy(&plugin(engine, |_| {}));
}

#[test]
fn a_crash_in_prepare_rejects_the_activation() {
    for (engine, all) in serving().into_iter().zip([true, false]) {
        let crash = |how: &str| outcome(activation_error(engine, json!({"prepare": how})));
        assert_limit(&crash("grow"), OutOfMemory, "memory", 8 << 20);
        assert_healthy(&plugin(engine, |_| {}));
        // The rest does not depend on the allocator, and each costs a compilation.
        if !all {
            continue;
        }
        let trapped = crash("trap");
        assert_detail(&trapped, Trapped, "unreachable");
        assert!(
            trapped.backtrace.concat().contains("walk_into_a_trap"),
            "{trapped:?}"
        );
        assert_detail(&crash("exit"), Trapped, "exit code");
        assert_detail(&crash("agents"), Denied, "no decision yet");
        // Companies share the snapshot, and each has hours of its own.
        assert_detail(&crash("hours"), Denied, "no decision yet");
        assert_eq!(crash("recurse").kind, StackOverflow);
        assert_healthy(&plugin(engine, |_| {}));
    }
}

/// On one engine only: the limit is five seconds.
#[test]
fn an_endless_prepare_runs_out_of_time() {
    let [pooled, _] = serving();
    let outcome = outcome(activation_error(pooled, json!({"prepare": "loop"})));
    assert_limit(&outcome, Timeout, "cpu", 5_000);
    assert_healthy(&plugin(pooled, |_| {}));
}

#[test]
fn an_endless_prepare_runs_out_of_fuel() {
    let outcome = outcome(activation_error(metered(), json!({"prepare": "loop"})));
    assert_limit(&outcome, OutOfFuel, "fuel", 20_000_000);
    assert_healthy(&plugin(metered(), |_| {}));
}

#[test]
fn prepare_runs_once_and_its_result_is_in_every_instance() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.settings = json!({"marker": "once"}));
        assert!(
            plugin
                .snapshot()
                .is_some_and(|digest| digest != plugin.component().digest)
        );
        let first = report(&plugin, "ok");
        assert!(
            first.starts_with("decision=1 prepared=1 marker=once drawn="),
            "{first}"
        );
        for _ in 0..5 {
            assert_eq!(report(&plugin, "ok"), first);
        }
    });
}

#[test]
fn without_a_snapshot_each_instance_runs_prepare() {
    on_both_allocators(|engine| {
        for name in ["prepares-itself", "vector-global"] {
            let plugin = Plugin::activate(engine, spec(wat(name))).expect(name);
            assert!(plugin.component().lifecycle);
            assert_eq!(plugin.snapshot(), None, "{name}");
            for _ in 0..3 {
                let (answer, trace) = classify(&plugin, "");
                assert_eq!(trace.outcome.kind, Ok, "{name}: {}", trace.outcome);
                let answer = answer.expect("an answer");
                assert_eq!(answer.urgency, Some(1), "{name}: prepared once");
                assert_eq!(answer.sentiment, Some(1.0), "{name}: decided once");
            }
        }
    });
}

#[test]
fn the_same_settings_give_the_same_snapshot() {
    let snapshots = serving().map(|engine| {
        let plugin = plugin(engine, |spec| spec.settings = json!({"marker": "same"}));
        plugin.snapshot().expect("a snapshot")
    });
    assert_eq!(snapshots[0], snapshots[1]);
}

#[test]
fn a_component_without_lifecycle_needs_no_preparation() {
    on_both_allocators(|engine| {
        let mut spec = spec(wat("settings"));
        spec.settings = json!({"a": 1});
        let plugin = Plugin::activate(engine, spec).expect("activated");
        assert!(!plugin.component().lifecycle);
        assert_eq!(plugin.snapshot(), None);
        let (answer, _) = classify(&plugin, "");
        assert_eq!(answer.expect("an answer").why, r#"{"a":1}"#);
    });
}

#[test]
fn two_companies_with_the_same_settings_share_a_snapshot() {
    on_both_allocators(|engine| {
        let activate = || plugin(engine, |spec| spec.settings = json!({"marker": "shared"}));
        let first = activate();
        let second = activate();
        assert_eq!(first.snapshot(), second.snapshot());
        assert_eq!(first.component(), second.component());
        assert_healthy(&second);
    });
}
