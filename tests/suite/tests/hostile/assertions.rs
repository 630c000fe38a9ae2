//! Calls and assertions that the tests share.

use patchbay_engine::Trace;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Lease, Plugin};
use patchbay_model::decision::classification::Classification;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_suite::host::{TIMEOUT, said, serving};

/// Runs a test with pooled and with on-demand instances.
pub(crate) fn on_both_allocators(test: impl Fn(&Engine)) {
    for engine in serving() {
        test(engine);
    }
}

/// Classifies an interaction with this text.
pub(crate) fn classify(plugin: &Plugin, text: &str) -> (Option<Classification>, Trace) {
    let mut lease = Lease::acquire(plugin, TIMEOUT).expect("an instance");
    lease.classify(&said(text), false)
}

/// The `why` of a good answer; the guest reports there what it found in memory.
pub(crate) fn report(plugin: &Plugin, text: &str) -> String {
    let (answer, trace) = classify(plugin, text);
    answer
        .unwrap_or_else(|| panic!("{text:?} ended {}", trace.outcome))
        .why
}

/// Asserts that a decision succeeds, on an instance not used before.
pub(crate) fn assert_healthy(plugin: &Plugin) {
    let report = report(plugin, "ok");
    assert!(report.starts_with("decision=1 prepared=1 "), "{report}");
}

/// The outcome of a failing decision; the next one succeeds.
pub(crate) fn fail(plugin: &Plugin, text: &str) -> Outcome {
    let (answer, trace) = classify(plugin, text);
    assert_eq!(answer, None, "{text:?} was answered");
    assert!(trace.writes.is_empty(), "{text:?} wrote state");
    assert_healthy(plugin);
    trace.outcome
}

/// Asserts the outcome's kind and the limit it names.
#[track_caller]
pub(crate) fn assert_limit(outcome: &Outcome, kind: OutcomeKind, limit: &str, value: u64) {
    assert_eq!(outcome.kind, kind, "{outcome}");
    let found = outcome.limit.as_ref().expect("a limit");
    assert_eq!(
        (found.limit.as_str(), found.value),
        (limit, value),
        "{outcome}"
    );
}

/// Asserts the outcome's kind and a part of its detail.
#[track_caller]
pub(crate) fn assert_detail(outcome: &Outcome, kind: OutcomeKind, what: &str) {
    assert_eq!(outcome.kind, kind, "{outcome}");
    let detail = outcome.detail.as_deref().unwrap_or_default();
    assert!(detail.contains(what), "{what:?} is not in {detail:?}");
}
