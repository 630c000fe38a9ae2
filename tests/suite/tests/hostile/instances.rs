//! Which decisions share an instance, and what a failure leaves behind.

use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::breaker::FAILURES_TO_OPEN;
use patchbay_engine::config::Allocation;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::Plugin;
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind::{
    Declined, Failed, Ok, OutOfMemory, Overloaded, Trapped,
};
use patchbay_suite::guests::wat;
use patchbay_suite::host::{PATIENCE, plugin, said, small, spec};
use serde_json::json;

use crate::{classify, hit, is_right, on_both, says, why};

/// The number of its instance's decisions, as the guest itself counted.
fn counted(plugin: &Plugin) -> u32 {
    let report = why(plugin, "ok");
    let (count, _) = report["decision=".len()..]
        .split_once(' ')
        .expect("a report");
    count.parse().expect("a number")
}

#[test]
fn fresh_instances_remember_nothing() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..20 {
            assert_eq!(counted(&plugin), 1);
        }
    });
}

#[test]
fn instances_made_ahead_are_handed_out_once() {
    for made_ahead in [0, 1, 5] {
        for allocation in [Allocation::Pooling, Allocation::OnDemand] {
            let mut settings = small(allocation);
            settings.made_ahead = made_ahead;
            let engine = Engine::serving(settings, None).expect("an engine");
            let plugin = Plugin::activate(&engine, spec(wat("settings"))).expect("activated");
            for _ in 0..2 {
                // All at once, so that every one made ahead is taken.
                let mut leases: Vec<_> = (0..8)
                    .map(|_| plugin.lease(PATIENCE).expect("a place"))
                    .collect();
                for lease in &mut leases {
                    let (answer, _) = lease.classify(&said(""), false);
                    assert_eq!(
                        answer.expect("an answer").urgency,
                        Some(1),
                        "it was used before"
                    );
                }
                drop(leases);
                assert!(engine.parked() <= made_ahead, "{} wait", engine.parked());
            }
            drop(plugin);
            assert_eq!((engine.parked(), engine.running()), (0, 0));
        }
    }
}

#[test]
fn reuse_ends_after_as_many_decisions_as_the_company_chose() {
    on_both(|engine| {
        let plugin = Arc::new(plugin(engine, |spec| spec.reuse = 3));
        let mut pipelines = Pipelines::new("general");
        pipelines.push(Stage::Classify, Arc::clone(&plugin));
        for expected in [1, 2, 3, 1, 2, 3, 1] {
            let decided = pipelines
                .pass([Stage::Classify], PATIENCE)
                .classify(&said("ok"));
            assert_eq!(decided.parts[0].use_number, expected, "the stamp");
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
fn a_crash_ends_the_instance_it_happened_in() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!((counted(&plugin), counted(&plugin)), (1, 2));
        assert_eq!(classify(&plugin, "trap").1.outcome.kind, Trapped);
        assert_eq!((counted(&plugin), counted(&plugin)), (1, 2));
    });
}

#[test]
fn an_answer_that_is_refused_does_not_end_its_instance() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(counted(&plugin), 1);
        assert_eq!(classify(&plugin, "fail").1.outcome.kind, Failed);
        assert_eq!(counted(&plugin), 3);
    });
}

#[test]
fn a_pass_does_not_ask_a_policy_that_crashed_in_it() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = plugin.lease(PATIENCE).expect("a place");
        assert_eq!(lease.classify(&said("trap"), false).1.outcome.kind, Trapped);
        says(
            &lease.route(&said("ok"), false).1.outcome,
            Failed,
            "earlier in this pass",
        );
        drop(lease);
        is_right(&plugin);
    });
}

