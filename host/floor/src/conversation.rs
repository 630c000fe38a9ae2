//! Conversations on the floor: the terms they wait on, and their placement.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_model::channel::Visibility;
use patchbay_model::decision::route::{Preference, Step};
use patchbay_model::offer::OfferId;
use serde::{Deserialize, Serialize};

use super::capacity_rules::ClassId;
use super::error::FloorError;
use super::ids::{AgentSlot, GroupId, PoolId, WaitOrder};
use super::settings::check_timeout;

/// A wait for one agent, before any other agent is offered the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentWait {
    /// The agent. Queue membership and the steps' skills are not required;
    /// presence, response and capacity are.
    pub agent: String,
    /// When the wait ends, and the steps begin. A refusal ends it earlier.
    pub until: Timestamp,
    /// Whether the wait goes on while the agent is away or offline. False by
    /// default: it ends when they leave.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_away: bool,
}

/// What the routing decision says about who is offered a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoutingTerms {
    /// Id of the queue whose members are candidates.
    pub queue: String,
    /// 0 (default) to 100, higher first.
    #[serde(default)]
    pub priority: u8,
    /// Required skills and languages, relaxed step by step; empty: any member
    /// of the queue. A step's `minimum_agents` is 1 by default; 0 never skips
    /// the step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Agents who come before other qualified ones, best score first. Unknown
    /// agents are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// Agents who never get an offer, even if no other agent fits. Unknown
    /// agents are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// The agent to wait for first, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_for: Option<AgentWait>,
    /// Offer timeout, 1 to 86,400 s; absent: that of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_timeout: Option<Seconds>,
}

impl RoutingTerms {
    /// Any member of a queue, at priority 0.
    pub fn queue(id: &str) -> RoutingTerms {
        RoutingTerms {
            queue: id.to_owned(),
            priority: 0,
            steps: Vec::new(),
            preferences: Vec::new(),
            excluded: Vec::new(),
            wait_for: None,
            offer_timeout: None,
        }
    }

    /// Checks the ranges of priority, scores and offer timeout.
    pub(super) fn check(&self) -> Result<(), FloorError> {
        if self.priority > 100 {
            return Err(FloorError::Priority(self.priority));
        }
        if let Some(preference) = self.preferences.iter().find(|one| one.score > 100) {
            return Err(FloorError::Score {
                agent: preference.agent.clone(),
                score: preference.score,
            });
        }
        self.offer_timeout.map_or(Ok(()), check_timeout)
    }
}

/// A conversation to enqueue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Arrival {
    /// Id of the conversation.
    pub conversation: String,
    /// Code of its channel.
    pub channel: String,
    /// Who may read it; absent: the channel's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Its age: since when it waits. Never changes afterwards.
    pub since: Timestamp,
    /// The terms it waits on.
    pub terms: RoutingTerms,
}

/// State of a conversation that an agent holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// The agent works on it.
    Active,
    /// The agent owns it and waits on the customer; it uses no capacity.
    Parked,
    /// The agent writes the wrap-up notes; it uses capacity.
    Wrapping,
}

/// Where a conversation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// In a queue.
    Waiting,
    /// Offered to an agent.
    Offered(OfferId),
    /// Held by an agent.
    Held {
        /// Id of the agent.
        agent: String,
        /// State of the conversation.
        hold: Hold,
    },
}

/// An agent's refusals of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PriorRefusals {
    pub(super) times: u32,
    pub(super) again_at: Timestamp,
}

/// The indexes a waiting conversation is entered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaitingEntry {
    pub(super) group: GroupId,
    /// `None` while it waits for one agent.
    pub(super) pool: Option<PoolId>,
    /// Available agents its step needs; with fewer, the step is skipped.
    pub(super) minimum: Option<u32>,
    /// When a wait, step or back-off ends.
    pub(super) timer: Option<Timestamp>,
}

/// A [`Placement`] with index entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PlacementState {
    Waiting(WaitingEntry),
    Offered(OfferId),
    Held(AgentSlot, Hold),
}

/// A conversation on the floor.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) id: Arc<str>,
    pub(super) channel: String,
    pub(super) visibility: Option<Visibility>,
    pub(super) class: ClassId,
    pub(super) since: Timestamp,
    pub(super) terms: RoutingTerms,
    /// Index of the current step; the number of steps once all have expired.
    pub(super) step: usize,
    pub(super) step_since: Timestamp,
    pub(super) refused: BTreeMap<AgentSlot, PriorRefusals>,
    pub(super) place: PlacementState,
}

impl Conversation {
    pub(super) fn wait_order(&self) -> WaitOrder {
        let id = Arc::clone(&self.id);
        (Reverse(self.terms.priority), self.since, id)
    }

    /// When the current step expires; `None` past the last step and for a step
    /// that does not expire.
    pub(super) fn step_ends(&self) -> Option<Timestamp> {
        let step = self.terms.steps.get(self.step)?;
        Some(add_seconds(self.step_since, step.expires?))
    }

    /// Returns to the first step and forgets refusals.
    pub(super) fn restart_steps(&mut self, now: Timestamp) {
        self.step = 0;
        self.step_since = now;
        self.refused.clear();
    }

    /// Ends the wait for one agent, if any; the steps begin.
    pub(super) fn end_wait(&mut self, at: Timestamp) {
        if self.terms.wait_for.take().is_some() {
            self.step_since = at;
        }
    }

    /// Ends the wait and the steps that are over by now, each at its own time
    /// however late this is called. Calls `on_step` with each new step.
    pub(super) fn advance_to(&mut self, now: Timestamp, mut on_step: impl FnMut(usize, Timestamp)) {
        if let Some(wait) = &self.terms.wait_for {
            if wait.until > now {
                return;
            }
            let ended = wait.until.max(self.step_since);
            self.end_wait(ended);
        }
        while let Some(ends) = self.step_ends().filter(|ends| *ends <= now) {
            self.step += 1;
            self.step_since = ends;
            on_step(self.step, ends);
        }
    }
}

/// Saturates at the largest timestamp.
pub(super) fn add_seconds(at: Timestamp, by: Seconds) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(by.0.into()))
        .unwrap_or(Timestamp::MAX)
}
