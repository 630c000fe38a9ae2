//! International bank account numbers (ISO 13616): the country's length and
//! the check digits, modulo 97.

use super::Found;
use crate::text::{Shape, Text};

/// Lengths by country, from the SWIFT registry of IBAN formats.
const LENGTHS: [(&[u8; 2], usize); 40] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AT", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BR", 29),
    (b"CH", 21),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"EE", 20),
    (b"ES", 24),
    (b"FI", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GR", 27),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"MC", 27),
    (b"MT", 31),
    (b"NL", 18),
    (b"NO", 15),
    (b"PL", 28),
    (b"PT", 25),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"TR", 26),
];

pub(super) fn find(text: &Text<'_>, found: &mut Found) {
    let bytes = text.source.as_bytes();
    for token in &text.tokens {
        let start = token.start as usize;
        if !token.shape.has(Shape::DIGIT) || token.end - token.start < 4 {
            continue;
        }
        if let [first, second, third, fourth, ..] = bytes[start..]
            && first.is_ascii_alphabetic()
            && second.is_ascii_alphabetic()
            && third.is_ascii_digit()
            && fourth.is_ascii_digit()
            && let Some(end) = end(bytes, start)
        {
            found.add("iban", token.start, end as u32);
        }
    }
}

/// The end of the number that begins at `start`, if it is one.
fn end(bytes: &[u8], start: usize) -> Option<usize> {
    let country = [
        bytes[start].to_ascii_uppercase(),
        bytes[start + 1].to_ascii_uppercase(),
    ];
    let length = LENGTHS.iter().find(|(code, _)| **code == country)?.1;
    let mut account = [0_u8; 34];
    let mut count = 0;
    let mut at = start;
    while count < length {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            account[count] = byte.to_ascii_uppercase();
            count += 1;
        } else if !matches!(byte, b' ' | b'-') || matches!(bytes[at - 1], b' ' | b'-') {
            return None;
        }
        at += 1;
    }
    let ends = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    (ends && remainder(&account[..length]) == 1).then_some(at)
}

fn remainder(account: &[u8]) -> u32 {
    let (head, rest) = account.split_at(4);
    rest.iter().chain(head).fold(0, |remainder, byte| {
        if byte.is_ascii_digit() {
            (remainder * 10 + u32::from(byte - b'0')) % 97
        } else {
            (remainder * 100 + u32::from(byte - b'A') + 10) % 97
        }
    })
}
