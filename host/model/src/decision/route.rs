//! Where a conversation goes.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{BadOutput, LIST_ENTRIES, PROSE_BYTES, at_most, bad, code, language, percent, prose};
use crate::directory::Directory;
use crate::duration::Seconds;
use crate::input::ID_BYTES;
use crate::open_codes;

/// Most steps of a plan.
pub const STEPS: usize = 16;
/// Longest a step lasts: a week.
pub const STEP_SECONDS: u32 = 604_800;
/// Longest SLA target: 366 days.
pub const SLA_SECONDS: u32 = 31_622_400;
/// Longest a conversation waits for an agent or is on hold: 366 days.
pub const WAIT_SECONDS: u32 = 31_622_400;
/// Longest an offer stands: a day.
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

/// Where a conversation goes.
///
/// What the host does by `kind`:
///
/// - `queue`: it waits in the queue `id`, and its steps begin.
/// - `agent`: it is offered to the agent `id` alone, as soon as they are
///   present, responding and have room, with the priority, targets and hours
///   of `queue`. It stops waiting for them, and its steps begin in `queue`,
///   when they refuse; at `until`; without `until`, at once unless they can be
///   offered it now; and unless `while_away`, as soon as they are `away` or
///   `offline`. No policy is asked again for that.
/// - `hold`: nobody is offered it; it has the priority, targets and hours of
///   `queue`. At `until` a route is asked for again with the cause `held`. A
///   new message does not end it, a `re-route` does.
/// - `close`: it is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What happens.
    pub kind: TargetKind,
    /// Which queue or agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of `agent` and `hold`, the queue it belongs to meanwhile and goes to
    /// afterwards; absent: the queue it is in, or the default queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Of `agent` and `hold`, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Of `agent` with `until`, whether it waits on while they are not there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_away: bool,
}

impl Target {
    /// A queue.
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

/// Who qualifies for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Least proficiency, 1 to 5, by skill.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<String, u8>,
    /// Languages of which one must be spoken; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Skip the step if fewer who meet it are available, whatever room they
    /// have; absent: 1, and 0 never skips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_agents: Option<u32>,
    /// How long it lasts; absent: for good. When the last one passes and
    /// nobody has taken the conversation, a route is asked for again with the
    /// cause `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Seconds>,
}

/// An agent the policy would rather have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The agent's id.
    pub agent: String,
    /// How much rather, 0 to 100.
    pub score: u8,
}

/// Where a conversation goes, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// Where it goes.
    pub target: Target,
    /// Who qualifies, relaxing over time.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Preferred agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// Agents who are not offered it while this plan stands, not even as the
    /// last resort nor where they are preferred. One who is not on the roster is nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// 0 to 100; absent: the queue's own. A higher one the conversation has
    /// stays.
    #[serde(default)]
    pub priority: Option<u8>,
    /// How long an offer of it stands; absent: as long as the company says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_timeout: Option<Seconds>,
    /// Targets by clock, keys as in JSON: `first_response`.
    #[serde(default)]
    pub sla: BTreeMap<String, Seconds>,
    /// Tags to add.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Why.
    #[serde(default)]
    pub why: String,
}

/// The SLA clocks, as keys of an answer.
pub const CLOCKS: [&str; 3] = ["first_response", "next_response", "resolution"];

impl RoutePlan {
    /// The plan when no policy has an opinion, or the stage falls back.
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

