//! Words and phrases, read in `prepare` from the lists in `lexicon/` and the company's settings.

pub(crate) mod format;
pub(crate) mod languages;
pub(crate) mod phrases;
pub(crate) mod vocabulary;

use crate::text::{Text, Token};
use languages::WITH_VALENCE;
use phrases::{Phrases, Signal};
use vocabulary::Vocabulary;
#[cfg(test)]
use vocabulary::Word;

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
    /// A telephone number may follow: "call me on".
    pub(crate) const PHONE: Self = Self(16);
    /// A number that is neither card nor telephone may follow: "order".
    pub(crate) const OTHER_NUMBER: Self = Self(32);
    /// A kind of street: "avenue".
    pub(crate) const STREET: Self = Self(64);

    pub(crate) fn has(self, role: Self) -> bool {
        self.0 & role.0 != 0
    }
}

const ROLES: [(&str, Role); 7] = [
    ("contrast", Role::CONTRAST),
    ("question", Role::QUESTION),
    ("you", Role::YOU),
    ("booking", Role::BOOKING),
    ("phone", Role::PHONE),
    ("other-number", Role::OTHER_NUMBER),
    ("street", Role::STREET),
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

impl Lexicon {
    /// A lexicon with the built-in words; add phrases, then call [`finish`](Self::finish).
    pub(crate) fn built_in() -> Self {
        let mut lexicon = Self::default();
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

    /// Adds a phrase to search in customers' texts; false where it has no word.
    pub(crate) fn add_incoming(&mut self, signal: Signal, weight: f32, phrase: &str) -> bool {
        self.incoming
            .add(&mut self.vocabulary, signal, weight, phrase)
    }

    /// Adds a phrase to search in replies; false where it has no word.
    pub(crate) fn add_reply(&mut self, signal: Signal, weight: f32, phrase: &str) -> bool {
        self.reply.add(&mut self.vocabulary, signal, weight, phrase)
    }

    /// Builds the indexes; call it once, after the last phrase.
    pub(crate) fn finish(&mut self) {
        self.incoming.finish(&self.vocabulary);
        self.reply.finish(&self.vocabulary);
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
        let read = Text::read_with(word, |hash| self.vocabulary.intern(hash));
        let [token] = read.tokens.as_slice() else {
            return None;
        };
        let index = token.word.index()?;
        if self.entries.len() <= index {
            self.entries.resize(index + 1, Entry::default());
        }
        self.entries.get_mut(index)
    }

    fn add_languages(&mut self) {
        for (language, list) in languages::LISTS.iter().enumerate() {
            for line in format::lines(list) {
                match line.section {
                    "trigrams" => self
                        .trigrams
                        .extend(trigram(line.phrase).map(|code| (code, 1 << language))),
                    _ => {
                        if let Some(entry) = self.entry_mut(line.phrase) {
                            entry.languages |= 1 << language;
                        }
                    }
                }
            }
        }
    }

    fn add_roles(&mut self) {
        for line in format::lines(ROLE_WORDS) {
            let Some(entry) = self.entry_mut(line.phrase) else {
                continue;
            };
            if let Some(language) = line.section.strip_prefix("negation ") {
                entry.negates |= languages::number(language).map_or(0, |number| 1 << number);
            } else if line.section == "strength" {
                entry.boost = line.weight as i8;
            } else if let Some((_, role)) = ROLES.iter().find(|(name, _)| *name == line.section) {
                entry.role.0 |= role.0;
            }
        }
    }

    fn add_valence(&mut self, list: &str, set: impl Fn(&mut Entry, i8)) {
        for line in format::lines(list) {
            if line.phrase.contains([' ', '*']) {
                self.add_incoming(Signal::Mood, line.weight, line.phrase);
            } else if let Some(entry) = self.entry_mut(line.phrase) {
                set(entry, (line.weight * 10.0) as i8);
            }
        }
    }
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
        for line in format::lines(ROLE_WORDS) {
            let known = line.section == "strength"
                || line
                    .section
                    .strip_prefix("negation ")
                    .is_some_and(|language| languages::number(language).is_some())
                || ROLES.iter().any(|(name, _)| *name == line.section);
            assert!(known, "{}", line.section);
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
