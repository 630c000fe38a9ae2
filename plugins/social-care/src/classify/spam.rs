//! Probability of spam.

use super::catalogue::{COMPLAINT, SPAM, SPEAK_TO_HUMAN};
use crate::lexicon::phrases::{Hit, Signal};
use crate::text::{Kind, Text};

/// Log odds of spam of an empty text.
const BEFORE: f32 = -4.2;
/// How often one phrase counts.
const MAX_REPEATS: usize = 2;
/// Most log odds of a text by the number of its independent signs: one or two never decide, three make it
/// likely, and only from four on it is certain.
const MOST: [f32; 5] = [-2.5, -0.9, -0.1, 2.1, f32::MAX];
/// Most log odds that single words add without a phrase or another sign beside them.
const WORDS_ALONE: f32 = 3.0;
/// Most log odds of a single word: "box" and "private" mean other things too.
const MOST_WORD: f32 = 2.2;
/// Log odds that each sign of a customer takes, and the most all of them take.
const CUSTOMER: f32 = -1.0;
const MOST_CUSTOMER: f32 = -3.0;
/// Log odds that a complaint takes.
const COMPLAINS: f32 = -1.5;
/// Mood at or below which a text may complain, and the log odds that takes.
const BAD_MOOD: f64 = -0.3;
const BAD_MOOD_ODDS: f32 = -0.6;
/// Least weight of a phrase of an intent that is a sign of a customer.
const DEFINITE_WEIGHT: f32 = 3.0;

/// Probability of spam, 0 to 1. Several independent signs must agree; a complaint and the intents of
/// customers speak against it.
pub(crate) fn probability(text: &Text<'_>, hits: &[Hit], mood: f64) -> f64 {
    if text.tokens.is_empty() {
        return 0.0;
    }
    let phrases = phrases(hits);
    let form = form(text);
    let words = match phrases.phrases + form.signs {
        0 => phrases.word_odds.min(WORDS_ALONE),
        _ => phrases.word_odds,
    };
    let signs = phrases.phrases + phrases.words + form.signs;
    let odds = BEFORE + phrases.phrase_odds + words + form.odds + phrases.against;
    let most = MOST[signs.min(MOST.len() - 1)];
    probability_of(odds.min(most) + customer(hits, mood))
}

/// What marks and numbers tell.
struct Form {
    odds: f32,
    signs: usize,
}

fn form(text: &Text<'_>) -> Form {
    let marks = &text.marks;
    let (premium, mobile) = numbers(text);
    let capitals = marks.words > 4 && text.capitals() > 0.3;
    let signs = [
        (marks.links > 0, if marks.words < 8 { 1.0 } else { 0.6 }),
        (marks.links > 2, 0.8),
        (marks.mentions > 4, 1.5),
        (marks.hashtags > 4, 1.5),
        (marks.currency > 0, 0.9),
        (
            marks.exclamations > 2 || capitals,
            if capitals { 0.6 } else { 0.3 },
        ),
        (premium > 0, 1.6 + 0.8 * premium.min(3) as f32),
        (mobile > 0, 0.8 * mobile.min(3) as f32),
    ];
    let found = || signs.iter().filter(|(holds, _)| *holds);
    Form {
        odds: found().map(|(_, odds)| odds).sum(),
        // A premium number to call is as good as two.
        signs: found().count() + usize::from(premium > 0),
    }
}

/// What the phrases of the list tell.
#[derive(Default)]
struct PhraseSigns {
    /// Phrases of several words, and their log odds.
    phrases: usize,
    phrase_odds: f32,
    /// Single words outside of them, and their log odds.
    words: usize,
    word_odds: f32,
    /// Log odds of the phrases that speak against spam.
    against: f32,
}

