//! Words no customer should read: profanity, blame, what the company forbids,
//! shouting.

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;

/// Shouting needs this many words; an acronym or two is none.
const LEAST_WORDS: u32 = 4;
/// And this share of them in capitals.
const SHOUTING: f32 = 0.7;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    for hit in &reply.hits {
        let place = reply.span(hit);
        match hit.signal {
            Signal::Profanity => findings.add_at(
                "wording.profanity",
                place,
                "Profanity has no place in a reply.",
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
                "The company does not use this phrase.",
                None,
            ),
            _ => {}
        }
    }
    if reply.text.marks.words >= LEAST_WORDS && reply.text.capitals() >= SHOUTING {
        findings.add(
            "wording.capitals",
            "A reply in capitals reads as shouting.",
            None,
        );
    }
}
