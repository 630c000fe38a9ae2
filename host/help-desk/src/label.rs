//! The labels or tags of a decision.

use patchbay_adapter::{ConfigError, DecisionReport};
use patchbay_model::codes;

codes! {
    /// Codes of a decision that can become labels.
    pub(crate) enum LabelSource {
        /// Intents, the surest first.
        Intents = "intents",
        /// Topics.
        Topics = "topics",
        /// Tags of the conversation.
        Tags = "tags",
        /// The language of the message, in lower case.
        Language = "language",
    }
}

/// What becomes a label if the settings do not say it.
pub(crate) const USUAL: [LabelSource; 3] =
    [LabelSource::Intents, LabelSource::Topics, LabelSource::Tags];

/// Most labels of a decision; the rest is left out.
const MOST_LABELS: usize = 20;
/// Most characters of a label, the prefix included.
const LABEL_CHARACTERS: usize = 80;
/// Most characters of a prefix.
const PREFIX_CHARACTERS: usize = 20;

/// Checks the setting `label-prefix`.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), ConfigError> {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    match prefix.len() <= PREFIX_CHARACTERS && prefix.bytes().all(is_part) {
        true => Ok(()),
        false => Err(ConfigError::settings(format!(
            "`label-prefix` must have at most {PREFIX_CHARACTERS} of `a-z`, `0-9`, `-` and `_`, such as \"pb-\""
        ))),
    }
}

/// The labels of a decision, each once, in the order of the setting.
pub(crate) fn of(
    report: &DecisionReport<'_>,
    sources: &[LabelSource],
    prefix: &str,
) -> Vec<String> {
    let language = report.language.map(str::to_owned);
    let mut labels: Vec<String> = Vec::new();
    for source in sources {
        let codes = match source {
            LabelSource::Intents => report.intents,
            LabelSource::Topics => report.topics,
            LabelSource::Tags => report.tags,
            LabelSource::Language => language.as_slice(),
        };
        for code in codes.iter().filter_map(|code| written(code)) {
            let label: String = prefix.chars().chain(code.chars()).collect();
            let label: String = label.chars().take(LABEL_CHARACTERS).collect();
            if !labels.contains(&label) && labels.len() < MOST_LABELS {
                labels.push(label);
            }
        }
    }
    labels
}

/// A code in letters, digits, `-` and `_`, which every help desk takes; `None` if it has
/// no letter and no digit.
fn written(code: &str) -> Option<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let part = |c: char| if is_part(c) { c } else { '_' };
    let written: String = code.to_lowercase().chars().map(part).collect();
    written.contains(char::is_alphanumeric).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(sources: &[LabelSource], prefix: &str, tags: &[&str]) -> Vec<String> {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let report = DecisionReport {
            key: "1",
            channel: "chatwoot",
            account: "1",
            conversation: None,
            message: None,
            intents: &["refund".to_owned(), "delivery.late".to_owned()],
            topics: &["parcel".to_owned(), "refund".to_owned()],
            tags: &tags,
            language: Some("pt-BR"),
            sentiment: None,
            urgency: None,
            spam: None,
            queue: None,
            agent: None,
            priority: Some(0),
            reasons: &[],
            labels: None,
        };
        of(&report, sources, prefix)
    }

    #[test]
    fn labels_follow_the_setting_and_occur_once() {
        assert_eq!(
            labels(&LabelSource::ALL, "pb-", &["vip"]),
            [
                "pb-refund",
                "pb-delivery_late",
                "pb-parcel",
                "pb-vip",
                "pb-pt-br"
            ]
        );
        assert_eq!(
            labels(&[LabelSource::Topics], "", &[]),
            ["parcel", "refund"]
        );
        assert_eq!(labels(&[], "pb-", &["vip"]), [""; 0]);
    }

    #[test]
    fn a_label_has_no_character_with_a_meaning_and_is_bounded() {
        let tags = ["a,b c", "***", "Über", &"x".repeat(100)];
        assert_eq!(
            labels(&[LabelSource::Tags], "p_", &tags),
            ["p_a_b_c", "p_über", &format!("p_{}", "x".repeat(78))]
        );
        let many: Vec<String> = (0..50).map(|number| format!("t{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(labels(&[LabelSource::Tags], "", &many).len(), MOST_LABELS);
    }

    #[test]
    fn a_prefix_has_characters_that_every_help_desk_takes() {
        for prefix in ["", "pb-", "patchbay_"] {
            assert_eq!(check_prefix(prefix), Ok(()), "{prefix}");
        }
        for prefix in ["PB", "pb:", "pb ", "é", &"x".repeat(21)] {
            let problem = check_prefix(prefix).expect_err(prefix).to_string();
            assert!(problem.contains("`label-prefix` must"), "{problem}");
        }
    }
}
