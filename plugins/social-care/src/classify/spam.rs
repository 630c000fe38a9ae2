//! Probability of spam.

use crate::lexicon::phrases::{Hit, Signal};
use crate::text::{Kind, Text};

/// Log odds of spam of an empty text.
const BEFORE: f32 = -4.2;
/// How often one phrase counts.
const MAX_REPEATS: usize = 2;

/// Probability of spam, 0 to 1.
pub(crate) fn probability(text: &Text<'_>, hits: &[Hit]) -> f64 {
    if text.tokens.is_empty() {
        return 0.0;
    }
    let mut odds = BEFORE + phrases(hits);
    let marks = &text.marks;
    if marks.links > 0 {
        odds += if marks.words < 8 { 1.0 } else { 0.6 };
    }
    if marks.links > 2 {
        odds += 0.8;
    }
    if marks.mentions > 4 {
        odds += 1.5;
    }
    if marks.hashtags > 4 {
        odds += 1.5;
    }
    if marks.currency > 0 {
        odds += 0.9;
    }
    if marks.exclamations > 2 {
        odds += 0.3;
    }
    if marks.words > 4 && text.capitals() > 0.3 {
        odds += 0.6;
    }
    odds += 0.8 * numbers(text).min(3) as f32;
    probability_of(odds)
}

/// Number of short codes and premium telephone numbers.
fn numbers(text: &Text<'_>) -> usize {
    if text.marks.digits < 5 {
        return 0;
    }
    text.tokens
        .iter()
        .filter(|token| token.kind == Kind::Number)
        .filter(|token| matches!(text.written(token).as_bytes(), [b'0', b'8' | b'9' | b'7', rest @ ..] if rest.len() >= 8) || matches!(text.written(token).as_bytes(), [b'6' | b'8', rest @ ..] if rest.len() == 4))
        .count()
}

fn phrases(hits: &[Hit]) -> f32 {
    let mut odds = 0.0;
    for (at, hit) in hits.iter().enumerate() {
        if hit.signal != Signal::Spam {
            continue;
        }
        let repeats = hits[..at]
            .iter()
            .filter(|earlier| earlier.same_phrase(hit))
            .count();
        if repeats < MAX_REPEATS {
            odds += hit.weight;
        }
    }
    odds
}

/// Converts log odds to a probability.
pub(crate) fn probability_of(odds: f32) -> f64 {
    let probability = 1.0 / (1.0 + f64::from(-odds).exp());
    (probability * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tests::POLICY;

    fn of(source: &str) -> f64 {
        let text = Text::read(source, &POLICY.lexicon.vocabulary);
        probability(&text, &POLICY.lexicon.incoming.find(&text.tokens))
    }

    #[test]
    fn offers_are_spam_and_customers_are_not() {
        for spam in [
            "Congratulations! You have won a £1000 cash prize. Call 09061701461 to claim now",
            "Earn money from home with bitcoin investment, DM me for promo https://bit.ly/x",
        ] {
            assert!(of(spam) > 0.9, "{spam}: {}", of(spam));
        }
        for ham in [
            "Where is my order? Call me on 07700 900123",
            "I won't ever order again",
            "I was charged £20 twice, please help",
            "Any discount code for students?",
            "",
        ] {
            assert!(of(ham) < 0.5, "{ham}: {}", of(ham));
        }
    }
}
