//! Which decisions share an instance, and the effects of a failure.

use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::breaker::FAILURES_TO_OPEN;
use patchbay_engine::config::Allocation;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::Outcome;
use patchbay_model::outcome::OutcomeKind::{
    Declined, Failed, Ok, OutOfMemory, Overloaded, Trapped,
};
use patchbay_suite::guests::wat;
use patchbay_suite::host::{TIMEOUT, plugin, said, said_by, small, spec};
use serde_json::json;

use crate::assertions::{
    assert_detail, assert_healthy, assert_limit, classify, on_both_allocators, report,
};

/// The guest's own count of decisions of its instance.
fn counted(plugin: &Plugin) -> u32 {
    let report = report(plugin, "ok");
    let (count, _) = report["decision=".len()..]
        .split_once(' ')
        .expect("a report");
    count.parse().expect("a number")
}

#[test]
fn fresh_instances_remember_nothing() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..20 {
            assert_eq!(counted(&plugin), 1);
        }
    });
}

#[test]
fn a_prepared_instance_serves_one_pass() {
    for made_ahead in [0, 1, 5] {
        for allocation in [Allocation::Pooling, Allocation::OnDemand] {
            let mut settings = small(allocation);
            settings.made_ahead = made_ahead;
            let engine = Engine::serving(settings, None).expect("an engine");
            let plugin = Plugin::activate(&engine, spec(wat("settings"))).expect("activated");
            for _ in 0..2 {
                // All at once, to use all prepared instances.
                let mut leases: Vec<_> = (0..8)
                    .map(|_| Lease::acquire(&plugin, TIMEOUT).expect("an instance"))
                    .collect();
                for lease in &mut leases {
                    let (answer, _) = lease.classify(&said(""), false);
                    assert_eq!(
                        answer.expect("an answer").urgency,
                        Some(1),
                        "a used instance"
                    );
                }
                drop(leases);
                assert!(engine.idle() <= made_ahead, "{} idle", engine.idle());
            }
            drop(plugin);
            assert_eq!((engine.idle(), engine.running()), (0, 0));
        }
    }
}

#[test]
fn reuse_ends_after_the_configured_number_of_decisions() {
    on_both_allocators(|engine| {
        let plugin = Arc::new(plugin(engine, |spec| spec.reuse = 3));
        let mut pipelines = Pipelines::new("general");
        pipelines.push(Stage::Classify, Arc::clone(&plugin));
        for expected in [1, 2, 3, 1, 2, 3, 1] {
            let decided = pipelines
                .begin([Stage::Classify], TIMEOUT)
                .classify(&said("ok"));
            assert_eq!(decided.plugins[0].use_number, expected, "the stamp");
            let merged = decided.answer.expect("an answer");
            let report = merged.classification.why;
            assert!(
                report.starts_with(&format!("decision={expected} prepared=1 ")),
                "{report}"
            );
        }
    });
}

#[test]
fn a_crash_ends_its_instance() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!((counted(&plugin), counted(&plugin)), (1, 2));
        assert_eq!(classify(&plugin, "trap").1.outcome.kind, Trapped);
        assert_eq!((counted(&plugin), counted(&plugin)), (1, 2));
    });
}

#[test]
fn a_refused_answer_does_not_end_its_instance() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(counted(&plugin), 1);
        assert_eq!(classify(&plugin, "fail").1.outcome.kind, Failed);
        assert_eq!(counted(&plugin), 3);
    });
}

#[test]
fn a_pass_does_not_call_a_policy_that_crashed_in_it() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        assert_eq!(lease.classify(&said("trap"), false).1.outcome.kind, Trapped);
        assert_detail(
            &lease.route(&said("ok"), false).1.outcome,
            Failed,
            "at an earlier stage of this decision",
        );
        drop(lease);
        assert_healthy(&plugin);
    });
}

