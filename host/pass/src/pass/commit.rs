//! Step 5, commit: entries, the conversation's row, policy state and outbox
//! items become one commit.

use std::time::Instant;

use patchbay_engine::decision::Decision;
use patchbay_events::{AlertEvent, Event, InputEvent};
use patchbay_journal::{
    Commit, ContactId, Input, NewEntry, NewOutbox, Purpose, StateChange, WordingStatus,
};
use patchbay_model::actor::Actor;
use patchbay_model::decision::escalation::EscalationAction;
use patchbay_model::traceparent::Traceparent;
use patchbay_records::conversation_cache::CachedConversation;
use patchbay_records::decisions::RecordedInput;
use patchbay_records::history::summarize;
use patchbay_records::outbox_payload::Payload;
use serde::Serialize;
use serde_json::{Value, json};

use super::decide::{PolicyResult, TranscriptStatus};
use super::load::state_owner;
use super::unit_of_work::UnitOfWork;
use super::{AfterCommit, Pass, PlannedCommit, report};
use crate::observer::{PassTrace, TracedDecision};

/// Begin the unit of work of a pass; `traceparent` is the trace context of its
/// input.
pub(super) fn begin(
    pass: &Pass<'_>,
    conversation: CachedConversation,
    traceparent: Option<Traceparent>,
) -> UnitOfWork {
    let (company, id) = (&pass.generation.company, conversation.row.id);
    let traced = pass.observer.wants_trace(company, id, traceparent);
    UnitOfWork::new(conversation, PassTrace::new(traceparent, traced))
}

/// Add the entry of an input, with the decision about it.
pub(super) fn record_input(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    result: Option<&PolicyResult<'_>>,
) {
    record_input_event(
        pass,
        unit,
        input,
        Event::of_input(input_event(input)),
        result,
    );
}

/// The event of an input without a decision.
pub(super) fn input_event(input: &Input) -> InputEvent {
    InputEvent {
        interaction: input.message.clone(),
        kind: input.kind,
        channel: input.channel.clone(),
        received_at: input.received_at,
        automatic: false,
        superseded: input.wording == WordingStatus::Superseded,
        clock: None,
        decision: None,
    }
}

/// Add the entry of an input, with another event.
pub(super) fn record_input_event(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    event: Event,
    result: Option<&PolicyResult<'_>>,
) {
    let waited = pass.now.duration_since(input.accepted_at);
    unit.trace.waited = waited.try_into().ok();
    let entry = entry(pass, unit, event, result);
    unit.entries.push(NewEntry {
        input: Some(input.ordinal),
        ..entry
    });
}

/// Add an entry, with the decision made because of it.
pub(super) fn record(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    event: Event,
    result: Option<&PolicyResult<'_>>,
) {
    let entry = entry(pass, unit, event, result);
    unit.entries.push(entry);
}

/// Add an alert.
pub(super) fn alert(pass: &Pass<'_>, unit: &mut UnitOfWork, alert: AlertEvent) {
    record(pass, unit, Event::Alerted(alert), None);
}

fn entry(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    mut event: Event,
    result: Option<&PolicyResult<'_>>,
) -> NewEntry {
    let kind = event.kind();
    let contact = result.and_then(|result| result.contact);
    let mut sealed = None;
    if let Some(result) = result {
        report::note(unit, &result.decision);
        let record = Record {
            decision: &result.decision,
            given: &result.input,
        };
        sealed = contact.and_then(|contact| {
            let plain = serde_json::to_vec(&record).ok()?;
            let journal = pass.journal;
            let sealed = journal.seal(pass.company, contact, Purpose::Entry, &plain);
            sealed.ok()
        });
        let status = match (result.transcript, &sealed) {
            // No key to seal it with: nothing is stored.
            (TranscriptStatus::Stored, None) => TranscriptStatus::TooLong,
            (status, _) => status,
        };
        let mut summary = summarize(&result.decision);
        summary.transcript = status.as_event();
        event.set_decision(summary);
        unit.trace.unrecorded += u64::from(status == TranscriptStatus::TooLong);
        let (entry, traced) = (unit.entries.len(), unit.trace.traced);
        let decision = TracedDecision::new(entry, kind, &result.decision, traced);
        unit.trace.decisions.push(TracedDecision {
            numbers: result.numbers.clone(),
            ..decision
        });
    }
    NewEntry {
        kind: kind as u16,
        at: pass.now,
        input: None,
        head: event.head_json(),
        contact: contact.filter(|_| sealed.is_some()),
        sealed: sealed.unwrap_or_default(),
    }
}

