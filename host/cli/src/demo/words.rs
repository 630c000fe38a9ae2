//! What is written at a demo desk where nobody drafted it.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde::Deserialize;

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

const USUAL: &str = "en";

impl Words {
    /// An answer that may go out.
    pub(crate) fn good(&self, language: &str, agent: &str, rng: &mut Rng) -> String {
        let text = self.pick(language, |phrases| &phrases.good, rng);
        text.replace("{name}", agent)
    }

    /// One that should not.
    pub(crate) fn rude(&self, language: &str, agent: &str, rng: &mut Rng) -> String {
        let text = self.pick(language, |phrases| &phrases.rude, rng);
        text.replace("{name}", agent)
    }

    /// What a customer writes once they were answered.
    pub(crate) fn back(&self, language: &str, rng: &mut Rng) -> String {
        self.pick(language, |phrases| &phrases.back, rng)
    }

    fn pick(
        &self,
        language: &str,
        which: impl Fn(&Phrases) -> &Vec<String>,
        rng: &mut Rng,
    ) -> String {
        let language = language.split('-').next().unwrap_or(USUAL);
        let own = self.0.get(language).map(&which);
        let usual = self.0.get(USUAL).map(&which);
        let phrases = own.filter(|own| !own.is_empty()).or(usual);
        phrases
            .and_then(|phrases| rng.choice(phrases))
            .cloned()
            .unwrap_or_default()
    }
}
