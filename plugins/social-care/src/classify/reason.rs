//! The reason of a classification in one sentence, which never quotes the customer.

use std::fmt::{Display, Formatter, Result, Write};

use super::intents::Intent;
use crate::SocialCare;
use crate::personal_data::Span;

/// Shows the intents with the phrases of the lists, mood, spam, abuse and personal data.
pub(super) struct Reason<'a> {
    pub(super) policy: &'a SocialCare,
    /// Best first.
    pub(super) intents: &'a [Intent],
    pub(super) mood: f64,
    pub(super) spam: f64,
    pub(super) abuse: f64,
    pub(super) personal_data: &'a [Span],
}

impl Display for Reason<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let SocialCare {
            catalogue, lexicon, ..
        } = self.policy;
        match self.intents {
            [] => out.write_str("no known intent")?,
            [best, rest @ ..] => {
                out.write_str(&catalogue.kind(best.number).code)?;
                if let Some(hit) = &best.hit {
                    write!(out, " by the phrase “{}”", lexicon.incoming.text(hit))?;
                }
                for (other, before) in rest.iter().zip([", also ", " and "]) {
                    write!(out, "{before}{}", catalogue.kind(other.number).code)?;
                }
            }
        }
        out.write_str(match self.mood {
            ..=-0.6 => "; very bad mood",
            ..=-0.2 => "; bad mood",
            0.6.. => "; very good mood",
            0.2.. => "; good mood",
            _ => "; neutral mood",
        })?;
        if self.spam >= 0.5 {
            out.write_str("; reads like spam")?;
        }
        if self.abuse >= 0.5 {
            out.write_str("; abusive")?;
        }
        if let [first, rest @ ..] = self.personal_data {
            write!(out, "; holds personal data ({}", first.kind)?;
            if !rest.is_empty() {
                write!(out, " and {} more", rest.len())?;
            }
            out.write_char(')')?;
        }
        out.write_char('.')
    }
}
