use std::ops::Range;

use super::{Classification, HIGHEST, PersonalData, offset};
use crate::Intent;

impl Classification {
    /// An empty classification and its reason: one sentence for the agent who reads the decision, at
    /// most 4 KiB. A value that is not set means no opinion; another classifier may have one.
    pub fn because(why: impl Into<String>) -> Self {
        Self {
            intents: Vec::new(),
            topics: Vec::new(),
            sentiment: None,
            urgency: None,
            language: None,
            spam: None,
            abuse: None,
            reply_expected: None,
            personal_data: Vec::new(),
            why: why.into(),
        }
    }

    /// Adds an intent: a code in kebab-case, dotted where it nests, and the confidence, 0 to 1. At
    /// most 64.
    pub fn intent(mut self, name: impl Into<String>, confidence: f64) -> Self {
        self.intents.push(Intent {
            name: name.into(),
            confidence: confidence.clamp(0.0, 1.0),
        });
        self
    }

    /// Adds a topic, a code in kebab-case. At most 64.
    pub fn topic(mut self, name: impl Into<String>) -> Self {
        self.topics.push(name.into());
        self
    }

    /// Sets the mood, -1 (very negative) to 1 (very positive).
    pub fn sentiment(mut self, mood: f64) -> Self {
        self.sentiment = Some(mood.clamp(-1.0, 1.0));
        self
    }

    /// Sets the urgency, 0 (any time) to 100 (now).
    pub fn urgency(mut self, urgency: u8) -> Self {
        self.urgency = Some(urgency.min(HIGHEST));
        self
    }

    /// Sets the language of the text (BCP 47).
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets the probability of spam, 0 to 1.
    pub fn spam(mut self, probability: f64) -> Self {
        self.spam = Some(probability.clamp(0.0, 1.0));
        self
    }

    /// Sets the probability of abuse, 0 to 1.
    pub fn abuse(mut self, probability: f64) -> Self {
        self.abuse = Some(probability.clamp(0.0, 1.0));
        self
    }

    /// Sets whether the customer expects a reply.
    pub fn reply_expected(mut self, expected: bool) -> Self {
        self.reply_expected = Some(expected);
        self
    }

    /// Adds personal data of a [kind](crate::PersonalDataKind) at these bytes of
    /// [`Interaction::text`](crate::Interaction::text). At most 64.
    pub fn personal_data(mut self, kind: impl Into<String>, bytes: Range<usize>) -> Self {
        self.personal_data.push(PersonalData {
            kind: kind.into(),
            start: offset(bytes.start),
            end: offset(bytes.end),
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_outside_their_range_are_clamped() {
        let answer = Classification::because("")
            .intent("a", 1.5)
            .sentiment(-7.0)
            .urgency(200);
        assert_eq!(answer.intents[0].confidence, 1.0);
        assert_eq!((answer.sentiment, answer.urgency), (Some(-1.0), Some(100)));
    }

    #[test]
    fn values_that_are_not_set_are_absent() {
        let answer = Classification::because("why").spam(0.2);
        assert_eq!(
            (answer.spam, answer.abuse, answer.reply_expected),
            (Some(0.2), None, None)
        );
    }

    #[test]
    fn a_span_has_the_given_bytes() {
        let answer = Classification::because("").personal_data("email", 3..9);
        assert_eq!(
            (answer.personal_data[0].start, answer.personal_data[0].end),
            (3, 9)
        );
    }
}
