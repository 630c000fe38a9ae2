//! Whether a draft may go out.

use serde::{Deserialize, Serialize};

use super::classification::append_why;
use super::{BadOutput, LIST_ENTRIES, MESSAGE_BYTES, PROSE_BYTES, at_most, bad, code, prose, span};

/// What should happen to a draft, mildest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It may go out.
    #[default]
    Approve,
    /// The agent should change it first.
    Revise,
    /// A supervisor must approve it first.
    Hold,
    /// It may not go out.
    Block,
}

impl Verdict {
    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Revise => "revise",
            Verdict::Hold => "hold",
            Verdict::Block => "block",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Could be better.
    Low,
    /// Should be changed.
    Medium,
    /// Must be changed.
    High,
    /// Harmful if it goes out.
    Critical,
}

/// Something in a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Code, dotted where it nests.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// First byte of the passage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// First byte after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u32>,
    /// What is the matter.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// What the policies think of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// What should happen.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why.
    pub why: String,
}

impl Review {
    /// Whether the contract allows this answer for a draft of this text.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, text: &str) -> Result<(), BadOutput> {
        at_most("findings", self.findings.len(), LIST_ENTRIES)?;
        for (index, finding) in self.findings.iter().enumerate() {
            let path = format_args!("findings[{index}]");
            code(format_args!("{path}.code"), &finding.code)?;
            match (finding.start, finding.end) {
                (None, None) => {}
                (Some(start), Some(end)) => span(path, text, start, end)?,
                _ => {
                    return Err(bad(
                        path,
                        "has one end only; give `start` and `end`, or neither",
                    ));
                }
            }
            prose(
                format_args!("{path}.message"),
                &finding.message,
                MESSAGE_BYTES,
            )?;
            if let Some(suggestion) = &finding.suggestion {
                prose(format_args!("{path}.suggestion"), suggestion, PROSE_BYTES)?;
            }
        }
        prose("why", &self.why, PROSE_BYTES)
    }

    /// Several reviews as one: the strictest verdict wins, findings are
    /// concatenated. Where nobody had an opinion the draft is approved.
    pub fn merge<'a>(answers: impl IntoIterator<Item = (&'a str, Review)>) -> Review {
        let mut answers: Vec<(&str, Review)> = answers.into_iter().collect();
        if answers.len() == 1 {
            return answers.remove(0).1;
        }
        let mut merged = Review::default();
        for (plugin, answer) in answers {
            merged.verdict = merged.verdict.max(answer.verdict);
            merged.findings.extend(answer.findings);
            append_why(&mut merged.why, plugin, &answer.why);
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(verdict: Verdict, why: &str) -> Review {
        Review {
            verdict,
            findings: Vec::new(),
            why: why.to_owned(),
        }
    }

    #[test]
    fn the_strictest_verdict_wins() {
        let merged = Review::merge([
            ("a", review(Verdict::Hold, "because")),
            ("b", review(Verdict::Approve, "")),
        ]);
        assert_eq!(merged.verdict, Verdict::Hold);
        assert_eq!(merged.why, "a: because");
    }

    #[test]
    fn nobody_against_it_means_approved() {
        assert_eq!(Review::merge([]).verdict, Verdict::Approve);
    }

    #[test]
    fn a_span_has_both_ends_and_lies_in_the_text() {
        let finding = |start, end| Review {
            findings: vec![Finding {
                code: "x".into(),
                severity: Severity::Low,
                start,
                end,
                message: String::new(),
                suggestion: None,
            }],
            ..Review::default()
        };
        assert!(finding(Some(0), Some(2)).validate("hi").is_ok());
        assert!(finding(None, None).validate("hi").is_ok());
        assert!(finding(Some(0), None).validate("hi").is_err());
        assert!(finding(Some(0), Some(3)).validate("hi").is_err());
    }
}
