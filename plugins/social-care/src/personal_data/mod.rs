//! Personal data in a text: where it stands and what kind it is.

mod address;
mod booking;

use patchbay_personal_data::{Kind as NumberKind, Label, find_numbers};
use patchbay_sdk::prelude::*;

use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Text};

/// A piece of personal data: bytes `start..end` of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) kind: PersonalDataKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Most pieces of personal data the contract takes.
const MAX_SPANS: usize = 64;
/// Fewest digits of an account, card or telephone number.
const MIN_DIGITS: u32 = 7;
/// How many words before a number may say what it is.
const LABEL_REACH: usize = 3;

/// All personal data in a text, in order, without overlaps. The more certain kinds are found first
/// and win.
pub(crate) fn find(text: &Text<'_>, lexicon: &Lexicon) -> Vec<Span> {
    let mut found = Findings { spans: Vec::new() };
    for token in text.tokens.iter().filter(|token| token.kind == Kind::Email) {
        found.add(PersonalDataKind::Email, token.start, token.end);
    }
    if text.marks.digits >= MIN_DIGITS {
        let numbers = text
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Number);
        let numbers = numbers.map(|token| token.start as usize..token.end as usize);
        let labels = |number, label| is_labelled(text, lexicon, number, label);
        for span in find_numbers(text.source, numbers, labels) {
            let kind = match span.kind {
                NumberKind::PaymentCard => PersonalDataKind::PaymentCard,
                NumberKind::Iban => PersonalDataKind::Iban,
                NumberKind::Email => PersonalDataKind::Email,
                NumberKind::Phone => PersonalDataKind::Phone,
            };
            found.add(kind, span.bytes.start as u32, span.bytes.end as u32);
        }
    }
    if text.marks.digits > 0 {
        address::find(text, lexicon, &mut found);
    }
    booking::find(text, lexicon, &mut found);
    found.spans.sort_unstable_by_key(|span| span.start);
    found.spans
}

/// Whether a word shortly before the number at a byte carries a label.
fn is_labelled(text: &Text<'_>, lexicon: &Lexicon, number: usize, label: Label) -> bool {
    let role = match label {
        Label::Phone => Role::PHONE,
        Label::OtherNumber => Role::OTHER_NUMBER,
    };
    let token = text
        .tokens
        .partition_point(|token| (token.start as usize) < number);
    text.tokens[token.saturating_sub(LABEL_REACH)..token]
        .iter()
        .any(|before| lexicon.has_role(before, role))
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
