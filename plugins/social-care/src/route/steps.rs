//! Who qualifies, and how that widens while nobody takes it.

use patchbay_sdk::prelude::*;

use super::{SURE, Situation};
use crate::lexicon::languages;

/// Steps and what the first of them asks for, in words.
pub(super) struct Steps {
    pub(super) steps: Vec<Step>,
    pub(super) wanted: String,
}

/// What an agent must bring.
struct Demand {
    skills: Vec<(String, u8)>,
    language: Option<String>,
}

/// Skill and language, then a lower proficiency, then the language alone,
/// then anyone. Steps nobody in the queue could ever meet are left out; where
/// none is left, any member of the queue qualifies at once.
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
    let mut demands = Vec::with_capacity(5);
    if !skills.is_empty() {
        demands.push(Demand {
            skills: skills.clone(),
            language: language.clone(),
        });
        if lower != skills {
            demands.push(Demand {
                skills: lower,
                language: language.clone(),
            });
        }
    }
    if language.is_some() {
        demands.push(Demand {
            skills: Vec::new(),
            language,
        });
    }
    let mut can = Vec::with_capacity(4);
    for demand in demands {
        if demand.is_met_by_somebody(queue) {
            can.push(demand);
        } else if demand.language.is_some() && !demand.skills.is_empty() {
            // Nobody has both: the skill matters more.
            let without = Demand {
                skills: demand.skills,
                language: None,
            };
            if without.is_met_by_somebody(queue) {
                can.push(without);
            }
        }
    }
    let wanted = can.first().map(Demand::in_words).unwrap_or_default();
    let lasts = settings.step_lasts.seconds();
    let mut steps: Vec<Step> = can
        .iter()
        .map(|demand| demand.step().expires_after(lasts))
        .collect();
    if !steps.is_empty() {
        steps.push(Step::new());
    }
    Steps { steps, wanted }
}

/// Skills of the best sure intent that needs some, else of the first topic
/// that does.
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
                .take(MOST_SKILLS)
                .map(|(skill, least)| (skill.clone(), (*least).clamp(1, 5)))
                .collect()
        })
        .unwrap_or_default()
}

/// The contract takes no more.
const MOST_SKILLS: usize = 32;

impl Demand {
    fn is_met_by_somebody(&self, queue: &str) -> bool {
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
            "; first who brings {}",
            skills.chain(language).collect::<Vec<_>>().join(" and ")
        )
    }
}
