//! Finds intents by weighted phrases, mood and the form of the text.

use super::catalogue::{AUTOMATIC_REPLY, COMPLAINT, Catalogue, PRAISE, QUESTION, SPAM};
use crate::SocialCare;
use crate::lexicon::phrases::{Hit, Signal};
use crate::lexicon::{Lexicon, Role};
use crate::text::Text;

/// An intent of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Intent {
    /// Number in the catalogue.
    pub(crate) number: u16,
    /// Confidence, 0 to 1.
    pub(crate) confidence: f64,
    /// The phrase with the highest weight; `None` where only the form tells the intent.
    pub(crate) hit: Option<Hit>,
}

/// What other analyses found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signs {
    pub(crate) mood: f64,
    pub(crate) spam: f64,
    /// Languages whose negations count, a bit each.
    pub(crate) negations: u16,
    /// Whether a program wrote it.
    pub(crate) automatic: bool,
}

/// Confidence per weight: one phrase of weight 3 gives 0.74.
const STEEPNESS: f64 = 0.45;
/// Share of the weight that further phrases of an intent add.
const FURTHER: f32 = 0.5;
/// Mood from which a text is itself a complaint, or praise.
const BAD: f64 = -0.45;
const GOOD: f64 = 0.45;
/// Highest confidence of a general intent beside a definite one, and the confidence that makes an
/// intent definite.
const BESIDE_DEFINITE: f64 = 0.5;
const DEFINITE: f64 = 0.55;
/// Mood in which nobody reports a danger, and the urgency of an intent that is one.
const CHEERFUL: f64 = 0.4;
const ALARMS: u8 = 95;
/// Most intents and most topics of a text.
const MAX_FOUND: usize = 8;

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
    policy: &SocialCare,
    text: &Text<'_>,
    hits: &[Hit],
    signs: Signs,
) -> Vec<Intent> {
    let lexicon = &policy.lexicon;
    let least = policy.settings.least_confidence;
    if signs.automatic {
        return vec![Intent {
            number: AUTOMATIC_REPLY,
            confidence: 0.95,
            hit: None,
        }];
    }
    let holds = |hit: &&Hit| !is_negated(policy, text, hit, signs.negations);
    let hits: Vec<Hit> = hits.iter().filter(holds).copied().collect();
    let hits = &hits[..];
    let mut tallies = tally(hits);
    from_form(text, lexicon, signs, &mut tallies);
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
    if signs.spam >= 0.5 {
        intents.push(Intent {
            number: SPAM,
            confidence: signs.spam,
            hit: hits.iter().find(|hit| hit.signal == Signal::Spam).copied(),
        });
    }
    weigh(&mut intents, signs, &policy.catalogue);
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
    intents.truncate(MAX_FOUND);
    intents
}

/// Urgency from which a negation before a phrase of an intent counts: "not a scam".
const ALARMING: u8 = 65;
/// How far back such a negation reaches, in words.
const NEGATION_REACH: usize = 2;

/// Whether a negation stands in the gaps of a phrase of an intent, or shortly before one that alarms.
fn is_negated(policy: &SocialCare, text: &Text<'_>, hit: &Hit, languages: u16) -> bool {
    let Signal::Intent(number) = hit.signal else {
        return false;
    };
    if hit.weight < 0.0 {
        return false;
    }
    let lexicon = &policy.lexicon;
    let within = lexicon.negations(text, hit.first, hit.last, languages);
    if within > usize::from(hit.negations) {
        return true;
    }
    policy.catalogue.kind(number).urgency >= ALARMING
        && hit.negations == 0
        && lexicon.is_negated(text, hit.first as usize, NEGATION_REACH, languages)
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
            // A phrase inside a longer one does not count again.
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

/// Adds what mood and question marks tell.
fn from_form(text: &Text<'_>, lexicon: &Lexicon, signs: Signs, tallies: &mut Vec<Tally>) {
    let mood = signs.mood as f32;
    if signs.mood <= BAD {
        entry(tallies, COMPLAINT).rest += -mood * 3.0;
    } else if signs.mood >= GOOD {
        entry(tallies, PRAISE).rest += mood * 3.0;
    }
    let asks = text
        .tokens
        .first()
        .is_some_and(|token| lexicon.has_role(token, Role::QUESTION));
    if text.marks.questions > 0 {
        entry(tallies, QUESTION).rest += if asks { 3.0 } else { 2.0 };
    } else if asks && text.marks.words > 2 && signs.mood < GOOD {
        entry(tallies, QUESTION).rest += 0.8;
    }
}

/// Lowers praise in a bad mood (irony), complaints in a good one, general intents beside a definite
/// one, and every intent of spam.
fn weigh(intents: &mut [Intent], signs: Signs, catalogue: &Catalogue) {
    let definite = intents
        .iter()
        .any(|intent| intent.number > SPAM && intent.confidence >= DEFINITE);
    for intent in intents {
        match intent.number {
            PRAISE if signs.mood < -0.1 => intent.confidence *= 0.3,
            COMPLAINT if signs.mood > 0.4 => intent.confidence *= 0.3,
            COMPLAINT if signs.mood > 0.0 => intent.confidence *= 0.6,
            // "Your team is on fire today :)" is no danger.
            number if signs.mood >= CHEERFUL && catalogue.kind(number).urgency >= ALARMS => {
                intent.confidence *= 0.5;
            }
            _ => {}
        }
        if definite && matches!(intent.number, COMPLAINT | PRAISE | QUESTION) {
            intent.confidence = intent.confidence.min(BESIDE_DEFINITE);
        }
        if signs.spam >= 0.8 && intent.number != SPAM {
            intent.confidence *= 0.5;
        }
    }
}

/// Topics of a text by number in the catalogue, each once: those of its intents, then those of its
/// phrases.
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
        if !topics.contains(&topic) && topics.len() < MAX_FOUND {
            topics.push(topic);
        }
    }
    topics
}
