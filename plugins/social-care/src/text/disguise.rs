//! Spells out abuse that is disguised: spaced or dotted letters, digits and signs for letters, stars.
//! Only a word of the abuse list is spelled out, and only where all its letters stand apart from other
//! words: a word that contains one stays.

use std::ops::Range;

use patchbay_sdk::text::{Rewriter, Rewritten};

use crate::lexicon::Lexicon;

/// Fewest letters of a disguised word; of one with blanks between its letters, as initials have them.
const MIN_LETTERS: usize = 3;
const MIN_SPACED: usize = 4;
/// Most letters of a disguised word.
const MAX_LETTERS: usize = 16;
/// Most candidates looked up in one text: customers choose it.
const MAX_CANDIDATES: usize = 4_000;

/// The text with each disguised word of abuse spelled out.
pub(super) fn spell_out<'a>(text: &'a str, lexicon: &Lexicon) -> Rewritten<'a> {
    let mut search = Search {
        lexicon,
        left: MAX_CANDIDATES,
    };
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    spaced(text, &mut search, &mut found);
    chunks(text, &mut search, &mut found);
    if found.is_empty() {
        return Rewritten::unchanged(text);
    }
    found.sort_by_key(|(range, _)| range.start);
    let mut rewriter = Rewriter::new(text);
    let mut copied = 0;
    for (range, word) in found {
        if range.start < copied {
            continue;
        }
        rewriter.copy(copied..range.start);
        copied = range.end;
        rewriter.replace(range, &word);
    }
    rewriter.copy(copied..text.len());
    rewriter.finish()
}

struct Search<'a> {
    lexicon: &'a Lexicon,
    left: usize,
}

impl Search<'_> {
    fn is_abuse(&mut self, word: &str) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.lexicon.is_abuse(word)
    }

    /// The abuse that letters spell, in which `*` stands for any letter.
    fn spelled(&mut self, letters: &str) -> Option<String> {
        if !letters.contains('*') {
            return self.is_abuse(letters).then(|| letters.to_owned());
        }
        if self.left == 0 {
            return None;
        }
        self.left = self.left.saturating_sub(20);
        self.lexicon.starred_abuse(letters).map(str::to_owned)
    }
}

/// The letter that a digit or sign stands for; `*` for any.
fn letter(byte: u8) -> Option<char> {
    Some(match byte {
        b'a'..=b'z' | b'A'..=b'Z' => char::from(byte.to_ascii_lowercase()),
        b'0' => 'o',
        b'1' | b'!' | b'|' => 'i',
        b'3' => 'e',
        b'4' | b'@' => 'a',
        b'5' | b'$' => 's',
        b'7' | b'+' => 't',
        b'8' => 'b',
        b'9' => 'g',
        b'*' | b'#' | b'%' => '*',
        _ => return None,
    })
}

/// Whether letters with this between them are one word written apart.
fn is_gap(between: &[u8]) -> bool {
    (1..=3).contains(&between.len())
        && between.iter().all(|byte| {
            matches!(
                byte,
                b' ' | b'.' | b'-' | b'_' | b'*' | b'/' | b'|' | b'+' | b'~' | b','
            )
        })
}

/// Finds single letters in a row: `f u c k`, `f.u.c.k`.
fn spaced(text: &str, search: &mut Search<'_>, found: &mut Vec<(Range<usize>, String)>) {
    let bytes = text.as_bytes();
    let is_single = |at: usize| {
        bytes[at].is_ascii_alphanumeric()
            && (at == 0 || !is_word_byte(bytes[at - 1]))
            && bytes.get(at + 1).is_none_or(|next| !is_word_byte(*next))
    };
    let mut at = 0;
    while at < bytes.len() {
        if !is_single(at) {
            at += 1;
            continue;
        }
        // The run of single letters that begins here.
        let mut places = vec![at];
        let mut next = at + 1;
        while next < bytes.len() && next - places[places.len() - 1] <= 4 {
            if is_single(next) {
                if !is_gap(&bytes[places[places.len() - 1] + 1..next]) {
                    break;
                }
                places.push(next);
            } else if is_word_byte(bytes[next]) {
                break;
            }
            next += 1;
        }
        at = places[places.len() - 1] + 1;
        if places.len() >= MIN_LETTERS {
            windows(text, &places, search, found);
        }
    }
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Finds the longest words in a run of single letters.
fn windows(
    text: &str,
    places: &[usize],
    search: &mut Search<'_>,
    found: &mut Vec<(Range<usize>, String)>,
) {
    let bytes = text.as_bytes();
    let blank = |from: usize, to: usize| bytes[places[from]..places[to]].contains(&b' ');
    let mut first = 0;
    while first + MIN_LETTERS <= places.len() {
        let most = (places.len() - first).min(MAX_LETTERS);
        let word = (MIN_LETTERS..=most).rev().find_map(|count| {
            let last = first + count - 1;
            if count < MIN_SPACED && (blank(first, last) || places.len() > count) {
                return None;
            }
            let letters: Option<String> = places[first..=last]
                .iter()
                .map(|place| letter(bytes[*place]))
                .collect();
            search.spelled(&letters?).map(|word| (last, word))
        });
        match word {
            Some((last, word)) => {
                found.push((places[first]..places[last] + 1, word));
                first = last + 1;
            }
            None => first += 1,
        }
    }
}

/// Finds signs and digits among the letters of a word: `sh1t`, `f*ck`, `a$$hole`, `fu.ck`.
fn chunks(text: &str, search: &mut Search<'_>, found: &mut Vec<(Range<usize>, String)>) {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| letter(byte).is_some() || matches!(byte, b'.' | b'-' | b'_' | b'~');
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_part(bytes[at]) {
            at += 1;
        }
        // Not a part of a word of another script, of an address or of a link.
        let before = start.checked_sub(1).and_then(|before| bytes.get(before));
        let stands_alone = |byte: Option<&u8>| byte.is_none_or(|it| *it < 0x80 && *it != b'/');
        if stands_alone(before) && stands_alone(bytes.get(at)) {
            chunk(text, start..at, search, found);
        }
    }
}

