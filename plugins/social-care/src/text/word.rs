//! Reads one word: its letters, its hash, and its number in the vocabulary.

use super::scan::{Scanner, is_cjk};
use super::{Kind, Shape, fold};
use crate::lexicon::{languages, vocabulary::Word};

/// The hash of the word at the start of a text, and the text after the word. `None` unless the word
/// has only digits and Latin letters, and the text ends after it or a space follows; for anything
/// else, read the text. [`Text::read`](super::Text::read) gives the word one token with the same hash,
/// but allocates: `prepare` reads thousands of words.
#[inline]
pub(crate) fn plain_word(text: &str) -> Option<(u64, &str)> {
    let bytes = text.as_bytes();
    let mut hash = fold::START;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => hash = fold::step(hash, byte),
            b'A'..=b'Z' => hash = fold::step(hash, byte.to_ascii_lowercase()),
            b' ' => break,
            ..0x80 => return None,
            _ => {
                let letter = text.get(at..)?.chars().next()?;
                for byte in fold::without_accent(letter)?.bytes() {
                    hash = fold::step(hash, byte);
                }
                at += letter.len_utf8() - 1;
            }
        }
        at += 1;
    }
    (at > 0).then_some((fold::finish(hash), text.get(at..)?))
}

impl<F: FnMut(u64) -> Word> Scanner<'_, F> {
    /// Reads the word that begins here. Within a hashtag a capital after a small letter begins another
    /// word.
    pub(super) fn word(&mut self, kind: Kind) {
        let start = self.at;
        let mut spelling = Spelling::default();
        let mut hash = fold::START;
        let mut before_last = fold::START;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() {
                if kind == Kind::Hashtag
                    && byte.is_ascii_uppercase()
                    && spelling.last.is_ascii_lowercase()
                {
                    break;
                }
                before_last = hash;
                hash = fold::step(hash, byte.to_ascii_lowercase());
                spelling.ascii(byte);
                self.at += 1;
            } else if byte == b'_' && kind != Kind::Hashtag {
                break;
            } else if matches!(byte, b'.' | b',' | b':') {
                let number = spelling.letters == 0
                    && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
                if !number {
                    break;
                }
                hash = fold::step(hash, byte);
                self.at += 1;
            } else if byte == b'\'' || byte >= 0x80 {
                let Some(letter) = self
                    .source
                    .get(self.at..)
                    .and_then(|rest| rest.chars().next())
                else {
                    break;
                };
                if fold::straight(letter) == '\'' {
                    let next = self
                        .source
                        .get(self.at + letter.len_utf8()..)
                        .and_then(|rest| rest.chars().next());
                    if !next.is_some_and(char::is_alphabetic) || self.elision(start) {
                        break;
                    }
                    before_last = hash;
                    hash = fold::step(hash, b'\'');
                } else if is_mark(letter) {
                    // A combining accent belongs to the letter before.
                } else if letter.is_alphabetic() && !is_cjk(letter) {
                    before_last = hash;
                    hash = fold::letter(hash, letter);
                    spelling.wide(letter);
                    languages::note(&mut self.marks.letters, letter);
                } else {
                    break;
                }
                self.at += letter.len_utf8();
            } else {
                break;
            }
        }
        if self.at == start {
            // No word begins here: advance anyway.
            self.at += self
                .source
                .get(start..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8);
            return;
        }
        let known = self.known(start, hash, before_last, &spelling);
        let number = spelling.letters == 0;
        self.marks.digits += spelling.digits;
        self.marks.letters.latin += spelling.latin;
        if spelling.letters >= 2 {
            self.marks.words += 1;
            self.marks.capitals += u32::from(spelling.shape().has(Shape::CAPITALS));
        }
        let kind = if number && kind == Kind::Word {
            Kind::Number
        } else {
            kind
        };
        self.push(start, self.at, known, kind, spelling.shape());
    }

    /// Whether the apostrophe here ends a French or Italian article, as in `l'avion` and `qu'il`.
    fn elision(&self, start: usize) -> bool {
        let before = &self.bytes[start..self.at];
        match before {
            [one] => matches!(
                one.to_ascii_lowercase(),
                b'l' | b'd' | b'n' | b'j' | b'm' | b't' | b's' | b'c'
            ),
            [one, two] => one.eq_ignore_ascii_case(&b'q') && two.eq_ignore_ascii_case(&b'u'),
            _ => false,
        }
    }

    /// The word of a hash; else the word with drawn-out letters shortened, or without its plural.
    fn known(&mut self, start: usize, hash: u64, before_last: u64, spelling: &Spelling) -> Word {
        let word = (self.find)(fold::finish(hash));
        if word != Word::UNKNOWN || spelling.letters < 4 {
            return word;
        }
        if spelling.longest_run >= 3 {
            for keep in [1, 2] {
                let squeezed = self.squeezed(start, keep);
                let word = (self.find)(fold::finish(squeezed));
                if word != Word::UNKNOWN {
                    return word;
                }
            }
        }
        if spelling.last.eq_ignore_ascii_case(&b's') {
            let possessive = self.bytes[start..self.at].ends_with(b"'s");
            let stem = if possessive {
                self.source[start..self.at - 2]
                    .chars()
                    .fold(fold::START, fold::letter)
            } else {
                before_last
            };
            return (self.find)(fold::finish(stem));
        }
        Word::UNKNOWN
    }

    fn squeezed(&self, start: usize, keep: u32) -> u64 {
        let (mut hash, mut last, mut run) = (fold::START, '\0', 0);
        for letter in self.source[start..self.at].chars() {
            let letter = letter.to_ascii_lowercase();
            run = if letter == last { run + 1 } else { 1 };
            last = letter;
            if run <= keep {
                hash = fold::letter(hash, fold::straight(letter));
            }
        }
        hash
    }
}

