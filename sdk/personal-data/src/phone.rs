//! Telephone numbers: international with `+` or `00`, national in a form only telephone numbers have, or
//! after a word that announces one. Lengths are those of ITU-T E.164.

use std::ops::Range;

use crate::label::{self, Label};
use crate::run::{self, Group};
use crate::{CLOSING, OPENING, joins};

/// Most digits of an international number (E.164), and fewest in use.
const MAX_DIGITS: usize = 15;
const MIN_INTERNATIONAL: usize = 8;
/// Fewest digits of a number after a word such as "call".
const MIN_LABELLED: usize = 7;
/// Most groups of a number.
const MAX_GROUPS: usize = 16;

/// Bytes of every telephone number, a leading `+` or `(` included.
pub(crate) fn all(text: &str, groups: &[Group]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        let rest = &groups[first..];
        let other = other_number(text, rest);
        if other > 0 {
            first += other;
            continue;
        }
        match number(text, rest) {
            Some(count) => {
                let last = first + count - 1;
                let end = groups[last].bytes.end;
                found.push(start(text, &groups[first], end)..end);
                first += count;
            }
            // What continues a longer run is no number of its own, unless it begins with a trunk
            // prefix behind one other number: "room 12 020 7946 0958".
            None => {
                let length = run_length(text, rest);
                let is_apart = length > 1
                    && run::between(text, &rest[0], &rest[1]) == " "
                    && has_trunk_prefix(text, &rest[1]);
                first += if is_apart { 1 } else { length };
            }
        }
    }
    found
}

fn has_trunk_prefix(text: &str, group: &Group) -> bool {
    let mut digits = group.digits(text);
    group.len() >= 3 && digits.next() == Some(0) && digits.next() != Some(0)
}

/// Where the number that ends at `end` begins: at its `+`, and at a bracket that it closes.
fn start(text: &str, group: &Group, end: usize) -> usize {
    let mut start = plus(text, group).unwrap_or(group.bytes.start);
    if text[start..end].contains(CLOSING) {
        start -= usize::from(text[..start].ends_with(OPENING));
    }
    start
}

/// The byte of the `+` before a number: right before it, before a bracket, or one blank before it
/// where nothing stands that it may be added to.
fn plus(text: &str, group: &Group) -> Option<usize> {
    let before = &text[..group.bytes.start];
    let near = before.strip_suffix(OPENING).unwrap_or(before);
    if let Some(rest) = near.strip_suffix('+') {
        return Some(rest.len());
    }
    let rest = before.strip_suffix("+ ")?;
    let is_sum = rest
        .trim_end()
        .ends_with(|it: char| it.is_ascii_digit() || CLOSING.contains(&it));
    (!is_sum).then_some(rest.len())
}

fn has_plus(text: &str, group: &Group) -> bool {
    plus(text, group).is_some()
}

/// Number of groups that are written together as one number; a date or an address of a machine ends it.
fn run_length(text: &str, groups: &[Group]) -> usize {
    let mut count = 1;
    while count < groups.len().min(MAX_GROUPS) {
        let between = run::between(text, &groups[count - 1], &groups[count]);
        let ends = between == " " && other_number(text, &groups[count..]) > 0;
        if !is_separator(between) || ends {
            break;
        }
        count += 1;
    }
    count
}

fn is_separator(between: &str) -> bool {
    let brackets: fn(char) -> bool = |it| OPENING.contains(&it) || CLOSING.contains(&it);
    let count = between.chars().filter(|it| brackets(*it)).count();
    if count == 0 {
        return matches!(between, " " | "-" | "." | "/" | "_" | "  " | "/ ");
    }
    let mut rest = [' '; 2];
    let others = between.chars().filter(|it| !brackets(*it));
    for (at, character) in others.enumerate() {
        let Some(place) = rest.get_mut(at) else {
            return false;
        };
        *place = character;
    }
    count <= 2 && matches!(rest, [' ' | '-' | '.' | '/', ' '])
}

/// Most characters between two groups of a number that is written with other separators.
const SEPARATOR_CHARS: usize = 6;
/// Most digits of a group of such a number.
const GROUP_DIGITS: usize = 6;

