//! Route plans.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use serde::{Deserialize, Serialize};

use super::{
    BadOutput, LIST_ENTRIES, PROSE_BYTES, check_code, check_count, check_language, check_percent,
    check_text, invalid_output,
};
use crate::conversation_state::ConversationState;
use crate::directory::Directory;
use crate::input::ID_BYTES;
use crate::open_codes;
use crate::sla::Clock;

/// Most steps of a plan.
pub const STEPS: usize = 16;
/// Longest a step lasts: a week.
pub const STEP_SECONDS: u32 = 604_800;
/// Longest SLA target: 366 days.
pub const SLA_SECONDS: u32 = 31_622_400;
/// Longest a conversation waits for an agent or is on hold: 366 days.
pub const WAIT_SECONDS: u32 = 31_622_400;
/// Longest offer timeout: a day.
pub const OFFER_SECONDS: u32 = 86_400;

open_codes! {
    /// Kind of a [`Target`].
    pub enum TargetKind {
        /// The queue `id`.
        Queue = "queue",
        /// The agent `id` alone, for a while.
        Agent = "agent",
        /// No agent is offered it for a while.
        Hold = "hold",
        /// It is resolved.
        Close = "close",
    }
}

impl TargetKind {
    /// The state of a conversation that follows a plan with this target.
    pub fn state(&self) -> ConversationState {
        match self {
            TargetKind::Hold => ConversationState::OnHold,
            TargetKind::Close => ConversationState::Resolved,
            _ => ConversationState::Queued,
        }
    }
}

/// Route plans.
///
/// Effect by `kind`:
///
/// - `queue`: the conversation waits in the queue `id`, and its steps begin.
/// - `agent`: the host offers it to the agent `id` alone, as soon as the agent
///   is present and has capacity, with priority, targets and hours of `queue`.
///   It moves on to the steps in `queue` when the agent refuses; at `until`;
///   without `until`, at once unless it can be offered now; and unless
///   `while_away`, when the agent is `away` or `offline`. No policy is called
///   for that.
/// - `hold`: it is not offered; priority, targets and hours are those of
///   `queue`. At `until` a route is requested with the cause `held`. A
///   `re-route` ends it, a new message does not.
/// - `close`: it is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Kind.
    pub kind: TargetKind,
    /// Id of the queue or agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// With `agent` and `hold`, its queue meanwhile and afterwards; absent: its
    /// present queue, or the default queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// With `agent` and `hold`, end of the wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// With `agent` and `until`, whether it waits while the agent is absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_away: bool,
}

impl Target {
    /// Target of a queue.
    pub fn queue(id: &str) -> Target {
        Target {
            kind: TargetKind::Queue,
            id: Some(id.to_owned()),
            queue: None,
            until: None,
            while_away: false,
        }
    }
}

/// A step: who qualifies for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Least proficiency, 1 to 5, by skill.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages of which the agent speaks one; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Skip the step if fewer matching agents are available, whatever their
    /// capacity; absent: 1, and 0 never skips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_agents: Option<u32>,
    /// Duration; absent: unlimited. After the last step a route is requested
    /// with the cause `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Seconds>,
}

/// Preferred agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The agent's id.
    pub agent: String,
    /// Score, 0 to 100.
    pub score: u8,
}

/// Answer of a routing policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// Target.
    pub target: Target,
    /// Steps, each wider than the one before.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Preferred agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// Agents who are not offered it under this plan, even where preferred or
    /// last. Unknown agents are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// Priority, 0 to 100; absent: the queue's. A higher priority of the
    /// conversation stays.
    #[serde(default)]
    pub priority: Option<u8>,
    /// Offer timeout; absent: the company's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_timeout: Option<Seconds>,
    /// Targets by clock, keys as in JSON: `first_response`.
    #[serde(default)]
    pub sla: BTreeMap<String, Seconds>,
    /// Tags to add.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Reason.
    #[serde(default)]
    pub why: String,
}

impl RoutePlan {
    /// Plan for one queue: without an opinion of a policy, and as a fallback.
    pub fn to_queue(id: &str, why: &str) -> RoutePlan {
        RoutePlan {
            target: Target::queue(id),
            steps: Vec::new(),
            preferences: Vec::new(),
            excluded: Vec::new(),
            priority: None,
            offer_timeout: None,
            sla: BTreeMap::new(),
            tags: Vec::new(),
            why: why.to_owned(),
        }
    }

    /// The queue it names: of the target, or for an agent and a hold the one
    /// meanwhile and afterwards; `None`: the present queue.
    pub fn queue(&self) -> Option<&str> {
        match self.target.kind {
            TargetKind::Queue => self.target.id.as_deref(),
            _ => self.target.queue.as_deref(),
        }
    }

