//! Mood of a text, −1 to 1.
//!
//! Words and phrases carry a mood; negation, strength, contrast, capitals and exclamation marks change
//! it. After Hutto and
//! Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
//! Social Media Text" (2014), with other word lists.

use crate::lexicon::languages::{DE, EN, PT, WITH_VALENCE};
use crate::lexicon::phrases::{Hit, Signal};
use crate::lexicon::vocabulary::Word;
use crate::lexicon::{Entry, Lexicon, Role};
use crate::text::{Kind, Shape, Text, Token};

/// How far back a negation reaches, in words of the same clause.
const NEGATION_REACH: usize = 3;
/// Factor of a negated good mood ("not great"), and of a negated bad one ("not bad").
const NEGATED_GOOD: f32 = -0.75;
const NEGATED_BAD: f32 = -0.4;
/// Factor of a mood that only another language gives a word, where the text's language is sure.
const OTHER_LANGUAGE: f32 = 0.15;
/// Most kinds of emoji that count, and the most they add.
const MAX_EMOJI: usize = 8;
const MOST_GOOD_EMOJI: f32 = 4.0;
const MOST_BAD_EMOJI: f32 = 6.0;
/// Mood of the words below which good emoji are scorn.
const SCORNED: f32 = -1.0;
const CAPITALS: f32 = 1.25;
const DRAWN_OUT: f32 = 1.15;
const BEFORE_CONTRAST: f32 = 0.6;
const AFTER_CONTRAST: f32 = 1.4;
/// Mood per exclamation mark, and the most marks that count.
const EXCLAMATION: f32 = 0.3;
const MAX_EXCLAMATIONS: u32 = 4;
/// Brings the sum of moods into −1 to 1: a sum of 4 is 0.72.
const SPREAD: f32 = 15.0;

/// The mood of a text with these phrases. A word that has no mood in the text's language has that of
/// another one: less where the language is sure.
pub(crate) fn mood(text: &Text<'_>, lexicon: &Lexicon, hits: &[Hit], words: Words) -> f64 {
    let shouting = text.capitals() > 0.8;
    let mut phrases = hits
        .iter()
        .filter(|hit| hit.signal == Signal::Mood)
        .peekable();
    let mut sum = 0.0_f32;
    let mut emoji = EmojiMood::default();
    let mut covered = 0;
    for (at, token) in text.tokens.iter().enumerate() {
        let mut value = 0.0;
        while let Some(hit) = phrases.peek().filter(|hit| hit.first as usize <= at) {
            if hit.first as usize >= covered {
                value = hit.weight;
                covered = hit.last as usize + 1;
            }
            phrases.next();
        }
        let phrase = value != 0.0;
        let Some(entry) = lexicon.entry(token) else {
            sum += value;
            continue;
        };
        if token.kind == Kind::Emoji {
            let own = f32::from(entry.valence[EN]) / 10.0;
            emoji.add(token, around(text, lexicon, at, own, words));
            sum += value;
            continue;
        }
        if !phrase && at >= covered {
            value = valence(entry, words);
        }
        if value != 0.0 {
            value = shaped(value, token.shape, shouting);
            value = around(text, lexicon, at, value, words);
        }
        sum += value;
        if entry.role.has(Role::CONTRAST) && at > 0 {
            sum *= BEFORE_CONTRAST / AFTER_CONTRAST;
        }
    }
    sum += emoji.beside(sum);
    if text
        .tokens
        .iter()
        .skip(1)
        .any(|token| lexicon.has_role(token, Role::CONTRAST))
    {
        sum *= AFTER_CONTRAST;
    }
    sum += sum.signum()
        * if sum == 0.0 {
            0.0
        } else {
            EXCLAMATION * text.marks.exclamations.min(MAX_EXCLAMATIONS) as f32
        };
    let score = f64::from(sum / (sum * sum + SPREAD).sqrt());
    // Two decimals: more would suggest a precision it does not have.
    (score * 100.0).round() / 100.0
}

/// The words that give the mood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Words {
    /// Number of the text's language in [`crate::lexicon::languages`]; `None` where it is unknown.
    pub(crate) language: Option<usize>,
    /// Whether that language is sure.
    pub(crate) sure: bool,
}

impl Words {
    /// Languages whose negations count, a bit each.
    pub(crate) fn negations(self) -> u16 {
        match self.language {
            Some(language) if self.sure => 1 << language,
            Some(language) => UNAMBIGUOUS_NEGATIONS | 1 << language,
            None => UNAMBIGUOUS_NEGATIONS,
        }
    }
}

/// Languages whose words of negation mean nothing else in English.
const UNAMBIGUOUS_NEGATIONS: u16 = 1 << EN | 1 << PT | 1 << DE;

/// Mood of a word.
fn valence(entry: &Entry, words: Words) -> f32 {
    let in_language = |language: usize| f32::from(entry.valence[language]) / 10.0;
    let own = words.language.filter(|language| *language < WITH_VALENCE);
    if let Some(language) = own
        && entry.valence[language] != 0
    {
        return in_language(language);
    }
    // "die" is an article in German.
    let is_ordinary = |language: usize| entry.languages & 1 << language != 0;
    if words.language.is_some_and(is_ordinary) {
        return 0.0;
    }
    let strongest =
        (0..WITH_VALENCE).max_by_key(|language| entry.valence[*language].unsigned_abs());
    strongest.map_or(0.0, in_language) * if words.sure { OTHER_LANGUAGE } else { 1.0 }
}