fn chunk(
    text: &str,
    range: Range<usize>,
    search: &mut Search<'_>,
    found: &mut Vec<(Range<usize>, String)>,
) {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (range.start, range.end);
    // Punctuation around it; a star or dollar may be its first or last letter.
    while start < end
        && matches!(
            bytes[start],
            b'.' | b'-' | b'_' | b'~' | b'\'' | b'#' | b'!' | b'+' | b'|' | b'%'
        )
    {
        start += 1;
    }
    while start < end
        && matches!(
            bytes[end - 1],
            b'.' | b'-' | b'_' | b'~' | b'\'' | b'!' | b'+' | b'|'
        )
    {
        end -= 1;
    }
    let written = &bytes[start..end];
    let letters = written.iter().filter(|it| it.is_ascii_alphabetic()).count();
    let digits = written.iter().filter(|it| it.is_ascii_digit()).count();
    let capitals = written.iter().filter(|it| it.is_ascii_uppercase()).count();
    let is_plain = letters == written.len();
    // "A55" and "C4R5" are names of models and references.
    let mostly_letters =
        letters > digits || (capitals == 0 && letters + 1 >= digits && letters > 1);
    if is_plain || letters == 0 || !mostly_letters || written.len() > MAX_LETTERS * 2 {
        return;
    }
    let joined: String = written.iter().filter_map(|byte| letter(*byte)).collect();
    if joined.len() > MAX_LETTERS
        || joined.len() < MIN_LETTERS
        || (digits > 0 && joined.len() < MIN_SPACED)
    {
        return;
    }
    let mut candidates = vec![joined.clone()];
    if written.contains(&b'1') || written.contains(&b'|') {
        candidates.push(
            written
                .iter()
                .filter_map(|byte| match byte {
                    b'1' | b'|' => Some('l'),
                    byte => letter(*byte),
                })
                .collect(),
        );
    }
    // "@sshole" begins with a letter, "@dick" is a name.
    for candidate in candidates {
        if let Some(word) = search.spelled(&candidate) {
            found.push((start..end, word));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tests::POLICY;

    #[test]
    fn disguised_abuse_is_spelled_out() {
        for (written, plain) in [
            ("f u c k you", "fuck you"),
            ("F.U.C.K. you", "fuck. you"),
            ("f-u-c-k", "fuck"),
            ("f_u_c_k", "fuck"),
            ("f * u * c * k", "fuck"),
            ("you a r e an i d i o t", "you a r e an idiot"),
            ("what a s h i t show", "what a shit show"),
            ("sh1t", "shit"),
            ("5h1t", "shit"),
            ("b1tch", "bitch"),
            ("@sshole", "asshole"),
            ("a$$hole!", "asshole!"),
            ("f*ck off", "fuck off"),
            ("f**k", "fuck"),
            ("f***ing", "fucking"),
            ("sh*t", "shit"),
            ("b!tch", "bitch"),
            ("fu.ck", "fuck"),
            ("fu-ck", "fuck"),
            ("1d10t", "idiot"),
            ("m0r0n", "moron"),
            ("cun7", "cunt"),
        ] {
            assert_eq!(
                spell_out(written, &POLICY.lexicon).text(),
                plain,
                "{written}"
            );
        }
    }

    #[test]
    fn words_that_contain_abuse_and_ordinary_text_stay() {
        for text in [
            "",
            "Scunthorpe and Penistone",
            "class assassin cocktail Hancock peacock",
            "Essex, Sussex, Dick's",
            "my Samsung A55 and S5",
            "U.S.A. and U.K.",
            "P.O. Box 5",
            "a b c d e f",
            "plan A, plan B - or C",
            "5 star * great * service",
            "2 * 3 * 4",
            "r u s u r e",
            "gate B1T5 seat 4A55",
            "https://example.com/a55/sh1t",
            "order #F4C7-99",
            "I'm at the as-is store",
            "pass.word",
            "**bold** text",
            "4ever",
            "w/o h.i.t",
            "the A.S. Roma match",
            "é.à.ü",
        ] {
            assert_eq!(spell_out(text, &POLICY.lexicon).text(), text);
        }
    }
}