/// Spelling of a word, letter by letter.
#[derive(Default)]
struct Spelling {
    letters: u32,
    latin: u32,
    digits: u32,
    capitals: u32,
    first_capital: bool,
    last: u8,
    run: u32,
    longest_run: u32,
}

impl Spelling {
    fn ascii(&mut self, byte: u8) {
        if byte.is_ascii_digit() {
            self.digits += 1;
        } else {
            self.first_capital |= self.letters == 0 && byte.is_ascii_uppercase();
            self.letters += 1;
            self.latin += 1;
            self.capitals += u32::from(byte.is_ascii_uppercase());
        }
        self.run = if byte.eq_ignore_ascii_case(&self.last) {
            self.run + 1
        } else {
            1
        };
        self.longest_run = self.longest_run.max(self.run);
        self.last = byte;
    }

    fn wide(&mut self, letter: char) {
        self.first_capital |= self.letters == 0 && letter.is_uppercase();
        self.letters += 1;
        self.latin += u32::from(fold::without_accent(letter).is_some());
        self.capitals += u32::from(letter.is_uppercase());
        self.run = 0;
        self.last = b'a';
    }

    fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        if self.letters >= 2 && self.capitals == self.letters {
            shape.add(Shape::CAPITALS);
        }
        if self.first_capital {
            shape.add(Shape::CAPITALISED);
        }
        if self.digits > 0 {
            shape.add(Shape::DIGIT);
        }
        if self.letters > 0 && self.longest_run >= 3 {
            shape.add(Shape::DRAWN_OUT);
        }
        shape
    }
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{94f}')
}

#[cfg(test)]
mod tests {
    use super::super::Text;
    use super::*;

    /// Hashes of the words of a text, as it is read.
    fn hashes(text: &str) -> Vec<u64> {
        let mut hashes = Vec::new();
        let read = Text::read_with(text, |hash| {
            hashes.push(hash);
            Word(0)
        });
        assert_eq!(read.tokens.len(), hashes.len(), "{text}");
        hashes
    }

    #[test]
    fn a_plain_word_is_hashed_as_in_a_text() {
        for word in [
            "card", "Cards", "SOOO", "não", "Straße", "ŒUVRE", "İzmir", "5", "4ever", "https",
            "www", "w",
        ] {
            let hash = hashes(word)[0];
            assert_eq!(plain_word(word), Some((hash, "")), "{word}");
            let phrase = format!("{word} * more");
            assert_eq!(plain_word(&phrase), Some((hash, " * more")), "{word}");
            assert_eq!(hashes(word), [hash], "{word}");
        }
    }

    #[test]
    fn a_word_with_other_characters_is_not_plain() {
        for text in [
            "",
            " card",
            "*",
            "#",
            "don't",
            "l’avion",
            "e-mail",
            "card,",
            "a\tb",
            "заказ",
            "届",
            "😡",
            "e\u{301}",
            "www.example.com",
        ] {
            assert_eq!(plain_word(text), None, "{text}");
        }
    }
}
