//! The agents of a queue.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use taskrouter_document::{Direction, Fact, Facts, OrderClause, Profile, Requirement, Value};

/// Agents of a queue, at most 64.
pub(crate) struct Members {
    pub(crate) agents: Vec<Profile>,
    /// Whether the queue has more.
    pub(crate) is_partial: bool,
}

/// Ids of the agents of a search, at most 64, in one host call; and whether there are more.
pub(crate) fn ids(query: &Query) -> (Vec<String>, bool) {
    let page = agents::find_summaries(query);
    let ids = page.items.into_iter().map(|agent| agent.id);
    (ids.collect(), page.truncated)
}

/// The members of a queue who have a requirement's skills and, if it is one, its language.
pub(crate) fn with_skills(queue: &str, requirement: &Requirement) -> Query {
    let mut query = Query::new().queue(queue);
    for (skill, least) in &requirement.skills {
        query = query.skill(skill, *least);
    }
    if let [language] = requirement.languages.as_slice() {
        query = query.language(language);
    }
    query
}

impl Members {
    /// The agents of a search, with everything that expressions ask for.
    pub(crate) fn find(query: &Query) -> Members {
        Members::read(query, profile)
    }

    /// The first 64 members of a queue, with their levels only: each property of an agent is a host call.
    pub(crate) fn with_levels(queue: &str) -> Members {
        Members::read(&Query::new().queue(queue), |agent| Profile {
            id: agent.id(),
            skills: skills(agent),
            ..Profile::default()
        })
    }

    fn read(query: &Query, profile: impl Fn(&Agent) -> Profile) -> Members {
        let page = agents::find(query);
        Members {
            is_partial: page.truncated,
            agents: page.items.iter().map(profile).collect(),
        }
    }

    /// Scores by which `order_by` prefers them: equal agents have equal scores.
    pub(crate) fn scores(&self, order: &[OrderClause], facts: &Facts) -> Vec<(String, u8)> {
        let mut agents: Vec<&Profile> = self.agents.iter().collect();
        agents.sort_by(|a, b| compare(a, b, order, facts));
        let mut score = 100_u8;
        let mut scores: Vec<(String, u8)> = Vec::new();
        for (index, agent) in agents.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| agents.get(before));
            if before.is_some_and(|before| compare(before, agent, order, facts).is_ne()) {
                score = score.saturating_sub(1);
            }
            scores.push((agent.id.clone(), score));
        }
        scores
    }
}

/// An agent without the attribute comes last in both directions.
fn compare(a: &Profile, b: &Profile, order: &[OrderClause], facts: &Facts) -> Ordering {
    let level = |agent: &Profile, clause: &OrderClause| match facts.of(&clause.attribute) {
        Some(fact @ Fact::Level { .. }) => match facts.value(&fact, agent) {
            Value::Number(number) => Some(number),
            _ => None,
        },
        _ => None,
    };
    order
        .iter()
        .map(|clause| match (level(a, clause), level(b, clause)) {
            (Some(a), Some(b)) => match clause.direction {
                Direction::Ascending => a.total_cmp(&b),
                Direction::Descending => b.total_cmp(&a),
            },
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        })
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// What an agent is, as far as expressions ask.
pub(crate) fn profile(agent: &Agent) -> Profile {
    Profile {
        id: agent.id(),
        name: agent.name(),
        skills: skills(agent),
        languages: agent.languages(),
        teams: agent.teams(),
        site: agent.site(),
    }
}

fn skills(agent: &Agent) -> BTreeMap<String, u8> {
    let skills = agent.skills().into_iter();
    skills
        .map(|skill| (skill.name, skill.proficiency))
        .collect()
}
