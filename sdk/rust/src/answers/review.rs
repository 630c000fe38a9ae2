use std::ops::Range;

use super::{Finding, Review, Severity, Verdict, offset};

impl Review {
    /// It may go out, unless something raises the verdict.
    pub fn approve() -> Self {
        Self {
            verdict: Verdict::Approve,
            findings: Vec::new(),
            approvers: Vec::new(),
            why: String::new(),
        }
    }

    /// The agent should change it first. Never lowers the verdict.
    pub fn revise(self) -> Self {
        self.at_least(Verdict::Revise)
    }

    /// Any supervisor must approve it first. Never lowers the verdict.
    pub fn hold(self) -> Self {
        self.at_least(Verdict::Hold)
    }

    /// Somebody of this team must approve it first, and of every team named
    /// before. Never lowers the verdict; nobody approves what is blocked. At
    /// most 8.
    pub fn hold_for(mut self, team: impl Into<String>) -> Self {
        self = self.hold();
        if self.verdict == Verdict::Hold {
            self.approvers.push(team.into());
        }
        self
    }

    /// It may not go out. Never lowers the verdict.
    pub fn block(self) -> Self {
        self.at_least(Verdict::Block)
    }

    /// This verdict, or the stricter one it has.
    pub fn at_least(mut self, verdict: Verdict) -> Self {
        self.verdict = self.verdict.max(verdict);
        if self.verdict > Verdict::Hold {
            self.approvers.clear();
        }
        self
    }

    /// Something in the draft, in order of the text. At most 64. The verdict
    /// stays as it is.
    pub fn finding(mut self, finding: Finding) -> Self {
        self.findings.push(finding);
        self
    }

    /// Why: one sentence for the colleague who reads the decision.
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }
}

impl Finding {
    /// Something in the draft as a whole: a code, kebab-case and dotted
    /// (`length.exceeded`), how much it matters, and one sentence for the
    /// agent.
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

    /// It stands at these bytes of [`Draft::text`](crate::Draft::text).
    pub fn span(mut self, bytes: Range<usize>) -> Self {
        self.start = Some(offset(bytes.start));
        self.end = Some(offset(bytes.end));
        self
    }

    /// What to write instead of the passage.
    pub fn suggest(mut self, text: impl Into<String>) -> Self {
        self.suggestion = Some(text.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_only_raised() {
        assert_eq!(Review::approve().block().revise().verdict, Verdict::Block);
        assert_eq!(Review::approve().revise().hold().verdict, Verdict::Hold);
    }

    #[test]
    fn what_is_held_says_for_whom_and_what_is_blocked_does_not() {
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
