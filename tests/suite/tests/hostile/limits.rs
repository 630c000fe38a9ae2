//! Guests that exceed each limit.

use patchbay_config::duration::{ByteSize, Millis};
use patchbay_engine::Recording;
use patchbay_engine::plugin::{Lease, Plugin, PluginSpec};
use patchbay_model::outcome::OutcomeKind::{
    BadOutput, Failed, OutOfFuel, OutOfMemory, StackOverflow, Timeout, Trapped,
};
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_suite::guests::wat;
use patchbay_suite::host::{TIMEOUT, metered, plugin, said, spec};

use crate::assertions::{
    assert_detail, assert_healthy, assert_limit, classify, fail, on_both_allocators, report,
};

fn is_timeout(outcome: &Outcome) {
    let limit = outcome
        .limit
        .as_ref()
        .map(|hit| (hit.limit.as_str(), hit.value));
    let named = limit == Some(("cpu", 20)) || limit == Some(("wall", 200));
    assert!(outcome.kind == Timeout && named, "{outcome}");
}

fn impatient(spec: &mut PluginSpec) {
    spec.limits.deadline = Millis(20);
}

#[test]
fn an_endless_loop_runs_out_of_time() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, impatient);
        is_timeout(&fail(&plugin, "loop"));
    });
}

#[test]
fn endless_host_calls_run_out_of_time() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, impatient);
        let (_, trace) = classify(&plugin, "host-calls");
        is_timeout(&trace.outcome);
        assert!(trace.host_calls > 100, "{} host calls", trace.host_calls);
        assert_healthy(&plugin);
    });
}

#[test]
fn fuel_runs_out_at_the_same_place_every_time() {
    let plugin = plugin(metered(), |spec| spec.limits.fuel = 3_000_000);
    let spent = |text| {
        let (_, trace) = classify(&plugin, text);
        (trace.outcome.kind, trace.fuel, trace.host_calls)
    };
    assert_eq!(spent("host-calls"), spent("host-calls"));
    assert_eq!(spent("ok"), spent("ok"));
    assert!(spent("ok").1.expect("it is metered") > 0);
    assert_limit(&fail(&plugin, "loop"), OutOfFuel, "fuel", 3_000_000);
}

#[test]
fn memory_grows_to_its_limit() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.memory = ByteSize(8 << 20));
        let (_, trace) = classify(&plugin, "grow");
        assert_limit(&trace.outcome, OutOfMemory, "memory", 8 << 20);
        assert!(
            (6 << 20..=8 << 20).contains(&trace.peak_memory),
            "{}",
            trace.peak_memory
        );
        assert_healthy(&plugin);
    });
}

#[test]
fn a_refused_growth_does_not_change_the_outcome_of_a_later_crash() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
        let (answer, _) = lease.classify(&said("refused-growth"), false);
        assert_eq!(answer.expect("it survives").why, "refused=true");
        let (_, trace) = lease.route(&said("trap"), false);
        assert_eq!(trace.outcome.kind, Trapped, "{}", trace.outcome);
        assert_eq!(trace.outcome.limit, None);
        drop(lease);
        assert_healthy(&plugin);
    });
}

#[test]
fn a_failed_growth_is_not_counted() {
    on_both_allocators(|engine| {
        let plugin = Plugin::activate(engine, spec(wat("memory-of-one-page"))).expect("activated");
        for _ in 0..2 {
            let (_, trace) = classify(&plugin, "");
            assert_eq!(
                trace.outcome.kind,
                OutcomeKind::Declined,
                "{}",
                trace.outcome
            );
            assert_eq!(trace.peak_memory, 1 << 16);
        }
    });
}

#[test]
fn a_table_grows_to_its_limit() {
    on_both_allocators(|engine| {
        let mut spec = spec(wat("table"));
        spec.limits.table_elements = 5_000;
        spec.reuse = 2;
        let plugin = Plugin::activate(engine, spec).expect("activated");
        for _ in 0..2 {
            assert_eq!(classify(&plugin, "").1.outcome.kind, OutcomeKind::Declined);
            assert_limit(
                &classify(&plugin, "").1.outcome,
                OutOfMemory,
                "table",
                5_000,
            );
        }
    });
}

#[test]
fn deep_recursion_overflows_the_stack() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let outcome = fail(&plugin, "recurse");
        assert_limit(
            &outcome,
            StackOverflow,
            "stack",
            engine.settings().stack as u64,
        );
        // The guest's own stack is in its linear memory.
        assert_detail(&fail(&plugin, "recurse-wide"), Trapped, "out of bounds");
    });
}

