//! {{name}}: a policy to begin with. It finds words the company cares about in
//! what customers write, and asks agents not to shout in replies.
//!
//! `cargo test` runs the tests below, natively; `patchbay test` builds the
//! component and runs `cases/` in the sandbox.

use patchbay_sdk::prelude::*;

settings! {
    /// What a company can change without a new version.
    pub struct Settings {
        /// Words to look for, in small letters, and the intent each stands for.
        #[serde(default)]
        words: std::collections::BTreeMap<String, String>,
    }
}

/// The policy, built once from its settings.
pub struct {{type}} {
    settings: Settings,
}

impl Policy for {{type}} {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        for word in settings.words.keys() {
            if *word != word.to_lowercase() {
                problems.add(format!("/words/{word}"), "write it in small letters");
            }
        }
        problems.into_result({{type}} { settings })
    }
}

impl Classify for {{type}} {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let text = interaction.text().to_lowercase();
        let mut found = self.settings.words.iter().filter(|(word, _)| text.contains(*word));
        // `Ok(None)` declines: another policy of the company may know.
        Ok(found.next().map(|(word, intent)| {
            Classification::because(format!("it says {word:?}")).intent(intent, 0.8)
        }))
    }
}

impl CheckTone for {{type}} {
    fn check(&self, draft: &Draft) -> Answer<Review> {
        let text = draft.text();
        let shouted = text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
        if !shouted {
            return Ok(Some(Review::approve()));
        }
        let finding = Finding::new("wording.shouting", Severity::Medium, "This reads as shouting.");
        Ok(Some(Review::approve().revise().finding(finding.suggest(text.to_lowercase()))))
    }
}

export!({{type}}: classify, tone);

#[cfg(test)]
mod tests {
    use patchbay_sdk::testing::*;

    use super::*;

    #[test]
    fn a_word_of_ours_is_found() {
        let policy: {{type}} = prepare(json!({"words": {"money back": "refund"}})).expect("good settings");
        let answer = policy.classify(&Interaction::example("x", "I want my MONEY BACK")).expect("no error");
        assert_eq!(answer.expect("an opinion").intents[0].name, "refund");
    }

    #[test]
    fn a_word_in_capitals_is_refused() {
        assert!(prepare::<{{type}}>(json!({"words": {"REFUND": "refund"}})).is_err());
    }

    #[test]
    fn the_schema_is_up_to_date() {
        // After changing `Settings`: PATCHBAY_UPDATE=1 cargo test
        schema_matches::<Settings>("settings.schema.json");
    }
}
