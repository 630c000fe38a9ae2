//! What an entry of a company's history records, and how much of a
//! decision may be read without opening a seal.

use patchbay_engine::decision::Decision;
use patchbay_journal::Kind;
use serde_json::{Map, Value, json};

macro_rules! entry_kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal;)*) => {
        /// What an entry records. The numbers are in the store: they never
        /// change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum EntryKind {
            $($(#[$doc])* $name = $number,)*
        }

        impl EntryKind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[EntryKind] = &[$(EntryKind::$name,)*];

            /// The code, as in JSON and in the type of an event.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(EntryKind::$name => $code,)*
                }
            }
        }
    };
}

entry_kinds! {
    /// A customer wrote, and what was decided about it.
    Received = 1, "received";
    /// A message was reworded, and what was decided about the new wording.
    Edited = 2, "edited";
    /// A message was taken back.
    Deleted = 3, "deleted";
    /// Somebody reacted to a message.
    Reacted = 4, "reacted";
    /// The channel's copy of what the company sent.
    Echoed = 5, "echoed";
    /// An SLA clock is at risk or breached, and what was decided about that.
    ClockRang = 32, "clock-rang";
    /// A moment came at which a policy asked to be called.
    WokeUp = 33, "woke-up";
    /// Something else happened that escalation was asked about.
    Triggered = 34, "triggered";
    /// It was routed again.
    Routed = 35, "routed";
    /// An input that was in flight at three crashes in a row: no policy sees
    /// it again.
    Quarantined = 48, "quarantined";
    /// An operator or supervisor should look.
    Alerted = 49, "alerted";
    /// A policy failed again and again, and is left alone for a while.
    BreakerOpened = 50, "breaker-opened";
    /// An operator has taken a stage or a plugin out of the decisions for a
    /// while.
    Bypassed = 56, "bypassed";
    /// It was set before an agent.
    Offered = 64, "offered";
    /// An agent took what was offered.
    Accepted = 65, "accepted";
    /// An agent would not take what was offered.
    Declined = 66, "declined";
    /// An agent did not answer an offer in time.
    TimedOut = 67, "timed-out";
    /// An offer was taken back, or nobody needs to take it any more.
    Withdrawn = 68, "withdrawn";
    /// More agents qualify than before.
    Widened = 69, "widened";
    /// It was given to an agent by hand.
    Assigned = 70, "assigned";
    /// Its agent left or gave it back: it waits again, with its age.
    Returned = 71, "returned";
    /// It was sent to another queue or agent.
    Transferred = 72, "transferred";
    /// It entered a state.
    StateChanged = 73, "state-changed";
    /// It holds no capacity any more: its customer is next, and does not write.
    Parked = 74, "parked";
    /// Somebody had it routed anew, wherever it was.
    Requeued = 76, "requeued";
    /// An agent came, went or does something else.
    PresenceChanged = 80, "presence-changed";
    /// An agent is on the roster, or what it says of them changed.
    AgentPut = 81, "agent-put";
    /// An agent is not on the roster any more.
    AgentRemoved = 82, "agent-removed";
    /// The company decides by another setup.
    GenerationActivated = 83, "generation-activated";
    /// Another setup is tried beside the one the company decides by.
    RolloutBegan = 84, "rollout-began";
    /// It is tried on other terms.
    RolloutChanged = 85, "rollout-changed";
    /// It is tried no more.
    RolloutEnded = 86, "rollout-ended";
    /// A policy that was left alone is asked again.
    BreakerClosed = 87, "breaker-closed";
    /// A stage or a plugin that was bypassed is asked again.
    BypassEnded = 90, "bypass-ended";
    /// The company takes nothing in, while what is at hand is finished.
    DrainBegan = 91, "drain-began";
    /// The company takes in again.
    DrainEnded = 92, "drain-ended";
    /// An agent or a policy wrote a reply.
    ReplyDrafted = 95, "reply-drafted";
    /// A reply is on its way to the channel.
    ReplyPublished = 96, "reply-published";
    /// A reply went back to its agent.
    ReplyRevise = 97, "reply-revise";
    /// A reply waits for approval.
    ReplyHeld = 98, "reply-held";
    /// A reply may not go out.
    ReplyBlocked = 99, "reply-blocked";
    /// An approver approved a reply.
    ReplyApproved = 100, "reply-approved";
    /// An approver would not have a reply.
    ReplyRejected = 101, "reply-rejected";
    /// A reply that waited is out of date.
    ReplyStale = 102, "reply-stale";
    /// The channel has a reply.
    ReplyDelivered = 103, "reply-delivered";
    /// The channel would not take a reply.
    ReplyUndeliverable = 104, "reply-undeliverable";
}

impl EntryKind {
    /// The kind of a number in the store; none for one of a later version.
    pub fn of(number: u16) -> Option<EntryKind> {
        let mut all = EntryKind::ALL.iter().copied();
        all.find(|kind| *kind as u16 == number)
    }

    /// What records an input.
    pub fn of_input(kind: Kind) -> EntryKind {
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
pub fn public_view(decision: &Decision) -> Map<String, Value> {
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
    if let Some(review) = &decision.tone {
        let findings: Vec<Value> = review
            .findings
            .iter()
            .map(|finding| json!({"code": finding.code, "severity": finding.severity}))
            .collect();
        view.insert(
            "tone".to_owned(),
            json!({"verdict": review.verdict, "findings": findings}),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_described() {
        let described = include_str!("../../../docs/desk.md");
        for kind in EntryKind::ALL {
            let row = format!("| `{}` |", kind.as_str());
            assert!(described.contains(&row), "{row} is not in docs/desk.md");
        }
    }
}
