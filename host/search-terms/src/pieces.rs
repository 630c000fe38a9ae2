//! Divides a text into units of letters and digits.

use unicode_normalization::char::is_combining_mark;

use crate::folded_words::fold;

/// Signs that join units to one number or address where they stand alone between them.
const JOINERS: &str = "-./:,'’@#+&";

/// Part of a text that is searched as one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Units joined by single signs, at least one.
    Chain(Vec<String>),
    /// A run of characters of scripts without spaces between words.
    Run(String),
}

/// The pieces of a text, in order.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let folded = match text.is_ascii() {
        true => fold(text),
        false => {
            let shown: String = text.chars().filter(|c| !is_invisible(*c)).collect();
            fold(&shown).chars().map(ascii_digit).collect()
        }
    };
    let mut pieces: Vec<Piece> = Vec::new();
    // What stands between the last unit and here; absent before the first.
    let mut gap: Option<String> = None;
    let mut rest = folded.as_str();
    while let Some(first) = rest.chars().next() {
        if !is_part(first) {
            if let Some(gap) = &mut gap {
                gap.push(first);
            }
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let is_run = is_unspaced(first);
        let end = rest
            .find(|c| !is_part(c) || (is_unspaced(c) != is_run && !is_combining_mark(c)))
            .unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        // Marks without a letter.
        if !unit.chars().any(char::is_alphanumeric) {
            continue;
        }
        let is_joined = gap.take().is_some_and(|gap| is_joiner(&gap));
        gap = Some(String::new());
        match (is_run, pieces.last_mut()) {
            (true, _) => pieces.push(Piece::Run(unit.to_owned())),
            (false, Some(Piece::Chain(units))) if is_joined => units.push(unit.to_owned()),
            (false, _) => pieces.push(Piece::Chain(vec![unit.to_owned()])),
        }
    }
    pieces
}

fn is_joiner(gap: &str) -> bool {
    let mut signs = gap.chars();
    let joins = signs.next().is_some_and(|sign| JOINERS.contains(sign));
    joins && signs.next().is_none()
}

/// Whether a character is part of a unit.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Soft hyphens, joiners, marks of direction and the like: they change how a word looks,
/// and people search without them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// Arabic, Persian and Devanagari digits as ASCII digits: order numbers are written in
/// either.
fn ascii_digit(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        _ => return c,
    };
    char::from_digit(c as u32 - zero, 10).unwrap_or(c)
}

/// Whether a character is of a script that is written without spaces between words: Han,
/// Hiragana, Katakana, Thai, Lao, Khmer and Burmese.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}'
            | '\u{3038}'..='\u{303b}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}'
    )
}
