//! Checks a draft before it goes out.

mod apology;
mod approved_answer;
mod findings;
mod length;
mod links;
mod personal_data;
mod promises;
mod suggestions;
mod template;
mod wording;

use patchbay_sdk::prelude::*;

use crate::SocialCare;
use crate::lexicon::phrases::Hit;
use crate::settings::Consequence;
use crate::text::Text;
pub(crate) use findings::FINDINGS;
use findings::Findings;

/// A draft and what it answers, read once.
struct Reply<'a> {
    policy: &'a SocialCare,
    draft: &'a Draft,
    text: Text<'a>,
    /// Phrases of replies found in it.
    hits: Vec<Hit>,
    public: bool,
    assessment: Option<Assessment>,
    /// Language of the customer, for suggestions.
    language: Option<String>,
}

/// Reviews a draft.
pub(crate) fn review(policy: &SocialCare, draft: &Draft) -> Review {
    let text = Text::read(draft.text(), &policy.lexicon.vocabulary);
    let hits = policy.lexicon.reply.find(&text.tokens);
    let assessment = draft.assessment();
    let language = assessment.as_ref().and_then(Assessment::language);
    let reply = Reply {
        policy,
        draft,
        text,
        hits,
        public: draft.is_public(),
        assessment,
        language,
    };

    let mut findings = Findings::new(&policy.settings);
    length::check(&reply, &mut findings);
    template::check(&reply, &mut findings);
    personal_data::check(&reply, &mut findings);
    wording::check(&reply, &mut findings);
    links::check(&reply, &mut findings);
    promises::check(&reply, &mut findings);
    approved_answer::check(&reply, &mut findings);
    apology::check(&reply, &mut findings);
    verdict(policy, findings)
}

/// The review with the verdict of the severest finding.
fn verdict(policy: &SocialCare, findings: Findings<'_>) -> Review {
    let findings = findings.in_order();
    let Some(severest) = findings.iter().max_by_key(|finding| finding.severity) else {
        return Review::approve().because("No findings.");
    };
    let verdicts = &policy.settings.verdicts;
    let consequence = match severest.severity {
        Severity::Info => verdicts.info,
        Severity::Low => verdicts.low,
        Severity::Medium => verdicts.medium,
        Severity::High => verdicts.high,
        Severity::Critical => verdicts.critical,
    };
    let review = match consequence {
        Consequence::Approve => Review::approve(),
        Consequence::Revise => Review::approve().revise(),
        Consequence::Hold => Review::approve().hold(),
        Consequence::Block => Review::approve().block(),
    };
    let others = match findings.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let why = format!("{}{others}.", severest.code);
    let mut review = review.because(why);
    review.findings = findings;
    review
}

impl Reply<'_> {
    /// Bytes of a phrase found.
    fn span(&self, hit: &Hit) -> std::ops::Range<usize> {
        let first = &self.text.tokens[hit.first as usize];
        let last = &self.text.tokens[hit.last as usize];
        first.start as usize..last.end as usize
    }
}

#[cfg(test)]
mod tests;
