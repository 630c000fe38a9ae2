//! {{name}}: a policy to start from. It finds the company's words in what customers write, and
//! asks agents not to shout in replies.
//!
//! `cargo test` runs the tests below natively; `patchbay test` builds the component and runs
//! `cases/` in the sandbox.

use patchbay_sdk::prelude::*;

settings! {
    /// What a company can change without a new version.
    pub struct Settings {
        /// Words to look for, in lower case, and the intent each stands for.
        #[serde(default)]
        words: std::collections::BTreeMap<String, String>,
    }
}

/// The policy, prepared once from its settings.
pub struct {{type}} {
    settings: Settings,
}

impl Policy for {{type}} {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        for word in settings.words.keys() {
            if *word != word.to_lowercase() {
                problems.add(format!("/words/{word}"), "must be in lower case");
            }
        }
        problems.into_result({{type}} { settings })
    }
}

impl Classify for {{type}} {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let text = interaction.text().to_lowercase();
        let mut found = self.settings.words.iter().filter(|(word, _)| text.contains(*word));
        // `Ok(None)` declines: the company's next policy is called.
        Ok(found.next().map(|(word, intent)| {
            Classification::because(format!("The text contains {word:?}.")).intent(intent, 0.8)
        }))
    }
}

impl CheckTone for {{type}} {
    fn check(&self, draft: &Draft) -> Answer<Review> {
        let text = draft.text();
        let shouts = text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
        if !shouts {
            return Ok(Some(Review::approve()));
        }
        let finding = Finding::new("wording.shouting", Severity::Medium, "Capitals read as shouting.");
        Ok(Some(Review::approve().revise().finding(finding.suggest(text.to_lowercase()))))
    }
}

export!({{type}}: classify, tone);

#[cfg(test)]
mod tests {
    use patchbay_sdk::testing::*;

    use super::*;

    #[test]
    fn a_configured_word_gives_its_intent() {
        let policy: {{type}} = prepare(json!({"words": {"money back": "refund"}})).expect("valid settings");
        let answer = policy.classify(&Interaction::example("x", "I want my MONEY BACK")).expect("no error");
        assert_eq!(answer.expect("a classification").intents[0].name, "refund");
    }

    #[test]
    fn a_word_in_capitals_is_rejected() {
        assert!(prepare::<{{type}}>(json!({"words": {"REFUND": "refund"}})).is_err());
    }

    #[test]
    fn the_schema_is_up_to_date() {
        // After a change of `Settings`: PATCHBAY_UPDATE=1 cargo test
        schema_matches::<Settings>("settings.schema.json");
    }
}
