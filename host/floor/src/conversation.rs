//! Conversations on the floor: on what terms they wait, and where they are.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::decision::route::{Preference, Step};
use patchbay_model::duration::Seconds;
use patchbay_model::interaction::Visibility;
use serde::{Deserialize, Serialize};

use super::error::FloorError;
use super::lines::LineId;
use super::offer::OfferId;
use super::pools::PoolId;
use super::settings::check_timeout;
use super::slots::Slot;

/// One agent to wait for before anybody else is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WaitFor {
    /// The agent. They need not be a member of the queue nor meet the steps,
    /// but must be present, responding and have room.
    pub agent: String,
    /// When the wait lapses. It lapses earlier if they refuse. The steps begin
    /// when it has lapsed.
    pub until: Timestamp,
    /// Whether it waits on while they are away or offline; else the wait
    /// lapses with that. False where not said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_away: bool,
}

/// On what terms a conversation waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Terms {
    /// The queue whose members qualify.
    pub queue: String,
    /// 0 to 100, higher first; 0 where not said.
    #[serde(default)]
    pub priority: u8,
    /// Who qualifies, relaxing over time; empty: any member of the queue. A
    /// step's absent `minimum_agents` is 1; 0 never skips.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Agents to be asked before others who qualify as well, best score first.
    /// Agents nobody knows are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// Agents who are not offered it, not even as the last resort. Agents
    /// nobody knows are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// One agent to wait for first; absent: nobody in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_for: Option<WaitFor>,
    /// How long an offer of it stands, 1 to 86,400 s; absent: as the settings
    /// say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_timeout: Option<Seconds>,
}

impl Terms {
    /// Any member of a queue, at priority 0.
    pub fn queue(id: &str) -> Terms {
        Terms {
            queue: id.to_owned(),
            priority: 0,
            steps: Vec::new(),
            preferences: Vec::new(),
            excluded: Vec::new(),
            wait_for: None,
            offer_timeout: None,
        }
    }

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

/// A conversation that comes to the floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Arrival {
    /// The conversation.
    pub conversation: String,
    /// Code of its channel.
    pub channel: String,
    /// Who may read it; absent: the channel's usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Since when it waits: its age, kept wherever it goes.
    pub since: Timestamp,
    /// On what terms.
    pub terms: Terms,
}

/// What an agent does with a conversation they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Works on it.
    Active,
    /// Owns it, but it holds no capacity: the customer is next.
    Parked,
    /// Is done but for the notes; it still holds capacity.
    Wrapping,
}

/// Where a conversation is; in one place at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Waits for an agent.
    Waiting,
    /// Set before an agent.
    Offered(OfferId),
    /// Held by an agent.
    Held {
        /// The agent.
        agent: String,
        /// What they do with it.
        hold: Hold,
    },
}

/// What is remembered of an agent who refused a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) times: u32,
    pub(super) again_at: Timestamp,
}

/// Order of waiting: highest priority first, then oldest, then by id.
pub(super) type Turn = (Reverse<u8>, Timestamp, Arc<str>);

/// Where a waiting conversation stands in the indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) line: LineId,
    pub(super) pool: Option<PoolId>,
    /// Agents who must be available for its step to be worth waiting in.
    pub(super) minimum: Option<u32>,
    /// When something about it changes by time alone.
    pub(super) timer: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Waiting(Spot),
    Offered(OfferId),
    Held(Slot, Hold),
}

/// A conversation on the floor.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    pub(super) id: Arc<str>,
    pub(super) channel: String,
    pub(super) visibility: Option<Visibility>,
    pub(super) medium: usize,
    pub(super) since: Timestamp,
    pub(super) terms: Terms,
    /// Position of the current step; as many as there are: any member.
    pub(super) step: usize,
    pub(super) step_since: Timestamp,
    pub(super) refused: BTreeMap<Slot, Refused>,
    pub(super) place: Whereabouts,
}

impl Conversation {
    pub(super) fn turn(&self) -> Turn {
        let id = Arc::clone(&self.id);
        (Reverse(self.terms.priority), self.since, id)
    }

    /// When the current step passes; `None` where it stays, none is left, or
    /// they have not begun.
    pub(super) fn step_ends(&self) -> Option<Timestamp> {
        let step = self.terms.steps.get(self.step)?;
        Some(later(self.step_since, step.expires?))
    }

    /// Begins the steps anew, with nobody having refused.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.step = 0;
        self.step_since = now;
        self.refused.clear();
    }

    /// Begins the steps once nobody in particular is waited for any more.
    pub(super) fn stop_waiting_for(&mut self, at: Timestamp) {
        if self.terms.wait_for.take().is_some() {
            self.step_since = at;
        }
    }

    /// Brings what passes by time alone up to date, each at its own moment and
    /// not when somebody looked; `passed` is told of steps.
    pub(super) fn settle(&mut self, now: Timestamp, mut passed: impl FnMut(usize, Timestamp)) {
        if let Some(wait) = &self.terms.wait_for {
            if wait.until > now {
                return;
            }
            let lapsed = wait.until.max(self.step_since);
            self.stop_waiting_for(lapsed);
        }
        while let Some(ends) = self.step_ends().filter(|ends| *ends <= now) {
            self.step += 1;
            self.step_since = ends;
            passed(self.step, ends);
        }
    }
}

/// So many seconds later, or the end of time.
pub(super) fn later(at: Timestamp, by: Seconds) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(by.0.into()))
        .unwrap_or(Timestamp::MAX)
}
