use std::ops::Range;

use super::{Classification, HIGHEST, PersonalData, offset};
use crate::Intent;

impl Classification {
    /// No opinion yet, and why: one sentence for the colleague who reads the
    /// decision.
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

    /// The customer wants this (a code, kebab-case, dotted where it nests);
    /// `confidence` is 0 to 1. At most 64.
    pub fn intent(mut self, name: impl Into<String>, confidence: f64) -> Self {
        self.intents.push(Intent {
            name: name.into(),
            confidence: confidence.clamp(0.0, 1.0),
        });
        self
    }

    /// It is about this (a code in kebab-case). At most 64.
    pub fn topic(mut self, name: impl Into<String>) -> Self {
        self.topics.push(name.into());
        self
    }

    /// Mood, -1 (very negative) to 1 (very positive).
    pub fn sentiment(mut self, mood: f64) -> Self {
        self.sentiment = Some(mood.clamp(-1.0, 1.0));
        self
    }

    /// How soon somebody should look, 0 (whenever) to 100 (now).
    pub fn urgency(mut self, urgency: u8) -> Self {
        self.urgency = Some(urgency.min(HIGHEST));
        self
    }

    /// Language of the text (BCP 47).
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Probability that it is spam, 0 to 1.
    pub fn spam(mut self, probability: f64) -> Self {
        self.spam = Some(probability.clamp(0.0, 1.0));
        self
    }

    /// Probability that it is abusive, 0 to 1.
    pub fn abuse(mut self, probability: f64) -> Self {
        self.abuse = Some(probability.clamp(0.0, 1.0));
        self
    }

    /// Whether the customer expects a reply.
    pub fn reply_expected(mut self, expected: bool) -> Self {
        self.reply_expected = Some(expected);
        self
    }

    /// Personal data of this kind (`payment-card`, `email`, …) stands at these
    /// bytes of [`Interaction::text`](crate::Interaction::text). At most 64.
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
    fn scores_are_brought_into_their_range() {
        let answer = Classification::because("")
            .intent("a", 1.5)
            .sentiment(-7.0)
            .urgency(200);
        assert_eq!(answer.intents[0].confidence, 1.0);
        assert_eq!((answer.sentiment, answer.urgency), (Some(-1.0), Some(100)));
    }

    #[test]
    fn what_was_not_said_is_no_opinion() {
        let answer = Classification::because("why").spam(0.2);
        assert_eq!(
            (answer.spam, answer.abuse, answer.reply_expected),
            (Some(0.2), None, None)
        );
    }

    #[test]
    fn a_span_is_where_it_was_said() {
        let answer = Classification::because("").personal_data("email", 3..9);
        assert_eq!(
            (answer.personal_data[0].start, answer.personal_data[0].end),
            (3, 9)
        );
    }
}
