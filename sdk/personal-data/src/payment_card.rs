//! Numbers of payment cards: a known issuer's prefix and length, groups as people write cards, and the
//! check digit of ISO/IEC 7812.

use std::ops::Range;

use crate::Certainty;
use crate::label::{self, Label};
use crate::run::{self, Group};

/// Digits of a card's number.
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Fewest digits of one whose issuer is not known.
const POSSIBLE_DIGITS: usize = 16;

/// Bytes of every card: of whole groups of digits that hold one, the longest. Numbers before and after
/// it are no part of it.
pub(crate) fn all(text: &str, groups: &[Group], certainty: Certainty) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        match longest(text, &groups[first..], certainty) {
            Some(count) => {
                let last = first + count - 1;
                found.push(groups[first].bytes.start..groups[last].bytes.end);
                first += count;
            }
            None => first += 1,
        }
    }
    found
}

/// Number of groups of the longest card that begins with the first group.
fn longest(text: &str, groups: &[Group], certainty: Certainty) -> Option<usize> {
    let mut digits: Vec<u8> = Vec::with_capacity(*DIGITS.end());
    let mut best = None;
    let mut separator = None;
    for (at, group) in groups.iter().enumerate() {
        if digits.len() + group.len() > *DIGITS.end() {
            break;
        }
        if at > 0 {
            let between = run::between(text, &groups[at - 1], group);
            let Some(kind) = separator_kind(between) else {
                break;
            };
            // A card is written with one separator throughout.
            if *separator.get_or_insert(kind) != kind {
                break;
            }
        }
        digits.extend(group.digits(text));
        let groups = &groups[..=at];
        if DIGITS.contains(&digits.len())
            && is_grouped(groups)
            && has_check_digit(&digits)
            && is_card(text, &digits, groups, certainty)
        {
            best = Some(at + 1);
        }
    }
    best
}

/// What separates the groups of a card; `None` where two groups do not belong together.
fn separator_kind(between: &str) -> Option<char> {
    let mut kind = ' ';
    let mut length = 0;
    for character in between.chars() {
        length += 1;
        match character {
            ' ' | '\t' | '\r' => {}
            '-' | '.' | '/' | '_' | ',' | '\n' | '|' | ':' | '*' | '\'' if kind == ' ' => {
                kind = character;
            }
            _ => return None,
        }
    }
    (1..=4).contains(&length).then_some(kind)
}

fn is_card(text: &str, digits: &[u8], groups: &[Group], certainty: Certainty) -> bool {
    let issued = is_issued(digits);
    let possible = digits.len() >= POSSIBLE_DIGITS && matches!(digits[0], 2..=6);
    if certainty == Certainty::Possible && (issued || possible) {
        return true;
    }
    let label = label::before(text, groups[0].bytes.start);
    if label == Some(Label::Card) {
        return issued || digits[0] != 0;
    }
    // One number in ten has the right check digit: the number of an order is not a card's.
    issued && !(groups.len() == 1 && label == Some(Label::OtherNumber))
}

fn is_issued(digits: &[u8]) -> bool {
    let Some(four) = digits.get(..4) else {
        return false;
    };
    let prefix = four
        .iter()
        .fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    match digits.len() {
        13 => prefix / 1000 == 4,
        14 => matches!(prefix / 10, 300..=305 | 309) || matches!(prefix / 100, 36 | 38 | 39),
        15 => matches!(prefix / 100, 34 | 37),
        16 => {
            prefix / 1000 == 4
                || matches!(prefix / 100, 50..=58 | 60 | 62..=65 | 67 | 81)
                || matches!(prefix, 2200..=2204 | 2221..=2720 | 3528..=3589 | 9792)
        }
        17 | 18 => matches!(prefix / 100, 50 | 56..=58 | 62 | 63 | 67),
        19 => {
            matches!(prefix / 100, 50 | 56..=58 | 62 | 63 | 65 | 67)
                || prefix / 1000 == 4
                || matches!(prefix, 3528..=3589)
        }
        _ => false,
    }
}

/// Whether groups are those of a card: all of one length but a shorter last one, or those printed on
/// cards of 13 to 15 digits.
fn is_grouped(groups: &[Group]) -> bool {
    let mut lengths = [0; 19];
    let count = groups.len();
    let Some(lengths) = lengths.get_mut(..count) else {
        return false;
    };
    for (length, group) in lengths.iter_mut().zip(groups) {
        *length = group.len();
    }
    match lengths {
        [_] | [4, 6, 4 | 5] | [4, 3, 3, 3] | [4, 4, 5] | [6, 7..=13] | [6, 4, 6] => true,
        [first, rest @ .., last] => {
            rest.iter().all(|length| length == first) && (1..=*first).contains(last) && *first <= 8
        }
        [] => false,
    }
}

/// Whether the check digit of ISO/IEC 7812-1, annex B (Luhn), is right, and not every digit is 0.
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        })
        .sum();
    sum.is_multiple_of(10) && sum > 0
}
