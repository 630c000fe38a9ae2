//! Search index of the agents: a search intersects bit sets and never scans the
//! directory.

use std::collections::HashMap;
use std::sync::Arc;

use super::bitmap::{Bitmap, intersect};
use super::{Agent, Query, Queue};
use crate::language_tag;

/// Positions of the agents by property.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    everybody: Bitmap,
    present: Bitmap,
    /// Agents who name no queue.
    unassigned: Bitmap,
    /// Per skill, the agents with at least proficiency 1, 2, 3, 4 and 5.
    skills: HashMap<String, [Bitmap; 5]>,
    /// By whole language tag and by primary subtag, in lower case.
    languages: HashMap<String, Bitmap>,
    queues: HashMap<String, Bitmap>,
    teams: HashMap<String, Bitmap>,
    sites: HashMap<String, Bitmap>,
}

impl Index {
    /// Index agents by position.
    pub(super) fn new<'a>(
        agents: &[Arc<Agent>],
        queues: impl Iterator<Item = &'a Arc<Queue>>,
    ) -> Self {
        let mut index = Index::default();
        for (position, agent) in agents.iter().enumerate() {
            index.everybody.insert(position);
            if agent.presence.is_present() {
                index.present.insert(position);
            }
            for (skill, &proficiency) in &agent.skills {
                let levels = index.skills.entry(skill.clone()).or_default();
                levels
                    .iter_mut()
                    .take(proficiency.into())
                    .for_each(|level| level.insert(position));
            }
            for language in &agent.languages {
                let tag = language_tag::fold(language);
                let primary = primary_subtag(&tag).to_owned();
                index.languages.entry(tag).or_default().insert(position);
                index.languages.entry(primary).or_default().insert(position);
            }
            if agent.queues.is_empty() {
                index.unassigned.insert(position);
            }
            for (sets, names) in [
                (&mut index.queues, &agent.queues[..]),
                (&mut index.teams, &agent.teams[..]),
                (&mut index.sites, agent.site.as_slice()),
            ] {
                for name in names {
                    sets.entry(name.clone()).or_default().insert(position);
                }
            }
        }
        for queue in queues {
            let mut members = index.queues.remove(&queue.id).unwrap_or_default();
            if let Some(able) = index.able(queue) {
                intersect(&able, agents.len(), |position| members.insert(position));
            }
            index.queues.insert(queue.id.clone(), members);
        }
        index
    }

    /// Sets of the agents who name no queue and meet this queue's skills;
    /// `None`: no agent has one of the skills.
    fn able(&self, queue: &Queue) -> Option<Vec<&Bitmap>> {
        let skills = queue
            .skills
            .iter()
            .map(|(skill, least)| self.at_least(skill, *least));
        std::iter::once(Some(&self.unassigned))
            .chain(skills)
            .collect()
    }

    /// Count the matches and visit the positions of the first `limit`.
    pub(super) fn matching(&self, query: &Query, limit: usize, visit: impl FnMut(usize)) -> u32 {
        match self.conditions(query) {
            Some(conditions) => intersect(&conditions, limit, visit),
            None => 0,
        }
    }

    /// Sets to intersect; `None`: no agent meets one of the conditions.
    fn conditions(&self, query: &Query) -> Option<Vec<&Bitmap>> {
        let mut conditions = vec![if query.present {
            &self.present
        } else {
            &self.everybody
        }];
        for (skill, least) in &query.skills {
            conditions.push(self.at_least(skill, *least)?);
        }
        if let Some(language) = &query.language {
            conditions.push(self.languages.get(&language_tag::fold(language))?);
        }
        for (sets, name) in [
            (&self.queues, &query.queue),
            (&self.teams, &query.team),
            (&self.sites, &query.site),
        ] {
            if let Some(name) = name {
                conditions.push(sets.get(name)?);
            }
        }
        Some(conditions)
    }

    fn at_least(&self, skill: &str, least: u8) -> Option<&Bitmap> {
        self.skills
            .get(skill)?
            .get(usize::from(least.saturating_sub(1)))
    }
}

/// `pt` of `pt-BR`.
fn primary_subtag(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}