#[test]
fn handles_that_are_never_dropped_run_out() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.handles = 100);
        assert_limit(&fail(&plugin, "handles"), OutOfMemory, "handles", 100);
        assert_eq!(report(&plugin, "handles-dropped 1000"), "dropped");
    });
}

#[test]
fn the_bytes_passed_in_one_call_are_bounded() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.memory = ByteSize(100 << 20));
        for text in [
            "log-bytes 33554432",
            "query 1000000",
            "why 33554432",
            "empty-texts 1000000",
        ] {
            assert_detail(&fail(&plugin, text), BadOutput, "fuel");
        }
    });
}

#[test]
fn an_answer_is_bounded() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_limit(&fail(&plugin, "why 300000"), BadOutput, "output", 256 << 10);
        assert_detail(&fail(&plugin, "why 5000"), BadOutput, "why");
    });
}

#[test]
fn log_lines_beyond_the_limit_are_dropped_and_counted() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.log = ByteSize(90));
        let (answer, trace) = classify(&plugin, "log-lines 100");
        assert_eq!(answer.expect("it goes on").why, "logged");
        // Nine bytes each.
        assert_eq!((trace.log.len(), trace.log_dropped), (10, 90));
        assert_healthy(&plugin);
        let (answer, trace) = classify(&plugin, "print-much 100");
        assert_eq!(answer.expect("it goes on").why, "printed");
        assert!(trace.log.is_empty() && trace.log_dropped > 0);
    });
}

#[test]
fn empty_log_lines_are_bounded() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.log = ByteSize(1000));
        let (_, trace) = classify(&plugin, "log-empty 100000");
        assert!(trace.log.len() <= 1000, "{} lines", trace.log.len());
    });
}

#[test]
fn a_transcript_is_recorded_whole_or_not_at_all() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let recording = Recording {
            transcript: 1 << 20,
            ..Recording::ALL
        };
        let transcribed = |text| {
            let mut lease = Lease::acquire(&plugin, TIMEOUT).expect("an instance");
            let (_, trace) = lease.classify(&said(text), recording);
            assert_eq!(trace.outcome.kind, OutcomeKind::Ok, "{}", trace.outcome);
            trace
                .transcript
                .map(|calls| calls.calls().len() as u32 == trace.host_calls)
        };
        assert_eq!(transcribed("ids 100"), Some(true));
        assert_eq!(transcribed("ids 30000"), None);
        assert_healthy(&plugin);
    });
}

#[test]
fn state_is_bounded() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |spec| spec.limits.state = ByteSize(16 << 10));
        let (_, trace) = classify(&plugin, "state 3");
        assert_eq!(
            (trace.outcome.kind, trace.writes.len()),
            (OutcomeKind::Ok, 3)
        );
        assert_limit(&fail(&plugin, "state 5"), OutOfMemory, "state", 16 << 10);
        assert_limit(&fail(&plugin, "state-key 129"), OutOfMemory, "state", 128);
        assert_limit(
            &fail(&plugin, "state-value 4097"),
            OutOfMemory,
            "state",
            4096,
        );
    });
}

#[test]
fn a_decision_that_fails_writes_nothing() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_eq!(fail(&plugin, "state-then-trap").kind, Trapped);
    });
}

#[test]
fn a_trap_has_a_symbolised_backtrace() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let outcome = fail(&plugin, "trap");
        assert_detail(&outcome, Trapped, "unreachable");
        assert!(
            outcome.backtrace[0].contains("misbehaving::resources::walk_into_a_trap"),
            "{:?}",
            outcome.backtrace
        );
    });
}

#[test]
fn a_panic_message_is_logged() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        let (_, trace) = classify(&plugin, "panic");
        assert_eq!(trace.outcome.kind, Trapped);
        let lines: Vec<_> = trace.log.iter().map(|line| line.message.as_str()).collect();
        assert!(lines.concat().contains("this policy gave up"), "{lines:?}");
        assert_healthy(&plugin);
    });
}

#[test]
fn control_characters_in_a_policys_error_are_escaped() {
    on_both_allocators(|engine| {
        let plugin = plugin(engine, |_| {});
        assert_detail(&fail(&plugin, "fail"), Failed, "no\\u{1b}[2J idea");
    });
}
