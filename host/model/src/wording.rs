//! When two texts say the same: what a person reads, whatever the bytes.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A text as a person reads it, to compare it with another: composed (Unicode
/// NFC), each run of white space and line breaks as one blank, none at the ends,
/// and without characters that are shown as nothing. Channels and clients change
/// these between two deliveries of one text. Case, punctuation and joiners of
/// emoji count.
pub fn as_read(text: &str) -> Cow<'_, str> {
    if is_as_read(text) {
        return Cow::Borrowed(text);
    }
    let visible: String = text.chars().filter(|it| !is_invisible(*it)).nfc().collect();
    let mut read = String::with_capacity(visible.len());
    for word in visible.split_whitespace() {
        if !read.is_empty() {
            read.push(' ');
        }
        read.push_str(word);
    }
    Cow::Owned(read)
}

/// Whether two texts read the same.
pub fn reads_the_same(one: &str, other: &str) -> bool {
    one == other || as_read(one) == as_read(other)
}

/// Whether [`as_read`] leaves a text as it is.
fn is_as_read(text: &str) -> bool {
    let mut after_blank = true;
    for character in text.chars() {
        let is_blank = character == ' ';
        if (is_blank && after_blank)
            || (!is_blank && character.is_whitespace())
            || is_invisible(character)
        {
            return false;
        }
        after_blank = is_blank;
    }
    (text.is_empty() || !after_blank) && is_nfc(text)
}

/// Soft hyphen, zero-width space, word joiner, byte order mark, direction marks,
/// and the choice between the text and emoji form of a character.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2060}'
            | '\u{feff}'
            | '\u{fe0e}'
            | '\u{fe0f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_a_person_reads_alike_say_the_same() {
        for (one, other) in [
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{1ec7}", "e\u{323}\u{302}"),
            ("\u{d55c}", "\u{1112}\u{1161}\u{11ab}"),
            ("\u{212b}", "\u{c5}"),
            ("Hello", "Hello "),
            ("Hello", "Hello\n"),
            ("Hello", "\u{feff}Hello\u{a0}\t"),
            ("one\ntwo", "one\r\ntwo"),
            ("one\ntwo", "one\rtwo"),
            ("one\ntwo", "one \u{2028}two\u{2029}"),
            ("one\ntwo", "one\n\n\ntwo\n"),
            ("one two", "one\u{a0}\u{2009}two"),
            ("I \u{2764}", "I \u{2764}\u{fe0f}"),
            ("super\u{ad}cali", "supercali"),
            ("\u{200e}123", "123"),
            ("", " \r\n"),
        ] {
            assert!(reads_the_same(one, other), "{one:?} {other:?}");
            assert_eq!(as_read(one), as_read(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn texts_that_a_person_tells_apart_differ() {
        for (one, other) in [
            ("Hello", "hello"),
            ("Hello", "Hello!"),
            ("cafe", "caf\u{e9}"),
            ("now here", "nowhere"),
            ("12", "1\n2"),
            ("x\u{b2}", "x2"),
            ("\u{ff11}", "1"),
            ("\u{1f469}\u{200d}\u{1f467}", "\u{1f469}\u{1f467}"),
            ("Где", "Гдe"),
            ("", "."),
        ] {
            assert!(!reads_the_same(one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_text_that_is_as_read_is_not_copied() {
        for text in ["", "Hello", "Hello, wörld 👩\u{200d}👧", "Где мой заказ?"] {
            assert!(matches!(as_read(text), Cow::Borrowed(same) if same == text));
        }
        for text in ["a  b", " a", "a ", "a\nb", "e\u{301}", "\u{200b}"] {
            let read = as_read(text).into_owned();
            assert_eq!(as_read(&read), read, "{text:?}");
            assert!(matches!(as_read(&read), Cow::Borrowed(_)), "{text:?}");
        }
    }
}
