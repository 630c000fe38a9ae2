//! What may be a card, an account or a telephone number. Masking hides it: a number too many is
//! cheaper than a card shown.

use std::ops::RangeInclusive;

use crate::payment_card::has_check_digit;
use crate::{Kind, Span, iban};

/// Digits of a payment card's number (ISO/IEC 7812).
const CARD_DIGITS: RangeInclusive<usize> = 12..=19;
/// Digits of a telephone number (ITU-T E.164: at most 15).
const PHONE_DIGITS: RangeInclusive<usize> = 8..=15;
/// Fewest digits of one that begins with `+`.
const INTERNATIONAL_DIGITS: usize = 7;

/// Everything that may be an account, a card or a telephone number, in order, without overlaps.
/// A number may also begin where a mail address ends; `emails` are in order.
pub(crate) fn all(text: &str, emails: &[Span]) -> Vec<Span> {
    let mut ends = emails.iter().map(|email| email.bytes.end).peekable();
    let mut spans = Vec::new();
    let mut before = None;
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        while ends.next_if(|end| *end < at).is_some() {}
        let begins = !before.is_some_and(char::is_alphanumeric) || ends.peek() == Some(&at);
        let account = || Some((Kind::Iban, iban::possible_end(text, at)?));
        let found = begins
            .then(|| account().or_else(|| number(text, at)))
            .flatten();
        if let Some((kind, end)) = found {
            spans.push(Span {
                kind,
                bytes: at..end,
            });
            before = None;
            at = end;
        } else {
            before = Some(first);
            at += first.len_utf8();
        }
    }
    spans
}

/// Digits in groups that begin at `start`: a card where the check digit is right, else a telephone
/// number where there are enough digits and they look like one.
fn number(text: &str, start: usize) -> Option<(Kind, usize)> {
    let rest = &text[start..];
    let plus = rest.starts_with('+');
    let open = rest.starts_with('(');
    if !plus && !open && !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut digits = Vec::new();
    let mut card = None;
    let mut end = 0;
    let mut gap = 0;
    let mut grouped = plus || open;
    for (position, character) in rest.char_indices() {
        match character {
            '0'..='9' => {
                digits.push(character as u8 - b'0');
                grouped |= gap > 0 && digits.len() > 1;
                gap = 0;
                end = position + 1;
                let ends = !rest[end..].starts_with(|next: char| next.is_ascii_digit());
                let is_card = CARD_DIGITS.contains(&digits.len())
                    && digits.iter().any(|digit| *digit != 0)
                    && has_check_digit(&digits);
                if ends && is_card {
                    card = Some((Kind::PaymentCard, start + end));
                }
            }
            '+' | '(' if position == 0 => {}
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' if gap < 3 => gap += 1,
            _ => break,
        }
        if digits.len() > *CARD_DIGITS.end() {
            break;
        }
    }
    let count = digits.len();
    let least = if plus {
        INTERNATIONAL_DIGITS
    } else {
        *PHONE_DIGITS.start()
    };
    let is_phone = (least..=*PHONE_DIGITS.end()).contains(&count)
        && (grouped || digits.first() == Some(&0) || count >= 9)
        && !rest[end..].starts_with(char::is_alphanumeric)
        && !is_date(&rest[..end]);
    card.or(is_phone.then_some((Kind::Phone, start + end)))
}

/// Whether a number begins with a date, as documents write times: `2026-03-02`.
fn is_date(number: &str) -> bool {
    let Some([year, month, day]) = number.get(..10).and_then(|date| {
        let parts: Vec<u32> = date
            .split('-')
            .map_while(|part| part.parse().ok())
            .collect();
        <[u32; 3]>::try_from(parts).ok()
    }) else {
        return false;
    };
    let days = match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    let bytes = number.as_bytes();
    bytes[0] != b'+' && bytes[4] == b'-' && bytes[7] == b'-' && (1..=days).contains(&day)
}