#[test]
fn companies_share_a_component_and_not_its_settings() {
    on_both(|engine| {
        // One that is not prepared: both take the instances made ahead.
        let of = |company: &str| {
            let mut spec = spec(wat("settings"));
            spec.settings = json!({"company": company});
            Plugin::activate(engine, spec).expect("activated")
        };
        let (bank, shop) = (of("bank"), of("shop"));
        for _ in 0..20 {
            assert_eq!(why(&bank, ""), r#"{"company":"bank"}"#);
            assert_eq!(why(&shop, ""), r#"{"company":"shop"}"#);
        }
        // And one that is.
        let of = |company: &str| plugin(engine, |spec| spec.settings = json!({"marker": company}));
        let (bank, shop) = (of("bank"), of("shop"));
        assert_ne!(bank.snapshot(), shop.snapshot());
        for _ in 0..5 {
            assert!(why(&bank, "ok").contains("marker=bank "));
            assert!(why(&shop, "ok").contains("marker=shop "));
            assert_eq!(why(&bank, "settings"), r#"{"marker":"bank"}"#);
        }
    });
}

#[test]
fn an_instance_made_ahead_for_one_company_is_held_to_anothers_limits() {
    on_both(|engine| {
        let limited = |bytes: u64| plugin(engine, |spec| spec.limits.memory.0 = bytes);
        let (large, small) = (limited(64 << 20), limited(8 << 20));
        for _ in 0..3 {
            is_right(&large);
            hit(
                &classify(&small, "grow").1.outcome,
                OutOfMemory,
                "memory",
                8 << 20,
            );
            hit(
                &classify(&large, "grow").1.outcome,
                OutOfMemory,
                "memory",
                64 << 20,
            );
        }
    });
}

#[test]
fn one_plugin_has_its_own_share() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.concurrency = 2);
        let (first, second) = (plugin.lease(PATIENCE), plugin.lease(PATIENCE));
        let refused = plugin
            .lease(Duration::from_millis(5))
            .err()
            .expect("two are inside");
        hit(&refused, Overloaded, "concurrency", 2);
        drop((first, second));
        is_right(&plugin);
    });
}

#[test]
fn those_who_wait_for_one_plugin_keep_nobody_from_another() {
    on_both(|engine| {
        let slow = plugin(engine, |spec| spec.limits.concurrency = 1);
        let other = plugin(engine, |_| {});
        let held = slow.lease(PATIENCE).expect("a place");
        std::thread::scope(|scope| {
            let waiting: Vec<_> = (0..engine.settings().instances)
                .map(|_| scope.spawn(|| slow.lease(Duration::from_millis(500)).map(drop)))
                .collect();
            std::thread::sleep(Duration::from_millis(100));
            let lease = other.lease(Duration::from_millis(100));
            assert!(lease.is_ok(), "{:?}", lease.err());
            drop(lease);
            for thread in waiting {
                let outcome = thread.join().expect("no panic").expect_err("it is held");
                assert_eq!(outcome.kind, Overloaded);
            }
        });
        drop(held);
        is_right(&slow);
    });
}

#[test]
fn a_breaker_opens_after_failures_in_a_row_and_closes_by_itself() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(classify(&plugin, "trap").1.outcome.kind, Trapped);
        }
        assert!(plugin.breaker(Stage::Classify).is_open());
        let (answer, trace) = classify(&plugin, "ok");
        assert_eq!((answer, trace.host_calls), (None, 0));
        says(&trace.outcome, Trapped, "not called");
        // At another stage it is still asked.
        let mut lease = plugin.lease(PATIENCE).expect("a place");
        assert_eq!(lease.route(&said("ok"), false).1.outcome.kind, Ok);
        drop(lease);
        std::thread::sleep(Duration::from_millis(1_050));
        is_right(&plugin);
        assert!(!plugin.breaker(Stage::Classify).is_open());
    });
}

/// A trial that is not made must not count as one under way.
#[test]
fn a_breaker_whose_trial_falls_away_tries_again() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        let route = |text: &str| {
            let mut lease = plugin.lease(PATIENCE).expect("a place");
            lease.route(&said(text), false).1.outcome
        };
        for _ in 0..FAILURES_TO_OPEN {
            assert_eq!(route("trap").kind, Trapped);
        }
        std::thread::sleep(Duration::from_millis(1_050));
        // The same pass crashes one stage earlier, so this one is not asked.
        let mut lease = plugin.lease(PATIENCE).expect("a place");
        lease.classify(&said("trap"), false);
        says(
            &lease.route(&said("ok"), false).1.outcome,
            Failed,
            "earlier in this pass",
        );
        drop(lease);
        assert_eq!(route("ok").kind, Ok, "its trial is still due");
    });
}

#[test]
fn no_opinion_and_good_answers_keep_a_breaker_closed() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        for _ in 0..FAILURES_TO_OPEN * 2 {
            assert_eq!(classify(&plugin, "trap").1.outcome.kind, Trapped);
            assert_eq!(classify(&plugin, "decline").1.outcome.kind, Declined);
        }
        assert!(!plugin.breaker(Stage::Classify).is_open());
    });
}
