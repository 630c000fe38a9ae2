//! Guests that break every limit, one by one. Each ends with a typed outcome,
//! costs one decision, and leaves the next one right. And what a guest that
//! means well reads and answers arrives as it is.

mod answers;
mod cache;
mod components;
mod crowds;
mod instances;
mod limits;
mod prepare;
mod reach;
mod reads;
mod replays;

use patchbay_engine::Trace;
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::Plugin;
use patchbay_model::decision::classification::Classification;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_suite::host::{PATIENCE, said, serving};

/// Run a test on instances from a pool, and on instances made on demand.
fn on_both(test: impl Fn(&Engine)) {
    for engine in serving() {
        test(engine);
    }
}

/// One decision about an interaction of this text.
fn classify(plugin: &Plugin, text: &str) -> (Option<Classification>, Trace) {
    let mut lease = plugin.lease(PATIENCE).expect("a place");
    lease.classify(&said(text), false)
}

/// Why a good answer is what it is; this guest says what memory it found.
fn why(plugin: &Plugin, text: &str) -> String {
    let (answer, trace) = classify(plugin, text);
    answer
        .unwrap_or_else(|| panic!("{text:?} ended {}", trace.outcome))
        .why
}

/// A good decision, on an instance nobody touched.
fn is_right(plugin: &Plugin) {
    let report = why(plugin, "ok");
    assert!(report.starts_with("decision=1 prepared=1 "), "{report}");
}

/// One decision that goes wrong, its outcome, and a good one after it.
fn goes_wrong(plugin: &Plugin, text: &str) -> Outcome {
    let (answer, trace) = classify(plugin, text);
    assert_eq!(answer, None, "{text:?} was answered");
    assert!(trace.writes.is_empty(), "{text:?} wrote state");
    is_right(plugin);
    trace.outcome
}

/// The outcome is of this kind, because of this limit.
#[track_caller]
fn hit(outcome: &Outcome, kind: OutcomeKind, limit: &str, value: u64) {
    assert_eq!(outcome.kind, kind, "{outcome}");
    let found = outcome.limit.as_ref().expect("the limit is named");
    assert_eq!(
        (found.limit.as_str(), found.value),
        (limit, value),
        "{outcome}"
    );
}

/// The outcome is of this kind, and says this.
#[track_caller]
fn says(outcome: &Outcome, kind: OutcomeKind, what: &str) {
    assert_eq!(outcome.kind, kind, "{outcome}");
    let detail = outcome.detail.as_deref().unwrap_or_default();
    assert!(detail.contains(what), "{what:?} is not in {detail:?}");
}
