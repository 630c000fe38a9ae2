//! Requests that write a decision: tags, then group, assignee and priority, then the note.

use patchbay_adapter::{DecisionReport, EncodeError, OutboundRequest, RequestMethod};
use serde_json::{Map, json};

use super::{Zendesk, outbound};
use crate::decision_writes::DecisionWrites;

pub(super) fn encode(
    adapter: &Zendesk,
    report: &DecisionReport<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let desk = &adapter.desk;
    let ticket = desk.thread(report.account, report.conversation)?;
    let path = outbound::path(ticket);
    let mut writes = DecisionWrites::new(desk, report);
    let there = report.labels.unwrap_or_default();
    let mut tags = desk.rules.labels(report);
    tags.retain(|tag| !there.contains(tag));
    if !tags.is_empty() {
        // PUT adds to the tags; POST would replace them.
        let path = format!("{path}/tags");
        writes.set(RequestMethod::Put, &path, &json!({"tags": tags}));
    }
    let mut states = Map::new();
    for (field, state) in [
        ("group_id", desk.rules.queue(report)),
        ("assignee_id", desk.rules.agent(report)),
    ] {
        if let Some(state) = state {
            states.insert(field.to_owned(), state.into());
        }
    }
    if let Some(priority) = desk.rules.priority(report) {
        states.insert("priority".to_owned(), priority.into());
    }
    if !states.is_empty() {
        let body = json!({"ticket": states});
        writes.set(RequestMethod::Put, &path, &body);
    }
    if let Some(note) = desk.rules.note(report) {
        let body = outbound::comment(&writes.note_key(), &note, false);
        writes = writes.note(RequestMethod::Put, &path, &body);
    }
    Ok(writes.into_requests())
}
