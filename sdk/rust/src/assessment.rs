use std::cell::{Cell, OnceCell};

use crate::bindings::imports::patchbay::care::types::AssessmentView1;
use crate::codes::PersonalDataKind;
use crate::source::types;

pub use crate::bindings::imports::patchbay::care::types::Intent;

/// Classification of an interaction, merged from the company's classifiers. A value is absent
/// where no classifier gave one.
///
/// The first value is one host call; the second reads all of them, and further ones cost none.
#[derive(Debug)]
pub struct Assessment {
    pub(crate) host: types::Assessment,
    has_read: Cell<bool>,
    view: OnceCell<AssessmentView1>,
}

impl From<types::Assessment> for Assessment {
    fn from(host: types::Assessment) -> Self {
        Self {
            host,
            has_read: Cell::new(false),
            view: OnceCell::new(),
        }
    }
}

/// Declares a method for each field.
macro_rules! fields {
    ($($(#[$doc:meta])* $method:ident: $type:ty;)+) => { $(
        $(#[$doc])*
        pub fn $method(&self) -> $type {
            match self.view() {
                Some(view) => view.$method.clone(),
                None => self.host.$method(),
            }
        }
    )+ };
}

impl Assessment {
    fields! {
        /// Intents, best first; at most 64.
        intents: Vec<Intent>;
        /// Topics, in the order the classifiers gave them; at most 64.
        topics: Vec<String>;
        /// Mood, -1 (very negative) to 1 (very positive).
        sentiment: Option<f64>;
        /// Urgency, 0 (any time) to 100 (now).
        urgency: Option<u8>;
        /// Language of the text (BCP 47).
        language: Option<String>;
        /// Probability of spam, 0 to 1.
        spam: Option<f64>;
        /// Probability of abuse, 0 to 1.
        abuse: Option<f64>;
        /// Whether the customer expects a reply.
        reply_expected: Option<bool>;
    }

    /// Kinds of personal data in the text, each once, sorted by code.
    pub fn personal_data_kinds(&self) -> Vec<PersonalDataKind> {
        let kinds = match self.view() {
            Some(view) => view.personal_data_kinds.clone(),
            None => self.host.personal_data_kinds(),
        };
        kinds.into_iter().map(Into::into).collect()
    }

    /// The most likely intent; absent where there is none.
    pub fn best_intent(&self) -> Option<Intent> {
        self.intents().into_iter().next()
    }

    /// Confidence in an intent, 0 to 1; absent where no classifier named it.
    pub fn confidence(&self, intent: &str) -> Option<f64> {
        let mut intents = self.intents().into_iter();
        intents
            .find(|found| found.name == intent)
            .map(|found| found.confidence)
    }

    /// All values, read by the second access.
    #[cfg(target_arch = "wasm32")]
    fn view(&self) -> Option<&AssessmentView1> {
        match self.has_read.replace(true) {
            false => None,
            true => Some(self.view.get_or_init(|| self.host.read())),
        }
    }

    /// A test may still change the value.
    #[cfg(not(target_arch = "wasm32"))]
    fn view(&self) -> Option<&AssessmentView1> {
        self.has_read.set(true);
        self.view.get()
    }
}
