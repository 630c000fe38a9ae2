//! A text as tokens, read once for every analysis. A token has its bytes in the text, its word (one
//! hash look-up) and its spelling; nothing is copied.

mod disguise;
pub(crate) mod fold;
mod link;
mod reading;
mod scan;
mod word;

pub(crate) use reading::{Reading, language_tag};
pub(crate) use word::plain_word;

use crate::lexicon::languages::Letters;
use crate::lexicon::vocabulary::{Vocabulary, Word};

/// A text and its tokens.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) source: &'a str,
    pub(crate) tokens: Vec<Token>,
    pub(crate) marks: Marks,
}

/// A word, number, link, handle or emoji.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// First byte in the text.
    pub(crate) start: u32,
    /// First byte after it.
    pub(crate) end: u32,
    pub(crate) word: Word,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Digits, with `.`, `,` and `:` between them.
    Number,
    Link,
    Email,
    /// A mention: `@name`.
    Mention,
    /// Part of a `#hashtag`, without the mark.
    Hashtag,
    /// An emoji, or an emoticon such as `:-(`.
    Emoji,
}

/// How a token is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape(u8);

impl Shape {
    /// Two or more letters, all capitals.
    pub(crate) const CAPITALS: Self = Self(1);
    /// The first letter is a capital.
    pub(crate) const CAPITALISED: Self = Self(2);
    /// A digit is in it.
    pub(crate) const DIGIT: Self = Self(4);
    /// A letter is drawn out: `sooo`.
    pub(crate) const DRAWN_OUT: Self = Self(8);
    /// A clause ends after it (`, ; :` or the end of a sentence).
    pub(crate) const CLAUSE_END: Self = Self(16);
    /// A sentence ends after it.
    pub(crate) const SENTENCE_END: Self = Self(32);

    pub(crate) fn has(self, shape: Self) -> bool {
        self.0 & shape.0 == shape.0
    }

    pub(crate) fn add(&mut self, shape: Self) {
        self.0 |= shape.0;
    }
}

/// Counts of a text.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) exclamations: u32,
    pub(crate) questions: u32,
    pub(crate) digits: u32,
    /// Words of two or more letters.
    pub(crate) words: u32,
    /// Words of two or more letters, all capitals.
    pub(crate) capitals: u32,
    pub(crate) links: u32,
    pub(crate) mentions: u32,
    pub(crate) hashtags: u32,
    /// Currency signs: `£ $ € ¥ ₹`.
    pub(crate) currency: u32,
    pub(crate) letters: Letters,
}

impl<'a> Text<'a> {
    /// Reads a text with the words of a vocabulary.
    pub(crate) fn read(source: &'a str, vocabulary: &Vocabulary) -> Self {
        Self::read_with(source, |hash| vocabulary.find(hash))
    }

    /// Reads a text; `find` returns the word of a hash.
    pub(crate) fn read_with(source: &'a str, find: impl FnMut(u64) -> Word) -> Self {
        scan::Scanner::new(source, find).read()
    }

    /// Text of a token.
    pub(crate) fn written(&self, token: &Token) -> &'a str {
        self.source
            .get(token.start as usize..token.end as usize)
            .unwrap_or("")
    }

    /// Share of the words that are all capitals, 0 to 1.
    pub(crate) fn capitals(&self) -> f32 {
        if self.marks.words == 0 {
            0.0
        } else {
            self.marks.capitals as f32 / self.marks.words as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> Vec<(&str, Kind)> {
        let text = Text::read(source, &Vocabulary::new());
        text.tokens
            .iter()
            .map(|token| (text.written(token), token.kind))
            .collect()
    }

    #[test]
    fn every_kind_of_token_is_recognised() {
        assert_eq!(
            written(
                "@northwind my 2 parcels aren’t here! See https://t.co/x?a=1, #NeverAgain2 😡 :-("
            ),
            [
                ("@northwind", Kind::Mention),
                ("my", Kind::Word),
                ("2", Kind::Number),
                ("parcels", Kind::Word),
                ("aren’t", Kind::Word),
                ("here", Kind::Word),
                ("See", Kind::Word),
                ("https://t.co/x?a=1", Kind::Link),
                ("Never", Kind::Hashtag),
                ("Again2", Kind::Hashtag),
                ("😡", Kind::Emoji),
                (":-(", Kind::Emoji),
            ]
        );
    }

    #[test]
    fn addresses_and_bare_domains_are_one_token() {
        assert_eq!(
            written("mail jo.bloggs+x@mail.example.com. or northwind.com/help, not done.Now"),
            [
                ("mail", Kind::Word),
                ("jo.bloggs+x@mail.example.com", Kind::Email),
                ("or", Kind::Word),
                ("northwind.com/help", Kind::Link),
                ("not", Kind::Word),
                ("done", Kind::Word),
                ("Now", Kind::Word),
            ]
        );
    }

    #[test]
    fn french_elisions_are_split_and_cjk_is_read_by_character() {
        assert_eq!(written("l'avion").len(), 2);
        assert_eq!(written("qu’il").len(), 2);
        assert_eq!(written("届かない").len(), 4);
    }

    #[test]
    fn tokens_are_on_character_boundaries_of_any_text() {
        for source in [
            "",
            "@",
            "#",
            "@@##::((",
            "a\u{301}b",
            "\u{200d}\u{fe0f}",
            "😡\u{1f3fd}\u{200d}♂️",
            "&amp;&;&",
            "http://",
            "'’'",
            "1,2.3:4,",
            "İstanbul ǅ ß",
            "\0\u{7f}\r\n\u{feff}",
        ] {
            let text = Text::read(source, &Vocabulary::new());
            let mut last = 0;
            for token in &text.tokens {
                assert!(token.start >= last && token.end > token.start, "{source:?}");
                assert!(
                    source
                        .get(token.start as usize..token.end as usize)
                        .is_some(),
                    "{source:?}"
                );
                last = token.end;
            }
        }
    }

    #[test]
    fn shouting_is_counted_by_words() {
        let text = Text::read("WHERE IS my PARCEL?!", &Vocabulary::new());
        assert_eq!((text.marks.words, text.marks.capitals), (4, 3));
        assert_eq!((text.marks.questions, text.marks.exclamations), (1, 1));
    }
}
