//! Steps of a plan: who qualifies, widening while no agent accepts.

use patchbay_sdk::prelude::*;

use super::{SURE, Situation};
use crate::lexicon::languages;

/// Steps, and what the first one requires, in words.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) wanted: String,
}

/// Skills and language an agent must have.
struct Requirement {
    skills: Vec<(String, u8)>,
    language: Option<String>,
}

/// Skill and language, then a lower proficiency, then the language alone, then any member of the
/// queue. Steps that no member meets are left out.
pub(super) fn steps(situation: &Situation<'_>, queue: &str) -> Steps {
    let settings = &situation.policy.settings;
    let skills = skills(situation);
    let language = situation
        .language
        .as_deref()
        .filter(|_| settings.match_language)
        .map(|tag| languages::primary(tag).to_owned());
    let lower: Vec<(String, u8)> = skills
        .iter()
        .map(|(skill, least)| (skill.clone(), (least - 1).max(1)))
        .collect();
    let mut requirements = Vec::with_capacity(5);
    if !skills.is_empty() {
        requirements.push(Requirement {
            skills: skills.clone(),
            language: language.clone(),
        });
        if lower != skills {
            requirements.push(Requirement {
                skills: lower,
                language: language.clone(),
            });
        }
    }
    if language.is_some() {
        requirements.push(Requirement {
            skills: Vec::new(),
            language,
        });
    }
    let mut met = Vec::with_capacity(4);
    for requirement in requirements {
        if requirement.is_met_in(queue) {
            met.push(requirement);
        } else if requirement.language.is_some() && !requirement.skills.is_empty() {
            // No member has both: the skill matters more.
            let without = Requirement {
                skills: requirement.skills,
                language: None,
            };
            if without.is_met_in(queue) {
                met.push(without);
            }
        }
    }
    let wanted = met.first().map(Requirement::in_words).unwrap_or_default();
    let lasts = settings.step_lasts.seconds();
    let mut steps: Vec<Step> = met
        .iter()
        .map(|requirement| requirement.step().expires_after(lasts))
        .collect();
    if !steps.is_empty() {
        steps.push(Step::new());
    }
    Steps { steps, wanted }
}

/// Skills of the best certain intent that needs any, else of the first such topic.
fn skills(situation: &Situation<'_>) -> Vec<(String, u8)> {
    let needed = &situation.policy.settings.skills;
    let intents = situation
        .intents
        .iter()
        .filter(|intent| intent.confidence >= SURE)
        .map(|intent| intent.name.as_str());
    let topics = situation.topics.iter().map(String::as_str);
    intents
        .chain(topics)
        .find_map(|code| needed.get(code).filter(|skills| !skills.is_empty()))
        .map(|skills| {
            skills
                .iter()
                .take(MAX_SKILLS)
                .map(|(skill, least)| (skill.clone(), (*least).clamp(1, 5)))
                .collect()
        })
        .unwrap_or_default()
}

/// Most skills of a step in the contract.
const MAX_SKILLS: usize = 32;

impl Requirement {
    fn is_met_in(&self, queue: &str) -> bool {
        let mut query = Query::new().queue(queue);
        for (skill, least) in &self.skills {
            query = query.skill(skill, *least);
        }
        if let Some(language) = &self.language {
            query = query.language(language);
        }
        agents::count(&query) > 0
    }

    fn step(&self) -> Step {
        let mut step = Step::new();
        for (skill, least) in &self.skills {
            step = step.skill(skill, *least);
        }
        if let Some(language) = &self.language {
            step = step.language(language);
        }
        step
    }

    fn in_words(&self) -> String {
        let skills = self
            .skills
            .iter()
            .map(|(skill, least)| format!("{skill} {least}"));
        let language = self
            .language
            .iter()
            .map(|language| format!("language {language}"));
        format!(
            "; first agents with {}",
            skills.chain(language).collect::<Vec<_>>().join(" and ")
        )
    }
}
