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
    let mut is_uniform = true;
    for (at, group) in groups.iter().enumerate() {
        if digits.len() + group.len() > *DIGITS.end() {
            break;
        }
        if at > 0 {
            let between = run::between(text, &groups[at - 1], group);
            let Some(kind) = self::separator(between) else {
                break;
            };
            is_uniform &= *separator.get_or_insert(kind) == kind;
        }
        digits.extend(group.digits(text));
        let groups = &groups[..=at];
        if DIGITS.contains(&digits.len())
            && is_grouped(groups, is_uniform)
            && !(is_uniform
                && separator.is_some_and(Separator::is_of_thousands)
                && is_thousands(groups))
            && has_check_digit(&digits)
            && is_card(text, &digits, groups, certainty)
        {
            best = Some(at + 1);
        }
    }
    best
}

/// Most characters between two groups of a card.
const SEPARATOR_CHARS: usize = 12;

/// What separates the groups of a card, without blanks; `None` where two groups do not belong together:
/// at letters, and at signs that make each group an amount.
fn separator(between: &str) -> Option<Separator> {
    let mut separator = Separator::default();
    for (at, character) in between.chars().enumerate() {
        if at >= SEPARATOR_CHARS || character.is_alphanumeric() || is_unit(character) {
            return None;
        }
        if !character.is_whitespace() {
            *separator.signs.get_mut(separator.length)? = character;
            separator.length += 1;
        }
    }
    Some(separator)
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Separator {
    signs: [char; SEPARATOR_CHARS],
    length: usize,
}

impl Separator {
    fn is_of_thousands(self) -> bool {
        matches!(self.signs[..self.length], [',' | '.' | '\'' | '’'])
    }
}

/// Whether groups are those of an amount with a sign between the thousands.
fn is_thousands(groups: &[Group]) -> bool {
    groups.len() > 1 && groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3)
}

fn is_unit(character: char) -> bool {
    matches!(
        character,
        '$' | '£' | '¥' | '€' | '₹' | '¢' | '%' | '‰' | '°'
    )
}

fn is_card(text: &str, digits: &[u8], groups: &[Group], certainty: Certainty) -> bool {
    let card_label = |at| label::before(text, at) == Some(Label::Card);
    if let [only] = groups
        && let Some(start) = run::fraction_start(text, only)
        && !card_label(start)
    {
        return false;
    }
    let issued = is_issued(digits);
    // No issuer has 20 or 21, which begin times ("20261128190412") and numbers of posts.
    let possible = digits.len() >= POSSIBLE_DIGITS
        && (matches!(digits, [3..=6, ..]) || matches!(digits, [2, 2..=9, ..]));
    if certainty == Certainty::Possible && (issued || possible) {
        return true;
    }
    let label = label::before(text, groups[0].bytes.start);
    if label == Some(Label::Card) {
        return issued || digits[0] != 0;
    }
    // One number in ten has the right check digit: the number of an order is not a card's.
    let is_article = digits.len() == 13 && has_article_check_digit(digits);
    issued && !(groups.len() == 1 && (is_article || label == Some(Label::OtherNumber)))
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

/// Whether groups are those of a card: printed on cards, or with one separator throughout all of one
/// length but a shorter last one, or several of those printed on cards joined.
fn is_grouped(groups: &[Group], is_uniform: bool) -> bool {
    let mut lengths = [0; 19];
    let count = groups.len();
    let Some(lengths) = lengths.get_mut(..count) else {
        return false;
    };
    for (length, group) in lengths.iter_mut().zip(groups) {
        *length = group.len();
    }
    match lengths {
        [_] | [4, 4, 4, 4] | [4, 6, 4 | 5] => true,
        _ if !is_uniform => false,
        [4, 3, 3, 3] | [4, 4, 5] | [6, 7..=13] | [6, 4, 6] => true,
        [4, 12] | [12, 4] | [4, 8, 4] | [8, 4, 4] | [4, 4, 8] => true,
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

/// Whether the check digit of an article's number (GTIN-13: weights 1 and 3) is right.
fn has_article_check_digit(digits: &[u8]) -> bool {
    let weighted = digits.iter().zip([1, 3].iter().cycle());
    let sum: u32 = weighted
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    sum.is_multiple_of(10)
}
