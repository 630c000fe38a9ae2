//! Telephone numbers: international with `+`, or national as people write
//! them, where nothing says it is another number. Lengths are those of ITU-T
//! E.164.

use super::{Found, payment_card::introduced, runs::Run};
use crate::lexicon::{Lexicon, Role};
use crate::text::Text;

pub(super) fn find(text: &Text<'_>, lexicon: &Lexicon, runs: &[Run], found: &mut Found) {
    for run in runs {
        if run.punctuated {
            if dotted(run, text) {
                found.add("phone", run.start, run.end);
            }
            continue;
        }
        let digits = run.digits();
        let introduced_as = |role| introduced(text, lexicon, run.token, role);
        let phone = if run.plus || digits.starts_with(&[0, 0]) {
            (8..=17).contains(&digits.len())
        } else if is_amount(text, run) || is_date(run) || introduced_as(Role::OTHER_NUMBER) {
            false
        } else if introduced_as(Role::PHONE) {
            (7..=15).contains(&digits.len())
        } else {
            is_national(run)
        };
        if phone {
            found.add("phone", run.start, run.end);
        }
    }
}

/// Without a word that says so: a trunk `0`, an area in parentheses, or the
/// groups of a North American or Iberian number.
fn is_national(run: &Run) -> bool {
    let digits = run.digits();
    let ten_or_eleven = (10..=11).contains(&digits.len());
    match run.groups() {
        [_] => digits.starts_with(&[0]) && ten_or_eleven,
        [3, 3, 4] | [1, 3, 3, 4] => true,
        [3, 3, 3] | [3, 2, 2, 2] => matches!(digits[0], 6..=9 | 2),
        [2, 2, 2, 2, 2] => digits[0] == 0,
        _ => {
            (digits.starts_with(&[0]) && (9..=12).contains(&digits.len()))
                || (run.parentheses && ten_or_eleven)
        }
    }
}

/// `555.010.0123`: amounts have groups of three throughout.
fn dotted(run: &Run, text: &Text<'_>) -> bool {
    let written = text
        .source
        .get(run.start as usize..run.end as usize)
        .unwrap_or("");
    let mut groups = written.trim_start_matches(['+', '(']).split('.');
    let shape: [usize; 3] = std::array::from_fn(|_| groups.next().map_or(0, str::len));
    groups.next().is_none() && shape == [3, 3, 4]
}

fn is_amount(text: &Text<'_>, run: &Run) -> bool {
    let before = text
        .source
        .get(..run.start as usize)
        .and_then(|before| before.chars().next_back());
    let after = text
        .source
        .get(run.end as usize..)
        .and_then(|after| after.chars().next());
    matches!(before, Some('£' | '€' | '$' | '¥' | '#' | '₹'))
        || matches!(after, Some('£' | '€' | '$' | '¥' | '%'))
}

fn is_date(run: &Run) -> bool {
    matches!(
        run.groups(),
        [4, 2, 2] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4] | [4, 2, 2, ..]
    )
}
