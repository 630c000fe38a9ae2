//! Reviews of drafts.

use serde::{Deserialize, Serialize};

use super::classification::append_why;
use super::{
    BadOutput, LIST_ENTRIES, MESSAGE_BYTES, PROSE_BYTES, check_code, check_count, check_span,
    check_text, invalid_output,
};
use crate::codes;
use crate::input::ID_BYTES;

/// Most teams that must approve a draft.
pub const APPROVERS: usize = 8;

codes! {
    /// Verdict on a draft, mildest first.
    #[derive(Default)]
    pub enum Verdict {
        /// The draft may be sent.
        #[default]
        Approve = "approve",
        /// The agent must revise it.
        Revise = "revise",
        /// An approver must approve it.
        Hold = "hold",
        /// It may not be sent.
        Block = "block",
    }
}

codes! {
    /// Severity of a finding.
    pub enum Severity {
        /// Information.
        Info = "info",
        /// Could be better.
        Low = "low",
        /// Should be changed.
        Medium = "medium",
        /// Must be changed.
        High = "high",
        /// Harmful if sent.
        Critical = "critical",
    }
}

/// A finding in a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Code, with dots for subcodes.
    pub code: String,
    /// Severity.
    pub severity: Severity,
    /// First byte of the passage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// First byte after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u32>,
    /// Description.
    pub message: String,
    /// Suggested wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// Review of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Verdict.
    pub verdict: Verdict,
    /// Findings.
    pub findings: Vec<Finding>,
    /// With `hold`, teams that must approve, in this order, one member each;
    /// empty, or a team without members: any supervisor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvers: Vec<String>,
    /// Reason.
    pub why: String,
}

impl Review {
    /// Check the answer against the contract, for a draft with this text.
    ///
    /// # Errors
    /// [`BadOutput`] with the first field at fault.
    pub fn validate(&self, text: &str) -> Result<(), BadOutput> {
        check_count("findings", self.findings.len(), LIST_ENTRIES)?;
        for (index, finding) in self.findings.iter().enumerate() {
            let path = format_args!("findings[{index}]");
            check_code(format_args!("{path}.code"), &finding.code)?;
            match (finding.start, finding.end) {
                (None, None) => {}
                (Some(start), Some(end)) => check_span(path, text, start, end)?,
                _ => {
                    return Err(invalid_output(
                        path,
                        "has one end only; give `start` and `end`, or neither",
                    ));
                }
            }
            check_text(
                format_args!("{path}.message"),
                &finding.message,
                MESSAGE_BYTES,
            )?;
            if let Some(suggestion) = &finding.suggestion {
                check_text(format_args!("{path}.suggestion"), suggestion, PROSE_BYTES)?;
            }
        }
        check_count("approvers", self.approvers.len(), APPROVERS)?;
        for (index, team) in self.approvers.iter().enumerate() {
            if team.is_empty() {
                return Err(invalid_output(
                    format_args!("approvers[{index}]"),
                    "is empty; it names a team",
                ));
            }
            check_text(format_args!("approvers[{index}]"), team, ID_BYTES)?;
        }
        if self.verdict != Verdict::Hold && !self.approvers.is_empty() {
            return Err(invalid_output(
                "approvers",
                "are given, but the verdict is not `hold`",
            ));
        }
        check_text("why", &self.why, PROSE_BYTES)
    }

    /// Merge reviews: the strictest verdict, all findings, and with `hold` all
    /// approvers once. No reviews: approved.
    pub fn merge<'a>(answers: impl IntoIterator<Item = (&'a str, Review)>) -> Review {
        let mut answers: Vec<(&str, Review)> = answers.into_iter().collect();
        if answers.len() == 1 {
            return answers.remove(0).1;
        }
        let mut merged = Review::default();
        for (plugin, answer) in answers {
            merged.verdict = merged.verdict.max(answer.verdict);
            merged.findings.extend(answer.findings);
            for team in answer.approvers {
                if !merged.approvers.contains(&team) {
                    merged.approvers.push(team);
                }
            }
            append_why(&mut merged.why, plugin, &answer.why);
        }
        if merged.verdict != Verdict::Hold {
            merged.approvers.clear();
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
            why: why.to_owned(),
            ..Review::default()
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
    fn without_reviews_a_draft_is_approved() {
        assert_eq!(Review::merge([]).verdict, Verdict::Approve);
    }

    fn held_for(teams: &[&str]) -> Review {
        Review {
            approvers: teams.iter().map(|team| (*team).to_owned()).collect(),
            ..review(Verdict::Hold, "")
        }
    }

    #[test]
    fn each_team_approves_once() {
        let merged = Review::merge([
            ("a", held_for(&["legal", "press"])),
            ("b", held_for(&["press", "safety"])),
        ]);
        assert_eq!(merged.approvers, ["legal", "press", "safety"]);
        let blocked = Review::merge([
            ("a", held_for(&["legal"])),
            ("b", review(Verdict::Block, "")),
        ]);
        assert_eq!(blocked.approvers, [""; 0]);
    }

    #[test]
    fn only_held_drafts_have_approvers() {
        assert!(held_for(&["legal"]).validate("").is_ok());
        assert!(held_for(&[""]).validate("").is_err());
        assert!(held_for(&["legal"; APPROVERS + 1]).validate("").is_err());
        let approved = Review {
            verdict: Verdict::Approve,
            ..held_for(&["legal"])
        };
        assert!(approved.validate("").is_err());
    }

    #[test]
    fn a_span_has_both_ends_within_the_text() {
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
