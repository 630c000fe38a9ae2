//! International bank account numbers (ISO 13616): country, check digits modulo 97 (ISO 7064),
//! account, in one or in groups with single blanks or hyphens between them.

use std::ops::{Range, RangeInclusive};

use crate::{Certainty, joins};

/// Lengths any country has.
const ANY_LENGTH: RangeInclusive<usize> = 15..=34;

/// Every account number: of a registered country with the country's length, or possibly of another
/// one.
pub(crate) fn all(text: &str, certainty: Certainty) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = ' ';
    for (start, first) in text.char_indices() {
        let before = std::mem::replace(&mut before, first);
        // In a hashtag a capital after a small letter begins a word.
        let begins = !joins(before) || (before.is_lowercase() && first.is_ascii_uppercase());
        if !begins || !first.is_ascii_alphabetic() || found.last().is_some_and(|it| start < it.end)
        {
            continue;
        }
        let Some(country) = bytes.get(start..start + 2) else {
            break;
        };
        let country = [
            country[0].to_ascii_uppercase(),
            country[1].to_ascii_uppercase(),
        ];
        let registered = registered_length(country).map(|length| length..=length);
        let lengths = match certainty {
            Certainty::Certain => registered,
            Certainty::Possible => Some(ANY_LENGTH),
        };
        if let Some(end) = lengths.and_then(|lengths| end(bytes, start, lengths)) {
            found.push(start..end);
        }
    }
    found
}

/// Length of a country's numbers, from the SWIFT registry of IBAN formats.
fn registered_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"NL" => 18,
        b"SI" => 19,
        b"AT" | b"EE" | b"LT" | b"LU" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"DE" | b"GB" | b"IE" | b"RS" => 22,
        b"AE" | b"IL" => 23,
        b"AD" | b"CZ" | b"ES" | b"RO" | b"SA" | b"SE" | b"SK" => 24,
        b"PT" => 25,
        b"IS" | b"TR" => 26,
        b"FR" | b"GR" | b"IT" | b"MC" => 27,
        b"CY" | b"HU" | b"PL" => 28,
        b"BR" => 29,
        b"MT" => 31,
        _ => return None,
    })
}

/// The end of the longest account number of such a length.
fn end(bytes: &[u8], start: usize, lengths: RangeInclusive<usize>) -> Option<usize> {
    let (country, check) = bytes.get(start..start + 4)?.split_at(2);
    if !country.iter().all(u8::is_ascii_alphabetic) || !check.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut account = Vec::with_capacity(*lengths.end());
    let mut best = None;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let goes_on = bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        match byte {
            b' ' | b'-' if goes_on => continue,
            byte if byte.is_ascii_alphanumeric() && account.len() < *lengths.end() => {
                account.push(byte.to_ascii_uppercase());
            }
            _ => break,
        }
        if !goes_on && lengths.contains(&account.len()) && remainder(&account) == 1 {
            best = Some(at + 1);
        }
    }
    best
}

fn remainder(account: &[u8]) -> u32 {
    let (head, rest) = account.split_at(4);
    rest.iter()
        .chain(head)
        .fold(0, |remainder, byte| match byte {
            b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
            _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
        })
}