/// Number of groups that a line break or the same signs throughout separate: emoji, `*`, ` - `. Signs of
/// lists, times and sums end it.
fn loose_run_length(text: &str, groups: &[Group]) -> usize {
    let mut count = 1;
    let mut separator = None;
    while count < groups.len().min(MAX_GROUPS) {
        let between = run::between(text, &groups[count - 1], &groups[count]);
        let is_part = |it: char| !it.is_alphanumeric() && !",;:+=@#%&\"$£€¥₹<>".contains(it);
        if between.chars().take(SEPARATOR_CHARS + 1).count() > SEPARATOR_CHARS
            || !between.chars().all(is_part)
            || groups[count].len() > GROUP_DIGITS
            || other_number(text, &groups[count..]) > 0
        {
            break;
        }
        // A line may break at any separator.
        if !is_separator(between)
            && !between.contains('\n')
            && *separator.get_or_insert(between) != between
        {
            break;
        }
        count += 1;
    }
    count
}

/// Number of groups at the beginning that are a date, a time, or an address of a machine.
fn other_number(text: &str, groups: &[Group]) -> usize {
    let value = |group: &Group| -> u32 {
        match group.len() {
            1..=5 => group
                .digits(text)
                .fold(0, |number, digit| number * 10 + u32::from(digit)),
            _ => u32::MAX,
        }
    };
    let between = |at: usize| run::between(text, &groups[at], &groups[at + 1]);
    if has_plus(text, &groups[0]) {
        return 0;
    }
    if groups.len() >= 4
        && (0..3).all(|at| between(at) == ".")
        && groups[..4]
            .iter()
            .all(|group| group.len() <= 3 && value(group) <= 255)
        && groups
            .get(4)
            .is_none_or(|next| run::between(text, &groups[3], next) != ".")
    {
        return 4;
    }
    if groups.len() >= 3
        && matches!(between(0).trim(), "." | "-" | "/" | "")
        && between(0).trim() == between(1).trim()
    {
        let lengths = [groups[0].len(), groups[1].len(), groups[2].len()];
        let (one, two, three) = (value(&groups[0]), value(&groups[1]), value(&groups[2]));
        let is_year = |year: u32| (1900..=2199).contains(&year);
        let are_day_and_month =
            |one: u32, two: u32| one.min(two) >= 1 && one.max(two) <= 31 && one.min(two) <= 12;
        let year_first = lengths[0] == 4
            && lengths[1] <= 2
            && lengths[2] <= 2
            && is_year(one)
            && are_day_and_month(two, three);
        let year_last = lengths[0] <= 2
            && lengths[1] <= 2
            && are_day_and_month(one, two)
            && ((lengths[2] == 4 && is_year(three))
                || (lengths[2] == 2 && ends_here(text, groups)));
        if year_first || year_last {
            return 3;
        }
    }
    0
}

/// Whether the third group ends a short date: a telephone number in pairs goes on.
fn ends_here(text: &str, groups: &[Group]) -> bool {
    groups
        .get(3)
        .is_none_or(|next| !is_separator(run::between(text, &groups[2], next)))
}

/// Number of groups of the telephone number that begins with the first one.
fn number(text: &str, groups: &[Group]) -> Option<usize> {
    let count = run_length(text, groups);
    number_in(text, &groups[..count]).or_else(|| {
        let loose = loose_run_length(text, groups);
        let found = number_in(text, groups.get(..loose).filter(|_| loose > count)?)?;
        // Without a plus or a trunk prefix, lines of digits are a list.
        let run = &groups[..found];
        let lines = run
            .windows(2)
            .any(|two| run::between(text, &two[0], &two[1]).contains('\n'));
        let is_one = !lines || has_plus(text, &run[0]) || has_trunk_prefix(text, &run[0]);
        (found > count && is_one).then_some(found)
    })
}

/// Number of groups at the beginning of a run that are a telephone number.
fn number_in(text: &str, run: &[Group]) -> Option<usize> {
    let count = run.len();
    let first = run.first()?;
    let plus = has_plus(text, first);
    let before = text[..first.bytes.start].chars().next_back();
    let label = || label::before(text, first.bytes.start);
    if !plus && before.is_some_and(joins) {
        return None;
    }
    // Letters or a decimal part right behind make it another thing.
    let ends = |count: usize| {
        let rest = &text[run[count - 1].bytes.end..];
        let next = rest.chars().next();
        next.is_none_or(|next| !joins(next) || matches!(next, 'x' | 'X'))
            && !(rest.starts_with(',') && rest[1..].starts_with(|it: char| it.is_ascii_digit()))
            && !rest.starts_with(':')
    };
    let international = |least: usize, prefix: usize| {
        (1..=count).rev().find(|count| {
            let digits: usize = run[..*count].iter().map(Group::len).sum();
            (least..=MAX_DIGITS + prefix).contains(&digits) && ends(*count)
        })
    };
    if plus {
        let digits = run::digits(text, run);
        let found = international(MIN_INTERNATIONAL - 1, 0)?;
        let length: usize = run[..found].iter().map(Group::len).sum();
        // A number of North America has eleven digits.
        let is_possible = match digits[0] {
            0 => false,
            1 => length >= 11,
            _ => length >= MIN_INTERNATIONAL || found > 1,
        };
        return is_possible.then_some(found);
    }
    if is_amount(text, run) || is_decimal(text, run) {
        return None;
    }
    let digits = run::digits(text, run);
    let abroad = match &digits[..] {
        [0, 0, 1..=9, ..] => Some(2),
        [0, 1, 1, 1..=9, ..] if count > 1 && run[0].len() == 3 => Some(3),
        _ => None,
    };
    let label = match label() {
        Some(Label::OtherNumber | Label::Card) => return None,
        label => label,
    };
    if let Some(prefix) = abroad
        && let Some(found) = international(MIN_INTERNATIONAL + prefix, prefix)
    {
        return Some(found);
    }
    if label == Some(Label::Phone)
        && (MIN_LABELLED..=MAX_DIGITS).contains(&digits.len())
        && ends(count)
    {
        return Some(count);
    }
    (1..=count)
        .rev()
        .find(|count| is_national(text, &run[..*count]) && ends(*count))
}

