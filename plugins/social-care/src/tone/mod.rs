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
use crate::lexicon::languages;
use crate::lexicon::phrases::Hit;
use crate::settings::Consequence;
use crate::text::{Reading, Text};
pub(crate) use findings::FINDINGS;
use findings::Findings;

/// A draft and what it answers, read once.
struct Reply<'a> {
    policy: &'a SocialCare,
    draft: &'a Draft,
    text: Text<'a>,
    /// Phrases of replies found in it.
    hits: Vec<Hit>,
    /// The draft with look-alike characters and disguised words spelled out.
    reading: Reading<'a>,
    public: bool,
    assessment: Option<Assessment>,
    /// Language of the customer, for suggestions.
    language: Option<String>,
}

/// Languages whose negations count in every draft, a bit each. French and Spanish ones mean other things
/// in other languages ("plus").
const NEGATIONS: u16 = 1 << languages::EN | 1 << languages::PT | 1 << languages::DE;

/// Reviews a draft.
pub(crate) fn review(policy: &SocialCare, draft: &Draft) -> Review {
    let text = Text::read(draft.text(), &policy.lexicon.vocabulary);
    let hits = policy.lexicon.reply.find(&text.tokens);
    let reading = Reading::reply(draft.text(), &policy.lexicon);
    let assessment = draft.assessment();
    let language = assessment.as_ref().and_then(Assessment::language);
    let reply = Reply {
        policy,
        draft,
        text,
        hits,
        reading,
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
    /// Whether a negation stands shortly before a phrase: "it is not your fault".
    fn is_negated(&self, hit: &Hit, reach: usize) -> bool {
        let own = self.language.as_deref().and_then(languages::number);
        let languages = NEGATIONS | own.map_or(0, |language| 1 << language);
        self.policy
            .lexicon
            .is_negated(&self.text, hit.first as usize, reach, languages)
    }

    /// Bytes of a phrase found.
    fn span(&self, hit: &Hit) -> std::ops::Range<usize> {
        let first = &self.text.tokens[hit.first as usize];
        let last = &self.text.tokens[hit.last as usize];
        first.start as usize..last.end as usize
    }
}

#[cfg(test)]
mod tests;
