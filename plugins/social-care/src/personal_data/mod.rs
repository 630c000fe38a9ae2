//! Personal data in a text: where it stands and what kind it is.

mod address;
mod booking;

use patchbay_personal_data::Kind as NumberKind;
use patchbay_sdk::prelude::*;

use crate::lexicon::Lexicon;
use crate::text::Text;

/// A piece of personal data: bytes `start..end` of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) kind: PersonalDataKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Most pieces of personal data the contract takes.
const MAX_SPANS: usize = 64;

/// All personal data in a text, in order, without overlaps. The more certain kinds are found first
/// and win.
pub(crate) fn find(text: &Text<'_>, lexicon: &Lexicon) -> Vec<Span> {
    let mut found = Findings { spans: Vec::new() };
    for span in patchbay_personal_data::find(text.source) {
        let kind = match span.kind {
            NumberKind::PaymentCard => PersonalDataKind::PaymentCard,
            NumberKind::Iban => PersonalDataKind::Iban,
            NumberKind::Email => PersonalDataKind::Email,
            NumberKind::Phone => PersonalDataKind::Phone,
        };
        found.add(kind, span.bytes.start as u32, span.bytes.end as u32);
    }
    if text.marks.digits > 0 {
        address::find(text, lexicon, &mut found);
    }
    booking::find(text, lexicon, &mut found);
    found.spans.sort_unstable_by_key(|span| span.start);
    found.spans
}

struct Findings {
    spans: Vec<Span>,
}

impl Findings {
    /// Add a span, unless it overlaps an earlier one or there are 64 already.
    fn add(&mut self, kind: PersonalDataKind, start: u32, end: u32) {
        let is_free = |span: &Span| span.end <= start || end <= span.start;
        if start < end && self.spans.len() < MAX_SPANS && self.spans.iter().all(is_free) {
            self.spans.push(Span { kind, start, end });
        }
    }
}

#[cfg(test)]
mod tests;
