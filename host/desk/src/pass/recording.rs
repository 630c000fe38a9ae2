//! Writing down what a pass came to: entries, the conversation's row, memories,
//! what has to go out.

use std::time::Instant;

use patchbay_engine::decision::Decision;
use patchbay_journal::{Commit, ContactId, Message, NewEntry, NewOutbox, Purpose, StateChange};
use patchbay_model::decision::escalation::EscalationAction;
use patchbay_model::traceparent::Traceparent;
use serde_json::{Map, Value, json};

use serde::Serialize;

use super::asking::{Asked, Kept};
use super::recalling::owner;
use super::sheet::Sheet;
use super::{Pass, Planned};
use patchbay_records::decisions::Given;
use patchbay_records::history::{EntryKind, public_view};
use crate::memory::Known;
use crate::observer::{Told, ToldDecision};
use patchbay_records::outgoing::Payload;

impl Pass<'_> {
    /// Write down an input, and what was decided about it.
    pub(super) fn record_input(
        &self,
        sheet: &mut Sheet,
        message: &Message,
        kind: EntryKind,
        asked: Option<&Asked<'_>>,
    ) {
        let waited = self.now.duration_since(message.accepted_at);
        sheet.told.waited = waited.try_into().ok();
        let head = head_of(message);
        let entry = self.entry(sheet, kind, head, asked, message.contact);
        sheet.entries.push(NewEntry {
            input: Some(message.ordinal),
            ..entry
        });
    }

    /// Write down what happened, and what was decided about it.
    pub(super) fn record(
        &self,
        sheet: &mut Sheet,
        kind: EntryKind,
        head: Value,
        asked: Option<&Asked<'_>>,
    ) {
        let head = match head {
            Value::Object(head) => head,
            _ => Map::new(),
        };
        let contact = sheet.contact();
        let entry = self.entry(sheet, kind, head, asked, contact);
        sheet.entries.push(entry);
    }

    /// Write down that somebody should look.
    pub(super) fn alert(&self, sheet: &mut Sheet, code: &str, about: Value) {
        let head = json!({"alert": code, "about": about});
        self.record(sheet, EntryKind::Alerted, head, None);
    }

    fn entry(
        &self,
        sheet: &mut Sheet,
        kind: EntryKind,
        mut head: Map<String, Value>,
        asked: Option<&Asked<'_>>,
        contact: Option<ContactId>,
    ) -> NewEntry {
        let whole = asked.and_then(|asked| {
            let record = Record {
                decision: asked.decision(),
                given: &asked.given,
            };
            serde_json::to_vec(&record).ok()
        });
        let sealed = match (whole, contact) {
            (Some(whole), Some(contact)) => self
                .journal
                .seal(self.company, contact, Purpose::Entry, &whole)
                .ok(),
            _ => None,
        };
        if let Some(asked) = asked {
            head.extend(public_view(asked.decision()));
            // Whose key nobody has, nothing of theirs is kept.
            let kept = match (asked.transcript, &sealed) {
                (Kept::Yes, None) => Kept::TooLong,
                (kept, _) => kept,
            };
            let said = match kept {
                Kept::Yes => Some("kept"),
                Kept::TooLong => Some("not-kept"),
                Kept::NotWanted => None,
            };
            if let Some(said) = said {
                head.insert("transcript".to_owned(), said.into());
            }
            sheet.told.unrecorded += u64::from(kept == Kept::TooLong);
            let (place, traced) = (sheet.entries.len(), sheet.told.traced);
            let decision = ToldDecision::of(place, kind, asked.decision(), traced);
            sheet.told.decisions.push(decision);
        }
        NewEntry {
            kind: kind as u16,
            at: self.now,
            input: None,
            head: Value::Object(head).to_string(),
            contact: contact.filter(|_| sealed.is_some()),
            sealed: sealed.unwrap_or_default(),
        }
    }

    /// Everything a sheet holds, as one commit.
    pub(super) fn plan(&self, mut sheet: Sheet) -> Planned {
        if sheet.told.traced {
            sheet.told.kinds = sheet.entries.iter().map(|entry| entry.kind).collect();
        }
        sheet.told.ended = Instant::now();
        let known = &mut sheet.known;
        let snapshot = &known.snapshot;
        known.row.state = snapshot.state;
        known.row.queue.clone_from(&snapshot.queue);
        known.row.owner.clone_from(&snapshot.owner);
        known.row.due_at = snapshot.due_at(self.hours(snapshot));
        known.row.snapshot = serde_json::to_vec(snapshot).unwrap_or_default();
        Planned {
            commit: Commit {
                expected: known.row.sequence,
                conversation: known.row.clone(),
                entries: sheet.entries,
                state: sheet.state,
                outbox: sheet.outbox,
                sent: sheet.sent,
                at: self.now,
            },
            known: sheet.known,
            news: sheet.news,
            agents: sheet.agents,
            told: sheet.told,
        }
    }

    /// Begin a pass over a conversation, about an input that was delivered like
    /// this.
    pub(super) fn sheet(&self, known: Known, delivered_in: Option<Traceparent>) -> Sheet {
        let (company, id) = (&self.generation.company, known.row.id);
        let traced = self.observer.traces(company, id, delivered_in);
        Sheet::new(known, Told::new(delivered_in, traced))
    }

    /// Keep what the policies remember.
    pub(super) fn remember(
        &self,
        sheet: &mut Sheet,
        decision: &Decision,
        contact: Option<ContactId>,
    ) {
        let id = sheet.known.row.id;
        let plugins = self.generation.pipelines.plugins();
        for (name, write) in decision.writes() {
            let plugin = plugins.iter().find(|plugin| plugin.name() == name);
            let owner = owner(write.scope, &id, contact.as_ref());
            let (Some(plugin), Some(owner)) = (plugin, owner) else {
                continue;
            };
            sheet.state.push(StateChange {
                plugin: name.to_owned(),
                version: plugin.state_version(),
                scope: write.scope,
                owner: owner.to_vec(),
                key: write.key.clone(),
                change: write.change.clone(),
            });
        }
    }

    /// Have a target notified.
    pub(super) fn notify(&self, sheet: &mut Sheet, key: String, action: &EscalationAction) {
        let Some(target) = action.target.clone() else {
            return;
        };
        let notice = json!({
            "type": "notice",
            "id": key,
            "company": self.generation.company,
            "conversation": sheet.known.row.id.to_string(),
            "target": target,
            "message": action.message,
            "priority": action.priority,
            "at": self.now,
        });
        let payload = Payload::seal(self.journal, self.company, sheet.contact(), &notice);
        sheet.outbox.push(NewOutbox {
            key,
            target,
            payload: payload.to_bytes(),
            conversation: Some(sheet.known.row.id),
            not_before: self.now,
        });
    }
}

/// What is sealed of a decision: all of it, and what it was made on.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    decision: &'a Decision,
    given: &'a Given,
}

/// What may be read of an input by everybody.
pub(super) fn head_of(message: &Message) -> Map<String, Value> {
    let head = json!({
        "interaction": message.message,
        "kind": message.kind.as_str(),
        "channel": message.channel,
        "received_at": message.received_at,
    });
    match head {
        Value::Object(head) => head,
        _ => Map::new(),
    }
}
