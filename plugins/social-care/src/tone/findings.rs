//! Findings in a draft, with the company's severities.

use std::ops::Range;

use patchbay_sdk::prelude::*;

use crate::settings::{Settings, Weight};

/// Every code of a finding and its default severity.
pub(crate) const FINDINGS: [(&str, Severity); 15] = [
    ("length.exceeded", Severity::Medium),
    ("length.empty", Severity::Medium),
    ("template.unfilled", Severity::High),
    ("personal-data.public", Severity::High),
    ("personal-data.payment", Severity::Critical),
    ("personal-data.asked-in-public", Severity::Medium),
    ("personal-data.left-in-public", Severity::Medium),
    ("wording.profanity", Severity::Critical),
    ("wording.blame", Severity::Medium),
    ("wording.forbidden", Severity::High),
    ("wording.capitals", Severity::Medium),
    ("link.unapproved", Severity::High),
    ("promise.unapproved", Severity::High),
    ("answer.disagrees", Severity::High),
    ("apology.missing", Severity::Medium),
];

/// Most findings of a review in the contract.
const MAX_FINDINGS: usize = 64;

pub(super) struct Findings<'a> {
    settings: &'a Settings,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            found: Vec::new(),
        }
    }

    /// Adds a finding about the draft as a whole.
    pub(super) fn add(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        self.push(code, None, message.into(), suggestion);
    }

    /// Adds a finding about a passage.
    pub(super) fn add_at(
        &mut self,
        code: &'static str,
        bytes: Range<usize>,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        self.push(code, Some(bytes), message.into(), suggestion);
    }

    fn push(
        &mut self,
        code: &'static str,
        bytes: Option<Range<usize>>,
        message: String,
        suggestion: Option<&str>,
    ) {
        let Some(severity) = self.severity(code) else {
            return;
        };
        if self.found.len() >= MAX_FINDINGS {
            return;
        }
        let mut finding = Finding::new(code, severity, message);
        if let Some(bytes) = bytes {
            finding = finding.span(bytes);
        }
        if let Some(suggestion) = suggestion {
            finding = finding.suggest(suggestion);
        }
        self.found.push(finding);
    }

    /// The company's severity, else the default; `None` where the company turned it off.
    fn severity(&self, code: &str) -> Option<Severity> {
        let own = self.settings.severities.get(code);
        Some(match own {
            Some(Weight::Off) => return None,
            Some(Weight::Info) => Severity::Info,
            Some(Weight::Low) => Severity::Low,
            Some(Weight::Medium) => Severity::Medium,
            Some(Weight::High) => Severity::High,
            Some(Weight::Critical) => Severity::Critical,
            None => FINDINGS.iter().find(|(known, _)| *known == code)?.1,
        })
    }

    /// Findings about the whole draft first, then in order of the text.
    pub(super) fn in_order(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| finding.start);
        self.found
    }
}
