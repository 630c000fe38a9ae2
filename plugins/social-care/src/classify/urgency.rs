//! How soon somebody should look, 0 to 100.

use super::catalogue::{COMPLAINT, Catalogue, PRAISE, QUESTION, SPAM};
use super::intents::Intent;
use crate::lexicon::phrases::{Hit, Signal};
use crate::text::Text;

/// What else is known about the message and its author.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    pub(crate) mood: f64,
    pub(crate) spam: f64,
    pub(crate) widely_seen: bool,
    pub(crate) comes_again: bool,
}

/// A message that says nothing.
const NOTHING: f64 = 15.0;
/// The most that haste may add.
const MOST_HASTE: f64 = 35.0;

pub(crate) fn of(
    text: &Text<'_>,
    intents: &[Intent],
    hits: &[Hit],
    catalogue: &Catalogue,
    around: Around,
) -> u8 {
    if around.spam >= 0.8 {
        return 0;
    }
    let mut urgency = NOTHING;
    for intent in intents {
        let base = f64::from(catalogue.kind(intent.number).urgency);
        // Half sure is sure enough for what cannot wait.
        let weight = (intent.confidence / 0.7).min(1.0);
        urgency = urgency.max(NOTHING + (base - NOTHING) * weight);
    }
    let only_praise =
        intents.first().is_some_and(|first| first.number == PRAISE) && around.mood > 0.0;
    if only_praise {
        return urgency.min(10.0) as u8;
    }
    let haste: f64 = haste(hits).clamp(-20.0, MOST_HASTE);
    urgency += haste;
    if around.mood < -0.2 {
        urgency += -around.mood * 15.0;
    }
    if around.mood < 0.0
        && (text.marks.exclamations > 1 || text.capitals() > 0.5 && text.marks.words > 3)
    {
        urgency += 4.0;
    }
    if around.widely_seen {
        urgency += 10.0;
    }
    if around.comes_again {
        urgency += 6.0;
    }
    let general = intents
        .iter()
        .all(|intent| matches!(intent.number, COMPLAINT | PRAISE | QUESTION | SPAM));
    // Nothing definite is wanted: loud is not urgent.
    let most = if general && haste <= 0.0 && !around.widely_seen {
        70.0
    } else {
        100.0
    };
    urgency.clamp(0.0, most).round() as u8
}

/// The strongest sign of haste, half of the next, and what speaks against it.
fn haste(hits: &[Hit]) -> f64 {
    let (mut first, mut second, mut against) = (0.0_f32, 0.0_f32, 0.0_f32);
    for hit in hits.iter().filter(|hit| hit.signal == Signal::Urgency) {
        if hit.weight < 0.0 {
            against = against.min(hit.weight);
        } else if hit.weight > first {
            second = first;
            first = hit.weight;
        } else {
            second = second.max(hit.weight);
        }
    }
    // "Not urgent" contains "urgent".
    if against < 0.0 {
        f64::from(against)
    } else {
        f64::from(first + second * 0.5)
    }
}
