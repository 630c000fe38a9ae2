//! Many at once: nobody ever meets a pool that is full.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use patchbay_engine::component::LoadError;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind::{self, Declined, Overloaded};
use patchbay_suite::guests::wat;
use patchbay_suite::host::{PATIENCE, plugin, said, small, spec};

use crate::{classify, on_both};

fn pool(instances: u32) -> Engine {
    let settings = EngineSettings {
        instances,
        ..small(Allocation::Pooling)
    };
    Engine::serving(settings, None).expect("an engine")
}

/// What `work` came to, on this many threads this many times.
fn crowd(
    threads: usize,
    times: usize,
    work: impl Fn(usize) -> OutcomeKind + Sync,
) -> BTreeMap<OutcomeKind, usize> {
    let counts = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (counts, work) = (&counts, &work);
            scope.spawn(move || {
                for time in 0..times {
                    let kind = work(thread + time);
                    *counts.lock().expect("no panic").entry(kind).or_insert(0) += 1;
                }
            });
        }
    });
    counts.into_inner().expect("no panic")
}

/// Every place there is can be taken at the same time.
fn is_intact(engine: &Engine, plugin: &Plugin) {
    assert_eq!(engine.running(), 0);
    let places = engine.settings().instances / 2;
    let mut leases: Vec<_> = (0..places)
        .map(|_| plugin.lease(PATIENCE).expect("a place"))
        .collect();
    for lease in &mut leases {
        assert_eq!(
            lease.classify(&said("ok"), false).1.outcome.kind,
            OutcomeKind::Ok
        );
    }
}

/// The pool of a hundred, which one test at a time may use.
fn hundred() -> MutexGuard<'static, Engine> {
    static ENGINE: LazyLock<Mutex<Engine>> = LazyLock::new(|| Mutex::new(pool(100)));
    ENGINE.lock().expect("no panic")
}

#[test]
fn ten_thousand_requests_and_a_pool_of_a_hundred() {
    let engine = hundred();
    let plugin = plugin(&engine, |spec| spec.limits.concurrency = 256);
    let ended = crowd(200, 50, |_| classify(&plugin, "ok").1.outcome.kind);
    assert_eq!(ended, BTreeMap::from([(OutcomeKind::Ok, 10_000)]));
    is_intact(&engine, &plugin);
}

#[test]
fn a_crowd_without_patience_is_told_so() {
    let engine = hundred();
    let plugins: Vec<_> = [0, 2, 0]
        .into_iter()
        .map(|reuse| {
            plugin(&engine, |spec| {
                spec.limits.concurrency = 256;
                spec.reuse = reuse;
            })
        })
        .collect();
    let ended = crowd(200, 10, |number| {
        match plugins[number % 3].lease(Duration::from_millis(1)) {
            // Some of them crash.
            Ok(mut lease) if number % 7 == 0 => {
                lease.classify(&said("trap"), false);
                OutcomeKind::Ok
            }
            Ok(mut lease) => match lease.classify(&said("ok"), false).1.outcome.kind {
                // An open breaker is no pool's fault.
                OutcomeKind::Trapped => OutcomeKind::Ok,
                kind => kind,
            },
            Err(outcome) => outcome.kind,
        }
    });
    let others: Vec<_> = ended
        .keys()
        .filter(|kind| !matches!(kind, OutcomeKind::Ok | Overloaded))
        .collect();
    assert!(others.is_empty(), "{ended:?}");
    std::thread::sleep(Duration::from_millis(1_050));
    is_intact(&engine, &plugins[0]);
}

/// A pass needs a place for each of its plugins.
#[test]
fn a_pipeline_of_two_plugins_does_not_starve_itself() {
    let engine = pool(20);
    let two = [(); 2].map(|()| {
        let plugin = Plugin::activate(&engine, spec(wat("settings")));
        Arc::new(plugin.expect("activated"))
    });
    let mut pipelines = Pipelines::new("general");
    for plugin in &two {
        pipelines.push(Stage::Classify, Arc::clone(plugin));
    }
    let ended = crowd(40, 10, |_| {
        pipelines
            .pass([Stage::Classify], Duration::from_secs(5))
            .classify(&said("ok"))
            .outcome
            .kind
    });
    assert_eq!(ended, BTreeMap::from([(OutcomeKind::Ok, 400)]));
}

/// A pool counts tables and memories beside instances: it has as many for each
/// as a component may have.
#[test]
fn instances_of_many_parts_never_meet_a_pool_that_is_full() {
    for name in ["many-tables", "many-memories"] {
        let engine = pool(16);
        let plugin = match Plugin::activate(&engine, spec(wat(name))) {
            Ok(plugin) => plugin,
            Err(error) => panic!("{name}: {error}"),
        };
        let leases: Vec<_> = (0..8)
            .map(|number| match plugin.lease(Duration::from_millis(5)) {
                Ok(mut lease) => {
                    assert_eq!(lease.classify(&said(""), false).1.outcome.kind, Declined);
                    lease
                }
                Err(outcome) => panic!("{name}, instance {number}: {outcome}"),
            })
            .collect();
        let refused = plugin.lease(Duration::from_millis(5));
        assert_eq!(refused.err().map(|outcome| outcome.kind), Some(Overloaded));
        drop(leases);
        assert_eq!(classify(&plugin, "").1.outcome.kind, Declined);
    }
}