/// The whole unit of work as one commit.
pub(super) fn plan(pass: &Pass<'_>, mut unit: UnitOfWork) -> PlannedCommit {
    if unit.trace.traced {
        unit.trace.kinds = unit.entries.iter().map(|entry| entry.kind).collect();
    }
    unit.trace.ended = Instant::now();
    report::add(pass, &mut unit);
    unit.conversation.note_last_message(pass.now);
    // The row still has the owner and queue from before.
    let scope = unit.scope();
    let CachedConversation { row, snapshot, .. } = &mut unit.conversation;
    row.state = snapshot.state;
    row.queue.clone_from(&snapshot.queue);
    row.owner.clone_from(&snapshot.owner);
    let hours = pass.hours(snapshot);
    // A start with other hours counts by them only from here.
    snapshot.clocks.settle(hours);
    row.due_at = snapshot.due_at(hours);
    row.snapshot = serde_json::to_vec(snapshot).unwrap_or_default();
    let words = unit.words.into_iter();
    let (terms, words) = words
        .map(|change| ((change.list.contact, change.added), change.list))
        .unzip();
    PlannedCommit {
        outbox: !unit.outbox.is_empty(),
        commit: Commit {
            expected: row.sequence,
            conversation: row.clone(),
            entries: unit.entries,
            scope,
            state: unit.state,
            outbox: unit.outbox,
            words,
            has_outdated_words: unit.has_outdated_words,
            sent: unit.sent,
            failed: unit.failed,
            taken_back: unit.taken_back,
            files: unit.files,
            removed_files: unit.removed_files,
            at: pass.now,
        },
        after: AfterCommit {
            conversation: unit.conversation,
            terms,
            floor_events: unit.floor_events,
            agents: unit.agents,
            trace: unit.trace,
        },
    }
}

/// Add the state that the policies wrote.
pub(super) fn remember(pass: &Pass<'_>, unit: &mut UnitOfWork, result: &PolicyResult<'_>) {
    let id = unit.conversation.row.id;
    let plugins = pass.generation.pipelines.plugins();
    for (name, write) in result.decision.writes() {
        let plugin = plugins.iter().find(|plugin| plugin.name() == name);
        let owner = state_owner(write.scope, &id, result.contact.as_ref());
        let (Some(plugin), Some(owner)) = (plugin, owner) else {
            continue;
        };
        unit.state.push(StateChange {
            plugin: name.to_owned(),
            version: plugin.state_version(),
            scope: write.scope,
            owner: owner.to_vec(),
            key: write.key.clone(),
            change: write.change.clone(),
        });
    }
}

/// Add a notification of a named target to the outbox.
pub(super) fn notify(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    key: String,
    action: &EscalationAction,
) {
    let Some(target) = action.target.clone() else {
        return;
    };
    let notice = json!({
        "type": "notice",
        "id": key,
        "company": pass.generation.company,
        "conversation": unit.conversation.row.id.to_string(),
        "target": target,
        "message": action.message,
        "priority": action.priority,
        "at": pass.now,
    });
    let payload = Payload::seal(pass.journal, pass.company, unit.contact(), &notice);
    unit.outbox.push(NewOutbox {
        key,
        target,
        payload: payload.to_bytes(),
        conversation: Some(unit.conversation.row.id),
        not_before: pass.now,
        can_take_back: false,
    });
}

/// The sealed part of a decision's entry.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    given: &'a RecordedInput,
}

/// Add the person who caused it to the newest entry.
pub(super) fn name_actor(unit: &mut UnitOfWork, actor: &Actor) {
    if let Some(entry) = unit.entries.last_mut()
        && let Ok(Value::Object(mut head)) = serde_json::from_str(&entry.head)
    {
        head.insert("by".to_owned(), json!(actor));
        entry.head = Value::Object(head).to_string();
    }
}

/// Attach a sealed part to the newest entry.
pub(super) fn attach_sealed(unit: &mut UnitOfWork, contact: ContactId, sealed: Vec<u8>) {
    if let Some(entry) = unit.entries.last_mut() {
        entry.contact = Some(contact);
        entry.sealed = sealed;
    }
}
