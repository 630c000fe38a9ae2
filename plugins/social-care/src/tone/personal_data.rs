//! Finds personal data in public replies, requests for it in public, and payment details anywhere.

use patchbay_sdk::prelude::*;

use super::{Findings, Reply, suggestions};
use crate::lexicon::Role;
use crate::lexicon::phrases::{Hit, Signal};
use crate::personal_data;
use crate::route::SURE;
use crate::text::{Shape, Text};

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    for span in personal_data::find(&reply.text, &reply.policy.lexicon) {
        let place = span.start as usize..span.end as usize;
        match &span.kind {
            // Not even in private: messages are stored and forwarded.
            PersonalDataKind::PaymentCard | PersonalDataKind::Iban => findings.add_at(
                "personal-data.payment",
                place,
                format!("A reply must not repeat payment details ({}).", span.kind),
                Some(match span.kind {
                    PersonalDataKind::Iban => "your account",
                    _ => "your card",
                }),
            ),
            _ if !reply.public || is_own_contact(reply, &place) => {}
            kind => findings.add_at(
                "personal-data.public",
                place,
                format!("Anyone can read this reply: move the personal data ({kind}) to a private message."),
                Some(suggestions::in_private(reply.language.as_deref())),
            ),
        }
    }
    asks_in_public(reply, findings);
    left_in_public(reply, findings);
}

/// How far back, in words, a request or a negation of it stands before what is asked for: "please do not
/// ever post your order number".
const REQUEST_REACH: usize = 8;

fn asks_in_public(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    let goes_private = |hit: &Hit| hit.signal == Signal::GoPrivate && !reply.is_negated(hit, 3);
    if !reply.public || reply.hits.iter().any(goes_private) {
        return;
    }
    if let Some(hit) = reply
        .hits
        .iter()
        .find(|hit| hit.signal == Signal::AskDetails && is_request(reply, hit))
    {
        findings.add_at(
            "personal-data.asked-in-public",
            reply.span(hit),
            "Anyone can read the answer: ask for personal details in a private message.",
            Some(suggestions::in_private(reply.language.as_deref())),
        );
    }
}

/// Whether details are asked for: by a verb before them in the sentence or by its question mark, and not
/// where the sentence tells not to give them.
fn is_request(reply: &Reply<'_>, hit: &Hit) -> bool {
    if reply.is_negated(hit, REQUEST_REACH) {
        return false;
    }
    let tokens = &reply.text.tokens;
    let before = tokens[..hit.first as usize]
        .iter()
        .rev()
        .take(REQUEST_REACH)
        .take_while(|token| !token.shape.has(Shape::SENTENCE_END));
    let mut asks = false;
    for token in before {
        // "We sent it to your email address" and "we have updated your details" ask nothing.
        if reply.policy.lexicon.has_role(token, Role::ASK) {
            asks = true;
        }
    }
    asks || ends_in_question(reply, hit.last as usize)
}

/// Whether the sentence of a token ends with a question mark.
fn ends_in_question(reply: &Reply<'_>, from: usize) -> bool {
    let tokens = &reply.text.tokens;
    let last = tokens[from..]
        .iter()
        .find(|token| token.shape.has(Shape::SENTENCE_END))
        .or(tokens.last());
    last.and_then(|token| reply.text.source.get(token.end as usize..))
        .is_some_and(|rest| rest.trim_start().starts_with(['?', '？', '؟']))
}

/// Finds a public reply to somebody who posted personal data that does not ask them to remove it.
fn left_in_public(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    if !reply.public || reply.draft.composing() || reply.draft.text().trim().is_empty() {
        return;
    }
    let Some(message) = reply.draft.answers().filter(Interaction::is_public) else {
        return;
    };
    let is_spam = reply
        .assessment
        .as_ref()
        .and_then(Assessment::spam)
        .is_some_and(|spam| spam >= SURE);
    let asks_removal = |hit: &Hit| hit.signal == Signal::AskRemoval && !reply.is_negated(hit, 3);
    if is_spam || reply.hits.iter().any(asks_removal) {
        return;
    }
    let lexicon = &reply.policy.lexicon;
    let text = Text::read(message.text(), &lexicon.vocabulary);
    if let Some(posted) = personal_data::find(&text, lexicon).first() {
        findings.add(
            "personal-data.left-in-public",
            format!(
                "The customer posted personal data ({}) where anyone can read it: ask them to remove it.",
                posted.kind
            ),
            Some(suggestions::removal(reply.language.as_deref())),
        );
    }
}

/// Whether a contact is the company's own: as set, or a mailbox at an approved domain.
fn is_own_contact(reply: &Reply<'_>, place: &std::ops::Range<usize>) -> bool {
    let settings = &reply.policy.settings;
    let written = reply.draft.text().get(place.clone()).unwrap_or("");
    let own_domain = written
        .rsplit_once('@')
        .is_some_and(|(_, domain)| super::links::is_approved(&settings.approved_domains, domain));
    own_domain
        || settings
            .public_contacts
            .iter()
            .any(|contact| same(contact, written))
}

/// Whether two contacts are equal without case, spaces and punctuation.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(one) == plain(other)
}
