//! International bank account numbers (ISO 13616): country, check digits modulo 97 (ISO 7064),
//! account, in one or in groups.

use std::ops::{Range, RangeInclusive};

use crate::{Certainty, joins};

/// Lengths any country has.
const ANY_LENGTH: RangeInclusive<usize> = 15..=34;

/// Every account number: of a registered country with the country's length, or possibly of another
/// one.
pub(crate) fn all(text: &str, certainty: Certainty) -> Vec<Range<usize>> {
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
        let rest = &text[start..];
        let mut letters = rest.bytes().take(SEPARATOR_CHARS + 2);
        let mut letter = || letters.find(u8::is_ascii_alphanumeric);
        let (Some(one), Some(other)) = (letter(), letter()) else {
            continue;
        };
        let country = [one.to_ascii_uppercase(), other.to_ascii_uppercase()];
        let registered = registered_length(country);
        let lengths = match (certainty, registered) {
            (Certainty::Certain, Some(length)) => Some(length..=length),
            (Certainty::Certain, None) => None,
            (Certainty::Possible, _) => Some(ANY_LENGTH),
        };
        if let Some(length) = lengths.and_then(|lengths| length(rest, lengths, registered)) {
            found.push(start..start + length);
        }
    }
    found
}

/// Length of a country's numbers, from the SWIFT registry of IBAN formats.
fn registered_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FK" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL"
        | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

/// Most characters between two groups.
const SEPARATOR_CHARS: usize = 8;

/// Bytes of the longest account number of such a length that a text begins with. One with other
/// separators than single blanks and hyphens must have the length that its country has registered, and
/// mostly digits: words that follow "at 10" are no account.
fn length(text: &str, lengths: RangeInclusive<usize>, registered: Option<usize>) -> Option<usize> {
    let mut account = Vec::with_capacity(*lengths.end());
    let mut best = None;
    let (mut between, mut is_plain) = (0, true);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if !character.is_ascii_alphanumeric() {
            between += 1;
            // The check digits stand right behind the country.
            is_plain &= between == 1 && matches!(character, ' ' | '-') && account.len() >= 4;
            if character.is_alphanumeric() || between > SEPARATOR_CHARS {
                break;
            }
            continue;
        }
        between = 0;
        let fits = match account.len() {
            0 | 1 => character.is_ascii_alphabetic(),
            2 | 3 => character.is_ascii_digit(),
            length => length < *lengths.end(),
        };
        if !fits {
            break;
        }
        account.push(character.to_ascii_uppercase() as u8);
        let ends = characters
            .peek()
            .is_none_or(|(_, next)| !next.is_ascii_alphanumeric());
        let digits = account.iter().filter(|it| it.is_ascii_digit()).count();
        if ends
            && lengths.contains(&account.len())
            && (is_plain || (registered == Some(account.len()) && digits * 2 >= account.len()))
            && remainder(&account) == 1
        {
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