/// Mood of the emoji of a text: each kind counts once.
#[derive(Default)]
struct EmojiMood {
    seen: Vec<Word>,
    good: f32,
    bad: f32,
}

impl EmojiMood {
    fn add(&mut self, token: &Token, value: f32) {
        if self.seen.contains(&token.word) || self.seen.len() >= MAX_EMOJI {
            return;
        }
        self.seen.push(token.word);
        if value > 0.0 {
            self.good += value;
        } else {
            self.bad += value;
        }
    }

    /// Mood beside that of the words: applause for something bad is scorn.
    fn beside(&self, words: f32) -> f32 {
        let good = match words < SCORNED {
            true => 0.0,
            false => self.good.min(MOST_GOOD_EMOJI),
        };
        good + self.bad.max(-MOST_BAD_EMOJI)
    }
}

fn shaped(mut value: f32, shape: Shape, shouting: bool) -> f32 {
    if shape.has(Shape::CAPITALS) && !shouting {
        value *= CAPITALS;
    }
    if shape.has(Shape::DRAWN_OUT) {
        value *= DRAWN_OUT;
    }
    value
}

/// The mood of a word after negation and strength of the words before it.
fn around(text: &Text<'_>, lexicon: &Lexicon, at: usize, mut value: f32, words: Words) -> f32 {
    let own = words.negations();
    let mut negated = false;
    let mut back = 0;
    for token in text.tokens[..at].iter().rev() {
        if token.shape.has(Shape::CLAUSE_END) || back == NEGATION_REACH {
            break;
        }
        if token.kind == Kind::Emoji {
            continue;
        }
        back += 1;
        let Some(entry) = lexicon.entry(token) else {
            continue;
        };
        if entry.negates & own != 0 {
            negated = !negated;
        } else if back <= 2 && entry.boost != 0 {
            value *= 1.0 + f32::from(entry.boost) / 100.0 / back as f32;
        }
    }
    match (negated, value > 0.0) {
        (false, _) => value,
        (true, true) => value * NEGATED_GOOD,
        (true, false) => value * NEGATED_BAD,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::language;
    use crate::classify::tests::POLICY;

    fn of(source: &str) -> f64 {
        let lexicon = &POLICY.lexicon;
        let text = Text::read(source, &lexicon.vocabulary);
        let words = language::detect(&text, lexicon, None).words;
        mood(&text, lexicon, &lexicon.incoming.find(&text.tokens), words)
    }

    #[test]
    fn praise_is_good_and_complaint_is_bad_in_every_language() {
        for good in [
            "You are amazing, thank you!",
            "Muito obrigado, excelente serviço",
            "Muchas gracias, son geniales",
            "Merci beaucoup, service parfait",
            "Vielen Dank, toller Service",
            "😍",
            ":)",
        ] {
            assert!(of(good) > 0.3, "{good}: {}", of(good));
        }
        for bad in [
            "This is the worst service ever",
            "Péssimo atendimento, que vergonha",
            "Pésimo servicio, una vergüenza",
            "Service déplorable, une honte",
            "Katastrophe, so eine Frechheit",
            "😡😡",
            ":(",
        ] {
            assert!(of(bad) < -0.3, "{bad}: {}", of(bad));
        }
    }

    #[test]
    fn the_context_of_a_word_changes_its_mood() {
        assert!(of("I am not angry") > of("I am angry") + 0.3);
        assert!(of("the flight was not good") < 0.0);
        assert!(of("very good") > of("good"));
        assert!(of("slightly disappointed") > of("disappointed"));
        assert!(of("this is AWFUL my friend") < of("this is awful my friend"));
        assert!(of("bad!!!") < of("bad"));
        assert!(
            of("the crew was great but the delay was awful")
                < of("the delay was awful but the crew was great")
        );
    }

    #[test]
    fn a_word_counts_in_whatever_language_the_text_seems_to_be() {
        for bad in [
            "Worst airline ever?",
            "Worst airline ever",
            "Horrible",
            "terrible!!!",
            "pésimo",
            "Was für eine Katastrophe",
            "Schlechter Service",
        ] {
            assert!(of(bad) <= -0.1, "{bad}: {}", of(bad));
        }
    }

    #[test]
    fn emoji_count_once_and_are_scorn_beside_bad_words() {
        assert_eq!(of("👏👏👏👏👏"), of("👏"));
        for scorn in [
            "Great 👏 job 👏 losing 👏 my 👏 bag 👏",
            "worst 👏 airline 👏 ever 👏👏👏",
            "Cancelled again 👏👏👏👏👏 pathetic",
            "Thanks for nothing 👏👏👏👏👏",
            "Lost my luggage, never again 🙌🎉",
        ] {
            assert!(of(scorn) < -0.1, "{scorn}: {}", of(scorn));
        }
        assert!(of("not 👍") < 0.1, "{}", of("not 👍"));
        assert!(of("well done 👏👏") > 0.3);
    }

    #[test]
    fn a_text_without_mood_is_neutral() {
        for source in [
            "",
            "My order is 12345",
            "@northwind https://t.co/x",
            "What are your opening hours?",
        ] {
            assert!(of(source).abs() < 0.26, "{source}: {}", of(source));
        }
    }
}
