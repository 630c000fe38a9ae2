//! `prepare`, and the picture taken after it.

use patchbay_engine::component::{LoadError, SettingsProblem};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_model::duration::ByteSize;
use patchbay_model::outcome::Outcome;
use patchbay_model::outcome::OutcomeKind::{
    Denied, Ok, OutOfFuel, OutOfMemory, StackOverflow, Timeout, Trapped,
};
use patchbay_suite::guests::{misbehaving, wat};
use patchbay_suite::host::{metered, plugin, serving, spec};
use serde_json::{Value, json};

use crate::{classify, hit, is_right, on_both, says, why};

/// How activation ends where `prepare` does this.
fn preparing(engine: &Engine, settings: Value) -> LoadError {
    let mut spec = spec(misbehaving());
    spec.settings = settings;
    spec.limits.memory = ByteSize(8 << 20);
    spec.limits.fuel = 20_000_000;
    Plugin::activate(engine, spec).expect_err("it is not activated")
}

fn outcome(error: LoadError) -> Outcome {
    match error {
        LoadError::Prepare(outcome) => outcome,
        other => panic!("{other}"),
    }
}

#[test]
fn problems_with_settings_say_where() {
    let [engine, _] = serving();
    let LoadError::Settings(problems) = preparing(engine, json!({"prepare": "refuse"})) else {
        panic!("the policy has something to say");
    };
    let problem = |path: &str, message: &str| SettingsProblem {
        path: path.to_owned(),
        message: message.to_owned(),
    };
    assert_eq!(
        problems,
        [
            problem("/queues/0/name", "is no queue"),
            problem("", "has no words at all")
        ]
    );
    let error = preparing(engine, json!({"marker": 7}));
    assert!(error.to_string().contains("/marker: "), "{error}");
    let error = preparing(engine, json!({"colour": "red"}));
    assert!(
        error.to_string().contains("/colour: unknown field"),
        "{error}"
    );
    is_right(&plugin(engine, |_| {}));
}

#[test]
fn a_prepare_that_crashes_is_refused() {
    for (engine, all) in serving().into_iter().zip([true, false]) {
        let crash = |how: &str| outcome(preparing(engine, json!({"prepare": how})));
        hit(&crash("grow"), OutOfMemory, "memory", 8 << 20);
        is_right(&plugin(engine, |_| {}));
        // The rest does not depend on where memory comes from, and each costs a
        // compilation.
        if !all {
            continue;
        }
        let trapped = crash("trap");
        says(&trapped, Trapped, "unreachable");
        assert!(
            trapped.backtrace.concat().contains("walk_into_a_trap"),
            "{trapped:?}"
        );
        says(&crash("exit"), Trapped, "exit code");
        says(&crash("agents"), Denied, "no decision yet");
        assert_eq!(crash("recurse").kind, StackOverflow);
        is_right(&plugin(engine, |_| {}));
    }
}

/// Once, since the limit is five seconds.
#[test]
fn a_prepare_without_end_runs_out_of_time() {
    let [pooled, _] = serving();
    let outcome = outcome(preparing(pooled, json!({"prepare": "loop"})));
    hit(&outcome, Timeout, "cpu", 5_000);
    is_right(&plugin(pooled, |_| {}));
}

#[test]
fn a_prepare_without_end_runs_out_of_fuel() {
    let outcome = outcome(preparing(metered(), json!({"prepare": "loop"})));
    hit(&outcome, OutOfFuel, "fuel", 20_000_000);
    is_right(&plugin(metered(), |_| {}));
}

#[test]
fn what_prepare_made_is_in_every_instance_and_made_once() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| spec.settings = json!({"marker": "once"}));
        assert!(
            plugin
                .snapshot()
                .is_some_and(|digest| digest != plugin.component().digest)
        );
        let first = why(&plugin, "ok");
        assert!(
            first.starts_with("decision=1 prepared=1 marker=once drawn="),
            "{first}"
        );
        for _ in 0..5 {
            assert_eq!(why(&plugin, "ok"), first);
        }
    });
}

#[test]
fn where_no_picture_can_be_taken_each_instance_prepares_itself() {
    on_both(|engine| {
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
fn the_same_settings_give_the_same_picture() {
    let pictures = serving().map(|engine| {
        let plugin = plugin(engine, |spec| spec.settings = json!({"marker": "same"}));
        plugin.snapshot().expect("a picture")
    });
    assert_eq!(pictures[0], pictures[1]);
}

#[test]
fn a_component_without_lifecycle_needs_no_preparation() {
    on_both(|engine| {
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
fn two_companies_with_the_same_settings_share_a_picture() {
    on_both(|engine| {
        let activate = || plugin(engine, |spec| spec.settings = json!({"marker": "shared"}));
        let first = activate();
        let second = activate();
        assert_eq!(first.snapshot(), second.snapshot());
        assert_eq!(first.component(), second.component());
        is_right(&second);
    });
}
