//! Probability of abuse.

use super::spam::probability_of;
use crate::lexicon::phrases::{Hit, Signal};
use crate::lexicon::{Lexicon, Role};
use crate::text::Text;

/// Log odds of abuse of an empty text.
const BEFORE: f32 = -2.6;
/// Log odds a coarse word gains near "you".
const AT_YOU: f32 = 0.6;
/// Most words between it and "you".
const REACH: u32 = 3;

/// Probability of abuse, 0 to 1.
pub(crate) fn probability(text: &Text<'_>, lexicon: &Lexicon, hits: &[Hit]) -> f64 {
    let mut worst = 0.0_f32;
    let mut rest = 0.0_f32;
    let mut covered = 0;
    for hit in hits.iter().filter(|hit| hit.signal == Signal::Abuse) {
        let weight = hit.weight
            + if at_you(text, lexicon, hit) {
                AT_YOU
            } else {
                0.0
            };
        // Words inside an insult do not count again.
        let inside = hit.first < covered;
        covered = covered.max(hit.last + 1);
        if weight > worst {
            rest += if inside { 0.0 } else { worst };
            worst = weight;
        } else if !inside {
            rest += weight;
        }
    }
    if worst == 0.0 {
        0.01
    } else {
        probability_of(BEFORE + worst + rest * 0.5)
    }
}

fn at_you(text: &Text<'_>, lexicon: &Lexicon, hit: &Hit) -> bool {
    let from = hit.first.saturating_sub(REACH) as usize;
    let to = (hit.last + REACH + 1).min(text.tokens.len() as u32) as usize;
    text.tokens
        .get(from..to)
        .is_some_and(|near| near.iter().any(|token| lexicon.has_role(token, Role::YOU)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::tests::POLICY;
    use crate::text::Reading;

    fn of(source: &str) -> f64 {
        let lexicon = &POLICY.lexicon;
        let reading = Reading::reply(source, lexicon);
        let text = Text::read(reading.text(), &lexicon.vocabulary);
        probability(&text, lexicon, &lexicon.incoming.find(&text.tokens))
    }

    #[test]
    fn insults_are_abuse_but_anger_is_not() {
        for abuse in [
            "You are a bunch of idiots, fuck you",
            "Sois unos gilipollas",
            "Bande de connards",
            "Ihr Arschlöcher",
            "filhos da puta",
        ] {
            assert!(of(abuse) >= 0.5, "{abuse}: {}", of(abuse));
        }
        for anger in [
            "This is unacceptable and I am furious",
            "worst damn airline",
            "Hello, what the hell is going on with my order",
            "",
        ] {
            assert!(of(anger) < 0.5, "{anger}: {}", of(anger));
        }
    }

    #[test]
    fn disguised_insults_are_abuse() {
        for abuse in [
            "you are i\u{200b}d\u{200b}i\u{200b}o\u{200b}t\u{200b}s, fuck you",
            "f\u{200b}uck you",
            "fu\u{ad}ck you",
            "fuсk you",
            "ｆｕｃｋ ｙｏｕ",
            "𝓯𝓾𝓬𝓴 you",
            "f u c k you",
            "f.u.c.k you",
            "F-U-C-K YOU",
            "fvck off, f*ck you",
            "f**k you",
            "you b1tch",
            "you @sshole",
            "a$$holes, all of you",
            "bіtсh",
            "ⓕⓤⓒⓚ you",
            "f\u{336}u\u{336}c\u{336}k\u{336} you",
            "you m0r0ns",
        ] {
            assert!(of(abuse) >= 0.5, "{abuse}: {}", of(abuse));
        }
        for clean in [
            "I live in Scunthorpe, near Penistone",
            "The cocktail class in Essex was great",
            "Mr Hancock and Ms Dickson",
            "assess the assets, pass the grass",
            "My flight to POS was late",
            "Flying from POS to JFK tomorrow",
            "My Samsung A55 and the F5 key",
            "Graduated cum laude",
            "5 * 4 * 3 and a b c d",
            "Где мой заказ? Сука",
        ] {
            assert!(of(clean) < 0.3, "{clean}: {}", of(clean));
        }
    }
}
