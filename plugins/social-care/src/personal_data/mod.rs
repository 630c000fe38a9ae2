//! Personal data in a text: where it stands and what kind it is.

mod address;
mod booking;
mod email;
mod iban;
mod payment_card;
mod phone;
mod runs;

use crate::lexicon::Lexicon;
use crate::text::{Kind, Text};

/// A piece of personal data: bytes `start..end` of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) kind: &'static str,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The contract takes no more.
const MOST: usize = 64;

/// All personal data in a text, in order, without overlaps. What is more
/// certain is looked for first and wins.
pub(crate) fn find(text: &Text<'_>, lexicon: &Lexicon) -> Vec<Span> {
    let mut found = Found { spans: Vec::new() };
    let mut mail = false;
    for token in &text.tokens {
        mail |= token.kind == Kind::Email;
    }
    if mail {
        email::find(text, &mut found);
    }
    if text.marks.digits > 0 {
        if text.marks.digits >= 7 {
            iban::find(text, &mut found);
            let runs = runs::all(text);
            payment_card::find(text, lexicon, &runs, &mut found);
            phone::find(text, lexicon, &runs, &mut found);
        }
        address::find(text, lexicon, &mut found);
    }
    booking::find(text, lexicon, &mut found);
    found.spans.sort_unstable_by_key(|span| span.start);
    found.spans
}

/// What was found so far.
struct Found {
    spans: Vec<Span>,
}

impl Found {
    fn add(&mut self, kind: &'static str, start: u32, end: u32) {
        let taken = self
            .spans
            .iter()
            .any(|span| span.start < end && start < span.end);
        if !taken && start < end && self.spans.len() < MOST {
            self.spans.push(Span { kind, start, end });
        }
    }
}

#[cfg(test)]
mod tests;
