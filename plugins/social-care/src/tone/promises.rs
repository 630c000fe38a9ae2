//! Finds unapproved promises: phrases that promise, and sums offered.

use super::{Findings, Reply};
use crate::lexicon::phrases::{Hit, Signal};
use crate::text::{Kind, Text, Token};

/// How far back a negation before a promise reaches, in words: "we cannot guarantee".
const NEGATION_REACH: usize = 2;
/// Most words between an offer such as "compensation" and its sum.
const REACH: u32 = 6;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let approved = |hit: &Hit| {
        let covers = |other: &&Hit| other.first <= hit.last && hit.first <= other.last;
        reply
            .hits
            .iter()
            .filter(|hit| hit.signal == Signal::ApprovedPromise)
            .any(|other| covers(&other))
    };
    let mut covered = 0;
    for hit in reply
        .hits
        .iter()
        .filter(|hit| hit.signal == Signal::Promise)
    {
        let is_promise = !approved(hit) && !reply.is_negated(hit, NEGATION_REACH);
        if hit.first >= covered && is_promise {
            covered = hit.last + 1;
            findings.add_at(
                "promise.unapproved",
                reply.span(hit),
                "This promise is not approved.",
                None,
            );
        }
    }
    sums(reply, findings, approved);
}

fn sums(reply: &Reply<'_>, findings: &mut Findings<'_>, approved: impl Fn(&Hit) -> bool) {
    let mut last = None;
    for offer in reply.hits.iter().filter(|hit| hit.signal == Signal::Offer) {
        if approved(offer) {
            continue;
        }
        let from = offer.first.saturating_sub(REACH);
        let to = (offer.last + REACH).min((reply.text.tokens.len() - 1) as u32);
        for at in from..=to {
            let token = &reply.text.tokens[at as usize];
            if last.is_none_or(|last| at > last)
                && let Some(span) = sum(&reply.text, at as usize, token)
            {
                last = Some(at);
                findings.add_at(
                    "promise.unapproved",
                    span,
                    "This sum is not approved.",
                    None,
                );
            }
        }
    }
}

/// The bytes of a sum of money, or of a percentage.
fn sum(text: &Text<'_>, at: usize, token: &Token) -> Option<std::ops::Range<usize>> {
    if token.kind != Kind::Number {
        return None;
    }
    let (start, end) = (token.start as usize, token.end as usize);
    let before = text.source.get(..start)?;
    let after = text.source.get(end..)?;
    if let Some(symbol) = before
        .chars()
        .next_back()
        .filter(|letter| matches!(letter, '£' | '€' | '$' | '¥' | '₹'))
    {
        return Some(start - symbol.len_utf8()..end);
    }
    let trimmed = after.trim_start_matches([' ', '\u{a0}']);
    if let Some(symbol) = trimmed
        .chars()
        .next()
        .filter(|letter| matches!(letter, '£' | '€' | '$' | '¥' | '₹' | '%'))
    {
        return Some(start..end + (after.len() - trimmed.len()) + symbol.len_utf8());
    }
    let unit = text.tokens.get(at + 1)?;
    let currency = [
        "euros", "euro", "pounds", "dollars", "eur", "gbp", "usd", "brl", "reais", "percent",
    ];
    let written = text.written(unit);
    currency
        .iter()
        .any(|name| written.eq_ignore_ascii_case(name))
        .then_some(start..unit.end as usize)
}
