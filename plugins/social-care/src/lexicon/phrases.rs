//! Finds phrases in a text, each with its signal.

use super::vocabulary::{Vocabulary, Word};
use crate::text::{Kind, Shape, Text, Token, plain_word};

/// What a phrase indicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// An intent, by its number in the catalogue.
    Intent(u16),
    /// A topic, by its number in the catalogue.
    Topic(u16),
    /// A mood; its weight is −4 to 4.
    Mood,
    Spam,
    Abuse,
    /// Haste; its weight is added to the urgency.
    Urgency,
    /// In a reply: an apology.
    Apology,
    /// In a reply: a promise that needs approval.
    Promise,
    /// In a reply: an offer of money: "compensation", "voucher".
    Offer,
    /// In a reply: blame or disdain for the customer.
    Blame,
    /// In a reply: a request for personal details.
    AskDetails,
    /// In a reply: a request to continue in private.
    GoPrivate,
    /// In a reply: a request to remove what was posted.
    AskRemoval,
    /// In a reply: profanity.
    Profanity,
    /// In a reply: a promise the company allows.
    ApprovedPromise,
    /// In a reply: a phrase the company forbids.
    Forbidden,
}

/// A phrase found: tokens `first` to `last`, inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) signal: Signal,
    pub(crate) weight: f32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// Negations among the phrase's own words.
    pub(crate) negations: u8,
    phrase: u32,
}

impl Hit {
    /// Whether it is a single word.
    pub(crate) fn is_word(&self) -> bool {
        self.first == self.last
    }

    /// Whether another hit is of the same phrase.
    pub(crate) fn same_phrase(&self, other: &Self) -> bool {
        self.phrase == other.phrase
    }
}

/// Most words a `*` stands for.
const WIDEST_GAP: usize = 3;
/// Elements of a phrase that are not words.
const GAP: u32 = u32::MAX;
const NUMBER: u32 = u32::MAX - 1;

#[derive(Clone, Copy, Debug)]
struct Phrase {
    signal: Signal,
    weight: f32,
    negations: u8,
    /// The elements after the first word.
    elements: (u32, u32),
    /// Bytes of the phrase in `texts`.
    text: (u32, u32),
}

/// A set of phrases, found in one pass.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    /// Index of the first phrase that begins with each word; one more at the end.
    starts: Vec<u32>,
    phrases: Vec<Phrase>,
    elements: Vec<u32>,
    texts: String,
    /// First word of each phrase; empty after `finish`.
    first_words: Vec<Word>,
}

impl Phrases {
    /// With room for so many phrases of common length.
    pub(crate) fn with_capacity(phrases: usize) -> Self {
        Self {
            starts: Vec::new(),
            phrases: Vec::with_capacity(phrases),
            elements: Vec::with_capacity(phrases + phrases / 4),
            texts: String::with_capacity(phrases * 14),
            first_words: Vec::with_capacity(phrases),
        }
    }

    /// Adds a phrase; false where it has no word. `*` stands for up to three words, `#` for a number.
    pub(crate) fn add(
        &mut self,
        vocabulary: &mut Vocabulary,
        signal: Signal,
        weight: f32,
        phrase: &str,
        negates: impl Fn(Word) -> bool,
    ) -> bool {
        let from = self.elements.len();
        let mut first = None;
        let mut rest = phrase;
        loop {
            if let Some((hash, after)) = plain_word(rest) {
                self.push(&mut first, vocabulary.intern(hash));
                rest = after.strip_prefix(' ').unwrap_or(after);
                continue;
            }
            rest = rest.trim_start();
            if rest.is_empty() {
                break;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            rest = after.strip_prefix(' ').unwrap_or(after);
            let element = match piece {
                "*" => GAP,
                "#" => NUMBER,
                words => {
                    let read = Text::read_with(words, |hash| vocabulary.intern(hash));
                    for token in &read.tokens {
                        self.push(&mut first, token.word);
                    }
                    continue;
                }
            };
            if first.is_some() {
                self.elements.push(element);
            }
        }
        // A gap at the end has no effect.
        while self.elements.len() > from && self.elements.last() == Some(&GAP) {
            self.elements.pop();
        }
        let Some(first) = first else {
            return false;
        };
        let words = self.elements[from..].iter().map(|element| Word(*element));
        let negations = words.chain([first]).filter(|word| negates(*word)).count() as u8;
        let text = self.texts.len() as u32;
        self.texts.push_str(phrase);
        self.phrases.push(Phrase {
            signal,
            weight,
            negations,
            elements: (from as u32, self.elements.len() as u32),
            text: (text, self.texts.len() as u32),
        });
        self.first_words.push(first);
        true
    }

    /// Adds a word to the phrase being added: as its first one, or else as an element.
    fn push(&mut self, first: &mut Option<Word>, word: Word) {
        if word == Word::UNKNOWN {
            return;
        }
        match first {
            None => *first = Some(word),
            Some(_) => self.elements.push(word.0),
        }
    }

    /// Sorts the phrases for searching; call it once, after the last [`add`](Self::add).
    pub(crate) fn finish(&mut self, vocabulary: &Vocabulary) {
        // Counting sort, which keeps the order of the phrases of a word. First the place after the
        // last phrase of each word, from which its phrases are placed downwards.
        let first_words = std::mem::take(&mut self.first_words);
        self.starts = vec![0; vocabulary.len() + 1];
        for word in &first_words {
            self.starts[word.0 as usize] += 1;
        }
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        let mut sorted = self.phrases.clone();
        for (word, phrase) in first_words.iter().zip(&self.phrases).rev() {
            let place = &mut self.starts[word.0 as usize];
            *place -= 1;
            sorted[*place as usize] = *phrase;
        }
        self.phrases = sorted;
    }

    /// Every phrase in a text, in order.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(8);
        for (at, token) in tokens.iter().enumerate() {
            let Some(word) = token.word.index() else {
                continue;
            };
            let (Some(from), Some(to)) = (self.starts.get(word), self.starts.get(word + 1)) else {
                continue;
            };
            for index in *from..*to {
                let phrase = &self.phrases[index as usize];
                let (start, end) = phrase.elements;
                if let Some(last) =
                    ends_at(&self.elements[start as usize..end as usize], tokens, at)
                {
                    hits.push(Hit {
                        signal: phrase.signal,
                        weight: phrase.weight,
                        negations: phrase.negations,
                        first: at as u32,
                        last: last as u32,
                        phrase: index,
                    });
                }
            }
        }
        hits
    }

