//! {{name}}: a policy to start from.
//# classify
//! It finds the company's words in what customers write.
//# tone
//! It asks agents not to shout in replies.
//# route
//! It sends returning customers to a queue of the settings.
//# escalate
//! It raises the priority of conversations that are late.
//# end
//!
//! `cargo test` runs the tests below natively; `patchbay test` builds the component and runs
//! `cases/` in the sandbox.

use patchbay_sdk::prelude::*;
//# route
use patchbay_sdk::references::QueueRef;
//# end

settings! {
    /// What a company can change without a new version.
    pub struct Settings {
        //# classify
        /// Words to look for, in lower case, and the intent each stands for.
        #[serde(default)]
        words: std::collections::BTreeMap<String, String>,
        //# route
        /// Queue of customers who return. `apply` checks that it exists.
        #[serde(default = "general")]
        queue: QueueRef,
        //# end
    }
}
//# route

fn general() -> QueueRef {
    QueueRef::from("general")
}
//# end

/// The policy, prepared once from its settings.
pub struct {{type}} {
    //# classify route
    settings: Settings,
    //# end
}

impl Policy for {{type}} {
    type Settings = Settings;

    //# classify route
    fn prepare(settings: Settings) -> Result<Self, Problems> {
    //# not classify route
    fn prepare(_: Settings) -> Result<Self, Problems> {
    //# classify
        let mut problems = Problems::new();
        for word in settings.words.keys() {
            if *word != word.to_lowercase() {
                problems.add(format!("/words/{word}"), "must be in lower case");
            }
        }
        problems.into_result({{type}} { settings })
    //# route without classify
        Ok({{type}} { settings })
    //# not classify route
        Ok({{type}} {})
    //# end
    }
}
//# classify

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
//# route

impl Route for {{type}} {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        // `Ok(None)` declines: the company's next policy is called, or its default queue is used.
        if conversation.cause() != RouteCause::Reopened {
            return Ok(None);
        }
        let plan = RoutePlan::to_queue(&*self.settings.queue).priority(60);
        Ok(Some(plan.because("The customer came back.")))
    }
}
//# tone

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
//# escalate

impl Escalate for {{type}} {
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
        match trigger.code() {
            TriggerCode::SlaAtRisk | TriggerCode::SlaBreached => {
                let late = Escalation::because("A target is at risk or missed.");
                Ok(Some(late.raise_priority(80)))
            }
            // `Ok(None)` declines; new versions of the host may know more codes.
            _ => Ok(None),
        }
    }
}
//# end

export!({{type}}: {{stages}});

#[cfg(test)]
mod tests {
    use patchbay_sdk::testing::*;

    use super::*;
    //# classify

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
    //# escalate

    #[test]
    fn a_late_conversation_gets_priority() {
        let policy: {{type}} = prepare(json!({})).expect("valid settings");
        let trigger = Trigger::example(TriggerCode::SlaBreached);
        let answer = policy.escalate(&trigger).expect("no error");
        assert_eq!(answer.expect("an escalation").actions[0].priority, Some(80));
    }
    //# end

    #[test]
    fn the_schema_is_up_to_date() {
        // After a change of `Settings`: patchbay build --update-schema
        schema_matches::<Settings>("settings.schema.json");
    }
}