fn phrases(hits: &[Hit]) -> PhraseSigns {
    let mut signs = PhraseSigns::default();
    let spam = || hits.iter().filter(|hit| hit.signal == Signal::Spam);
    let is_inside = |hit: &Hit| {
        spam().any(|other| {
            !other.is_word()
                && other.weight > 0.0
                && other.first <= hit.first
                && hit.last <= other.last
        })
    };
    let mut covered = 0;
    for (at, hit) in spam().enumerate() {
        let repeats = spam()
            .take(at)
            .filter(|earlier| earlier.same_phrase(hit))
            .count();
        if repeats >= MAX_REPEATS {
            continue;
        }
        let first = usize::from(repeats == 0);
        if hit.weight < 0.0 {
            signs.against += hit.weight;
        } else if !hit.is_word() {
            // Phrases that overlap, as "win a" and "a prize", are one sign.
            signs.phrases += if hit.first < covered { 0 } else { first };
            covered = covered.max(hit.last + 1);
            signs.phrase_odds += hit.weight;
        } else if is_inside(hit) {
            signs.word_odds += hit.weight.min(MOST_WORD);
        } else {
            signs.words += first;
            signs.word_odds += hit.weight.min(MOST_WORD);
        }
    }
    signs
}

/// What speaks for a customer: definite intents and a complaint.
fn customer(hits: &[Hit], mood: f64) -> f32 {
    let mut intents: Vec<u16> = Vec::with_capacity(4);
    let mut complains = false;
    for hit in hits {
        match hit.signal {
            Signal::Intent(COMPLAINT) => complains |= hit.weight >= 2.0,
            // Advertisements ask to call as well.
            Signal::Intent(SPEAK_TO_HUMAN) => {}
            Signal::Intent(number)
                if number > SPAM && hit.weight >= DEFINITE_WEIGHT && !intents.contains(&number) =>
            {
                intents.push(number);
            }
            _ => {}
        }
    }
    let intents = (CUSTOMER * intents.len() as f32).max(MOST_CUSTOMER);
    let mood = match (complains, mood <= BAD_MOOD) {
        (true, _) => COMPLAINS,
        (false, true) => BAD_MOOD_ODDS,
        (false, false) => 0.0,
    };
    intents + mood
}

/// Number of short codes and premium telephone numbers, and of mobile ones.
fn numbers(text: &Text<'_>) -> (usize, usize) {
    if text.marks.digits < 5 {
        return (0, 0);
    }
    let (mut premium, mut mobile) = (0, 0);
    for token in text.tokens.iter().filter(|it| it.kind == Kind::Number) {
        match text.written(token).as_bytes() {
            [b'0', b'8' | b'9', rest @ ..] if rest.len() >= 8 => premium += 1,
            [b'6' | b'8', rest @ ..] if rest.len() == 4 => premium += 1,
            [b'0', b'7', rest @ ..] if rest.len() >= 8 => mobile += 1,
            _ => {}
        }
    }
    (premium, mobile)
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
        probability(&text, &POLICY.lexicon.incoming.find(&text.tokens), 0.0)
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
            "This is the sixth delay in a row, do I win a prize for this?",
            "Congratulations, you have won the prize for the worst airline",
            "Do you have mono headphones?",
            "Are these headphones stereo or mono?",
            "How do I claim my points?",
            "Can I pay by text message? Is there a weekly subscription?",
            "My voicemail does not work, call me",
            "You have a private box at the stadium, how do I book it for free?",
            "Is the camera phone still on offer? What is the price?",
            "I won a voucher from you, how can I use it?",
            "Free delivery was promised, why was I charged £4.99?",
            "The operator told me my network would be back weekly",
            "Please unsubscribe me from your newsletter!!!",
            "Am I entitled to compensation? I want to claim £250 for my cancelled flight",
            "URGENT my order has not arrived and I need it tomorrow!!!",
            "Winner winner chicken dinner",
            "I work in the private box office, do you have a quiz for free?",
            "",
        ] {
            assert!(of(ham) < 0.5, "{ham}: {}", of(ham));
        }
    }
}