/// Whether a run is the fraction of a decimal number, or `0.` and a fraction.
fn is_decimal(text: &str, run: &[Group]) -> bool {
    let is_fraction = |group| run::fraction_start(text, group).is_some();
    match run {
        [first, second] => is_fraction(first) || (first.len() == 1 && is_fraction(second)),
        [first, ..] => is_fraction(first),
        [] => false,
    }
}

/// Whether groups have a form only telephone numbers have: a trunk `0`, an area in parentheses, or the
/// groups of a country's numbers.
fn is_national(text: &str, run: &[Group]) -> bool {
    let digits = run::digits(text, run);
    let count = digits.len();
    let trunk = digits[0] == 0 && digits.get(1).is_some_and(|next| *next != 0);
    let mut lengths = [0; MAX_GROUPS];
    for (length, group) in lengths.iter_mut().zip(run) {
        *length = group.len();
    }
    let between = |at: usize| run::between(text, &run[at], &run[at + 1]);
    let parentheses = text[..run[0].bytes.start].ends_with(OPENING)
        && run.len() > 1
        && between(0).starts_with(CLOSING);
    match lengths.get(..run.len()).unwrap_or(&[]) {
        [_] => trunk && (10..=11).contains(&count),
        // Digit by digit, but not 0 1 2 3 and no matrix.
        lengths if lengths.iter().filter(|it| **it == 1).count() > 2 => {
            trunk
                && lengths.len() == count
                && (10..=11).contains(&count)
                && (1..count - 1).all(|at| between(at) == between(0))
                && digits.windows(2).any(|two| two[0] + 1 != two[1])
        }
        // 0.1234567890 is a fraction.
        [1, ..] if trunk => false,
        [3, 3, 4] | [1, 3, 3, 4] => true,
        [3, 3, 3] => match between(0) {
            " " => matches!(digits[0], 6..=9),
            "-" => matches!(digits[0], 5..=9),
            _ => trunk,
        },
        [3, 2, 2, 2] => matches!(digits[0], 6..=9),
        [5, 5] => matches!(digits[0], 6..=9) && between(0) == " ",
        [2, 5, 4] => digits.get(2) == Some(&9) && between(1) == "-",
        _ => {
            (trunk && run.len() > 1 && (9..=12).contains(&count))
                || (parentheses && (9..=12).contains(&count))
        }
    }
}

/// Whether a currency, a percent sign or `#` stands beside a number, or a sign that makes it a measure.
fn is_amount(text: &str, run: &[Group]) -> bool {
    const CURRENCIES: [&str; 12] = [
        "eur", "euro", "euros", "usd", "gbp", "brl", "chf", "reais", "pounds", "dollars", "inr",
        "jpy",
    ];
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return false;
    };
    let before = text[..first.bytes.start].trim_end_matches(' ');
    let after = text[last.bytes.end..].trim_start_matches(' ');
    let is_currency = |word: &str| CURRENCIES.iter().any(|it| word.eq_ignore_ascii_case(it));
    let word_before = &before[before
        .rfind(|it: char| !it.is_ascii_alphabetic())
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(1, char::len_utf8)
        })..];
    let word_after = &after[..after
        .find(|it: char| !it.is_ascii_alphabetic())
        .unwrap_or(after.len())];
    before.ends_with(['£', '€', '$', '¥', '#', '₹', '%'])
        || after.starts_with(['£', '€', '$', '¥', '%', '₹'])
        || is_currency(word_before)
        || is_currency(word_after)
}