#[test]
fn companies_share_a_component_and_not_its_settings() {
    on_both_allocators(|engine| {
        // Without `prepare`, both use the same prepared instances.
        let of = |company: &str| {
            let mut spec = spec(wat("settings"));
            spec.settings = json!({"company": company});
            Plugin::activate(engine, spec).expect("activated")
        };
        let (bank, shop) = (of("bank"), of("shop"));
        for _ in 0..20 {
            assert_eq!(report(&bank, ""), r#"{"company":"bank"}"#);
            assert_eq!(report(&shop, ""), r#"{"company":"shop"}"#);
        }
        // With `prepare`, each has a snapshot.
        let of = |company: &str| plugin(engine, |spec| spec.settings = json!({"marker": company}));
        let (bank, shop) = (of("bank"), of("shop"));
        assert_ne!(bank.snapshot(), shop.snapshot());
        for _ in 0..5 {
            assert!(report(&bank, "ok").contains("marker=bank "));
            assert!(report(&shop, "ok").contains("marker=shop "));
            assert_eq!(report(&bank, "settings"), r#"{"marker":"bank"}"#);
        }
    });
}

#[test]
fn a_shared_prepared_instance_runs_under_the_limits_of_its_company() {
    on_both_allocators(|engine| {
        let limited = |bytes: u64| plugin(engine, |spec| spec.limits.memory.0 = bytes);
        let (large, small) = (limited(64 << 20), limited(8 << 20));
        for _ in 0..3 {
            assert_healthy(&large);
            assert_limit(
                &classify(&small, "grow").1.outcome,
                OutOfMemory,
                "memory",
                8 << 20,
            );
            assert_limit(
                &classify(&large, "grow").1.outcome,
                OutOfMemory,
                "memory",
                64 << 20,
            );
        }
    });
}

#[test]
fn concurrency_is_limited_for_each_plugin() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.concurrency = 2);
        let (first, second) = (
            Lease::acquire(&plugin, TIMEOUT),
            Lease::acquire(&plugin, TIMEOUT),
        );
        let refused = Lease::acquire(&plugin, Duration::from_millis(5))
            .err()
            .expect("both instances are taken");
        assert_limit(&refused, Overloaded, "concurrency", 2);
        drop((first, second));
        assert_healthy(&plugin);
    });
}

#[test]
fn waiting_for_one_plugin_does_not_delay_another() {
    on_both_allocators(|engine| {
        let slow = plugin(engine, |spec| spec.limits.concurrency = 1);
        let other = plugin(engine, |_| {});
        let held = Lease::acquire(&slow, TIMEOUT).expect("an instance");
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..engine.settings().instances)
                .map(|_| {
                    scope.spawn(|| Lease::acquire(&slow, Duration::from_millis(500)).map(drop))
                })
                .collect();
            std::thread::sleep(Duration::from_millis(100));
            let lease = Lease::acquire(&other, Duration::from_millis(100));
            assert!(lease.is_ok(), "{:?}", lease.err());
            drop(lease);
            for thread in waiting {
                let outcome = thread.join().expect("no panic").expect_err("held");
                assert_eq!(outcome.kind, Overloaded);
            }
        });
        drop(held);
        assert_healthy(&slow);
    });
}

#[test]
fn a_breaker_opens_after_consecutive_failures_and_closes_after_a_trial() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for customer in 0..FAILURES_TO_OPEN {
            assert_eq!(classify_of(&plugin, customer, "trap").kind, Trapped);
        }
        assert!(plugin.breaker(Stage::Classify).is_open());
        let (answer, trace) = classify(&plugin, "ok");
        assert_eq!((answer, trace.host_calls), (None, 0));
        assert_detail(&trace.outcome, Trapped, "not called");
        // Other stages still call it.
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        assert_eq!(lease.route(&said("ok"), false).1.outcome.kind, Ok);
        drop(lease);
        std::thread::sleep(Duration::from_millis(1_050));
        assert_healthy(&plugin);
        assert!(!plugin.breaker(Stage::Classify).is_open());
    });
}

/// The outcome of a customer's text at the stage classify.
fn classify_of(plugin: &Plugin, customer: u32, text: &str) -> Outcome {
    let mut lease = Lease::acquire(plugin, TIMEOUT).expect("an instance");
    lease.classify(&said_by(customer, text), false).1.outcome
}

#[test]
fn a_customer_who_makes_a_plugin_fail_stops_only_calls_about_themselves() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(classify_of(&plugin, 1, "trap").kind, Trapped);
        }
        let refused = classify_of(&plugin, 1, "ok");
        assert_detail(
            &refused,
            Trapped,
            "not called: circuit breaker open for this contact",
        );
        assert!(!plugin.breaker(Stage::Classify).is_open());
        assert_eq!(classify_of(&plugin, 2, "ok").kind, Ok);
    });
}

/// A trial that did not run must not count as one in progress.
#[test]
fn a_breaker_repeats_a_trial_that_did_not_run() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let route = |customer: u32, text: &str| {
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            lease.route(&said_by(customer, text), false).1.outcome
        };
        for customer in 0..FAILURES_TO_OPEN {
            assert_eq!(route(customer, "trap").kind, Trapped);
        }
        std::thread::sleep(Duration::from_millis(1_050));
        // The pass crashes one stage earlier, so this stage is not called.
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        lease.classify(&said("trap"), false);
        assert_detail(
            &lease.route(&said("ok"), false).1.outcome,
            Failed,
            "at an earlier stage of this decision",
        );
        drop(lease);
        assert_eq!(route(99, "ok").kind, Ok, "the trial is still due");
    });
}

#[test]
fn declined_and_good_answers_keep_a_breaker_closed() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..FAILURES_TO_OPEN * 2 {
            assert_eq!(classify(&plugin, "trap").1.outcome.kind, Trapped);
            assert_eq!(classify(&plugin, "decline").1.outcome.kind, Declined);
        }
        assert!(!plugin.breaker(Stage::Classify).is_open());
    });
}
