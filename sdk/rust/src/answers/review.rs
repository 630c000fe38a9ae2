use std::ops::Range;

use super::{Finding, Review, Severity, Verdict, offset};

impl Review {
    /// A review that lets the draft go out, until a method raises its verdict.
    pub fn approve() -> Self {
        Self {
            verdict: Verdict::Approve,
            findings: Vec::new(),
            approvers: Vec::new(),
            why: String::new(),
        }
    }

    /// Asks the agent to change the draft first. Never lowers the verdict.
    pub fn revise(self) -> Self {
        self.at_least(Verdict::Revise)
    }

    /// Holds the draft until a supervisor approves it. Never lowers the verdict.
    pub fn hold(self) -> Self {
        self.at_least(Verdict::Hold)
    }

    /// Holds the draft until a member of this team, and of each team named before, approves it. Never
    /// lowers the verdict; a blocked draft has no approvers. At most 8.
    pub fn hold_for(mut self, team: impl Into<String>) -> Self {
        self = self.hold();
        if self.verdict == Verdict::Hold {
            self.approvers.push(team.into());
        }
        self
    }

    /// Blocks the draft.
    pub fn block(self) -> Self {
        self.at_least(Verdict::Block)
    }

    /// Raises the verdict to this one, unless it is stricter already.
    pub fn at_least(mut self, verdict: Verdict) -> Self {
        self.verdict = self.verdict.max(verdict);
        if self.verdict > Verdict::Hold {
            self.approvers.clear();
        }
        self
    }

    /// Adds a finding, in order of the text, without changing the verdict. At most 64.
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// Sets the reason: one sentence for the agent who reads the decision, at most 4 KiB.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

impl Finding {
    /// A finding about the draft as a whole: a code, kebab-case and dotted (`length.exceeded`), how
    /// much it matters, and one sentence for the agent, at most 1 KiB.
    pub fn new(code: impl Into<String>, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            start: None,
            end: None,
            message: message.into(),
            suggestion: None,
        }
    }

    /// Limits the finding to these bytes of [`Draft::text`](crate::Draft::text).
    pub fn span(mut self, bytes: Range<usize>) -> Self {
        self.start = Some(offset(bytes.start));
        self.end = Some(offset(bytes.end));
        self
    }

    /// Suggests a text for the passage, at most 4 KiB.
    pub fn suggest(mut self, text: impl Into<String>) -> Self {
        self.suggestion = Some(text.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_never_lowered() {
        assert_eq!(Review::approve().block().revise().verdict, Verdict::Block);
        assert_eq!(Review::approve().revise().hold().verdict, Verdict::Hold);
    }

    #[test]
    fn a_held_draft_has_approvers_and_a_blocked_one_has_none() {
        let held = Review::approve().hold_for("legal").hold_for("press");
        assert_eq!((held.verdict, held.approvers.len()), (Verdict::Hold, 2));
        assert!(held.block().approvers.is_empty());
        assert!(
            Review::approve()
                .block()
                .hold_for("legal")
                .approvers
                .is_empty()
        );
    }

    #[test]
    fn a_finding_does_not_raise_the_verdict() {
        let finding = Finding::new("tone.rude", Severity::High, "Rude.")
            .span(2..5)
            .suggest("ok");
        let review = Review::approve().finding(finding).because("why");
        assert_eq!(review.verdict, Verdict::Approve);
        assert_eq!(
            (review.findings[0].start, review.findings[0].end),
            (Some(2), Some(5))
        );
        assert_eq!(review.findings[0].suggestion.as_deref(), Some("ok"));
    }
}