    /// Whether the contract allows this plan, given when it is made and who
    /// there is.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, now: Timestamp, directory: &Directory) -> Result<(), BadOutput> {
        self.target.validate(now, directory)?;
        at_most("steps", self.steps.len(), STEPS)?;
        for (index, step) in self.steps.iter().enumerate() {
            step.validate(format_args!("steps[{index}]"))?;
        }
        at_most("preferences", self.preferences.len(), LIST_ENTRIES)?;
        for (index, preference) in self.preferences.iter().enumerate() {
            percent(
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
        at_most("excluded", self.excluded.len(), LIST_ENTRIES)?;
        for (index, agent) in self.excluded.iter().enumerate() {
            if self.target.kind == TargetKind::Agent && self.target.id.as_ref() == Some(agent) {
                return Err(bad(
                    format_args!("excluded[{index}]"),
                    "is the very agent it goes to",
                ));
            }
            prose(format_args!("excluded[{index}]"), agent, ID_BYTES)?;
        }
        percent("priority", self.priority)?;
        if let Some(Seconds(seconds)) = self.offer_timeout {
            lasts("offer_timeout", seconds, OFFER_SECONDS)?;
        }
        for (clock, target) in &self.sla {
            if !CLOCKS.contains(&clock.as_str()) {
                return Err(unknown("sla", "clock", clock));
            }
            lasts(format_args!("sla.{clock}"), target.0, SLA_SECONDS)?;
        }
        at_most("tags", self.tags.len(), LIST_ENTRIES)?;
        for (index, tag) in self.tags.iter().enumerate() {
            code(format_args!("tags[{index}]"), tag)?;
        }
        prose("why", &self.why, PROSE_BYTES)
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
            (Queue | Agent, None) => {
                Err(bad("target.id", "is missing; it says which queue or agent"))
            }
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
            return Err(bad(
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
            return Err(bad(
                "target.until",
                format!("is {until}; it must be after {now} and not after {latest}"),
            ));
        }
        Ok(())
    }

    /// A `queue` or `close` that says for whom or until when is a mistake.
    fn refuse_wait(&self) -> Result<(), BadOutput> {
        for (field, given) in [
            ("target.queue", self.queue.is_some()),
            ("target.until", self.until.is_some()),
            ("target.while_away", self.while_away),
        ] {
            if given {
                return Err(bad(
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
        at_most(format_args!("{path}.skills"), self.skills.len(), 32)?;
        for (skill, proficiency) in &self.skills {
            code(format_args!("{path}.skills"), skill)?;
            if !(1..=5).contains(proficiency) {
                return Err(bad(
                    format_args!("{path}.skills.{skill}"),
                    format!("is {proficiency}; it must be 1 to 5"),
                ));
            }
        }
        at_most(format_args!("{path}.languages"), self.languages.len(), 32)?;
        for tag in &self.languages {
            language(format_args!("{path}.languages"), tag)?;
        }
        match self.expires {
            Some(Seconds(seconds)) => lasts(format_args!("{path}.expires"), seconds, STEP_SECONDS),
            None => Ok(()),
        }
    }
}

/// A span of 1 to so many seconds.
fn lasts(field: impl Display, seconds: u32, most: u32) -> Result<(), BadOutput> {
    match seconds {
        0 => Err(bad(field, format!("is 0 s; it must be 1 to {most}"))),
        _ if seconds > most => Err(bad(
            field,
            format!("is {seconds} s; it must be 1 to {most}"),
        )),
        _ => Ok(()),
    }
}

fn unknown(field: impl Display, what: &str, id: &str) -> BadOutput {
    let shown: String = id.chars().take(64).collect();
    bad(field, format!("is {shown:?}; there is no such {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Agent, Queue};

    fn directory() -> Directory {
        let queue: Queue =
            serde_json::from_value(serde_json::json!({"id": "general", "default": true}))
                .expect("a queue");
        let ana: Agent =
            serde_json::from_value(serde_json::json!({"id": "ana"})).expect("an agent");
        Directory::new(vec![ana], vec![queue]).expect("valid")
    }

    fn plan() -> RoutePlan {
        RoutePlan::to_queue("general", "")
    }

    /// Moments are seconds after 1970, which is now.
    fn at(second: u32) -> Option<Timestamp> {
        Timestamp::from_second(second.into()).ok()
    }

    /// The field at fault; empty where there is none.
    fn fault(plan: &RoutePlan) -> String {
        match plan.validate(Timestamp::UNIX_EPOCH, &directory()) {
            Ok(()) => String::new(),
            Err(bad) => bad.field,
        }
    }

    #[test]
    fn a_queue_or_agent_nobody_knows_is_refused() {
        assert_eq!(fault(&RoutePlan::to_queue("nowhere", "")), "target.id");
        let mut preferring = plan();
        preferring.preferences.push(Preference {
            agent: "nobody".into(),
            score: 1,
        });
        assert_eq!(fault(&preferring), "preferences[0].agent");
    }

    #[test]
    fn who_left_may_still_be_excluded() {
        let mut excluding = plan();
        excluding.excluded = vec!["ana".into(), "somebody who left".into()];
        assert_eq!(fault(&excluding), "");
        excluding.excluded = vec!["ana".into(); LIST_ENTRIES + 1];
        assert_eq!(fault(&excluding), "excluded");
        excluding.excluded.truncate(1);
        excluding.target.kind = "agent".into();
        excluding.target.id = Some("ana".into());
        assert_eq!(fault(&excluding), "excluded[0]");
    }

    #[test]
    fn steps_are_bounded() {
        let mut stepped = plan();
        stepped.steps.push(Step {
            expires: Some(Seconds(0)),
            ..Step::default()
        });
        assert_eq!(fault(&stepped), "steps[0].expires");
        stepped.steps = vec![Step::default(); STEPS + 1];
        assert_eq!(fault(&stepped), "steps");
    }

    #[test]
    fn an_offer_stands_for_a_day_at_most() {
        for (seconds, expected) in [
            (0, "offer_timeout"),
            (1, ""),
            (OFFER_SECONDS, ""),
            (OFFER_SECONDS + 1, "offer_timeout"),
        ] {
            let mut offered = plan();
            offered.offer_timeout = Some(Seconds(seconds));
            assert_eq!(fault(&offered), expected, "{seconds}");
        }
    }

    #[test]
    fn an_unknown_kind_of_target_is_refused() {
        let mut elsewhere = plan();
        elsewhere.target.kind = "department".into();
        assert_eq!(fault(&elsewhere), "target.kind");
    }

    #[test]
    fn only_an_agent_and_a_hold_wait() {
        let target = |kind: &str, id: Option<&str>| Target {
            kind: kind.into(),
            id: id.map(str::to_owned),
            ..Target::queue("general")
        };
        let (queue, agent) = (
            target("queue", Some("general")),
            target("agent", Some("ana")),
        );
        let (hold, close) = (target("hold", None), target("close", None));
        let waiting = |of: &Target| Target {
            until: at(60),
            queue: Some("general".into()),
            ..of.clone()
        };
        let away = |of: Target| Target {
            while_away: true,
            ..of
        };
        let until = |of: &Target, second| Target {
            until: at(second),
            ..of.clone()
        };
        let nowhere = Target {
            queue: Some("nowhere".into()),
            ..hold.clone()
        };
        for (target, expected) in [
            (agent.clone(), ""),
            (hold.clone(), ""),
            (waiting(&agent), ""),
            (waiting(&hold), ""),
            (away(waiting(&agent)), ""),
            (waiting(&queue), "target.queue"),
            (until(&queue, 60), "target.until"),
            (waiting(&close), "target.queue"),
            (away(close), "target.while_away"),
            (nowhere, "target.queue"),
            (away(agent.clone()), "target.while_away"),
            (away(waiting(&hold)), "target.while_away"),
            (until(&agent, 0), "target.until"),
            (until(&hold, WAIT_SECONDS), ""),
            (until(&hold, WAIT_SECONDS + 1), "target.until"),
        ] {
            let shown = format!("{target:?}");
            let sent = RoutePlan { target, ..plan() };
            assert_eq!(fault(&sent), expected, "{shown}");
        }
    }
}
