use crate::source::types;

pub use crate::bindings::imports::patchbay::care::types::Intent;

/// What the company's classifiers, merged, said of an interaction.
#[derive(Debug)]
pub struct Assessment {
    pub(crate) host: types::Assessment,
}

impl Assessment {
    pub(crate) fn new(host: types::Assessment) -> Self {
        Self { host }
    }

    /// Intents, best first; at most 64.
    pub fn intents(&self) -> Vec<Intent> {
        self.host.intents()
    }

    /// Topics, in the order the classifiers gave them; at most 64.
    pub fn topics(&self) -> Vec<String> {
        self.host.topics()
    }

    /// Mood, -1 (very negative) to 1 (very positive); absent where no
    /// classifier had an opinion.
    pub fn sentiment(&self) -> Option<f64> {
        self.host.sentiment()
    }

    /// How soon somebody should look, 0 (whenever) to 100 (now); absent
    /// where no classifier had an opinion.
    pub fn urgency(&self) -> Option<u8> {
        self.host.urgency()
    }

    /// Language of the text (BCP 47); absent where unknown.
    pub fn language(&self) -> Option<String> {
        self.host.language()
    }

    /// Probability that this is spam, 0 to 1; absent where no classifier
    /// had an opinion.
    pub fn spam(&self) -> Option<f64> {
        self.host.spam()
    }

    /// Probability that this is abusive, 0 to 1; absent where no
    /// classifier had an opinion.
    pub fn abuse(&self) -> Option<f64> {
        self.host.abuse()
    }

    /// Whether the customer expects a reply; absent where no classifier
    /// had an opinion.
    pub fn reply_expected(&self) -> Option<bool> {
        self.host.reply_expected()
    }

    /// Kinds of personal data found (`payment-card`, `email`, …), each
    /// once, sorted.
    pub fn personal_data_kinds(&self) -> Vec<String> {
        self.host.personal_data_kinds()
    }

    /// What the customer most likely wants; absent without an intent.
    pub fn best_intent(&self) -> Option<Intent> {
        self.intents().into_iter().next()
    }

    /// How sure the classifiers are of an intent, 0 to 1; absent where none of
    /// them named it.
    pub fn confidence(&self, intent: &str) -> Option<f64> {
        self.intents()
            .into_iter()
            .find(|found| found.name == intent)
            .map(|found| found.confidence)
    }
}
