//! Telephone numbers: international with `+`, or national as people write them, unless the words
//! before say that it is another number. Lengths are those of ITU-T E.164.

use crate::Label;
use crate::run::Run;

/// Whether a run is certainly a telephone number.
pub(crate) fn is_phone(text: &str, run: &Run, labels: impl Fn(usize, Label) -> bool) -> bool {
    let digits = &run.digits;
    if run.punctuated {
        is_dotted(&text[run.bytes.clone()])
    } else if run.plus || digits.starts_with(&[0, 0]) {
        (8..=17).contains(&digits.len())
    } else if is_amount(text, run) || is_date(run) || labels(run.first_digit, Label::OtherNumber) {
        false
    } else if labels(run.first_digit, Label::Phone) {
        (7..=15).contains(&digits.len())
    } else {
        is_national(run)
    }
}

/// A trunk `0`, an area in parentheses, or the groups of a North American or Iberian number.
fn is_national(run: &Run) -> bool {
    let count = run.digits.len();
    let trunk = run.digits[0] == 0;
    match *run.groups {
        [_] => trunk && (10..=11).contains(&count),
        [3, 3, 4] | [1, 3, 3, 4] => true,
        [3, 3, 3] | [3, 2, 2, 2] => matches!(run.digits[0], 6..=9 | 2),
        [2, 2, 2, 2, 2] => trunk,
        _ => {
            (trunk && (9..=12).contains(&count)) || (run.parentheses && (10..=11).contains(&count))
        }
    }
}

/// `555.010.0123`: amounts have groups of three throughout.
fn is_dotted(written: &str) -> bool {
    let groups = written.trim_start_matches(['+', '(']).split('.');
    groups.map(str::len).eq([3, 3, 4])
}

fn is_amount(text: &str, run: &Run) -> bool {
    text[..run.bytes.start].ends_with(['£', '€', '$', '¥', '#', '₹'])
        || text[run.bytes.end..].starts_with(['£', '€', '$', '¥', '%'])
}

fn is_date(run: &Run) -> bool {
    matches!(
        *run.groups,
        [4, 2, 2, ..] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4]
    )
}
