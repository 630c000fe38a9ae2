//! Conversations, contacts and triggers, as a decision reads them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use serde::{Deserialize, Serialize};

use crate::conversation_state::ConversationState;
use crate::decision::route::RoutePlan;
use crate::interaction::Interaction;
use crate::open_codes;

open_codes! {
    /// Why a route is requested.
    #[derive(Default)]
    pub enum RouteCause {
        /// The conversation is new.
        #[default]
        New = "new",
        /// A message reopened it.
        Reopened = "reopened",
        /// Its agent returned it, went offline or left.
        Returned = "returned",
        /// The last step of its plan passed and no agent accepted it.
        Expired = "expired",
        /// The time it was on hold for is over.
        Held = "held",
        /// An escalation requested it.
        ReRouted = "re-routed",
    }
}

open_codes! {
    /// Why an escalation policy is called.
    pub enum TriggerCode {
        /// An interaction was classified.
        Classified = "classified",
        /// The at-risk share of an SLA target is used up.
        SlaAtRisk = "sla-at-risk",
        /// An SLA target is used up.
        SlaBreached = "sla-breached",
        /// The conversation was reopened, or its contact began it within the
        /// window for the same agent.
        CustomerReturned = "customer-returned",
        /// The only agent who fits declined it or let its offer time out.
        Declined = "declined",
        /// Its owner has not answered within the company's limit.
        SilentAgent = "silent-agent",
        /// An escalation requested to be called now.
        WakeUp = "wake-up",
        /// Many interactions are about one subject.
        VolumeSurge = "volume-surge",
        /// Few interactions about one subject reach many people.
        ReachSurge = "reach-surge",
    }
}

/// A conversation without its interactions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    /// Identifier.
    #[serde(default)]
    pub id: String,
    /// State; queued by default.
    #[serde(default)]
    pub state: ConversationState,
    /// Why a route is requested; `new` by default.
    #[serde(default)]
    pub cause: RouteCause,
    /// When its first interaction was accepted; the moment of the decision by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Number of interactions; 0: as many as are given.
    #[serde(default)]
    pub interaction_count: u32,
    /// Queue it waits in or came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Agent who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Agent who last replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<String>,
    /// Priority, 0 to 100.
    #[serde(default)]
    pub priority: u8,
    /// Tags, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When the oldest unanswered customer message was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered_since: Option<Timestamp>,
    /// Until when its channel takes a free reply; absent: at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_window_ends: Option<Timestamp>,
    /// Subject of the incident it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
}

impl Conversation {
    /// The conversation that an interaction starts.
    pub fn starting_with(interaction: &Interaction) -> Conversation {
        Conversation {
            id: interaction
                .conversation
                .clone()
                .unwrap_or_else(|| interaction.id.clone()),
            state: ConversationState::Queued,
            cause: RouteCause::New,
            created_at: interaction.received_at,
            interaction_count: 1,
            queue: None,
            owner: None,
            last_agent: None,
            priority: 0,
            tags: Vec::new(),
            unanswered_since: interaction.received_at,
            reply_window_ends: None,
            incident: None,
        }
    }

    /// A message arrives in it: a resolved one is queued again and has no
    /// queue until it is routed. Returns whether it was resolved.
    pub fn reopen(&mut self) -> bool {
        let was_resolved = self.state == ConversationState::Resolved;
        if was_resolved {
            self.state = ConversationState::Queued;
            self.cause = RouteCause::Reopened;
            self.queue = None;
            self.owner = None;
        }
        was_resolved
    }

    /// Adopt what a route plan changes of it for later decisions.
    pub fn follow(&mut self, plan: &RoutePlan, default_queue: &str) {
        let queue = plan.queue().or(self.queue.as_deref());
        self.queue = Some(queue.unwrap_or(default_queue).to_owned());
        self.priority = self.priority.max(plan.priority.unwrap_or_default());
        add_tags(&mut self.tags, &plan.tags);
        self.state = plan.target.kind.state();
    }
}

/// Most tags of a conversation.
pub const MOST_TAGS: usize = 64;

/// Add tags to those of a conversation: sorted, each once, at most
/// [`MOST_TAGS`].
pub fn add_tags(tags: &mut Vec<String>, new: &[String]) {
    tags.extend(new.iter().cloned());
    tags.sort();
    tags.dedup();
    tags.truncate(MOST_TAGS);
}

/// A contact, beyond what the channel says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// The company's identifier of the contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Inbound interactions of the last seven days, on every channel.
    #[serde(default)]
    pub recent_interactions: u32,
    /// Agent who last replied to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<String>,
    /// What the company's CRM says about them, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// Why an escalation policy is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// What fired.
    pub code: TriggerCode,
    /// The SLA clock it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// When the target is or was due, or the wake-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Subject of a surge, or name of a wake-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Agent who refused the offer or is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Count of a surge or of refused offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Usual count of a surge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<f64>,
    /// Length of a surge's window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Seconds>,
}

impl Trigger {
    /// A trigger with nothing but its code.
    pub fn of(code: TriggerCode) -> Trigger {
        Trigger {
            code,
            clock: None,
            due_at: None,
            subject: None,
            agent: None,
            count: None,
            usual: None,
            window: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn conversation() -> Conversation {
        from_value(json!({"priority": 40, "queue": "billing", "tags": ["vip"]})).expect("valid")
    }

    #[test]
    fn a_route_plan_changes_queue_priority_tags_and_state() {
        for (plan, queue, state) in [
            (json!({"kind": "queue", "id": "fraud"}), "fraud", "queued"),
            (json!({"kind": "agent", "id": "ana"}), "billing", "queued"),
            (
                json!({"kind": "agent", "id": "ana", "queue": "fraud"}),
                "fraud",
                "queued",
            ),
            (json!({"kind": "hold"}), "billing", "on-hold"),
            (json!({"kind": "close"}), "billing", "resolved"),
        ] {
            let mut plan = RoutePlan {
                target: from_value(plan.clone()).expect("a target"),
                ..RoutePlan::to_queue("fraud", "")
            };
            plan.tags = vec!["stolen".to_owned()];
            plan.priority = Some(30);
            let mut after = conversation();
            after.follow(&plan, "general");
            assert_eq!(after.queue.as_deref(), Some(queue), "{plan:?}");
            assert_eq!(after.state.as_str(), state, "{plan:?}");
            assert_eq!(after.priority, 40, "it never falls");
            assert_eq!(after.tags, ["stolen", "vip"]);
        }
        let mut fresh = from_value::<Conversation>(json!({})).expect("valid");
        let hold = RoutePlan {
            target: from_value(json!({"kind": "hold"})).expect("a target"),
            ..RoutePlan::to_queue("", "")
        };
        fresh.follow(&hold, "general");
        assert_eq!(fresh.queue.as_deref(), Some("general"));
    }

    #[test]
    fn a_message_reopens_only_a_resolved_conversation() {
        for (state, reopens) in [("resolved", true), ("queued", false), ("on-hold", false)] {
            let mut one = conversation();
            one.state = from_value(json!(state)).expect("a state");
            assert_eq!(one.reopen(), reopens, "{state}");
            assert_eq!(one.queue.is_none(), reopens, "{state}");
            assert_eq!(one.cause == RouteCause::Reopened, reopens, "{state}");
        }
    }
}
