//! Words of a text, and comparing them without regard to case and accents.

use std::ops::Range;

use crate::accent::without_accent;
use crate::fold::{fold_characters, is_ignorable};

/// A word and its bytes in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// As written.
    pub text: &'a str,
    /// Where it stands.
    pub bytes: Range<usize>,
}

/// Words of a text, in order: letters and digits, with apostrophes, combining marks and invisible
/// characters between them. In Chinese and Japanese a whole run between punctuation is one word.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let mut end = start;
        for (at, character) in text[start..].char_indices() {
            if character.is_alphanumeric() {
                end = start + at + character.len_utf8();
            } else if !joins(character) {
                break;
            }
        }
        rest = end;
        Some(Word {
            text: &text[start..end],
            bytes: start..end,
        })
    })
}

/// A text for comparing: in lower case, without Latin accents, with plain apostrophes, and with
/// [look-alikes replaced](fold_characters).
pub fn fold_case(text: &str) -> String {
    let plain = fold_characters(text);
    let mut folded = String::with_capacity(plain.text().len());
    for character in plain.text().chars() {
        match character {
            '\u{300}'..='\u{36f}' => {}
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => folded.push('\''),
            other => match without_accent(other) {
                Some(letters) => folded.push_str(letters),
                None => folded.extend(other.to_lowercase()),
            },
        }
    }
    folded
}

/// Where the words of a phrase stand side by side in a text, compared by [`fold_case`]: the first
/// place, from its first to its last word. Only whole words count: `art` is not in `party`. `None`
/// where they do not, and for a phrase without a word. Takes time proportional to the text times the
/// words of the phrase.
pub fn find_words(text: &str, phrase: &str) -> Option<Range<usize>> {
    let wanted: Vec<String> = words(phrase).map(|word| fold_case(word.text)).collect();
    if wanted.is_empty() {
        return None;
    }
    let mut last: std::collections::VecDeque<(String, Range<usize>)> =
        std::collections::VecDeque::with_capacity(wanted.len());
    for word in words(text) {
        if last.len() == wanted.len() {
            last.pop_front();
        }
        last.push_back((fold_case(word.text), word.bytes));
        let same = last.iter().map(|(word, _)| word).eq(&wanted);
        if let (true, Some((_, first)), Some((_, end))) = (same, last.front(), last.back()) {
            return Some(first.start..end.end);
        }
    }
    None
}

/// Whether [`find_words`] finds the phrase.
pub fn contains_words(text: &str, phrase: &str) -> bool {
    find_words(text, phrase).is_some()
}

/// Whether a character may stand between two letters of one word.
fn joins(character: char) -> bool {
    matches!(
        character,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{300}'..='\u{36f}'
    ) || is_ignorable(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_digits_with_what_joins_them() {
        let found = |text| words(text).map(|word| word.text).collect::<Vec<_>>();
        assert_eq!(
            found("Don’t e-mail O'Brien, it's 4pm!"),
            ["Don’t", "e", "mail", "O'Brien", "it's", "4pm"]
        );
        assert_eq!(
            found("'quoted' ac\u{327}a\u{303}o"),
            ["quoted", "ac\u{327}a\u{303}o"]
        );
        assert_eq!(found(" !? "), Vec::<&str>::new());
        for word in words("é 😡 ab’") {
            assert_eq!(&"é 😡 ab’"[word.bytes.clone()], word.text);
        }
    }

    #[test]
    fn phrases_are_found_as_whole_words_without_regard_to_case_and_accents() {
        for (text, phrase, found) in [
            ("The PARTY is over", "party", Some("PARTY")),
            ("The party", "art", None),
            ("Não chegou!", "nao chegou", Some("Não chegou")),
            ("STRASSE 5", "straße", Some("STRASSE")),
            ("money, back please", "money back", Some("money, back")),
            ("I don’t know", "don't", Some("don’t")),
            ("ｒｅｆｕｎｄ now", "refund", Some("ｒｅｆｕｎｄ")),
            ("refund", "", None),
            ("a a b", "a b", Some("a b")),
        ] {
            assert_eq!(
                find_words(text, phrase).map(|range| &text[range]),
                found,
                "{text}"
            );
            assert_eq!(contains_words(text, phrase), found.is_some());
        }
    }
}
