//! Words and phrases, read in `prepare` from the lists in `lexicon/` and the company's settings.

pub(crate) mod format;
pub(crate) mod languages;
pub(crate) mod phrases;
pub(crate) mod vocabulary;

use crate::text::{Kind, Shape, Text, Token, fold, plain_word};
use format::Row;
use languages::WITH_VALENCE;
use phrases::{Phrases, Signal};
use vocabulary::{Vocabulary, Word};

/// All words and phrases.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    pub(crate) vocabulary: Vocabulary,
    /// Properties of each word by number.
    entries: Vec<Entry>,
    /// Phrases searched in customers' texts.
    pub(crate) incoming: Phrases,
    /// Phrases searched in replies.
    pub(crate) reply: Phrases,
    /// Words of abuse in plain letters, in the order they are tried for a word with stars.
    starred: Vec<String>,
    /// Frequent trigrams and their languages, a bit each; sorted.
    pub(crate) trigrams: Vec<(u32, u16)>,
}

/// Properties of a word.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Mood in tenths, −40 to 40, by language.
    pub(crate) valence: [i8; WITH_VALENCE],
    /// Percent it adds to (or takes from) the next word's mood.
    pub(crate) boost: i8,
    /// Languages in which it is a stop word, a bit each.
    pub(crate) languages: u16,
    /// Languages in which it negates, a bit each.
    pub(crate) negates: u16,
    /// Its roles.
    pub(crate) role: Role,
}

/// Roles of a word, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Role(u8);

impl Role {
    /// What follows weighs more than what came before: "but".
    pub(crate) const CONTRAST: Self = Self(1);
    /// Begins a question.
    pub(crate) const QUESTION: Self = Self(2);
    /// The person written to: "you".
    pub(crate) const YOU: Self = Self(4);
    /// A booking reference may follow: "PNR", "reservation".
    pub(crate) const BOOKING: Self = Self(8);
    /// Asks for something: "send", "confirm".
    pub(crate) const ASK: Self = Self(16);
    /// Warns against what follows, without being a negation: "avoid".
    pub(crate) const AGAINST: Self = Self(32);
    /// A kind of street: "avenue".
    pub(crate) const STREET: Self = Self(64);
    /// Turns a negation into its opposite: "hesitate" in "don't hesitate to send".
    pub(crate) const RELUCTANCE: Self = Self(128);

    pub(crate) fn has(self, role: Self) -> bool {
        self.0 & role.0 != 0
    }
}

const ROLES: [(&str, Role); 8] = [
    ("contrast", Role::CONTRAST),
    ("question", Role::QUESTION),
    ("you", Role::YOU),
    ("booking", Role::BOOKING),
    ("ask", Role::ASK),
    ("against", Role::AGAINST),
    ("street", Role::STREET),
    ("reluctance", Role::RELUCTANCE),
];

/// Valence lists, in the order of [`languages::CODES`].
const VALENCE: [&str; WITH_VALENCE] = [
    include_str!("../../lexicon/valence/en.txt"),
    include_str!("../../lexicon/valence/pt.txt"),
    include_str!("../../lexicon/valence/es.txt"),
    include_str!("../../lexicon/valence/fr.txt"),
    include_str!("../../lexicon/valence/de.txt"),
];
const EMOJI: &str = include_str!("../../lexicon/valence/emoji.txt");
const ROLE_WORDS: &str = include_str!("../../lexicon/roles.txt");

/// Reserved for what the lists hold, with some room for a company's own.
const BUILT_IN_WORDS: usize = 6000;
const BUILT_IN_ENTRIES: usize = 2700;
const BUILT_IN_PHRASES: usize = 5200;

impl Lexicon {
    /// A lexicon with the built-in words; add phrases, then call [`finish`](Self::finish).
    pub(crate) fn built_in() -> Self {
        let mut lexicon = Self {
            vocabulary: Vocabulary::with_capacity(BUILT_IN_WORDS),
            entries: Vec::with_capacity(BUILT_IN_ENTRIES),
            incoming: Phrases::with_capacity(BUILT_IN_PHRASES),
            ..Self::default()
        };
        lexicon.add_languages();
        lexicon.add_roles();
        for (language, list) in VALENCE.iter().enumerate() {
            lexicon.add_valence(list, |entry, tenths| entry.valence[language] = tenths);
        }
        lexicon.add_valence(EMOJI, |entry, tenths| {
            entry.valence = [tenths; WITH_VALENCE]
        });
        lexicon
    }

