//! Phrases for messages without a drafted text.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde::Deserialize;

const FALLBACK: &str = "en";

/// What agents and customers write, by language.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Words(BTreeMap<String, Phrases>);

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phrases {
    good: Vec<String>,
    #[serde(default)]
    rude: Vec<String>,
    back: Vec<String>,
}

impl Words {
    /// A reply that a tone policy should let through.
    pub(crate) fn good_reply(&self, language: &str, agent: &str, rng: &mut Rng) -> String {
        let text = self.pick(language, |phrases| &phrases.good, rng);
        text.replace("{name}", agent)
    }

    /// A reply that a tone policy should stop.
    pub(crate) fn rude_reply(&self, language: &str, agent: &str, rng: &mut Rng) -> String {
        let text = self.pick(language, |phrases| &phrases.rude, rng);
        text.replace("{name}", agent)
    }

    /// What a customer writes after an answer.
    pub(crate) fn follow_up(&self, language: &str, rng: &mut Rng) -> String {
        self.pick(language, |phrases| &phrases.back, rng)
    }

    fn pick(
        &self,
        language: &str,
        which: impl Fn(&Phrases) -> &Vec<String>,
        rng: &mut Rng,
    ) -> String {
        let language = language.split('-').next().unwrap_or(FALLBACK);
        let own = self.0.get(language).map(&which);
        let phrases = own.filter(|own| !own.is_empty());
        let phrases = phrases.or_else(|| self.0.get(FALLBACK).map(&which));
        let phrase = phrases.and_then(|phrases| rng.choice(phrases));
        phrase.cloned().unwrap_or_default()
    }
}
