//! What the customer wants: weighted phrases, and what mood and form add.

use super::catalogue::{COMPLAINT, Catalogue, PRAISE, QUESTION, SPAM};
use crate::lexicon::phrases::{Hit, Signal};
use crate::lexicon::{Lexicon, Role};
use crate::text::Text;

/// An intent found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Intent {
    /// Its number in the catalogue.
    pub(crate) number: u16,
    /// 0 to 1.
    pub(crate) confidence: f64,
    /// The phrase that speaks for it most, if one does.
    pub(crate) hit: Option<Hit>,
}

/// What else is known about the message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    pub(crate) mood: f64,
    pub(crate) spam: f64,
}

/// Weight per unit of confidence: one phrase of 3 is 0.74 sure.
const STEEPNESS: f64 = 0.45;
/// What further phrases of an intent add, as a share of their weight.
const FURTHER: f32 = 0.5;
/// From this mood on a message is itself a complaint, or praise.
const BAD: f64 = -0.45;
const GOOD: f64 = 0.45;
/// General intents stay below this where something definite is wanted.
const BESIDE_DEFINITE: f64 = 0.5;
const DEFINITE: f64 = 0.55;
const MOST: usize = 8;

#[derive(Clone, Copy)]
struct Tally {
    number: u16,
    best: f32,
    rest: f32,
    against: f32,
    hit: Option<Hit>,
}

/// The intents of a text, best first.
pub(crate) fn find(
    text: &Text<'_>,
    lexicon: &Lexicon,
    hits: &[Hit],
    around: Around,
    least: f64,
) -> Vec<Intent> {
    let mut tallies = tally(hits);
    from_form(text, lexicon, around, &mut tallies);
    let mut intents: Vec<Intent> = tallies
        .into_iter()
        .map(|tally| {
            let weight = f64::from(tally.best + tally.rest * FURTHER + tally.against);
            Intent {
                number: tally.number,
                confidence: 1.0 - (-STEEPNESS * weight.max(0.0)).exp(),
                hit: tally.hit,
            }
        })
        .collect();
    if around.spam >= 0.5 {
        intents.push(Intent {
            number: SPAM,
            confidence: around.spam,
            hit: hits.iter().find(|hit| hit.signal == Signal::Spam).copied(),
        });
    }
    settle(&mut intents, around);
    intents.retain(|intent| intent.confidence >= least && intent.confidence > 0.0);
    for intent in &mut intents {
        intent.confidence = (intent.confidence * 100.0).round() / 100.0;
    }
    intents.sort_by(|one, other| {
        other
            .confidence
            .total_cmp(&one.confidence)
            .then(one.number.cmp(&other.number))
    });
    intents.truncate(MOST);
    intents
}

fn tally(hits: &[Hit]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::with_capacity(8);
    for (at, hit) in hits.iter().enumerate() {
        let Signal::Intent(number) = hit.signal else {
            continue;
        };
        if hits[..at].iter().any(|earlier| earlier.same_phrase(hit)) {
            continue;
        }
        let tally = entry(&mut tallies, number);
        if hit.weight < 0.0 {
            tally.against += hit.weight;
        } else if hit.weight > tally.best {
            // A phrase inside a longer one is the same evidence.
            let inside = tally
                .hit
                .is_some_and(|best| hit.first <= best.last && best.first <= hit.last);
            tally.rest += if inside { 0.0 } else { tally.best };
            tally.best = hit.weight;
            tally.hit = Some(*hit);
        } else if !tally
            .hit
            .is_some_and(|best| hit.first <= best.last && best.first <= hit.last)
        {
            tally.rest += hit.weight;
        }
    }
    tallies
}

fn entry(tallies: &mut Vec<Tally>, number: u16) -> &mut Tally {
    let at = tallies
        .iter()
        .position(|tally| tally.number == number)
        .unwrap_or_else(|| {
            tallies.push(Tally {
                number,
                best: 0.0,
                rest: 0.0,
                against: 0.0,
                hit: None,
            });
            tallies.len() - 1
        });
    &mut tallies[at]
}

/// What the form of the message says: its mood and its question marks.
fn from_form(text: &Text<'_>, lexicon: &Lexicon, around: Around, tallies: &mut Vec<Tally>) {
    let mood = around.mood as f32;
    if around.mood <= BAD {
        entry(tallies, COMPLAINT).rest += -mood * 3.0;
    } else if around.mood >= GOOD {
        entry(tallies, PRAISE).rest += mood * 3.0;
    }
    let asks = text
        .tokens
        .first()
        .and_then(|token| lexicon.entry(token))
        .is_some_and(|entry| entry.role.has(Role::QUESTION));
    if text.marks.questions > 0 {
        entry(tallies, QUESTION).rest += if asks { 3.0 } else { 2.0 };
    } else if asks && text.marks.words > 2 && around.mood < GOOD {
        entry(tallies, QUESTION).rest += 0.8;
    }
}

/// Praise in a bad mood is irony, a complaint in a good one a turn of phrase;
/// and what is definite comes before what is general.
fn settle(intents: &mut [Intent], around: Around) {
    let definite = intents
        .iter()
        .any(|intent| intent.number > SPAM && intent.confidence >= DEFINITE);
    for intent in intents {
        match intent.number {
            PRAISE if around.mood < -0.1 => intent.confidence *= 0.3,
            COMPLAINT if around.mood > 0.4 => intent.confidence *= 0.3,
            COMPLAINT if around.mood > 0.0 => intent.confidence *= 0.6,
            _ => {}
        }
        if definite && matches!(intent.number, COMPLAINT | PRAISE | QUESTION) {
            intent.confidence = intent.confidence.min(BESIDE_DEFINITE);
        }
        if around.spam >= 0.8 && intent.number != SPAM {
            intent.confidence *= 0.5;
        }
    }
}

/// Topics of a text: those of its intents, then those its words tell; numbers
/// in the catalogue, each once.
pub(crate) fn topics(intents: &[Intent], hits: &[Hit], catalogue: &Catalogue) -> Vec<u16> {
    let of_intents = intents
        .iter()
        .filter_map(|intent| catalogue.kind(intent.number).topic);
    let of_words = hits.iter().filter_map(|hit| match hit.signal {
        Signal::Topic(number) => Some(number),
        _ => None,
    });
    let mut topics = Vec::with_capacity(4);
    for topic in of_intents.chain(of_words) {
        if !topics.contains(&topic) && topics.len() < MOST {
            topics.push(topic);
        }
    }
    topics
}
