//! What was found in a draft, with the severities the company gave.

use std::ops::Range;

use patchbay_sdk::prelude::*;

use crate::settings::{Settings, Weight};

/// Every code a finding can have, and how much it matters by default.
const SEVERITIES: [(&str, Severity); 14] = [
    ("length.exceeded", Severity::Medium),
    ("length.empty", Severity::Medium),
    ("template.unfilled", Severity::High),
    ("personal-data.public", Severity::High),
    ("personal-data.payment", Severity::Critical),
    ("personal-data.asked-in-public", Severity::Medium),
    ("wording.profanity", Severity::Critical),
    ("wording.blame", Severity::Medium),
    ("wording.forbidden", Severity::High),
    ("wording.capitals", Severity::Medium),
    ("link.unapproved", Severity::High),
    ("promise.unapproved", Severity::High),
    ("answer.disagrees", Severity::High),
    ("apology.missing", Severity::Medium),
];

/// The codes alone.
pub(crate) const CODES: [&str; SEVERITIES.len()] = {
    let mut codes = [""; SEVERITIES.len()];
    let mut at = 0;
    while at < codes.len() {
        codes[at] = SEVERITIES[at].0;
        at += 1;
    }
    codes
};

/// The contract takes no more.
const MOST: usize = 64;

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

    /// Something in the draft as a whole.
    pub(super) fn add(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        self.keep(code, None, message.into(), suggestion);
    }

    /// Something at a place.
    pub(super) fn add_at(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        suggestion: Option<&str>,
    ) {
        self.keep(code, Some(span), message.into(), suggestion);
    }

    fn keep(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: String,
        suggestion: Option<&str>,
    ) {
        let Some(severity) = self.severity(code) else {
            return;
        };
        if self.found.len() >= MOST {
            return;
        }
        let mut finding = Finding::new(code, severity, message);
        if let Some(span) = span {
            finding = finding.span(span);
        }
        if let Some(suggestion) = suggestion {
            finding = finding.suggest(suggestion);
        }
        self.found.push(finding);
    }

    /// The company's severity, or the default; none where it is off.
    fn severity(&self, code: &str) -> Option<Severity> {
        let own = self.settings.severities.get(code);
        Some(match own {
            Some(Weight::Off) => return None,
            Some(Weight::Info) => Severity::Info,
            Some(Weight::Low) => Severity::Low,
            Some(Weight::Medium) => Severity::Medium,
            Some(Weight::High) => Severity::High,
            Some(Weight::Critical) => Severity::Critical,
            None => SEVERITIES.iter().find(|(known, _)| *known == code)?.1,
        })
    }

    /// Those of the whole draft first, then in order of the text.
    pub(super) fn in_order(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|finding| finding.start);
        self.found
    }
}
