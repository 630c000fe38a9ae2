//! Reaching for what was not granted, and for what lies outside the sandbox.

use std::sync::Arc;

use patchbay_engine::plugin::Plugin;
use patchbay_model::company::Grants;
use patchbay_model::outcome::OutcomeKind::{Denied, Ok, OutOfMemory, Trapped};
use patchbay_model::situation::Situation;
use patchbay_model::state::Scope;
use patchbay_suite::guests::wat;
use patchbay_suite::host::{NOW_MS, PATIENCE, SEED, drafted, plugin, situation, spec};

use crate::{classify, goes_wrong, hit, is_right, on_both, says, why};

#[test]
fn what_was_not_granted_is_denied_by_name() {
    on_both(|engine| {
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
            ("interactions", "`interactions`"),
            ("interactions-contact", "`interactions`"),
            ("state-conversation", "`state \"conversation\"`"),
            ("state-contact", "`state \"contact\"`"),
            ("state-company", "`state \"company\"`"),
            ("state-write", "`state \"company\"`"),
            ("state-remove", "`state \"conversation\"`"),
        ] {
            says(&goes_wrong(&plugin, text), Denied, grant);
        }
    });
}

#[test]
fn one_scope_of_state_does_not_open_another() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| {
            spec.grants = Grants {
                state: [Scope::Contact].into(),
                ..Grants::default()
            };
        });
        assert_eq!(why(&plugin, "state-contact"), "0");
        says(&goes_wrong(&plugin, "state-company"), Denied, "company");
    });
}

#[test]
fn a_check_while_the_agent_types_writes_no_state() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = plugin.lease(PATIENCE).expect("a place");
        let (_, trace) = lease.check(&drafted("remember", false), false);
        assert_eq!((trace.outcome.kind, trace.writes.len()), (Ok, 1));
        let (_, trace) = lease.check(&drafted("remember", true), false);
        says(&trace.outcome, Denied, "types");
        drop(lease);
        is_right(&plugin);
    });
}

#[test]
fn a_handle_kept_for_the_next_decision_is_dead() {
    on_both(|engine| {
        let plugin = plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(why(&plugin, "keep"), "kept");
        let (answer, trace) = classify(&plugin, "use-kept");
        assert_eq!(answer, None);
        says(&trace.outcome, Denied, "earlier decision");
        is_right(&plugin);
        // Dropping one late is harmless.
        let plugin = patchbay_suite::host::plugin(engine, |spec| spec.reuse = 10);
        assert_eq!(why(&plugin, "keep"), "kept");
        assert_eq!(why(&plugin, "drop-kept"), "true");
        assert!(why(&plugin, "ok").starts_with("decision=3 "));
    });
}

#[test]
fn files_are_not_there() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        for text in ["file", "file-write", "directory"] {
            let told = why(&plugin, text);
            assert!(told.starts_with("refused: "), "{text}: {told}");
        }
        assert!(!std::path::Path::new("/tmp/patchbay-was-here").exists());
    });
}

#[test]
fn sockets_are_denied_by_name() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        for text in ["tcp", "udp", "resolve"] {
            says(&goes_wrong(&plugin, text), Denied, "wasi:sockets/");
        }
    });
}

#[test]
fn the_environment_is_empty_and_nobody_types() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        // The host has some: that is where the keys of webhooks are.
        assert!(std::env::vars().count() > 0);
        assert_eq!(why(&plugin, "environment"), "0 variables, 0 arguments");
        assert_eq!(why(&plugin, "stdin"), "Ok(0) \"\"");
    });
}

#[test]
fn whoever_exits_has_crashed() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        says(&goes_wrong(&plugin, "exit"), Trapped, "exit code");
    });
}

#[test]
fn what_is_printed_lands_in_the_log() {
    on_both(|engine| {
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
fn time_stands_still_at_the_decisions_time() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_eq!(why(&plugin, "clocks"), format!("Ok({NOW_MS}) {NOW_MS}"));
        assert_eq!(why(&plugin, "sleep"), "slept 0ns");
    });
}

#[test]
fn the_same_seed_and_time_give_the_same_answer() {
    on_both(|engine| {
        let plugin = plugin(engine, |_| {});
        let ask = |text: &str, now_ms, seed| {
            let situation: Arc<Situation> = Arc::new(situation(text, now_ms, seed));
            let mut lease = plugin.lease(PATIENCE).expect("a place");
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
fn random_bytes_without_end_are_refused() {
    on_both(|engine| {
        let plugin = Plugin::activate(engine, spec(wat("random"))).expect("activated");
        let (_, trace) = classify(&plugin, "");
        hit(&trace.outcome, OutOfMemory, "random", 64 << 10);
    });
}
