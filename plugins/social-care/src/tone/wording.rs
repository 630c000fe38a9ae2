//! Finds profanity, blame, forbidden phrases and shouting.

use std::ops::Range;

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;
use crate::text::Text;

/// Fewest words of shouting: an acronym or two is none.
const MIN_WORDS: u32 = 4;
/// Share of words in capitals from which a reply shouts.
const SHOUTING: f32 = 0.7;

/// How far back a negation before blame reaches, in words: "it is not your fault".
const NEGATION_REACH: usize = 3;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    for hit in &reply.hits {
        if hit.signal != Signal::Blame || !reply.is_negated(hit, NEGATION_REACH) {
            add(reply, hit.signal, reply.span(hit), findings);
        }
    }
    if reply.reading.is_changed() {
        check_disguised(reply, findings);
    }
    if reply.text.marks.words >= MIN_WORDS && reply.text.capitals() >= SHOUTING {
        findings.add(
            "wording.capitals",
            "A reply in capitals reads as shouting.",
            None,
        );
    }
}

/// Finds what only shows once look-alike characters and disguised words are spelled out.
fn check_disguised(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let lexicon = &reply.policy.lexicon;
    let text = Text::read(reply.reading.text(), &lexicon.vocabulary);
    for hit in lexicon.reply.find(&text.tokens) {
        let (first, last) = (
            text.tokens[hit.first as usize],
            text.tokens[hit.last as usize],
        );
        let place = reply
            .reading
            .source_range(first.start as usize..last.end as usize);
        let is_new = reply
            .hits
            .iter()
            .all(|other| other.signal != hit.signal || reply.span(other) != place);
        if is_new && matches!(hit.signal, Signal::Profanity | Signal::Forbidden) {
            add(reply, hit.signal, place, findings);
        }
    }
}

fn add(reply: &Reply<'_>, signal: Signal, place: Range<usize>, findings: &mut Findings<'_>) {
    match signal {
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
