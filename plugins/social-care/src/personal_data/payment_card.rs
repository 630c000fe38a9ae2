//! Payment card numbers: a known issuer's prefix and length, groups as cards
//! have them, and the check digit of ISO/IEC 7812 (Luhn).

use super::{Found, runs::Run};
use crate::lexicon::{Lexicon, Role};
use crate::text::Text;

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, runs: &[Run], found: &mut Found) {
    for run in runs {
        let digits = run.digits();
        if run.plus
            || run.punctuated
            || !is_issued(digits)
            || !is_grouped(run)
            || !passes_luhn(digits)
        {
            continue;
        }
        // One number in ten passes the check: an order's number is no card.
        let other =
            run.groups().len() == 1 && introduced(text, lexicon, run.token, Role::OTHER_NUMBER);
        if !other {
            found.add("payment-card", run.start, run.end);
        }
    }
}

/// Whether a number is introduced by a word of a role, at most three before.
pub(super) fn introduced(text: &Text<'_>, lexicon: &Lexicon, token: usize, role: Role) -> bool {
    text.tokens[token.saturating_sub(3)..token]
        .iter()
        .any(|before| {
            lexicon
                .entry(before)
                .is_some_and(|entry| entry.role.has(role))
        })
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
                || matches!(prefix / 100, 51..=55 | 62 | 65 | 64 | 67 | 50 | 56..=58)
                || matches!(prefix, 2221..=2720 | 3528..=3589 | 6011)
        }
        17 | 18 => matches!(prefix / 100, 62 | 67 | 50),
        19 => matches!(prefix / 100, 62 | 67 | 50) || prefix / 1000 == 4,
        _ => false,
    }
}

fn is_grouped(run: &Run) -> bool {
    match run.groups() {
        [_] | [4, 6, 4 | 5] => true,
        [first @ .., last] => first.iter().all(|group| *group == 4) && (1..=4).contains(last),
        [] => false,
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
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
    sum.is_multiple_of(10)
}
