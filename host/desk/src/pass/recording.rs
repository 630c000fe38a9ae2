//! Writing down what a pass came to: entries, the conversation's row, memories,
//! what has to go out.

use patchbay_engine::decision::Decision;
use patchbay_journal::{Commit, ContactId, Message, NewEntry, NewOutbox, Purpose, StateChange};
use patchbay_model::decision::escalation::Action;
use serde_json::{Map, Value, json};

use super::recalling::owner;
use super::{Pass, Planned, Rang};
use crate::history::{EntryKind, public_view};
use crate::memory::Known;

impl Pass<'_> {
    /// The commit of an input, without what the policies wrote.
    pub(super) fn plan(
        &self,
        known: Known,
        message: &Message,
        kind: EntryKind,
        decision: Option<&Decision>,
    ) -> Planned {
        let mut head = head_of(message);
        if let Some(decision) = decision {
            head.extend(public_view(decision));
        }
        let entry = self.entry(kind, head, decision, message.contact);
        let entry = NewEntry {
            input: Some(message.ordinal),
            ..entry
        };
        self.commit(known, vec![entry])
    }

    pub(super) fn plan_ring(
        &self,
        known: Known,
        rang: Vec<Rang>,
        contact: Option<ContactId>,
    ) -> Planned {
        let entries = rang.iter().map(|(kind, head, decision, _)| {
            let mut head = head.as_object().cloned().unwrap_or_default();
            if let Some(decision) = decision {
                head.extend(public_view(decision));
            }
            self.entry(*kind, head, decision.as_ref(), contact)
        });
        let entries = entries.collect();
        let mut planned = self.commit(known, entries);
        for (_, _, decision, outbox) in rang {
            if let Some(decision) = decision {
                self.add(&mut planned, &decision, outbox, contact);
            }
        }
        planned
    }

    fn entry(
        &self,
        kind: EntryKind,
        head: Map<String, Value>,
        decision: Option<&Decision>,
        contact: Option<ContactId>,
    ) -> NewEntry {
        let whole = decision.and_then(|decision| serde_json::to_vec(decision).ok());
        let sealed = match (whole, contact) {
            (Some(whole), Some(contact)) => self
                .journal
                .seal(self.company, contact, Purpose::Entry, &whole)
                .ok(),
            _ => None,
        };
        NewEntry {
            kind: kind as u16,
            at: self.now,
            input: None,
            head: Value::Object(head).to_string(),
            contact: contact.filter(|_| sealed.is_some()),
            sealed: sealed.unwrap_or_default(),
        }
    }

    fn commit(&self, mut known: Known, entries: Vec<NewEntry>) -> Planned {
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
                entries,
                state: Vec::new(),
                outbox: Vec::new(),
                sent: Vec::new(),
                at: self.now,
            },
            known,
        }
    }

    /// Add what the policies remember and what must go out.
    pub(super) fn add(
        &self,
        planned: &mut Planned,
        decision: &Decision,
        outbox: Vec<(String, Action)>,
        contact: Option<ContactId>,
    ) {
        let id = planned.known.row.id;
        let plugins = self.generation.pipelines.plugins();
        for (name, write) in decision.writes() {
            let plugin = plugins.iter().find(|plugin| plugin.name() == name);
            let owner = owner(write.scope, &id, contact.as_ref());
            let (Some(plugin), Some(owner)) = (plugin, owner) else {
                continue;
            };
            planned.commit.state.push(StateChange {
                plugin: name.to_owned(),
                version: plugin.state_version(),
                scope: write.scope,
                owner: owner.to_vec(),
                key: write.key.clone(),
                change: write.change.clone(),
            });
        }
        for (key, action) in outbox {
            let Some(target) = action.target.clone() else {
                continue;
            };
            let notice = json!({
                "conversation": id.to_string(),
                "message": action.message,
                "at": self.now,
            });
            planned.commit.outbox.push(NewOutbox {
                key: format!("notify-{key}"),
                target,
                conversation: Some(id),
                payload: self.sealed_notice(contact, &notice),
                not_before: self.now,
            });
        }
    }

    /// A notice as it waits: the contact whose key seals it, and the sealed
    /// text.
    fn sealed_notice(&self, contact: Option<ContactId>, notice: &Value) -> Vec<u8> {
        let Some(contact) = contact else {
            return [&[0; 16], notice.to_string().as_bytes()].concat();
        };
        let text = notice.to_string();
        let sealed = self
            .journal
            .seal(self.company, contact, Purpose::Outbox, text.as_bytes());
        [&contact.0[..], &sealed.unwrap_or_default()].concat()
    }
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
