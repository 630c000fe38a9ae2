//! Classification of interactions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::input::LANGUAGE_BYTES;
use crate::language_tag;

use super::{
    BadOutput, LIST_ENTRIES, PROSE_BYTES, check_code, check_count, check_language, check_percent,
    check_range, check_span, check_text,
};

/// An intent of the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Code of the intent.
    pub name: String,
    /// Confidence, 0 to 1.
    pub confidence: f64,
}

/// Personal data in the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonalData {
    /// Code of the kind.
    pub kind: String,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// Answer of one classifier, or of all merged. Absent: no opinion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Classification {
    /// Intents, best first once merged.
    pub intents: Vec<Intent>,
    /// Topics.
    pub topics: Vec<String>,
    /// Mood, -1 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<f64>,
    /// Urgency, 0 to 100.
    pub urgency: Option<u8>,
    /// Language of the text.
    pub language: Option<String>,
    /// Probability of spam, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spam: Option<f64>,
    /// Probability of abuse, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abuse: Option<f64>,
    /// Whether the customer expects a reply.
    pub reply_expected: Option<bool>,
    /// Personal data in the text.
    pub personal_data: Vec<PersonalData>,
    /// Reason.
    pub why: String,
}

impl Classification {
    /// Give the language its usual spelling. One that is not well-formed is
    /// dropped, because it is seldom the policy's own: it repeats what a channel
    /// said, and the rest of the answer is worth keeping. Returns a message for
    /// the decision's log if one was dropped.
    pub fn normalize_language(&mut self) -> Option<String> {
        let tag = self.language.take()?;
        self.language = language_tag::normalize(&tag);
        match self.language {
            Some(_) => None,
            None => Some(format!(
                "the answer's `language` is {:?}, which is not a language tag (BCP 47); the host ignores it",
                tag.chars().take(LANGUAGE_BYTES).collect::<String>()
            )),
        }
    }

    /// Check the answer against the contract, for an interaction with this
    /// text.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, text: &str) -> Result<(), BadOutput> {
        check_count("intents", self.intents.len(), LIST_ENTRIES)?;
        for (index, intent) in self.intents.iter().enumerate() {
            check_code(format_args!("intents[{index}].name"), &intent.name)?;
            check_range(
                format_args!("intents[{index}].confidence"),
                intent.confidence,
                0.0,
                1.0,
            )?;
        }
        check_count("topics", self.topics.len(), LIST_ENTRIES)?;
        for (index, topic) in self.topics.iter().enumerate() {
            check_code(format_args!("topics[{index}]"), topic)?;
        }
        for (field, value, least) in [
            ("sentiment", self.sentiment, -1.0),
            ("spam", self.spam, 0.0),
            ("abuse", self.abuse, 0.0),
        ] {
            if let Some(value) = value {
                check_range(field, value, least, 1.0)?;
            }
        }
        check_percent("urgency", self.urgency)?;
        if let Some(tag) = &self.language {
            check_language("language", tag)?;
        }
        check_count("personal_data", self.personal_data.len(), LIST_ENTRIES)?;
        for (index, found) in self.personal_data.iter().enumerate() {
            check_code(format_args!("personal_data[{index}].kind"), &found.kind)?;
            check_span(
                format_args!("personal_data[{index}]"),
                text,
                found.start,
                found.end,
            )?;
        }
        check_text("why", &self.why, PROSE_BYTES)
    }

    /// The part that later decisions about the conversation get: all but the
    /// policy's own text.
    #[must_use]
    pub fn retained(&self) -> Classification {
        Classification {
            why: String::new(),
            ..self.clone()
        }
    }

    /// The best intent.
    pub fn top_intent(&self) -> Option<&Intent> {
        self.intents.first()
    }

    /// Kinds of personal data found, each once, sorted.
    pub fn personal_data_kinds(&self) -> Vec<String> {
        let kinds = self.personal_data.iter().map(|found| &found.kind);
        kinds
            .collect::<BTreeSet<_>>()
            .into_iter()
            .cloned()
            .collect()
    }

    /// Sort intents by confidence, stable.
    pub fn rank(&mut self) {
        self.intents
            .sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    }
}

/// Merged answers of a company's classifiers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MergedClassification {
    /// Merged answer.
    #[serde(flatten)]
    pub classification: Classification,
    /// Plugin of each part, where there was more than one: `sentiment`,
    /// `urgency`, …, and `intents.<name>`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<String, String>,
}

impl MergedClassification {
    /// Merge answers in the order of the pipeline: the best confidence per
    /// intent, the first value of each scalar, the union of lists.
    pub fn of<'a>(
        answers: impl IntoIterator<Item = (&'a str, Classification)>,
    ) -> MergedClassification {
        let mut answers: Vec<(&str, Classification)> = answers.into_iter().collect();
        if answers.len() == 1 {
            let (_, mut classification) = answers.remove(0);
            classification.rank();
            return MergedClassification {
                classification,
                provenance: BTreeMap::new(),
            };
        }
        let mut merged = MergedClassification::default();
        for (plugin, answer) in answers {
            merged.add(plugin, answer);
        }
        merged.classification.rank();
        merged
    }

