//! Personal data in a reply anyone may read, and asking for it there.

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;
use crate::personal_data;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    for span in personal_data::find(&reply.text, &reply.policy.lexicon) {
        let place = span.start as usize..span.end as usize;
        match span.kind {
            // Not even in private: messages are kept and forwarded.
            "payment-card" | "iban" => findings.add_at(
                "personal-data.payment",
                place,
                format!("A reply never repeats payment details ({}).", span.kind),
                Some(if span.kind == "iban" { "your account" } else { "your card" }),
            ),
            _ if !reply.public || is_the_companys(reply, &place) => {}
            kind => findings.add_at(
                "personal-data.public",
                place,
                format!("Anyone can read this reply: take the personal data ({kind}) to a private message."),
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

/// A contact the company shows to everybody: as set, or a mailbox at one of
/// its own domains.
fn is_the_companys(reply: &Reply<'_>, place: &std::ops::Range<usize>) -> bool {
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

/// Whether two contacts are the same but for case, spaces and punctuation.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> Vec<char> {
        text.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    plain(one) == plain(other)
}