    /// Properties of a token's word; `None` for an unknown word.
    #[inline]
    pub(crate) fn entry(&self, token: &Token) -> Option<&Entry> {
        self.entries.get(token.word.index()?)
    }

    /// Whether a token's word has a role.
    #[inline]
    pub(crate) fn has_role(&self, token: &Token, role: Role) -> bool {
        self.entry(token).is_some_and(|entry| entry.role.has(role))
    }

    /// Whether one of the `reach` words before a token negates it or warns against it, in the same
    /// clause and in one of the languages (a bit each). "Don't hesitate to" is no negation.
    pub(crate) fn is_negated(
        &self,
        text: &Text<'_>,
        at: usize,
        reach: usize,
        languages: u16,
    ) -> bool {
        let reluctant = |at: usize| {
            let token = text.tokens.get(at);
            token.is_some_and(|token| self.has_role(token, Role::RELUCTANCE))
        };
        let mut words = 0;
        for back in (0..at).rev() {
            let token = &text.tokens[back];
            if token.shape.has(Shape::CLAUSE_END) || words == reach {
                return false;
            }
            if token.kind == Kind::Emoji {
                continue;
            }
            words += 1;
            let Some(entry) = self.entry(token) else {
                continue;
            };
            let negates = entry.negates & languages != 0 || entry.role.has(Role::AGAINST);
            if negates && !reluctant(back + 1) && !reluctant(back.wrapping_sub(1)) {
                return true;
            }
        }
        false
    }

    /// Number of tokens from `first` to `last` that negate in one of the languages.
    pub(crate) fn negations(
        &self,
        text: &Text<'_>,
        first: u32,
        last: u32,
        languages: u16,
    ) -> usize {
        let tokens = text
            .tokens
            .get(first as usize..=last as usize)
            .unwrap_or(&[]);
        let entries = tokens.iter().filter_map(|token| self.entry(token));
        entries
            .filter(|entry| entry.negates & languages != 0)
            .count()
    }

    /// Adds the phrases of a row to search in customers' texts.
    pub(crate) fn add_row(&mut self, signal: Signal, row: &Row<'_>) {
        for phrase in row.phrases() {
            self.add_incoming(signal, row.weight, phrase);
        }
    }

    /// Adds a phrase to search in customers' texts; false where it has no word.
    pub(crate) fn add_incoming(&mut self, signal: Signal, weight: f32, phrase: &str) -> bool {
        let entries = &self.entries;
        self.incoming
            .add(&mut self.vocabulary, signal, weight, phrase, |word| {
                negates(entries, word)
            })
    }

    /// Adds a phrase to search in replies; false where it has no word.
    pub(crate) fn add_reply(&mut self, signal: Signal, weight: f32, phrase: &str) -> bool {
        let entries = &self.entries;
        self.reply
            .add(&mut self.vocabulary, signal, weight, phrase, |word| {
                negates(entries, word)
            })
    }

    /// Whether a word is in the list of abuse, itself or as a plural.
    pub(crate) fn is_abuse(&self, word: &str) -> bool {
        let known = |word: &str| {
            let word = self.vocabulary.find(fold::word(word));
            self.incoming.weight_of(word, Signal::Abuse).is_some()
        };
        known(word) || word.strip_suffix('s').is_some_and(known)
    }

    /// The first word of abuse that letters fit in which `*` stands for any letter. At least half of
    /// them must be known, or all but three and the first.
    pub(crate) fn starred_abuse(&self, letters: &str) -> Option<&str> {
        let known = letters.chars().filter(|it| *it != '*').count();
        let stars = letters.len() - known;
        if known == 0 || letters.starts_with('*') {
            return None;
        }
        self.starred.iter().map(String::as_str).find(|word| {
            let fits = word.len() == letters.len()
                && word
                    .bytes()
                    .zip(letters.bytes())
                    .all(|(one, other)| other == b'*' || one == other);
            fits && (known >= stars || (stars <= 3 && word.starts_with("fuck")))
        })
    }

    /// Builds the indexes; call it once, after the last phrase.
    pub(crate) fn finish(&mut self) {
        self.incoming.finish(&self.vocabulary);
        self.reply.finish(&self.vocabulary);
        let words = self.incoming.texts(Signal::Abuse);
        self.starred = words
            .filter(|text| text.len() >= 4 && text.bytes().all(|it| it.is_ascii_lowercase()))
            .map(str::to_owned)
            .collect();
        // The coarsest first: they are what people star out.
        self.starred.sort_by_key(|word| {
            !["fuck", "shit", "bitch", "cunt", "ass"]
                .iter()
                .any(|it| word.starts_with(it))
        });
        self.trigrams.sort_unstable();
        self.trigrams.dedup_by(|next, previous| {
            let same = next.0 == previous.0;
            if same {
                previous.1 |= next.1;
            }
            same
        });
    }

