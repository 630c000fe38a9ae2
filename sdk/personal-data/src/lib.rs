//! Personal data in text: payment cards, bank accounts, mail addresses and telephone numbers.
//!
//! The rules exist once and serve two purposes:
//!
//! - A policy reports what a text certainly holds: [`find_numbers`] and [`email_at`]. An order
//!   number is not reported as a card because its check digit happens to fit.
//! - The host masks what it shows: [`mask`] also hides what only may be personal data. It hides
//!   everything the policy functions find without context, and more.

mod cautious;
mod email;
mod iban;
mod payment_card;
mod phone;
mod run;

use std::cmp::Reverse;
use std::ops::Range;

pub use email::email_at;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Number of a payment card (ISO/IEC 7812).
    PaymentCard,
    /// International bank account number (ISO 13616).
    Iban,
    /// Mail address (RFC 5321, without quoted local parts).
    Email,
    /// Telephone number (ITU-T E.164, or national as people write it).
    Phone,
}

impl Kind {
    /// Code of the kind in the contract: `payment-card`, `iban`, `email`, `phone`.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::PaymentCard => "payment-card",
            Kind::Iban => "iban",
            Kind::Email => "email",
            Kind::Phone => "phone",
        }
    }
}

/// A piece of personal data and its bytes in the text, on character boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Where it stands.
    pub bytes: Range<usize>,
}

/// What the words before a number say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// A telephone number follows: "call me on".
    Phone,
    /// A number that is neither card nor telephone follows: "order".
    OtherNumber,
}

/// Bank accounts, payment cards and telephone numbers that are certain, in this order of kinds and
/// without overlaps.
///
/// `numbers` are the bytes of each token of digits (which may hold `.`, `,` and `:` between
/// digits), in order; [`numbers`] finds them where the caller has no tokens. `labels` returns every
/// label of the words before the number that begins at a byte.
pub fn find_numbers(
    text: &str,
    numbers: impl IntoIterator<Item = Range<usize>>,
    labels: impl Fn(usize, Label) -> bool,
) -> Vec<Span> {
    let runs = run::runs(text, numbers);
    let cards = runs
        .iter()
        .filter(|run| payment_card::is_card(run, &labels));
    let phones = runs
        .iter()
        .filter(|run| phone::is_phone(text, run, &labels));
    let mut spans: Vec<Span> = Vec::new();
    for (kind, bytes) in iban::all(text)
        .map(|bytes| (Kind::Iban, bytes))
        .chain(cards.map(|run| (Kind::PaymentCard, run.bytes.clone())))
        .chain(phones.map(|run| (Kind::Phone, run.bytes.clone())))
    {
        let is_free = |span: &Span| span.bytes.end <= bytes.start || bytes.end <= span.bytes.start;
        if spans.iter().all(is_free) {
            spans.push(Span { kind, bytes });
        }
    }
    spans
}

/// Bytes of every token of digits in a text. Digits joined to a letter are part of a word.
pub fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut numbers = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((start, first)) = characters.next() {
        let begins = first.is_ascii_digit() && !joins(before);
        before = first;
        if !begins {
            continue;
        }
        let mut end = start + 1;
        while let Some(&(at, next)) = characters.peek() {
            let digit_follows = text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
            let is_part =
                next.is_ascii_digit() || (matches!(next, '.' | ',' | ':') && digit_follows);
            if !is_part {
                break;
            }
            before = next;
            end = at + 1;
            characters.next();
        }
        if !characters.peek().is_some_and(|(_, next)| joins(*next)) {
            numbers.push(start..end);
        }
    }
    numbers
}

/// A text with each piece of personal data replaced by the code of its kind: `[payment-card]`.
/// Takes linear time. Masking a masked text never shows more of it, and may hide more: what stood
/// before a masked number may look like a number of its own.
pub fn mask(text: &str) -> String {
    let mut spans: Vec<Span> = email::all(text).collect();
    spans.extend(cautious::all(text, &spans));
    spans.extend(find_numbers(text, numbers(text), |_, _| false));
    spans.sort_by_key(|span| (span.bytes.start, Reverse(span.bytes.end)));
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for Span { kind, bytes } in spans {
        if bytes.start >= end {
            masked.push_str(&text[end..bytes.start]);
            masked.extend(["[", kind.code(), "]"]);
        }
        end = end.max(bytes.end);
    }
    masked.push_str(&text[end..]);
    masked
}

/// Whether a character continues a word. Scripts without spaces do not: a number may follow.
fn joins(character: char) -> bool {
    character.is_alphanumeric()
        && !matches!(character, '\u{e01}'..='\u{e7f}' | '\u{3040}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}

#[cfg(test)]
mod tests;
