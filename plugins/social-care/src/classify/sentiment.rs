//! Mood of a text, −1 to 1.
//!
//! Words and phrases carry a mood; negation, strength, contrast, capitals and exclamation marks change
//! it. After Hutto and
//! Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
//! Social Media Text" (2014), with other word lists.

use crate::lexicon::languages::{EN, WITH_VALENCE};
use crate::lexicon::phrases::{Hit, Signal};
use crate::lexicon::{Lexicon, Role};
use crate::text::{Kind, Shape, Text};

/// How far back a negation reaches, in words of the same clause.
const NEGATION_REACH: usize = 3;
/// Factor of a negated good mood ("not great"), and of a negated bad one ("not bad").
const NEGATED_GOOD: f32 = -0.75;
const NEGATED_BAD: f32 = -0.4;
const CAPITALS: f32 = 1.25;
const DRAWN_OUT: f32 = 1.15;
const BEFORE_CONTRAST: f32 = 0.6;
const AFTER_CONTRAST: f32 = 1.4;
/// Mood per exclamation mark, and the most marks that count.
const EXCLAMATION: f32 = 0.3;
const MAX_EXCLAMATIONS: u32 = 4;
/// Brings the sum of moods into −1 to 1: a sum of 4 is 0.72.
const SPREAD: f32 = 15.0;

/// The mood of a text with these phrases, in the language `words`.
pub(crate) fn mood(text: &Text<'_>, lexicon: &Lexicon, hits: &[Hit], words: Option<usize>) -> f64 {
    let language = words.filter(|language| *language < WITH_VALENCE);
    let shouting = text.capitals() > 0.8;
    let mut phrases = hits
        .iter()
        .filter(|hit| hit.signal == Signal::Mood)
        .peekable();
    let mut sum = 0.0_f32;
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
        if !phrase && at >= covered {
            let of = match token.kind {
                Kind::Emoji => Some(EN),
                _ => language,
            };
            value = of.map_or(0.0, |language| f32::from(entry.valence[language]) / 10.0);
        }
        if value != 0.0 && token.kind != Kind::Emoji {
            value = shaped(value, token.shape, shouting);
            value = around(text, lexicon, at, value, words);
        }
        sum += value;
        if entry.role.has(Role::CONTRAST) && at > 0 {
            sum *= BEFORE_CONTRAST / AFTER_CONTRAST;
        }
    }
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
fn around(
    text: &Text<'_>,
    lexicon: &Lexicon,
    at: usize,
    mut value: f32,
    words: Option<usize>,
) -> f32 {
    let own = 1_u16 << words.unwrap_or(EN);
    let mut negated = false;
    for back in 1..=NEGATION_REACH.min(at) {
        let token = &text.tokens[at - back];
        if token.shape.has(Shape::CLAUSE_END) {
            break;
        }
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
