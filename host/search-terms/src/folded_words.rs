//! Words as they are compared: without case, accents and compatibility forms.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text (UAX 29), folded. An underscore separates words, as in names.
pub fn words(text: &str) -> impl Iterator<Item = String> + use<> {
    let folded = fold(text);
    let words: Vec<String> = folded.unicode_words().map(str::to_owned).collect();
    words.into_iter()
}

/// A text without case, accents and compatibility forms.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    // Nothing is composed across a space.
    for part in text.split_inclusive(' ') {
        match part.is_ascii() {
            true => folded.extend(part.chars().map(|c| match c {
                '_' => ' ',
                c => c.to_ascii_lowercase(),
            })),
            false => fold_letters(part, &mut folded),
        }
    }
    folded
}

fn fold_letters(text: &str, folded: &mut String) {
    let plain = text.nfkd().filter(|c| !is_accent(*c));
    for letter in plain.nfc().flat_map(char::to_lowercase) {
        match spelled_out(letter) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(letter),
        }
    }
}

/// Whether a mark only modifies the letter before it: of Latin, Greek and Cyrillic, and
/// the vowels of Hebrew and Arabic, which most texts leave out. Marks of other scripts
/// are letters to their readers.
fn is_accent(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
            | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
    )
}

/// Lower-case letters that Unicode does not decompose and that people write without their
/// mark, or as two letters.
fn spelled_out(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        '_' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_accents() {
        for (left, right) in [
            ("Rückerstattung", "RUCKERSTATTUNG"),
            ("Straße", "STRASSE"),
            ("Ação", "acao"),
            ("Ac\u{327}a\u{303}o", "AÇÃO"),
            ("Łódź", "lodz"),
            ("Smørrebrød", "smorrebrod"),
            ("ΟΔΟΣ", "οδός"),
            ("Ёлка", "елка"),
            ("ﬁne", "FINE"),
            ("İstanbul", "istanbul"),
            ("مَرْحَبًا", "مرحبا"),
        ] {
            let words = |text| words(text).collect::<Vec<_>>();
            assert_eq!(words(left), words(right), "{left} {right}");
        }
    }

    #[test]
    fn letters_of_other_scripts_keep_their_marks() {
        for (left, right) in [("か", "が"), ("한", "하"), ("की", "का")] {
            let words = |text| words(text).collect::<Vec<_>>();
            assert_ne!(words(left), words(right), "{left} {right}");
        }
    }

    #[test]
    fn names_are_divided_into_words() {
        let all: Vec<String> = words("opening-hours refund_policy").collect();
        assert_eq!(all, ["opening", "hours", "refund", "policy"]);
    }
}