    fn entry_mut(&mut self, word: &str) -> Option<&mut Entry> {
        let word = match plain_word(word) {
            Some((hash, "")) => self.vocabulary.intern(hash),
            _ => {
                let read = Text::read_with(word, |hash| self.vocabulary.intern(hash));
                let [token] = read.tokens.as_slice() else {
                    return None;
                };
                token.word
            }
        };
        let index = word.index()?;
        if self.entries.len() <= index {
            self.entries.resize(index + 1, Entry::default());
        }
        self.entries.get_mut(index)
    }

    fn add_languages(&mut self) {
        for (language, list) in languages::LISTS.iter().enumerate() {
            for row in format::rows(list) {
                if row.section == "trigrams" {
                    let codes = row.phrases().filter_map(trigram);
                    self.trigrams
                        .extend(codes.map(|code| (code, 1 << language)));
                    continue;
                }
                for word in row.phrases() {
                    if let Some(entry) = self.entry_mut(word) {
                        entry.languages |= 1 << language;
                    }
                }
            }
        }
    }

    fn add_roles(&mut self) {
        for row in format::rows(ROLE_WORDS) {
            let language = row.section.strip_prefix("negation ");
            let negates = language
                .and_then(languages::number)
                .map_or(0, |number| 1 << number);
            let boost = (row.section == "strength").then_some(row.weight as i8);
            let role = ROLES.iter().find(|(name, _)| *name == row.section);
            let role = role.map_or(Role::default(), |(_, role)| *role);
            for word in row.phrases() {
                if let Some(entry) = self.entry_mut(word) {
                    entry.negates |= negates;
                    entry.boost = boost.unwrap_or(entry.boost);
                    entry.role.0 |= role.0;
                }
            }
        }
    }

    fn add_valence(&mut self, list: &str, set: impl Fn(&mut Entry, i8)) {
        for row in format::rows(list) {
            for phrase in row.phrases() {
                if phrase.bytes().any(|byte| matches!(byte, b' ' | b'*')) {
                    self.add_incoming(Signal::Mood, row.weight, phrase);
                } else if let Some(entry) = self.entry_mut(phrase) {
                    set(entry, (row.weight * 10.0) as i8);
                }
            }
        }
    }
}

/// Whether a word negates in some language.
fn negates(entries: &[Entry], word: Word) -> bool {
    word.index()
        .and_then(|index| entries.get(index))
        .is_some_and(|entry| entry.negates != 0)
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self::new()
    }
}

/// Code of three letters; `_` stands for the edge of a word.
pub(crate) fn trigram(letters: &str) -> Option<u32> {
    let letters: [u8; 3] = letters.as_bytes().try_into().ok()?;
    Some(
        letters
            .iter()
            .fold(0, |code, letter| code * 32 + trigram_letter(*letter)),
    )
}

/// Code of a letter in a trigram: 0 for the edge of a word.
pub(crate) fn trigram_letter(letter: u8) -> u32 {
    if letter.is_ascii_alphabetic() {
        u32::from(letter.to_ascii_lowercase() - b'a') + 1
    } else {
        0
    }
}

/// The first word of a text.
#[cfg(test)]
fn only_word(lexicon: &Lexicon, word: &str) -> Word {
    Text::read(word, &lexicon.vocabulary)
        .tokens
        .first()
        .map_or(Word::UNKNOWN, |token| token.word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_readable() {
        for list in VALENCE
            .iter()
            .chain(&languages::LISTS)
            .chain(&[EMOJI, ROLE_WORDS])
        {
            assert_eq!(format::unreadable(list), None);
        }
    }

    #[test]
    fn every_section_of_the_roles_is_known() {
        for row in format::rows(ROLE_WORDS) {
            let known = row.section == "strength"
                || row
                    .section
                    .strip_prefix("negation ")
                    .is_some_and(|language| languages::number(language).is_some())
                || ROLES.iter().any(|(name, _)| *name == row.section);
            assert!(known, "{}", row.section);
        }
    }

    #[test]
    fn the_plural_of_a_word_is_the_word() {
        let mut lexicon = Lexicon::default();
        lexicon.entry_mut("voucher");
        assert_ne!(only_word(&lexicon, "vouchers"), Word::UNKNOWN);
        assert_eq!(only_word(&lexicon, "vouch"), Word::UNKNOWN);
    }
}