    fn add(&mut self, plugin: &str, answer: Classification) {
        let MergedClassification {
            classification: into,
            provenance,
        } = self;
        for intent in answer.intents {
            let key = format!("intents.{}", intent.name);
            match into
                .intents
                .iter_mut()
                .find(|known| known.name == intent.name)
            {
                Some(known) if known.confidence >= intent.confidence => continue,
                Some(known) => known.confidence = intent.confidence,
                None => into.intents.push(intent),
            }
            provenance.insert(key, plugin.to_owned());
        }
        for topic in answer.topics {
            if !into.topics.contains(&topic) {
                into.topics.push(topic);
            }
        }
        macro_rules! first_wins {
            ($($field:ident)+) => { $(
                if into.$field.is_none() && answer.$field.is_some() {
                    into.$field = answer.$field;
                    provenance.insert(stringify!($field).to_owned(), plugin.to_owned());
                }
            )+ };
        }
        first_wins!(sentiment urgency language spam abuse reply_expected);
        into.personal_data.extend(answer.personal_data);
        into.personal_data.sort();
        into.personal_data.dedup();
        append_why(&mut into.why, plugin, &answer.why);
    }
}

/// Append a reason with the name of its plugin.
pub(crate) fn append_why(into: &mut String, plugin: &str, why: &str) {
    if why.is_empty() {
        return;
    }
    if !into.is_empty() {
        into.push_str("; ");
    }
    into.push_str(plugin);
    into.push_str(": ");
    into.push_str(why);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(name: &str, confidence: f64) -> Intent {
        Intent {
            name: name.to_owned(),
            confidence,
        }
    }

    #[test]
    fn intents_keep_their_best_confidence_and_scalars_their_first_answer() {
        let first = Classification {
            intents: vec![intent("refund", 0.4), intent("praise", 0.1)],
            urgency: Some(10),
            ..Classification::default()
        };
        let second = Classification {
            intents: vec![intent("refund", 0.9)],
            urgency: Some(90),
            sentiment: Some(-0.5),
            ..Classification::default()
        };
        let merged = MergedClassification::of([("a", first), ("b", second)]);
        assert_eq!(
            merged.classification.intents,
            [intent("refund", 0.9), intent("praise", 0.1)]
        );
        assert_eq!(merged.classification.urgency, Some(10));
        assert_eq!(merged.classification.sentiment, Some(-0.5));
        assert_eq!(merged.provenance["intents.refund"], "b");
        assert_eq!(merged.provenance["urgency"], "a");
        assert_eq!(merged.provenance["sentiment"], "b");
    }

    #[test]
    fn numbers_out_of_range_are_rejected() {
        for value in [f64::NAN, f64::INFINITY, 1.01, -1.01] {
            let answer = Classification {
                sentiment: Some(value),
                ..Classification::default()
            };
            assert_eq!(
                answer.validate("").expect_err("out of range").field,
                "sentiment"
            );
        }
    }

    #[test]
    fn a_language_is_normalised_and_a_malformed_one_is_dropped_with_a_message() {
        for (given, kept, is_told) in [
            (Some("en_US"), Some("en-US"), false),
            (Some("PT-br"), Some("pt-BR"), false),
            (Some("en"), Some("en"), false),
            (None, None, false),
            (Some(""), None, true),
            (Some("english language"), None, true),
            (Some("en-US,en;q=0.9"), None, true),
        ] {
            let mut answer = Classification {
                language: given.map(str::to_owned),
                urgency: Some(80),
                ..Classification::default()
            };
            assert_eq!(answer.normalize_language().is_some(), is_told, "{given:?}");
            assert_eq!(answer.language.as_deref(), kept, "{given:?}");
            assert_eq!(answer.urgency, Some(80));
            assert_eq!(answer.validate(""), Ok(()));
        }
    }

    #[test]
    fn spans_must_be_within_the_text_and_on_character_boundaries() {
        let text = "né!";
        for (start, end) in [(0, 9), (2, 3), (1, 1), (2, 1), (u32::MAX, u32::MAX)] {
            let answer = Classification {
                personal_data: vec![PersonalData {
                    kind: "email".into(),
                    start,
                    end,
                }],
                ..Classification::default()
            };
            assert_eq!(
                answer.validate(text).expect_err("bad span").field,
                "personal_data[0]"
            );
        }
    }

    #[test]
    fn absent_scores_are_absent() {
        let json = serde_json::to_value(Classification::default()).expect("serialises");
        for score in ["sentiment", "spam", "abuse"] {
            assert_eq!(json.get(score), None, "{score}");
        }
        let read: Classification = serde_json::from_value(json.clone()).expect("a document");
        assert_eq!(read, Classification::default());
        assert_eq!(json["urgency"], serde_json::Value::Null);
    }
}
