//! Requests that write a decision: labels, priority, team, agent, note.

use patchbay_adapter::{DecisionReport, EncodeError, OutboundRequest, RequestMethod};
use serde_json::json;

use super::{Chatwoot, outbound};
use crate::decision_writes::DecisionWrites;

/// Begins a mention in a message, which notifies an agent.
const MENTION: &str = "mention://";

pub(super) fn encode(
    adapter: &Chatwoot,
    report: &DecisionReport<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let desk = &adapter.desk;
    let conversation = desk.thread(report.account, report.conversation)?;
    let path = adapter.path(conversation);
    let mut writes = DecisionWrites::new(desk, report);
    let mut set = |end: &str, body| {
        let path = format!("{path}/{end}");
        writes.set(RequestMethod::Post, &path, &body);
    };
    if let Some(labels) = all_labels(adapter, report) {
        set("labels", json!({"labels": labels}));
    }
    if let Some(priority) = desk.rules.priority(report) {
        set("toggle_priority", json!({"priority": priority}));
    }
    // A team may assign an agent of its own: the decision's agent comes after it.
    if let Some(team) = desk.rules.queue(report) {
        set("assignments", json!({"team_id": team}));
    }
    if let Some(user) = desk.rules.agent(report) {
        set("assignments", json!({"assignee_id": user}));
    }
    if let Some(note) = desk.rules.note(report) {
        let note = note.replace(MENTION, "mention: //");
        let body = outbound::message(&writes.note_key(), &note, true);
        let path = format!("{path}/messages");
        writes = writes.note(RequestMethod::Post, &path, &body);
    }
    Ok(writes.into_requests())
}

/// The labels that are there and those of the decision: the API replaces the list. `None` if
/// there is nothing to add, or if it is not known what is there.
fn all_labels(adapter: &Chatwoot, report: &DecisionReport<'_>) -> Option<Vec<String>> {
    let mut all = report.labels?.to_vec();
    let before = all.len();
    for label in adapter.desk.rules.labels(report) {
        if !all.contains(&label) {
            all.push(label);
        }
    }
    (all.len() > before).then_some(all)
}
