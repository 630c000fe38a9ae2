//! Finds personal data in public replies, requests for it in public, and payment details anywhere.

use patchbay_sdk::prelude::*;

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;
use crate::personal_data;

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
}

fn asks_in_public(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    if !reply.public || reply.hits.iter().any(|hit| hit.signal == Signal::GoPrivate) {
        return;
    }
    if let Some(hit) = reply
        .hits
        .iter()
        .find(|hit| hit.signal == Signal::AskDetails)
    {
        findings.add_at(
            "personal-data.asked-in-public",
            reply.span(hit),
            "Anyone can read the answer: ask for personal details in a private message.",
            Some(suggestions::in_private(reply.language.as_deref())),
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
