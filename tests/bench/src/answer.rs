//! The answer of a contender in the host's own types: reading it back counts.

use std::collections::BTreeMap;

use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan, Step};
use patchbay_config::duration::Seconds;
use serde::Serialize;

/// A classified and routed interaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The classification.
    pub classification: Classification,
    /// The route.
    pub plan: RoutePlan,
}

/// A classification with the four fields of the policy.
pub fn classification(
    intents: Vec<Intent>,
    sentiment: f64,
    urgency: u8,
    why: String,
) -> Classification {
    Classification {
        intents,
        sentiment: Some(sentiment),
        urgency: Some(urgency),
        why,
        ..Classification::default()
    }
}

/// A step with one skill.
pub fn step(skill: String, proficiency: u8, expires: Option<u32>) -> Step {
    Step {
        skills: BTreeMap::from([(skill, proficiency)]),
        expires: expires.map(Seconds),
        ..Step::default()
    }
}

/// A route to a queue.
pub fn plan(
    queue: String,
    steps: Vec<Step>,
    preferences: Vec<Preference>,
    priority: Option<u8>,
    tags: Vec<String>,
    why: String,
) -> RoutePlan {
    RoutePlan {
        steps,
        preferences,
        priority,
        tags,
        why,
        ..RoutePlan::to_queue(&queue, "")
    }
}
