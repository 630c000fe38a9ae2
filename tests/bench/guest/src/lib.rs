//! The measured policy: classifies a message by phrases and words and routes it
//! to a queue with preferred agents.

pub mod words;

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use words::{Rule, Words, preference};

settings! {
    /// The words of a company.
    struct Settings {
        intents: Vec<IntentSettings>,
        urgent: Vec<String>,
        mood: BTreeMap<String, i64>,
        default_queue: String,
        /// Decline, to measure the host's own work.
        #[serde(default)]
        idle: bool,
    }

    /// Intents and their queues.
    struct IntentSettings {
        name: String,
        phrases: Vec<String>,
        queue: String,
        skill: String,
        proficiency: u8,
    }
}

/// The policy, prepared.
struct BenchPolicy {
    words: Words,
    idle: bool,
}

/// Reads the settings as `prepare` does, without a component.
///
/// # Panics
/// If the settings are not valid.
pub fn words(settings: &str) -> Words {
    match settings::parse::<Settings>(settings) {
        Ok(settings) => settings.into(),
        Err(problems) => panic!("{problems}"),
    }
}

impl From<Settings> for Words {
    fn from(settings: Settings) -> Words {
        Words {
            rules: settings
                .intents
                .into_iter()
                .map(|intent| Rule {
                    name: intent.name,
                    phrases: intent.phrases,
                    queue: intent.queue,
                    skill: intent.skill,
                    proficiency: intent.proficiency,
                })
                .collect(),
            urgent: settings.urgent,
            mood: settings.mood.into_iter().collect(),
            default_queue: settings.default_queue,
        }
    }
}

impl Policy for BenchPolicy {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        Ok(Self {
            idle: settings.idle,
            words: settings.into(),
        })
    }
}

impl Classify for BenchPolicy {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        if self.idle {
            return Ok(None);
        }
        let reading = self.words.read(interaction.text());
        let mut answer = Classification::because(reading.why)
            .sentiment(reading.sentiment)
            .urgency(reading.urgency);
        for (name, confidence) in reading.intents {
            answer = answer.intent(name, confidence);
        }
        Ok(Some(answer))
    }
}

impl Route for BenchPolicy {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        let words = &self.words;
        let Some(assessment) = conversation.assessment() else {
            return Ok(None);
        };
        let terms = assessment.best_intent().and_then(|best| {
            words.terms(
                &best.name,
                assessment.sentiment().unwrap_or(0.0),
                assessment.urgency().unwrap_or(0),
            )
        });
        let Some(terms) = terms else {
            return Ok(Some(
                RoutePlan::to_queue(&words.default_queue).because("no intent found"),
            ));
        };
        let rule = terms.rule;
        let mut plan = RoutePlan::to_queue(&rule.queue)
            .step(
                Step::new()
                    .skill(&rule.skill, rule.proficiency)
                    .expires_after(terms.expires),
            )
            .step(Step::new().skill(&rule.skill, 1))
            .priority(terms.priority)
            .because(terms.why);
        for tag in terms.tags {
            plan = plan.tag(tag);
        }
        let query = Query::new()
            .skill(&rule.skill, rule.proficiency)
            .present()
            .limit(4);
        for agent in agents::find_summaries(&query).items {
            let proficiency = agent.proficiencies.first().copied().unwrap_or(0);
            if let Some(score) = preference(proficiency, agent.load) {
                plan = plan.prefer(agent.id, score);
            }
        }
        Ok(Some(plan))
    }
}

export!(BenchPolicy: classify, route);
