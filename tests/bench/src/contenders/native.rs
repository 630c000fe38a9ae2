//! The policy as plain Rust: the cost without an engine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bench_policy::words::{Words, preference};
use patchbay_model::decision::classification::{Classification, Intent};
use patchbay_model::decision::route::{Preference, RoutePlan};
use patchbay_model::directory::Directory;

use super::Contender;
use crate::answer::{self, Answer};
use crate::company::{SETTINGS, TEXTS, directory, find_agents};

/// The policy, called directly.
pub struct Native {
    words: Words,
    directory: Arc<Directory>,
}

impl Native {
    /// Reads the settings.
    #[expect(clippy::new_without_default, reason = "reads the settings")]
    pub fn new() -> Native {
        Native {
            words: bench_policy::words(SETTINGS),
            directory: directory(),
        }
    }

    fn classify(&self, text: &str) -> Classification {
        let reading = self.words.read(text);
        let intents = reading
            .intents
            .iter()
            .map(|(name, confidence)| Intent {
                name: (*name).to_owned(),
                confidence: *confidence,
            })
            .collect();
        answer::classification(intents, reading.sentiment, reading.urgency, reading.why)
    }

    fn route(&self, read: &Classification) -> RoutePlan {
        let terms = read.top_intent().and_then(|best| {
            self.words.terms(
                &best.name,
                read.sentiment.unwrap_or(0.0),
                read.urgency.unwrap_or(0),
            )
        });
        let Some(terms) = terms else {
            let queue = self.words.default_queue.clone();
            return answer::plan(
                queue,
                Vec::new(),
                Vec::new(),
                None,
                Vec::new(),
                "no intent found".to_owned(),
            );
        };
        let rule = terms.rule;
        let preferences = find_agents(&self.directory, &rule.skill, rule.proficiency, 4)
            .items
            .into_iter()
            .filter_map(|agent| {
                let proficiency = agent.skills.get(&rule.skill).copied().unwrap_or(0);
                preference(proficiency, agent.load).map(|score| Preference {
                    agent: agent.id.clone(),
                    score,
                })
            })
            .collect();
        answer::plan(
            rule.queue.clone(),
            vec![
                answer::step(rule.skill.clone(), rule.proficiency, Some(terms.expires)),
                answer::step(rule.skill.clone(), 1, None),
            ],
            preferences,
            Some(terms.priority),
            terms.tags.into_iter().map(str::to_owned).collect(),
            terms.why,
        )
    }
}

impl Contender for Native {
    fn name(&self) -> &'static str {
        "native Rust"
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let started = Instant::now();
        let classification = self.classify(TEXTS[text]);
        let plan = self.route(&classification);
        let took = started.elapsed();
        (
            Answer {
                classification,
                plan,
            },
            took,
        )
    }
}
