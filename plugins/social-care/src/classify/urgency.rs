//! Urgency of a text, 0 to 100.

use super::catalogue::{COMPLAINT, Catalogue, PRAISE, QUESTION, SPAM};
use super::intents::Intent;
use crate::lexicon::phrases::{Hit, Signal};
use crate::text::Text;

/// What other analyses and the author's profile tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signs {
    pub(crate) mood: f64,
    pub(crate) spam: f64,
    pub(crate) widely_seen: bool,
    pub(crate) comes_again: bool,
}

/// Urgency of a text without an intent.
const BASE: f64 = 15.0;
/// Most that haste may add.
const MAX_HASTE: f64 = 35.0;

pub(crate) fn of(
    text: &Text<'_>,
    intents: &[Intent],
    hits: &[Hit],
    catalogue: &Catalogue,
    signs: Signs,
) -> u8 {
    if signs.spam >= 0.8 {
        return 0;
    }
    let mut urgency = BASE;
    for intent in intents {
        let base = f64::from(catalogue.kind(intent.number).urgency);
        // Moderate confidence is enough for an urgent intent.
        let weight = (intent.confidence / 0.7).min(1.0);
        urgency = urgency.max(BASE + (base - BASE) * weight);
    }
    let only_praise =
        intents.first().is_some_and(|first| first.number == PRAISE) && signs.mood > 0.0;
    if only_praise {
        return urgency.min(10.0) as u8;
    }
    let haste: f64 = haste(hits).clamp(-20.0, MAX_HASTE);
    urgency += haste;
    if signs.mood < -0.2 {
        urgency += -signs.mood * 15.0;
    }
    if signs.mood < 0.0
        && (text.marks.exclamations > 1 || text.capitals() > 0.5 && text.marks.words > 3)
    {
        urgency += 4.0;
    }
    if signs.widely_seen {
        urgency += 10.0;
    }
    if signs.comes_again {
        urgency += 6.0;
    }
    let general = intents
        .iter()
        .all(|intent| matches!(intent.number, COMPLAINT | PRAISE | QUESTION | SPAM));
    // Without a definite intent, a loud text is not urgent.
    let most = if general && haste <= 0.0 && !signs.widely_seen {
        70.0
    } else {
        100.0
    };
    urgency.clamp(0.0, most).round() as u8
}

/// The strongest sign of haste and half of the next; "not urgent" overrides both.
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
