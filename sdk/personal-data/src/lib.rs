//! Personal data in text: payment cards, bank accounts, mail addresses and telephone numbers.
//!
//! One detector has two users. Both see a text as a reader does: look-alike digits and letters,
//! invisible characters and every kind of blank and hyphen are read as the plain ones.
//!
//! - A policy reports what a text holds: [`find`].
//! - The host masks what it shows: [`mask`]. It hides everything that [`find`] finds, and numbers that
//!   may be a card or an account: a number too many is cheaper than a card shown.

mod email;
mod iban;
mod label;
mod payment_card;
mod phone;
mod reading;
mod run;

use std::ops::Range;

pub use email::email_at;
use patchbay_text::mail::html_to_text;
use reading::Reading;

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Number of a payment card (ISO/IEC 7812).
    PaymentCard,
    /// International bank account number (ISO 13616).
    Iban,
    /// Mail address (RFC 5321, RFC 6531).
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

/// Fewest digits of a card, account or telephone number.
const MIN_DIGITS: usize = 7;

/// How certain a finding must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// It is personal data.
    Certain,
    /// It may be.
    Possible,
}

/// All personal data in a text, in order, without overlaps. Takes linear time.
///
/// A card needs an issuer's prefix, a grouping as on cards and its check digit; other numbers may
/// stand beside it. An account needs its check digits. Brackets, punctuation, emoji, line breaks and
/// HTML tags may separate their groups, letters may not. A telephone number needs `+` or `00`, a form
/// only telephone numbers have, or a word such as "call" before it; a date, an amount, a decimal
/// fraction, an address of a machine or the number of an order is none. Digits written as words are
/// not found.
pub fn find(text: &str) -> Vec<Span> {
    spans(text, Certainty::Certain)
}

/// A text with each piece of personal data replaced by the code of its kind: `[payment-card]`.
/// Takes linear time. Masking a masked text never shows more of it.
pub fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for Span { kind, bytes } in spans(text, Certainty::Possible) {
        masked.push_str(&text[end..bytes.start]);
        masked.extend(["[", kind.code(), "]"]);
        end = bytes.end;
    }
    masked.push_str(&text[end..]);
    masked
}

/// Reads the text as a browser shows it and as it stands: a number may be split by tags, and an
/// attribute may hold one.
fn spans(text: &str, certainty: Certainty) -> Vec<Span> {
    let shown = html_to_text(text);
    if shown.is_unchanged() {
        return spans_of_plain(text, certainty);
    }
    let mut found = Found::default();
    for span in spans_of_plain(shown.text(), certainty) {
        found.add(span.kind, shown.source_range(span.bytes));
    }
    for span in spans_of_plain(text, certainty) {
        found.add(span.kind, span.bytes);
    }
    found.spans
}

fn spans_of_plain(text: &str, certainty: Certainty) -> Vec<Span> {
    let mut digits = text
        .chars()
        .filter(|it| patchbay_text::digit(*it).is_some());
    let may_have_number = digits.nth(MIN_DIGITS - 1).is_some();
    if !may_have_number && !text.contains(['@', '＠', '﹫']) {
        return Vec::new();
    }
    let reading = Reading::new(text);
    let plain = reading.text();
    let mut found = Found::default();
    for bytes in email::all(plain) {
        found.add(Kind::Email, bytes);
    }
    if may_have_number {
        for bytes in iban::all(plain, certainty) {
            found.add(Kind::Iban, close_bracket(plain, bytes));
        }
        let groups = run::groups(plain);
        for bytes in payment_card::all(plain, &groups, certainty) {
            found.add(Kind::PaymentCard, close_bracket(plain, bytes));
        }
        for bytes in phone::all(plain, &groups) {
            found.add(Kind::Phone, close_bracket(plain, bytes));
        }
    }
    found.into_spans(&reading)
}

/// Findings in bytes of the plain text; the kinds are added with the more certain ones first.
#[derive(Default)]
struct Found {
    /// In order, without overlaps.
    spans: Vec<Span>,
}

impl Found {
    /// Adds a finding, unless an earlier one overlaps it.
    fn add(&mut self, kind: Kind, bytes: Range<usize>) {
        let at = self
            .spans
            .partition_point(|span| span.bytes.start < bytes.start);
        let before = at.checked_sub(1).and_then(|at| self.spans.get(at));
        let overlaps = before.is_some_and(|span| span.bytes.end > bytes.start)
            || self
                .spans
                .get(at)
                .is_some_and(|span| span.bytes.start < bytes.end);
        if !overlaps && !bytes.is_empty() {
            self.spans.insert(at, Span { kind, bytes });
        }
    }

    fn into_spans(self, reading: &Reading<'_>) -> Vec<Span> {
        let mut spans = self.spans;
        for span in &mut spans {
            span.bytes = reading.source_range(span.bytes.clone());
        }
        spans
    }
}

const OPENING: [char; 3] = ['(', '[', '{'];
const CLOSING: [char; 3] = [')', ']', '}'];

/// A number and the bracket that closes its last group.
fn close_bracket(text: &str, bytes: Range<usize>) -> Range<usize> {
    let number = &text[bytes.clone()];
    let closes = number.matches(OPENING).count() > number.matches(CLOSING).count()
        && text[bytes.end..].starts_with(CLOSING);
    bytes.start..bytes.end + usize::from(closes)
}

/// Whether a character continues a word. Scripts without spaces do not: a number may follow.
fn joins(character: char) -> bool {
    character.is_alphanumeric() && !is_unspaced(character)
}

/// Whether a script has no spaces between words.
fn is_unspaced(character: char) -> bool {
    matches!(character, '\u{e01}'..='\u{e7f}' | '\u{3040}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}

#[cfg(test)]
mod tests;
