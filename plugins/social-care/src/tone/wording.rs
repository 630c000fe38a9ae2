//! Finds profanity, blame, forbidden phrases and shouting.

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;

/// Fewest words of shouting: an acronym or two is none.
const MIN_WORDS: u32 = 4;
/// Share of words in capitals from which a reply shouts.
const SHOUTING: f32 = 0.7;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    for hit in &reply.hits {
        let place = reply.span(hit);
        match hit.signal {
            Signal::Profanity => findings.add_at(
                "wording.profanity",
                place,
                "A reply must not contain profanity.",
                None,
            ),
            Signal::Blame => {
                let suggestion = suggestions::understanding(reply.language.as_deref());
                findings.add_at(
                    "wording.blame",
                    place,
                    "This blames or belittles the customer.",
                    Some(suggestion),
                );
            }
            Signal::Forbidden => findings.add_at(
                "wording.forbidden",
                place,
                "The company forbids this phrase.",
                None,
            ),
            _ => {}
        }
    }
    if reply.text.marks.words >= MIN_WORDS && reply.text.capitals() >= SHOUTING {
        findings.add(
            "wording.capitals",
            "A reply in capitals reads as shouting.",
            None,
        );
    }
}
