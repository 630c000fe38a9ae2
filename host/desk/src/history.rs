//! What an entry of a conversation's history records, and how much of a
//! decision may be read without opening a seal.

use patchbay_engine::decision::Decision;
use patchbay_journal::Kind;
use serde_json::{Map, Value, json};

/// What an entry records. The numbers are in the store: they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum EntryKind {
    /// A customer wrote, and what was decided about it.
    Received = 1,
    /// A message was reworded, and what was decided about the new wording.
    Edited = 2,
    /// A message was taken back.
    Deleted = 3,
    /// Somebody reacted to a message.
    Reacted = 4,
    /// The channel's copy of what the company sent.
    Echoed = 5,
    /// An SLA clock is at risk or breached, and what was decided about that.
    ClockRang = 32,
    /// A moment came at which a policy asked to be called.
    WokeUp = 33,
    /// An input that was in flight at three crashes in a row: no policy sees
    /// it again.
    Quarantined = 48,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [EntryKind; 8] = [
        EntryKind::Received,
        EntryKind::Edited,
        EntryKind::Deleted,
        EntryKind::Reacted,
        EntryKind::Echoed,
        EntryKind::ClockRang,
        EntryKind::WokeUp,
        EntryKind::Quarantined,
    ];

    /// The code, as in JSON and in the type of an event.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryKind::Received => "received",
            EntryKind::Edited => "edited",
            EntryKind::Deleted => "deleted",
            EntryKind::Reacted => "reacted",
            EntryKind::Echoed => "echoed",
            EntryKind::ClockRang => "clock-rang",
            EntryKind::WokeUp => "woke-up",
            EntryKind::Quarantined => "quarantined",
        }
    }

    /// The kind of a number in the store; none for one of a later version.
    pub fn of(number: u16) -> Option<EntryKind> {
        EntryKind::ALL
            .into_iter()
            .find(|kind| *kind as u16 == number)
    }

    /// What records an input.
    pub(crate) fn of_input(kind: Kind) -> EntryKind {
        match kind {
            Kind::Message => EntryKind::Received,
            Kind::Edit => EntryKind::Edited,
            Kind::Delete => EntryKind::Deleted,
            Kind::Reaction => EntryKind::Reacted,
            Kind::Echo => EntryKind::Echoed,
        }
    }
}

/// What may be read of a decision by everybody: codes and numbers. What a
/// policy wrote in its own words may quote the customer, and stays sealed.
pub(crate) fn public_view(decision: &Decision) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("outcome".to_owned(), json!(decision.outcome));
    if let Some(merged) = &decision.classification {
        let said = &merged.classification;
        view.insert(
            "classification".to_owned(),
            json!({
                "intents": said.intents,
                "topics": said.topics,
                "sentiment": said.sentiment,
                "urgency": said.urgency,
                "language": said.language,
                "spam": said.spam,
                "abuse": said.abuse,
                "reply_expected": said.reply_expected,
                "personal_data_kinds": said.personal_data_kinds(),
            }),
        );
    }
    if let Some(plan) = &decision.route {
        view.insert(
            "route".to_owned(),
            json!({
                "target": plan.target,
                "steps": plan.steps,
                "priority": plan.priority,
                "sla": plan.sla,
                "tags": plan.tags,
            }),
        );
    }
    if let Some(escalation) = &decision.escalation {
        let actions: Vec<Value> = escalation
            .actions
            .iter()
            .map(|action| json!({"kind": action.kind, "target": action.target}))
            .collect();
        view.insert("escalation".to_owned(), json!({ "actions": actions }));
    }
    if !decision.fallbacks.is_empty() {
        let fallbacks: Vec<Value> = decision
            .fallbacks
            .iter()
            .map(|fallback| json!({"stage": fallback.stage, "rule": fallback.rule, "plugin": fallback.plugin}))
            .collect();
        view.insert("fallbacks".to_owned(), fallbacks.into());
    }
    let plugins: Vec<Value> = decision
        .stamp
        .plugins
        .iter()
        .map(|part| {
            json!({
                "stage": part.stage,
                "name": part.name,
                "version": part.version,
                "digest": part.digest,
                "outcome": part.outcome,
                "use": part.use_number,
                "micros": part.micros,
                "peak_memory": part.peak_memory,
            })
        })
        .collect();
    view.insert(
        "stamp".to_owned(),
        json!({"generation": decision.stamp.generation, "plugins": plugins}),
    );
    view.insert("micros".to_owned(), json!(decision.micros));
    view
}
