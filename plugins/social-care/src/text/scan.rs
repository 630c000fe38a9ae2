//! The pass over the text.

use super::{Kind, Marks, Shape, Text, Token, fold, link};
use crate::lexicon::{languages, vocabulary::Word};

pub(super) struct Scanner<'a, F> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    find: F,
    tokens: Vec<Token>,
    marks: Marks,
}

/// Emoticons by their first character, longest first.
const EMOTICONS: [&str; 22] = [
    ":'-(", ":-))", ":'(", ":-)", ":-(", ":-/", ":-D", ":-|", ";-)", "=-)", ":)", ":(", ":D", ":/", ":|", ":P", ":p", ":3", ";)", "=)", "=(", "=D",
];

impl<'a, F: FnMut(u64) -> Word> Scanner<'a, F> {
    pub(super) fn new(source: &'a str, find: F) -> Self {
        // Words of customers' messages take about five bytes each.
        let tokens = Vec::with_capacity(source.len() / 5 + 8);
        Self { source, bytes: source.as_bytes(), at: 0, find, tokens, marks: Marks::default() }
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
        Text { source: self.source, tokens: self.tokens, marks: self.marks }
    }

    fn push(&mut self, start: usize, end: usize, word: Word, kind: Kind, shape: Shape) {
        self.tokens.push(Token { start: start as u32, end: end as u32, word, kind, shape });
    }

    fn clause_end(&mut self, shape: Shape) {
        // A hyphen between letters joins; it ends a clause only beside a space.
        let joins = self.bytes[self.at] == b'-' && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_alphanumeric);
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
        if joined && let Some((start, end)) = link::address(self.bytes, self.at) {
            while self.tokens.last().is_some_and(|token| token.start as usize >= start) {
                self.tokens.pop();
            }
            if self.tokens.last().is_none_or(|token| token.end as usize <= start) {
                self.push(start, end, Word::UNKNOWN, Kind::Email, Shape::default());
            }
            self.at = end;
            return;
        }
        let name = self.bytes[self.at + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
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
        let follows = self.source.get(self.at..).and_then(|rest| rest.chars().next());
        if !follows.is_some_and(char::is_alphabetic) {
            return;
        }
        self.marks.hashtags += 1;
        while self.source.get(self.at..).and_then(|rest| rest.chars().next()).is_some_and(|next| next.is_alphanumeric() && !is_cjk(next)) {
            self.word(Kind::Hashtag);
        }
    }

    /// `&amp;` and the like are left out.
    fn entity(&mut self) {
        let name = self.bytes[self.at + 1..].iter().take(8).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
        let ends = self.bytes.get(self.at + 1 + name) == Some(&b';');
        self.at += if ends && name > 0 { name + 2 } else { 1 };
    }

    fn emoticon(&mut self) {
        let rest = &self.bytes[self.at..];
        let alone = self.at == 0 || !self.bytes[self.at - 1].is_ascii_digit();
        if alone && let Some(emoticon) = EMOTICONS.iter().find(|emoticon| rest.starts_with(emoticon.as_bytes())) {
            let end = self.at + emoticon.len();
            let closes = !self.bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'/');
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
        let Some(letter) = self.source.get(self.at..).and_then(|rest| rest.chars().next()) else {
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
            self.push(self.at, self.at + length, word, Kind::Emoji, Shape::default());
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
        self.push(self.at, self.at + length, word, Kind::Word, Shape::default());
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
            && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_lowercase)
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

    fn word(&mut self, kind: Kind) {
        let start = self.at;
        let mut spelling = Spelling::default();
        let mut hash = fold::START;
        let mut before_last = fold::START;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() {
                if kind == Kind::Hashtag && byte.is_ascii_uppercase() && spelling.last.is_ascii_lowercase() {
                    break;
                }
                before_last = hash;
                hash = fold::step(hash, byte.to_ascii_lowercase());
                spelling.ascii(byte);
                self.at += 1;
            } else if byte == b'_' && kind != Kind::Hashtag {
                break;
            } else if matches!(byte, b'.' | b',' | b':') {
                let number = spelling.letters == 0 && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
                if !number {
                    break;
                }
                hash = fold::step(hash, byte);
                self.at += 1;
            } else if byte == b'\'' || byte >= 0x80 {
                let Some(letter) = self.source.get(self.at..).and_then(|rest| rest.chars().next()) else { break };
                if fold::straight(letter) == '\'' {
                    let next = self.source.get(self.at + letter.len_utf8()..).and_then(|rest| rest.chars().next());
                    if !next.is_some_and(char::is_alphabetic) || self.elision(start) {
                        break;
                    }
                    before_last = hash;
                    hash = fold::step(hash, b'\'');
                } else if is_mark(letter) {
                    // A combining accent belongs to the letter before it.
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
            // Nothing a word can begin with: never stand still.
            self.at += self.source.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
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
        let kind = if number && kind == Kind::Word { Kind::Number } else { kind };
        self.push(start, self.at, known, kind, spelling.shape());
    }

    /// Whether the apostrophe at hand ends a French or Italian article, as in
    /// `l'avion` and `qu'il`.
    fn elision(&self, start: usize) -> bool {
        let before = &self.bytes[start..self.at];
        match before {
            [one] => matches!(one.to_ascii_lowercase(), b'l' | b'd' | b'n' | b'j' | b'm' | b't' | b's' | b'c'),
            [one, two] => one.eq_ignore_ascii_case(&b'q') && two.eq_ignore_ascii_case(&b'u'),
            _ => false,
        }
    }

    /// The word of a hash; where there is none, of the word without its plural
    /// or with its drawn-out letters drawn in.
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
            let stem = if possessive { self.source[start..self.at - 2].chars().fold(fold::START, fold::letter) } else { before_last };
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

/// How the word at hand is spelt so far.
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
        self.run = if byte.eq_ignore_ascii_case(&self.last) { self.run + 1 } else { 1 };
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

/// Scripts without spaces between words: each character is a token.
fn is_cjk(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}' | '\u{0e01}'..='\u{0e7f}')
}

fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{93a}'..='\u{94f}')
}

fn is_emoji(letter: char) -> bool {
    matches!(letter, '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}' | '\u{203c}' | '\u{2049}')
}
