//! The text of an internal note about a decision.

use patchbay_adapter::DecisionReport;
use patchbay_adapter::field::cut;

/// Most reasons in a note; the rest is left out.
const MOST_REASONS: usize = 20;
/// Most bytes of a reason in a note.
const REASON_BYTES: usize = 1_000;

/// The reasons of a decision, a line each; `None` without one.
pub(crate) fn of(report: &DecisionReport<'_>) -> Option<String> {
    let reasons = report.reasons.iter().map(|reason| reason.trim());
    let reasons = reasons.filter(|reason| !reason.is_empty());
    let reasons = reasons.take(MOST_REASONS).map(|reason| {
        let words: Vec<&str> = cut(reason, REASON_BYTES).split_whitespace().collect();
        format!("- {}", words.join(" "))
    });
    let reasons: Vec<String> = reasons.collect();
    if reasons.is_empty() {
        return None;
    }
    let queue = report.queue.map(|queue| format!("queue {queue}"));
    let agent = report.agent.map(|agent| format!("agent {agent}"));
    let priority = report
        .priority
        .map(|priority| format!("priority {priority}"));
    let parts = [queue, agent, priority].into_iter().flatten();
    let parts: Vec<String> = parts.collect();
    let place = match parts.is_empty() {
        true => String::new(),
        false => format!(" {}", parts.join(", ")),
    };
    Some(format!("Patchbay:{place}\n{}", reasons.join("\n")))
}
