//! Requests that write a decision: tags, then group, owner and priority, then the note.

use patchbay_adapter::{DecisionReport, EncodeError, OutboundRequest, RequestMethod};
use serde_json::{Map, json};

use super::Zammad;
use super::outbound::{ARTICLES, article};
use crate::decision_writes::DecisionWrites;
use crate::help_desk::number;

pub(super) fn encode(
    adapter: &Zammad,
    report: &DecisionReport<'_>,
) -> Result<Vec<OutboundRequest>, EncodeError> {
    let desk = &adapter.desk;
    let ticket = desk.thread(report.account, report.conversation)?;
    let ticket = number(ticket).ok_or(EncodeError::Address)?;
    let mut writes = DecisionWrites::new(desk, report);
    let there = report.labels.unwrap_or_default();
    for tag in desk.rules.labels(report) {
        if !there.contains(&tag) {
            let body = json!({"item": tag, "object": "Ticket", "o_id": ticket});
            writes.set(RequestMethod::Post, "/api/v1/tags/add", &body);
        }
    }
    let mut states = Map::new();
    let priority = desk.rules.priority(report).and_then(number);
    for (field, state) in [
        ("group_id", desk.rules.queue(report)),
        ("owner_id", desk.rules.agent(report)),
        ("priority_id", priority),
    ] {
        if let Some(state) = state {
            states.insert(field.to_owned(), state.into());
        }
    }
    if !states.is_empty() {
        let path = format!("/api/v1/tickets/{ticket}");
        writes.set(RequestMethod::Put, &path, &states.into());
    }
    if let Some(note) = desk.rules.note(report) {
        let mut body = article(ticket, "note", &note, &writes.note_key());
        body["internal"] = true.into();
        writes = writes.note(RequestMethod::Post, ARTICLES, &body);
    }
    Ok(writes.into_requests())
}