    /// Check the plan against the contract and the directory.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, now: Timestamp, directory: &Directory) -> Result<(), BadOutput> {
        self.target.validate(now, directory)?;
        check_count("steps", self.steps.len(), STEPS)?;
        for (index, step) in self.steps.iter().enumerate() {
            step.validate(format_args!("steps[{index}]"))?;
        }
        check_count("preferences", self.preferences.len(), LIST_ENTRIES)?;
        for (index, preference) in self.preferences.iter().enumerate() {
            check_percent(
                format_args!("preferences[{index}].score"),
                Some(preference.score),
            )?;
            if directory.agent(&preference.agent).is_none() {
                return Err(unknown(
                    format_args!("preferences[{index}].agent"),
                    "agent",
                    &preference.agent,
                ));
            }
        }
        check_count("excluded", self.excluded.len(), LIST_ENTRIES)?;
        for (index, agent) in self.excluded.iter().enumerate() {
            if self.target.kind == TargetKind::Agent && self.target.id.as_ref() == Some(agent) {
                return Err(invalid_output(
                    format_args!("excluded[{index}]"),
                    "is the agent it goes to",
                ));
            }
            check_text(format_args!("excluded[{index}]"), agent, ID_BYTES)?;
        }
        check_percent("priority", self.priority)?;
        if let Some(Seconds(seconds)) = self.offer_timeout {
            check_duration("offer_timeout", seconds, OFFER_SECONDS)?;
        }
        for (clock, target) in &self.sla {
            if Clock::from_plan_key(clock).is_none() {
                return Err(unknown("sla", "clock", clock));
            }
            check_duration(format_args!("sla.{clock}"), target.0, SLA_SECONDS)?;
        }
        check_count("tags", self.tags.len(), LIST_ENTRIES)?;
        for (index, tag) in self.tags.iter().enumerate() {
            check_code(format_args!("tags[{index}]"), tag)?;
        }
        check_text("why", &self.why, PROSE_BYTES)
    }
}

impl Target {
    fn validate(&self, now: Timestamp, directory: &Directory) -> Result<(), BadOutput> {
        use TargetKind::{Agent, Close, Hold, Other, Queue};
        match (&self.kind, self.id.as_deref()) {
            (Queue, Some(id)) if directory.queue(id).is_none() => {
                Err(unknown("target.id", "queue", id))
            }
            (Agent, Some(id)) if directory.agent(id).is_none() => {
                Err(unknown("target.id", "agent", id))
            }
            (Queue | Agent, None) => Err(invalid_output(
                "target.id",
                "is missing; it says which queue or agent",
            )),
            (Agent | Hold, _) => self.validate_wait(now, directory),
            (Queue | Close, _) => self.refuse_wait(),
            (Other(kind), _) => Err(unknown("target.kind", "kind of target", kind)),
        }
    }

    fn validate_wait(&self, now: Timestamp, directory: &Directory) -> Result<(), BadOutput> {
        if let Some(id) = &self.queue
            && directory.queue(id).is_none()
        {
            return Err(unknown("target.queue", "queue", id));
        }
        if self.while_away && (self.kind != TargetKind::Agent || self.until.is_none()) {
            return Err(invalid_output(
                "target.while_away",
                "is given, but it waits for no agent; give `kind` \"agent\" and `until`",
            ));
        }
        let Some(until) = self.until else {
            return Ok(());
        };
        let latest = now.saturating_add(SignedDuration::from_secs(WAIT_SECONDS.into()));
        let latest = latest.unwrap_or(Timestamp::MAX);
        if until <= now || until > latest {
            return Err(invalid_output(
                "target.until",
                format!("is {until}; it must be after {now} and not after {latest}"),
            ));
        }
        Ok(())
    }

    /// Refuse fields of a wait.
    fn refuse_wait(&self) -> Result<(), BadOutput> {
        for (field, given) in [
            ("target.queue", self.queue.is_some()),
            ("target.until", self.until.is_some()),
            ("target.while_away", self.while_away),
        ] {
            if given {
                return Err(invalid_output(
                    field,
                    format!(
                        "is given with the kind {:?}; only `agent` and `hold` have it",
                        self.kind.as_str()
                    ),
                ));
            }
        }
        Ok(())
    }
}

impl Step {
    fn validate(&self, path: impl Display + Copy) -> Result<(), BadOutput> {
        check_count(format_args!("{path}.skills"), self.skills.len(), 32)?;
        for (skill, proficiency) in &self.skills {
            check_code(format_args!("{path}.skills"), skill)?;
            if !(1..=5).contains(proficiency) {
                return Err(invalid_output(
                    format_args!("{path}.skills.{skill}"),
                    format!("is {proficiency}; it must be 1 to 5"),
                ));
            }
        }
        check_count(format_args!("{path}.languages"), self.languages.len(), 32)?;
        for tag in &self.languages {
            check_language(format_args!("{path}.languages"), tag)?;
        }
        match self.expires {
            Some(Seconds(seconds)) => {
                check_duration(format_args!("{path}.expires"), seconds, STEP_SECONDS)
            }
            None => Ok(()),
        }
    }
}

/// Check a duration of 1 to `most` seconds.
fn check_duration(field: impl Display, seconds: u32, most: u32) -> Result<(), BadOutput> {
    match seconds {
        0 => Err(invalid_output(
            field,
            format!("is 0 s; it must be 1 to {most}"),
        )),
        _ if seconds > most => Err(invalid_output(
            field,
            format!("is {seconds} s; it must be 1 to {most}"),
        )),
        _ => Ok(()),
    }
}

fn unknown(field: impl Display, what: &str, id: &str) -> BadOutput {
    let shown: String = id.chars().take(64).collect();
    invalid_output(field, format!("is {shown:?}; there is no such {what}"))
}

#[cfg(test)]
mod tests;
