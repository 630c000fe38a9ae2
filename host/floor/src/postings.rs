//! Who has which property, so that those who qualify for a requirement that
//! was not asked before are found by a few word operations.

use std::collections::HashMap;

use super::agent::AgentProfile;
use super::requirement::{Requirement, primary_subtag};
use super::slots::{Slot, Slots};

/// For each property, the agents who have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    queues: HashMap<String, Slots>,
    /// For each skill, who has it at least at proficiency 1, 2, 3, 4 and 5.
    skills: HashMap<String, [Slots; 5]>,
    /// By whole language tag and by primary subtag, in lower case.
    languages: HashMap<String, Slots>,
}

impl Postings {
    /// Enters an agent who is a member of these queues.
    pub(super) fn insert(&mut self, slot: Slot, agent: &AgentProfile, queues: &[String]) {
        self.each(agent, queues, |set| set.insert(slot));
    }

    /// Takes out an agent who was entered with the same values.
    pub(super) fn remove(&mut self, slot: Slot, agent: &AgentProfile, queues: &[String]) {
        self.each(agent, queues, |set| set.remove(slot));
    }

    fn each(&mut self, agent: &AgentProfile, queues: &[String], mut act: impl FnMut(&mut Slots)) {
        for queue in queues {
            act(self.queues.entry(queue.clone()).or_default());
        }
        for (skill, &proficiency) in &agent.skills {
            let levels = self.skills.entry(skill.clone()).or_default();
            levels
                .iter_mut()
                .take(proficiency.into())
                .for_each(&mut act);
        }
        for language in &agent.languages {
            let tag = language.to_ascii_lowercase();
            let primary = primary_subtag(&tag).to_owned();
            act(self.languages.entry(tag).or_default());
            act(self.languages.entry(primary).or_default());
        }
    }

    /// Members of a queue who meet any of these requirements.
    pub(super) fn matching(&self, queue: &str, wanted: &[Requirement]) -> Slots {
        let mut matching = Slots::default();
        if let Some(members) = self.queues.get(queue) {
            for requirement in wanted {
                if let Some(able) = self.meeting(members, requirement) {
                    matching.unite(&able);
                }
            }
        }
        matching
    }

    /// `None` where nobody has one of the properties.
    fn meeting(&self, members: &Slots, requirement: &Requirement) -> Option<Slots> {
        let mut able = members.clone();
        for (skill, least) in &requirement.skills {
            let level = usize::from(least.saturating_sub(1));
            able.intersect(self.skills.get(skill)?.get(level)?);
        }
        if !requirement.languages.is_empty() {
            let mut speaking = Slots::default();
            for tag in &requirement.languages {
                if let Some(speakers) = self.languages.get(tag) {
                    speaking.unite(speakers);
                }
            }
            able.intersect(&speaking);
        }
        Some(able)
    }
}
