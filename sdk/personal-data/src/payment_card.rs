//! Numbers of payment cards: a known issuer's prefix and length, groups as cards have them, and
//! the check digit of ISO/IEC 7812.

use crate::Label;
use crate::run::Run;

/// Whether a run is certainly the number of a card.
pub(crate) fn is_card(run: &Run, labels: impl Fn(usize, Label) -> bool) -> bool {
    let looks_like_one = !run.plus
        && !run.punctuated
        && is_issued(&run.digits)
        && is_grouped(run)
        && has_check_digit(&run.digits);
    // One number in ten has the right check digit: the number of an order is not a card's.
    looks_like_one && !(run.groups.len() == 1 && labels(run.first_digit, Label::OtherNumber))
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
                || matches!(prefix / 100, 50..=58 | 62 | 64 | 65 | 67)
                || matches!(prefix, 2221..=2720 | 3528..=3589 | 6011)
        }
        17 | 18 => matches!(prefix / 100, 50 | 62 | 67),
        19 => matches!(prefix / 100, 50 | 62 | 67) || prefix / 1000 == 4,
        _ => false,
    }
}

fn is_grouped(run: &Run) -> bool {
    match &*run.groups {
        [_] | [4, 6, 4 | 5] => true,
        [first @ .., last] => first.iter().all(|group| *group == 4) && (1..=4).contains(last),
        [] => false,
    }
}

/// Whether the check digit of ISO/IEC 7812-1, annex B (Luhn), is right.
pub(crate) fn has_check_digit(digits: &[u8]) -> bool {
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
