//! Inverted index from queue, skill and language to agents: the members of a
//! new pool are found by set operations, without a scan of all agents.

use std::collections::HashMap;

use bit_set::BitSet;
use patchbay_model::language_tag;

use super::agent_profile::AgentProfile;
use super::ids::AgentSlot;
use super::requirement::{Requirement, primary_subtag};

/// For each property, the slots of the agents who have it.
#[derive(Clone, Debug, Default)]
pub(super) struct PropertyIndex {
    queues: HashMap<String, BitSet>,
    /// For each skill, the agents with at least proficiency 1, 2, 3, 4 and 5.
    skills: HashMap<String, [BitSet; 5]>,
    /// By whole language tag and by primary subtag, in lower case.
    languages: HashMap<String, BitSet>,
}

impl PropertyIndex {
    /// Adds an agent who is a member of these queues.
    pub(super) fn insert(&mut self, slot: AgentSlot, agent: &AgentProfile, queues: &[String]) {
        self.for_each_property(agent, queues, |set| {
            set.insert(slot);
        });
    }

    /// Removes an agent; profile and queues must be those of the insertion.
    pub(super) fn remove(&mut self, slot: AgentSlot, agent: &AgentProfile, queues: &[String]) {
        self.for_each_property(agent, queues, |set| {
            set.remove(slot);
        });
    }

    fn for_each_property(
        &mut self,
        agent: &AgentProfile,
        queues: &[String],
        mut change: impl FnMut(&mut BitSet),
    ) {
        for queue in queues {
            change(self.queues.entry(queue.clone()).or_default());
        }
        for (skill, &proficiency) in &agent.skills {
            let levels = self.skills.entry(skill.clone()).or_default();
            let levels = levels.iter_mut().take(proficiency.into());
            levels.for_each(&mut change);
        }
        for language in &agent.languages {
            let tag = language_tag::fold(language);
            let primary = primary_subtag(&tag).to_owned();
            change(self.languages.entry(tag).or_default());
            change(self.languages.entry(primary).or_default());
        }
    }

    /// Members of a queue who meet at least one of these requirements.
    pub(super) fn matching(&self, queue: &str, requirements: &[Requirement]) -> BitSet {
        let mut matching = BitSet::new();
        if let Some(members) = self.queues.get(queue) {
            for requirement in requirements {
                if let Some(able) = self.members_meeting(members, requirement) {
                    matching.union_with(&able);
                }
            }
        }
        matching
    }

    /// `None` if no agent has one of the required skills.
    fn members_meeting(&self, members: &BitSet, requirement: &Requirement) -> Option<BitSet> {
        let mut able = members.clone();
        for (skill, least) in &requirement.skills {
            let level = usize::from(least.saturating_sub(1));
            able.intersect_with(self.skills.get(skill)?.get(level)?);
        }
        if !requirement.languages.is_empty() {
            let mut speaking = BitSet::new();
            for tag in &requirement.languages {
                if let Some(speakers) = self.languages.get(tag) {
                    speaking.union_with(speakers);
                }
            }
            able.intersect_with(&speaking);
        }
        Some(able)
    }
}
