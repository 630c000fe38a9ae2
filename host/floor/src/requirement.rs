//! Skills and languages of a routing step, in a comparable form.

use patchbay_model::decision::route::Step;
use patchbay_model::language_tag;

use super::agent_profile::AgentProfile;

/// Skills and languages of one step, normalized: equal requirements compare
/// equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Requirement {
    /// Least proficiency by skill, 1 or more, sorted by skill.
    pub(super) skills: Vec<(String, u8)>,
    /// In lower case, sorted; empty: any.
    pub(super) languages: Vec<String>,
}

impl Requirement {
    fn from_step(step: &Step) -> Requirement {
        let languages = step.languages.iter();
        let mut languages: Vec<String> = languages.map(|tag| language_tag::fold(tag)).collect();
        languages.sort();
        languages.dedup();
        let skills = step.skills.iter();
        Requirement {
            skills: skills
                .map(|(skill, &least)| (skill.clone(), least.max(1)))
                .collect(),
            languages,
        }
    }

    /// Whether each agent who meets the other requirement meets this one.
    fn covers(&self, other: &Requirement) -> bool {
        self.skills.iter().all(|(skill, least)| {
            let mut of_other = other.skills.iter();
            of_other.any(|(name, required)| name == skill && required >= least)
        }) && (self.languages.is_empty()
            || !other.languages.is_empty() && other.languages.iter().all(|tag| self.accepts(tag)))
    }

    pub(super) fn is_met_by(&self, agent: &AgentProfile) -> bool {
        let mut languages = agent.languages.iter();
        agent.has_skills(self.skills.iter().map(|(skill, least)| (skill, *least)))
            && (self.languages.is_empty()
                || languages.any(|tag| self.accepts(&language_tag::fold(tag))))
    }

    /// Whether the lower-case tag is one of the languages; `pt` includes
    /// `pt-br`.
    fn accepts(&self, tag: &str) -> bool {
        let mut languages = self.languages.iter();
        languages.any(|language| language == tag || language == primary_subtag(tag))
    }
}

/// `pt` of `pt-br`.
pub(super) fn primary_subtag(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// Requirements in effect at a step; an agent qualifies by meeting one. Steps
/// only widen, so those of earlier steps stay in effect; past the last step
/// any member of the queue qualifies. Covered requirements are left out: a
/// plan whose steps widen gives exactly one.
pub(super) fn requirements_at_step(steps: &[Step], step: usize) -> Vec<Requirement> {
    if step >= steps.len() {
        return vec![Requirement::default()];
    }
    let mut requirements: Vec<Requirement> = Vec::new();
    for requirement in steps.iter().take(step + 1).map(Requirement::from_step) {
        if !requirements.iter().any(|other| other.covers(&requirement)) {
            requirements.retain(|other| !requirement.covers(other));
            requirements.push(requirement);
        }
    }
    requirements.sort();
    requirements
}
