//! Access without a grant, and access outside the sandbox.

use std::sync::Arc;

use patchbay_company::Grants;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::outcome::OutcomeKind::{Denied, Ok, OutOfMemory, Trapped};
use patchbay_model::situation::Situation;
use patchbay_model::state::Scope;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{NOW_MS, SEED, TIMEOUT, drafted, plugin, situation, spec};

use crate::assertions::{
    assert_detail, assert_healthy, assert_limit, classify, fail, on_both_allocators, report,
};

#[test]
fn a_missing_grant_is_denied_and_named() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.grants = Grants::default());
        for (text, grant) in [
            ("agents", "`agents`"),
            ("agents-find", "`agents`"),
            ("agents-summaries", "`agents`"),
            ("agents-count", "`agents`"),
            ("agents-queue", "`agents`"),
            ("agents-queues", "`agents`"),
            ("knowledge", "`knowledge`"),
            ("knowledge-intent", "`knowledge`"),
            ("contact-attribute", "`contacts`"),
            ("contact-attributes", "`contacts`"),
            ("interactions", "`interactions`"),
            ("interactions-contact", "`interactions`"),
            ("state-conversation", "`state \"conversation\"`"),
            ("state-contact", "`state \"contact\"`"),
            ("state-company", "`state \"company\"`"),
            ("state-write", "`state \"company\"`"),
            ("state-remove", "`state \"conversation\"`"),
        ] {
            assert_detail(&fail(&plugin, text), Denied, grant);
        }
    });
}

#[test]
fn a_grant_for_one_state_scope_does_not_open_another() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| {
            spec.grants = Grants {
                state: [Scope::Contact].into(),
                ..Grants::default()
            };
        });
        assert_eq!(report(&plugin, "state-contact"), "0");
        assert_detail(&fail(&plugin, "state-company"), Denied, "company");
    });
}

#[test]
fn a_check_while_the_agent_types_writes_no_state() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (_, trace) = lease.check(&drafted("remember", false), false);
        assert_eq!((trace.outcome.kind, trace.writes.len()), (Ok, 1));
        let (_, trace) = lease.check(&drafted("remember", true), false);
        assert_detail(&trace.outcome, Denied, "types");
        drop(lease);
        assert_healthy(&plugin);
    });
}

#[test]
fn a_handle_from_an_earlier_decision_is_invalid() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(report(&plugin, "keep"), "kept");
        let (answer, trace) = classify(&plugin, "use-kept");
        assert_eq!(answer, None);
        assert_detail(&trace.outcome, Denied, "earlier decision");
        assert_healthy(&plugin);
        // A late drop is harmless.
        let plugin = patchbay_suite::host::plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(report(&plugin, "keep"), "kept");
        assert_eq!(report(&plugin, "drop-kept"), "true");
        assert!(report(&plugin, "ok").starts_with("decision=3 "));
    });
}

#[test]
fn files_are_not_accessible() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for text in ["file", "file-write", "directory"] {
            let answer = report(&plugin, text);
            assert!(answer.starts_with("refused: "), "{text}: {answer}");
        }
        assert!(!std::path::Path::new("/tmp/patchbay-was-here").exists());
    });
}

#[test]
fn sockets_are_denied_and_named() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        for text in ["tcp", "udp", "resolve"] {
            assert_detail(&fail(&plugin, text), Denied, "wasi:sockets/");
        }
    });
}

#[test]
fn environment_and_standard_input_are_empty() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        // The host's environment is not empty: it holds webhook secrets.
        assert!(std::env::vars().count() > 0);
        assert_eq!(report(&plugin, "environment"), "0 variables, 0 arguments");
        assert_eq!(report(&plugin, "stdin"), "Ok(0) \"\"");
    });
}

#[test]
fn an_exit_counts_as_a_trap() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_detail(&fail(&plugin, "exit"), Trapped, "exit code");
    });
}

#[test]
fn printed_lines_are_logged() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let (_, trace) = classify(&plugin, "print");
        let lines: Vec<_> = trace
            .log
            .iter()
            .map(|line| (line.level.as_str(), line.message.as_str()))
            .collect();
        assert_eq!(
            lines,
            [("stdout", "to stdout\\u{1b}[2J"), ("stderr", "to stderr")]
        );
    });
}

#[test]
fn the_clock_stands_still_at_the_time_of_the_decision() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_eq!(report(&plugin, "clocks"), format!("Ok({NOW_MS}) {NOW_MS}"));
        assert_eq!(report(&plugin, "sleep"), "slept 0ns");
    });
}

#[test]
fn the_same_seed_and_time_give_the_same_answer() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let ask = |text: &str, now_ms, seed| {
            let situation: Arc<Situation> = Arc::new(situation(text, now_ms, seed));
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            let (answer, _) = lease.classify(&situation, false);
            serde_json::to_vec(&answer.expect("an answer")).expect("it serialises")
        };
        let first = ask("chance", NOW_MS, SEED);
        assert_eq!(ask("chance", NOW_MS, SEED), first);
        assert_ne!(ask("chance", NOW_MS, SEED + 1), first);
        assert_eq!(ask("clocks", NOW_MS, SEED), ask("clocks", NOW_MS, SEED + 1));
        assert_ne!(ask("clocks", NOW_MS, SEED), ask("clocks", NOW_MS + 1, SEED));
    });
}

#[test]
fn endless_random_bytes_are_refused() {
    on_both_allocators(|engine| {
        let plugin = Plugin::activate(engine, spec(wat("random"))).expect("activated");
        let (_, trace) = classify(&plugin, "");
        assert_limit(&trace.outcome, OutOfMemory, "random", 64 << 10);
    });
}
