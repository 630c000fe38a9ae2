//! Where a conversation goes.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::{BadOutput, LIST_ENTRIES, PROSE_BYTES, at_most, bad, code, language, percent, prose};
use crate::directory::Directory;
use crate::duration::Seconds;

/// Most steps of a plan.
pub const STEPS: usize = 16;
/// Longest a step lasts: a week.
pub const STEP_SECONDS: u32 = 604_800;
/// Longest SLA target: 366 days.
pub const SLA_SECONDS: u32 = 31_622_400;

/// Where a conversation goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `queue`, `agent`, `hold` or `close`.
    pub kind: String,
    /// Which queue or agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Target {
    /// A queue.
    pub fn queue(id: &str) -> Target {
        Target {
            kind: "queue".to_owned(),
            id: Some(id.to_owned()),
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
    /// Skip the step if fewer qualify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_agents: Option<u32>,
    /// How long it lasts; absent: for good.
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
    /// 0 to 100; absent: the queue's own.
    #[serde(default)]
    pub priority: Option<u8>,
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
            priority: None,
            sla: BTreeMap::new(),
            tags: Vec::new(),
            why: why.to_owned(),
        }
    }

    /// Whether the contract allows this plan, given who there is.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, directory: &Directory) -> Result<(), BadOutput> {
        self.validate_target(directory)?;
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
        percent("priority", self.priority)?;
        for (clock, target) in &self.sla {
            if !CLOCKS.contains(&clock.as_str()) {
                return Err(unknown("sla", "clock", clock));
            }
            if target.0 == 0 || target.0 > SLA_SECONDS {
                return Err(bad(
                    format_args!("sla.{clock}"),
                    format!("is {} s; it must be 1 to {SLA_SECONDS}", target.0),
                ));
            }
        }
        at_most("tags", self.tags.len(), LIST_ENTRIES)?;
        for (index, tag) in self.tags.iter().enumerate() {
            code(format_args!("tags[{index}]"), tag)?;
        }
        prose("why", &self.why, PROSE_BYTES)
    }

    fn validate_target(&self, directory: &Directory) -> Result<(), BadOutput> {
        let id = self.target.id.as_deref();
        match (self.target.kind.as_str(), id) {
            ("queue", Some(id)) if directory.queue(id).is_none() => {
                Err(unknown("target.id", "queue", id))
            }
            ("agent", Some(id)) if directory.agent(id).is_none() => {
                Err(unknown("target.id", "agent", id))
            }
            ("queue" | "agent", None) => {
                Err(bad("target.id", "is missing; it says which queue or agent"))
            }
            ("queue" | "agent" | "hold" | "close", _) => Ok(()),
            (kind, _) => Err(unknown("target.kind", "kind of target", kind)),
        }
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
            Some(Seconds(seconds)) if seconds == 0 || seconds > STEP_SECONDS => Err(bad(
                format_args!("{path}.expires"),
                format!("is {seconds} s; it must be 1 to {STEP_SECONDS}"),
            )),
            _ => Ok(()),
        }
    }
}

fn unknown(field: impl Display, what: &str, id: &str) -> BadOutput {
    let shown: String = id.chars().take(64).collect();
    bad(field, format!("is {shown:?}; there is no such {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Queue;

    fn directory() -> Directory {
        let queue: Queue =
            serde_json::from_value(serde_json::json!({"id": "general", "default": true}))
                .expect("a queue");
        Directory::new(Vec::new(), vec![queue]).expect("valid")
    }

    #[test]
    fn a_queue_or_agent_nobody_knows_is_refused() {
        let plan = RoutePlan::to_queue("nowhere", "");
        assert_eq!(
            plan.validate(&directory()).expect_err("unknown").field,
            "target.id"
        );
        let mut plan = RoutePlan::to_queue("general", "");
        plan.preferences.push(Preference {
            agent: "nobody".into(),
            score: 1,
        });
        assert_eq!(
            plan.validate(&directory()).expect_err("unknown").field,
            "preferences[0].agent"
        );
    }

    #[test]
    fn steps_are_bounded() {
        let mut plan = RoutePlan::to_queue("general", "");
        plan.steps.push(Step {
            expires: Some(Seconds(0)),
            ..Step::default()
        });
        assert_eq!(
            plan.validate(&directory()).expect_err("too short").field,
            "steps[0].expires"
        );
        plan.steps = vec![Step::default(); STEPS + 1];
        assert_eq!(
            plan.validate(&directory()).expect_err("too many").field,
            "steps"
        );
    }

    #[test]
    fn an_unknown_kind_of_target_is_refused() {
        let mut plan = RoutePlan::to_queue("general", "");
        plan.target.kind = "department".into();
        assert_eq!(
            plan.validate(&directory()).expect_err("unknown").field,
            "target.kind"
        );
    }
}
