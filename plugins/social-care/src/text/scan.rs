//! Splits a text into tokens.

use patchbay_personal_data::email_at;

use super::{Kind, Marks, Shape, Text, Token, fold, link};
use crate::lexicon::{languages, vocabulary::Word};

pub(super) struct Scanner<'a, F> {
    pub(super) source: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) find: F,
    tokens: Vec<Token>,
    pub(super) marks: Marks,
}

/// Emoticons by their first character, longest first.
const EMOTICONS: [&str; 22] = [
    ":'-(", ":-))", ":'(", ":-)", ":-(", ":-/", ":-D", ":-|", ";-)", "=-)", ":)", ":(", ":D", ":/",
    ":|", ":P", ":p", ":3", ";)", "=)", "=(", "=D",
];

impl<'a, F: FnMut(u64) -> Word> Scanner<'a, F> {
    pub(super) fn new(source: &'a str, find: F) -> Self {
        // Words take about five bytes each.
        let tokens = Vec::with_capacity(source.len() / 5 + 8);
        Self {
            source,
            bytes: source.as_bytes(),
            at: 0,
            find,
            tokens,
            marks: Marks::default(),
        }
    }

    pub(super) fn read(mut self) -> Text<'a> {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.word_or_link(Kind::Word),
                b'@' => self.at_sign(),
                b'#' => self.hashtag(),
                b'&' => self.entity(),
                b'!' | b'?' | b'.' | b'\n' => self.sentence_mark(byte),
                b',' | b'-' => self.clause_end(Shape::CLAUSE_END),
                b':' | b';' | b'=' => self.emoticon(),
                b'$' => {
                    self.marks.currency += 1;
                    self.at += 1;
                }
                0x80.. => self.wide(),
                _ => self.at += 1,
            }
        }
        Text {
            source: self.source,
            tokens: self.tokens,
            marks: self.marks,
        }
    }

    pub(super) fn push(&mut self, start: usize, end: usize, word: Word, kind: Kind, shape: Shape) {
        self.tokens.push(Token {
            start: start as u32,
            end: end as u32,
            word,
            kind,
            shape,
        });
    }

    fn clause_end(&mut self, shape: Shape) {
        // A hyphen between letters joins; it ends a clause only beside a space.
        let joins = self.bytes[self.at] == b'-'
            && self
                .bytes
                .get(self.at + 1)
                .is_some_and(u8::is_ascii_alphanumeric);
        if !joins && let Some(last) = self.tokens.last_mut() {
            last.shape.add(shape);
        }
        self.at += 1;
    }

    fn sentence_mark(&mut self, byte: u8) {
        match byte {
            b'!' => self.marks.exclamations += 1,
            b'?' => self.marks.questions += 1,
            _ => {}
        }
        if let Some(last) = self.tokens.last_mut() {
            last.shape.add(Shape::CLAUSE_END);
            last.shape.add(Shape::SENTENCE_END);
        }
        self.at += 1;
    }

    fn at_sign(&mut self) {
        let joined = self.at > 0 && self.bytes[self.at - 1].is_ascii_alphanumeric();
        if joined && let Some(address) = email_at(self.source, self.at) {
            let (start, end) = (address.start, address.end);
            while self
                .tokens
                .last()
                .is_some_and(|token| token.start as usize >= start)
            {
                self.tokens.pop();
            }
            if self
                .tokens
                .last()
                .is_none_or(|token| token.end as usize <= start)
            {
                self.push(start, end, Word::UNKNOWN, Kind::Email, Shape::default());
            }
            self.at = end;
            return;
        }
        let name = self.bytes[self.at + 1..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let end = self.at + 1 + name;
        if name > 0 && !joined {
            self.marks.mentions += 1;
            self.push(self.at, end, Word::UNKNOWN, Kind::Mention, Shape::default());
            self.at = end;
        } else {
            self.at += 1;
        }
    }

    fn hashtag(&mut self) {
        self.at += 1;
        let follows = self
            .source
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        if !follows.is_some_and(char::is_alphabetic) {
            return;
        }
        self.marks.hashtags += 1;
        while self
            .source
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .is_some_and(|next| next.is_alphanumeric() && !is_cjk(next))
        {
            self.word(Kind::Hashtag);
        }
    }

    /// Skips an entity such as `&amp;`.
    fn entity(&mut self) {
        let name = self.bytes[self.at + 1..]
            .iter()
            .take(8)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
            .count();
        let ends = self.bytes.get(self.at + 1 + name) == Some(&b';');
        self.at += if ends && name > 0 { name + 2 } else { 1 };
    }

    fn emoticon(&mut self) {
        let rest = &self.bytes[self.at..];
        let alone = self.at == 0 || !self.bytes[self.at - 1].is_ascii_digit();
        if alone
            && let Some(emoticon) = EMOTICONS
                .iter()
                .find(|emoticon| rest.starts_with(emoticon.as_bytes()))
        {
            let end = self.at + emoticon.len();
            let closes = !self
                .bytes
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'/');
            if closes {
                let hash = fold::finish(emoticon.bytes().fold(fold::START, fold::step));
                let word = (self.find)(hash);
                self.push(self.at, end, word, Kind::Emoji, Shape::default());
                self.at = end;
                return;
            }
        }
        self.clause_end(Shape::CLAUSE_END);
    }

    fn wide(&mut self) {
        let Some(letter) = self
            .source
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        else {
            self.at += 1;
            return;
        };
        let length = letter.len_utf8();
        if is_cjk(letter) {
            self.ideograph(letter);
        } else if letter.is_alphabetic() {
            self.word_or_link(Kind::Word);
        } else if is_emoji(letter) {
            let word = (self.find)(fold::finish(fold::letter(fold::START, letter)));
            self.push(
                self.at,
                self.at + length,
                word,
                Kind::Emoji,
                Shape::default(),
            );
            self.at += length;
        } else {
            match letter {
                '。' | '！' | '？' | '…' | '؟' | '।' => {
                    self.at += length - 1;
                    self.sentence_mark(match letter {
                        '！' => b'!',
                        '？' | '؟' => b'?',
                        _ => b'.',
                    });
                    return;
                }
                '¿' => self.marks.letters.signature[languages::ES] += 3,
                '¡' => self.marks.letters.signature[languages::ES] += 2,
                '£' | '€' | '¥' | '₹' => self.marks.currency += 1,
                '–' | '—' | '、' | '，' => {
                    if let Some(last) = self.tokens.last_mut() {
                        last.shape.add(Shape::CLAUSE_END);
                    }
                }
                _ => {}
            }
            self.at += length;
        }
    }

    fn ideograph(&mut self, letter: char) {
        let length = letter.len_utf8();
        let letters = &mut self.marks.letters;
        match letter {
            '\u{3040}'..='\u{30ff}' => letters.kana += 1,
            '\u{0e00}'..='\u{0e7f}' => letters.thai += 1,
            _ => letters.han += 1,
        }
        self.marks.words += 1;
        let word = (self.find)(fold::finish(fold::letter(fold::START, letter)));
        self.push(
            self.at,
            self.at + length,
            word,
            Kind::Word,
            Shape::default(),
        );
        self.at += length;
    }

    fn word_or_link(&mut self, kind: Kind) {
        if let b'h' | b'H' | b'w' | b'W' = self.bytes[self.at]
            && let Some(end) = link::end(self.bytes, self.at)
        {
            return self.link(self.at, end);
        }
        let start = self.at;
        let tokens = self.tokens.len();
        self.word(kind);
        if self.bytes.get(self.at) == Some(&b'.')
            && self
                .bytes
                .get(self.at + 1)
                .is_some_and(u8::is_ascii_lowercase)
            && let Some(end) = link::bare_end(self.bytes, self.at)
        {
            self.tokens.truncate(tokens);
            self.link(start, end);
        }
    }

    fn link(&mut self, start: usize, end: usize) {
        self.marks.links += 1;
        self.push(start, end, Word::UNKNOWN, Kind::Link, Shape::default());
        self.at = end;
    }
}

/// Whether a script has no spaces between words: each character is a token.
pub(super) fn is_cjk(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' | '\u{0e01}'..='\u{0e7f}')
}

fn is_emoji(letter: char) -> bool {
    matches!(letter, '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}' | '\u{203c}' | '\u{2049}')
}