    /// Weight of a word that is itself a phrase with a signal.
    pub(crate) fn weight_of(&self, word: Word, signal: Signal) -> Option<f32> {
        let word = word.index()?;
        let (from, to) = (*self.starts.get(word)?, *self.starts.get(word + 1)?);
        self.phrases
            .get(from as usize..to as usize)?
            .iter()
            .find(|phrase| phrase.signal == signal && phrase.elements.0 == phrase.elements.1)
            .map(|phrase| phrase.weight)
    }

    /// Texts of the phrases with a signal.
    pub(crate) fn texts(&self, signal: Signal) -> impl Iterator<Item = &str> {
        self.phrases
            .iter()
            .filter(move |phrase| phrase.signal == signal)
            .filter_map(|phrase| {
                self.texts
                    .get(phrase.text.0 as usize..phrase.text.1 as usize)
            })
    }

    /// Text of the phrase in its list: safe to quote, as it is not the customer's.
    pub(crate) fn text(&self, hit: &Hit) -> &str {
        let (start, end) = self.phrases[hit.phrase as usize].text;
        &self.texts[start as usize..end as usize]
    }
}

/// The last token of a phrase that begins at `at`; `None` where the rest does not follow. A phrase
/// does not cross the end of a sentence.
fn ends_at(elements: &[u32], tokens: &[Token], mut at: usize) -> Option<usize> {
    let mut index = 0;
    while let Some(&element) = elements.get(index) {
        if element == GAP {
            let next = *elements.get(index + 1)?;
            let mut skipped = 0;
            loop {
                if tokens[at].shape.has(Shape::SENTENCE_END) {
                    return None;
                }
                let token = tokens.get(at + 1)?;
                if is(token, next)
                    && let Some(last) = ends_at(&elements[index + 2..], tokens, at + 1)
                {
                    return Some(last);
                }
                skipped += 1;
                at += 1;
                if skipped > WIDEST_GAP {
                    return None;
                }
            }
        }
        if tokens[at].shape.has(Shape::SENTENCE_END) {
            return None;
        }
        at += 1;
        // Emoji between words do not separate them: "great 👏 job".
        while !is(tokens.get(at)?, element) {
            if tokens[at].kind != Kind::Emoji {
                return None;
            }
            at += 1;
        }
        index += 1;
    }
    Some(at)
}

fn is(token: &Token, element: u32) -> bool {
    if element == NUMBER {
        token.kind == Kind::Number
    } else {
        token.word.0 == element && token.word != Word::UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrase: &str, source: &str) -> Option<String> {
        let mut vocabulary = Vocabulary::new();
        let mut phrases = Phrases::default();
        assert!(phrases.add(&mut vocabulary, Signal::Mood, 1.0, phrase, |_| false));
        phrases.finish(&vocabulary);
        let text = Text::read(source, &vocabulary);
        let hit = *phrases.find(&text.tokens).first()?;
        let (first, last) = (
            text.tokens[hit.first as usize],
            text.tokens[hit.last as usize],
        );
        Some(source[first.start as usize..last.end as usize].to_owned())
    }

    #[test]
    fn a_phrase_ignores_case_and_accents() {
        assert_eq!(
            found("não chegou", "O pedido NAO chegou").as_deref(),
            Some("NAO chegou")
        );
        assert_eq!(found("e-mail", "my e-mail").as_deref(), Some("e-mail"));
    }

    #[test]
    fn a_gap_takes_up_to_three_words() {
        assert_eq!(
            found("lost * card", "I lost card").as_deref(),
            Some("lost card")
        );
        assert_eq!(
            found("lost * card", "lost my new debit card today").as_deref(),
            Some("lost my new debit card")
        );
        assert_eq!(found("lost * card", "lost a b c d card"), None);
    }

    #[test]
    fn emoji_do_not_separate_the_words_of_a_phrase() {
        assert_eq!(
            found("great job", "Great 👏 job 👏 again").as_deref(),
            Some("Great 👏 job")
        );
    }

    #[test]
    fn a_number_sign_stands_for_any_number() {
        assert_eq!(
            found("within # days", "within 14 days").as_deref(),
            Some("within 14 days")
        );
        assert_eq!(found("within # days", "within some days"), None);
    }

    #[test]
    fn a_phrase_does_not_cross_the_end_of_a_sentence() {
        assert_eq!(found("my card", "That is my. Card?"), None);
        assert_eq!(found("lost * card", "I am lost. The card"), None);
    }

    #[test]
    fn a_phrase_without_words_is_rejected() {
        let mut vocabulary = Vocabulary::new();
        assert!(!Phrases::default().add(&mut vocabulary, Signal::Mood, 1.0, " * ", |_| false));
    }
}
