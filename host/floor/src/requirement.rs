//! Who qualifies for a step, in a form that can be compared.

use patchbay_model::decision::route::Step;

use super::agent::AgentProfile;

/// Skills and languages of one step; equal ones are written the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Requirement {
    /// By skill; at least 1.
    pub(super) skills: Vec<(String, u8)>,
    /// In lower case, sorted; empty: any.
    pub(super) languages: Vec<String>,
}

impl Requirement {
    pub(super) fn of(step: &Step) -> Requirement {
        let mut languages: Vec<String> = step
            .languages
            .iter()
            .map(|tag| tag.to_ascii_lowercase())
            .collect();
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

    /// Whether everybody who meets the other meets this one.
    fn covers(&self, other: &Requirement) -> bool {
        self.skills.iter().all(|(skill, least)| {
            let mut of_other = other.skills.iter();
            of_other.any(|(name, asked)| name == skill && asked >= least)
        }) && (self.languages.is_empty()
            || !other.languages.is_empty()
                && other
                    .languages
                    .iter()
                    .all(|tag| speaks(&self.languages, tag)))
    }

    pub(super) fn met_by(&self, agent: &AgentProfile) -> bool {
        self.skills
            .iter()
            .all(|(skill, least)| agent.skills.get(skill).is_some_and(|has| has >= least))
            && (self.languages.is_empty()
                || agent
                    .languages
                    .iter()
                    .any(|tag| speaks(&self.languages, &tag.to_ascii_lowercase())))
    }
}

/// Whether a language is one of those wanted, where `pt` also means `pt-br`.
fn speaks(wanted: &[String], tag: &str) -> bool {
    wanted
        .iter()
        .any(|wanted| wanted == tag || wanted == primary_subtag(tag))
}

/// `pt` of `pt-br`.
pub(super) fn primary_subtag(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(primary, _)| primary)
}

/// Who qualifies when the steps before `step` have passed: whoever meets that
/// one or an earlier one, since steps only widen, or any member of the queue
/// after the last. A step that another covers is left out, so that well-formed
/// plans give a single requirement.
pub(super) fn qualifying(steps: &[Step], step: usize) -> Vec<Requirement> {
    if step >= steps.len() {
        return vec![Requirement::default()];
    }
    let mut wanted: Vec<Requirement> = Vec::new();
    for requirement in steps.iter().take(step + 1).map(Requirement::of) {
        if !wanted.iter().any(|other| other.covers(&requirement)) {
            wanted.retain(|other| !requirement.covers(other));
            wanted.push(requirement);
        }
    }
    wanted.sort();
    wanted
}