#[test]
fn a_component_of_more_parts_than_the_pool_has_for_one_is_refused() {
    on_both(|engine| {
        for name in ["too-many-tables", "too-many-memories"] {
            let error = Plugin::activate(engine, spec(wat(name))).expect_err(name);
            assert!(error.to_string().contains("exceed"), "{name}: {error}");
        }
    });
}

/// Two pipelines that ask the same two plugins in opposite order, each with
/// room for one: whoever has the one would wait for the other for ever.
#[test]
fn passes_that_need_the_same_plugins_do_not_wait_for_each_other() {
    let engine = pool(20);
    let [one, other] = [(); 2].map(|()| {
        let mut spec = spec(wat("settings"));
        spec.limits.concurrency = 1;
        Arc::new(Plugin::activate(&engine, spec).expect("activated"))
    });
    let pipelines = [[&one, &other], [&other, &one]].map(|plugins| {
        let mut pipelines = Pipelines::new("general");
        for plugin in plugins {
            pipelines.push(Stage::Classify, Arc::clone(plugin));
        }
        pipelines
    });
    let ended = crowd(16, 50, |number| {
        pipelines[number % 2]
            .pass([Stage::Classify], Duration::from_secs(20))
            .classify(&said("ok"))
            .outcome
            .kind
    });
    assert_eq!(ended, BTreeMap::from([(OutcomeKind::Ok, 800)]));
}

#[test]
fn a_full_gate_is_named_before_any_policy_is_called() {
    let engine = pool(20);
    let [free, full] = ["free", "full"].map(|name| {
        let mut spec = spec(wat("settings"));
        spec.name = name.to_owned();
        spec.limits.concurrency = 1;
        Arc::new(Plugin::activate(&engine, spec).expect("activated"))
    });
    let mut pipelines = Pipelines::new("general");
    pipelines.push(Stage::Classify, Arc::clone(&free));
    pipelines.push(Stage::Classify, Arc::clone(&full));
    let held = full.lease(PATIENCE).expect("a place");
    let mut pass = pipelines.pass([Stage::Classify], Duration::from_millis(5));
    let decided = pass.classify(&said("ok"));
    assert_eq!(decided.outcome.kind, Overloaded);
    let detail = decided.outcome.detail.expect("a reason");
    assert!(detail.starts_with("plugin full: "), "{detail}");
    assert!(decided.parts.iter().all(|part| part.use_number == 0));
    drop((pass, held));
    let mut pass = pipelines.pass([Stage::Classify], PATIENCE);
    assert_eq!(pass.classify(&said("ok")).outcome.kind, OutcomeKind::Ok);
}

#[test]
fn a_policy_activated_in_a_crowd_waits_its_turn() {
    let engine = pool(8);
    let busy = Plugin::activate(&engine, spec(wat("settings"))).expect("activated");
    // Fill what may be made ahead or kept, then what may run.
    let mut kept = spec(wat("settings"));
    kept.reuse = 9;
    let kept = Plugin::activate(&engine, kept).expect("activated");
    let all: Vec<_> = (0..4)
        .map(|_| kept.lease(PATIENCE).expect("a place"))
        .collect();
    drop(all);
    let leases: Vec<_> = (0..4)
        .map(|_| busy.lease(PATIENCE).expect("a place"))
        .collect();
    std::thread::scope(|scope| {
        let activated = scope.spawn(|| Plugin::activate(&engine, spec(wat("prepared"))));
        std::thread::sleep(Duration::from_millis(200));
        drop(leases);
        let plugin = activated
            .join()
            .expect("no panic")
            .expect("it got its turn");
        assert_eq!(classify(&plugin, "").1.outcome.kind, OutcomeKind::Ok);
    });
}

#[test]
fn a_policy_that_never_gets_its_turn_is_told_so() {
    let settings = EngineSettings {
        queue_deadline: Duration::from_millis(20),
        instances: 8,
        ..small(Allocation::Pooling)
    };
    let engine = Engine::serving(settings, None).expect("an engine");
    let mut kept = spec(wat("settings"));
    kept.reuse = 9;
    let kept = Plugin::activate(&engine, kept).expect("activated");
    let all: Vec<_> = (0..4)
        .map(|_| kept.lease(PATIENCE).expect("a place"))
        .collect();
    drop(all);
    let busy = Plugin::activate(&engine, spec(wat("declines"))).expect("activated");
    let leases: Vec<_> = (0..4)
        .map(|_| busy.lease(PATIENCE).expect("a place"))
        .collect();
    let error = Plugin::activate(&engine, spec(wat("prepared"))).expect_err("no place");
    assert!(
        matches!(&error, LoadError::Start(outcome) if outcome.kind == Overloaded),
        "{error}"
    );
    drop(leases);
    assert!(Plugin::activate(&engine, spec(wat("prepared"))).is_ok());
}
