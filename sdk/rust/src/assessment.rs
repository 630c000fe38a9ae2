use crate::codes::PersonalDataKind;
use crate::handle::handle;
use crate::source::types;

pub use crate::bindings::imports::patchbay::care::types::Intent;

handle! {
    /// Classification of an interaction, merged from the company's classifiers. A value is absent
    /// where no classifier gave one.
    Assessment of types::Assessment, intents: Vec<Intent> {
        /// Topics, in the order the classifiers gave them; at most 64.
        list topics: String;
        /// Mood, -1 (very negative) to 1 (very positive).
        maybe sentiment: f64;
        /// Urgency, 0 (any time) to 100 (now).
        maybe urgency: u8;
        /// Language of the text (BCP 47).
        maybe language: String;
        /// Probability of spam, 0 to 1.
        maybe spam: f64;
        /// Probability of abuse, 0 to 1.
        maybe abuse: f64;
        /// Whether the customer expects a reply.
        maybe reply_expected: bool;
        /// Kinds of personal data in the text, each once, sorted by code.
        list personal_data_kinds: PersonalDataKind;
    }
}

impl Assessment {
    /// Intents, best first; at most 64.
    pub fn intents(&self) -> Vec<Intent> {
        match self.intents.get() {
            Some(intents) => intents.clone(),
            None => self.host.intents(),
        }
    }

    /// The most likely intent; absent where there is none.
    pub fn best_intent(&self) -> Option<Intent> {
        self.known_intents().first().cloned()
    }

    /// Confidence in an intent, 0 to 1; absent where no classifier named it. Only the first call
    /// reaches the host.
    pub fn confidence(&self, intent: &str) -> Option<f64> {
        let mut intents = self.known_intents().iter();
        intents
            .find(|found| found.name == intent)
            .map(|found| found.confidence)
    }

    fn known_intents(&self) -> &[Intent] {
        self.intents.get_or_init(|| self.host.intents())
    }
}
