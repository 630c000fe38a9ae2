//! The reason of a classification in one sentence, without quoting the customer.

use std::fmt::Write;

use super::intents::Intent;
use crate::SocialCare;
use crate::personal_data::Span;

/// Names the intents with the phrases of the lists, mood, spam, abuse and personal data.
pub(super) fn sentence(
    policy: &SocialCare,
    intents: &[Intent],
    mood: f64,
    spam: f64,
    abuse: f64,
    personal_data: &[Span],
) -> String {
    let mut why = String::with_capacity(160);
    // Writing to a string does not fail.
    let _ = write_sentence(&mut why, policy, intents, mood, spam, abuse, personal_data);
    why
}

fn write_sentence(
    why: &mut String,
    policy: &SocialCare,
    intents: &[Intent],
    mood: f64,
    spam: f64,
    abuse: f64,
    personal_data: &[Span],
) -> std::fmt::Result {
    match intents {
        [] => why.push_str("no known intent"),
        [best, rest @ ..] => {
            why.push_str(&policy.catalogue.kind(best.number).code);
            if let Some(hit) = &best.hit {
                write!(
                    why,
                    " by the phrase “{}”",
                    policy.lexicon.incoming.text(hit)
                )?;
            }
            for (at, other) in rest.iter().take(2).enumerate() {
                why.push_str(if at == 0 { ", also " } else { " and " });
                why.push_str(&policy.catalogue.kind(other.number).code);
            }
        }
    }
    why.push_str(match mood {
        ..=-0.6 => "; very bad mood",
        ..=-0.2 => "; bad mood",
        0.6.. => "; very good mood",
        0.2.. => "; good mood",
        _ => "; neutral mood",
    });
    if spam >= 0.5 {
        why.push_str("; reads like spam");
    }
    if abuse >= 0.5 {
        why.push_str("; abusive");
    }
    if let [first, ..] = personal_data {
        write!(why, "; holds personal data ({}", first.kind)?;
        if personal_data.len() > 1 {
            write!(why, " and {} more", personal_data.len() - 1)?;
        }
        why.push(')');
    }
    why.push('.');
    Ok(())
}
