//! Concurrent load: callers wait for an instance and never see a pool error.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use patchbay_engine::component::LoadError;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind::{self, Declined, Overloaded};
use patchbay_suite::guests::wat;
use patchbay_suite::host::{TIMEOUT, plugin, said, small, spec};

use crate::assertions::{classify, on_both_allocators};

fn pool(instances: u32) -> Engine {
    let settings = EngineSettings {
        instances,
        ..small(Allocation::Pooling)
    };
    Engine::serving(settings, None).expect("an engine")
}

/// Runs `work` on each thread this many times and counts the outcomes.
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

/// Asserts that all instances are free and usable.
fn is_intact(engine: &Engine, plugin: &Plugin) {
    assert_eq!(engine.running(), 0);
    let instances = engine.settings().instances / 2;
    let mut leases: Vec<_> = (0..instances)
        .map(|_| Lease::acquire(plugin, TIMEOUT).expect("an instance"))
        .collect();
    for lease in &mut leases {
        assert_eq!(
            lease.classify(&said("ok"), false).1.outcome.kind,
            OutcomeKind::Ok
        );
    }
}

/// A pool of a hundred instances, for one test at a time.
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
fn a_full_pool_answers_overloaded_after_the_timeout() {
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
        match Lease::acquire(&plugins[number % 3], Duration::from_millis(1)) {
            // Some decisions crash.
            Ok(mut lease) if number % 7 == 0 => {
                lease.classify(&said("trap"), false);
                OutcomeKind::Ok
            }
            Ok(mut lease) => match lease.classify(&said("ok"), false).1.outcome.kind {
                // An open breaker is not a pool error.
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

/// A pass needs an instance of each of its plugins.
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
            .begin([Stage::Classify], Duration::from_secs(5))
            .classify(&said("ok"))
            .outcome
            .kind
    });
    assert_eq!(ended, BTreeMap::from([(OutcomeKind::Ok, 400)]));
}

/// A pool also counts tables and memories: for each instance it has as many as a
/// component may have.
#[test]
fn instances_with_many_memories_never_exhaust_the_pool() {
    for name in ["many-tables", "many-memories"] {
        let engine = pool(16);
        let plugin = match Plugin::activate(&engine, spec(wat(name))) {
            Ok(plugin) => plugin,
            Err(error) => panic!("{name}: {error}"),
        };
        let leases: Vec<_> = (0..8)
            .map(
                |number| match Lease::acquire(&plugin, Duration::from_millis(5)) {
                    Ok(mut lease) => {
                        assert_eq!(lease.classify(&said(""), false).1.outcome.kind, Declined);
                        lease
                    }
                    Err(outcome) => panic!("{name}, instance {number}: {outcome}"),
                },
            )
            .collect();
        let refused = Lease::acquire(&plugin, Duration::from_millis(5));
        assert_eq!(refused.err().map(|outcome| outcome.kind), Some(Overloaded));
        drop(leases);
        assert_eq!(classify(&plugin, "").1.outcome.kind, Declined);
    }
}

#[test]
fn a_component_with_too_many_memories_or_tables_is_refused() {
    on_both_allocators(|engine| {
        for name in ["too-many-tables", "too-many-memories"] {
            let error = Plugin::activate(engine, spec(wat(name))).expect_err(name);
            assert!(error.to_string().contains("exceed"), "{name}: {error}");
        }
    });
}

/// Two pipelines call the same two plugins in opposite order, with one instance
/// of each: taking them one at a time would deadlock.
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
            .begin([Stage::Classify], Duration::from_secs(20))
            .classify(&said("ok"))
            .outcome
            .kind
    });
    assert_eq!(ended, BTreeMap::from([(OutcomeKind::Ok, 800)]));
}

#[test]
fn a_plugin_at_its_limit_is_named_before_any_policy_is_called() {
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
    let held = Lease::acquire(&full, TIMEOUT).expect("an instance");
    let mut pass = pipelines.begin([Stage::Classify], Duration::from_millis(5));
    let decided = pass.classify(&said("ok"));
    assert_eq!(decided.outcome.kind, Overloaded);
    let detail = decided.outcome.detail.expect("a reason");
    assert!(detail.starts_with("plugin full: "), "{detail}");
    assert!(decided.plugins.iter().all(|part| part.use_number == 0));
    drop((pass, held));
    let mut pass = pipelines.begin([Stage::Classify], TIMEOUT);
    assert_eq!(pass.classify(&said("ok")).outcome.kind, OutcomeKind::Ok);
}

#[test]
fn an_activation_under_load_waits_for_an_instance() {
    let engine = pool(8);
    let busy = Plugin::activate(&engine, spec(wat("settings"))).expect("activated");
    // Use up the prepared and the reusable instances, then the running ones.
    let mut reused = spec(wat("settings"));
    reused.reuse = 9;
    let reused = Plugin::activate(&engine, reused).expect("activated");
    let all: Vec<_> = (0..4)
        .map(|_| Lease::acquire(&reused, TIMEOUT).expect("an instance"))
        .collect();
    drop(all);
    let leases: Vec<_> = (0..4)
        .map(|_| Lease::acquire(&busy, TIMEOUT).expect("an instance"))
        .collect();
    std::thread::scope(|scope| {
        let activated = scope.spawn(|| Plugin::activate(&engine, spec(wat("prepared"))));
        std::thread::sleep(Duration::from_millis(200));
        drop(leases);
        let plugin = activated.join().expect("no panic").expect("activated");
        assert_eq!(classify(&plugin, "").1.outcome.kind, OutcomeKind::Ok);
    });
}

#[test]
fn an_activation_without_a_free_instance_fails_as_overloaded() {
    let settings = EngineSettings {
        queue_deadline: Duration::from_millis(20),
        instances: 8,
        ..small(Allocation::Pooling)
    };
    let engine = Engine::serving(settings, None).expect("an engine");
    let mut reused = spec(wat("settings"));
    reused.reuse = 9;
    let reused = Plugin::activate(&engine, reused).expect("activated");
    let all: Vec<_> = (0..4)
        .map(|_| Lease::acquire(&reused, TIMEOUT).expect("an instance"))
        .collect();
    drop(all);
    let busy = Plugin::activate(&engine, spec(wat("declines"))).expect("activated");
    let leases: Vec<_> = (0..4)
        .map(|_| Lease::acquire(&busy, TIMEOUT).expect("an instance"))
        .collect();
    let error = Plugin::activate(&engine, spec(wat("prepared"))).expect_err("no instance");
    assert!(
        matches!(&error, LoadError::Start(outcome) if outcome.kind == Overloaded),
        "{error}"
    );
    drop(leases);
    assert!(Plugin::activate(&engine, spec(wat("prepared"))).is_ok());
}
