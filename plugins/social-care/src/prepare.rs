//! Prepares the policy from the word lists and a company's settings.

use patchbay_sdk::prelude::*;

use crate::SocialCare;
use crate::classify::catalogue::{Catalogue, SPAM};
use crate::lexicon::phrases::Signal;
use crate::lexicon::{Lexicon, format};
use crate::settings::{self, Settings};

/// Phrases of intents, by language.
const INTENTS: [&str; 5] = [
    include_str!("../lexicon/intents/en.txt"),
    include_str!("../lexicon/intents/pt.txt"),
    include_str!("../lexicon/intents/es.txt"),
    include_str!("../lexicon/intents/fr.txt"),
    include_str!("../lexicon/intents/de.txt"),
];
const TOPICS: &str = include_str!("../lexicon/topics.txt");
const SPAM_PHRASES: &str = include_str!("../lexicon/spam.txt");
const ABUSE: &str = include_str!("../lexicon/abuse.txt");
const URGENCY: &str = include_str!("../lexicon/urgency.txt");
const REPLIES: &str = include_str!("../lexicon/replies.txt");

/// Weight of a company's own phrase for an intent; alone it makes the intent certain.
const OWN_PHRASE: f32 = 4.0;
/// Points a company's own urgent phrase adds to the urgency.
const OWN_URGENCY: f32 = 35.0;
/// Log odds a company's own spam phrase adds.
const OWN_SPAM: f32 = 5.0;

pub(crate) fn prepare(settings: Settings) -> Result<SocialCare, Problems> {
    let mut problems = settings::problems(&settings);
    let mut catalogue = Catalogue::new(&settings);
    let mut lexicon = Lexicon::built_in();
    add_intents(&mut lexicon, &catalogue, &settings);
    add_signals(&mut lexicon);
    for row in format::rows(TOPICS) {
        let topic = catalogue.topic(row.section);
        lexicon.add_row(Signal::Topic(topic), &row);
    }
    add_own(&mut lexicon, &mut catalogue, &settings, &mut problems);
    lexicon.finish();
    problems.into_result(SocialCare {
        lexicon,
        catalogue,
        settings,
    })
}

fn add_intents(lexicon: &mut Lexicon, catalogue: &Catalogue, settings: &Settings) {
    for list in INTENTS {
        for row in format::rows(list) {
            let replaced = settings
                .intents
                .get(row.section)
                .is_some_and(|own| own.only_these_phrases);
            if let Some(number) = catalogue.intent(row.section).filter(|_| !replaced) {
                lexicon.add_row(Signal::Intent(number), &row);
            }
        }
    }
}

fn add_signals(lexicon: &mut Lexicon) {
    for (list, signal) in [
        (SPAM_PHRASES, Signal::Spam),
        (ABUSE, Signal::Abuse),
        (URGENCY, Signal::Urgency),
    ] {
        for row in format::rows(list) {
            lexicon.add_row(signal, &row);
        }
    }
    for row in format::rows(REPLIES) {
        if let Some(signal) = reply_signal(row.section) {
            for phrase in row.phrases() {
                lexicon.add_reply(signal, row.weight, phrase);
            }
        }
    }
}

fn reply_signal(section: &str) -> Option<Signal> {
    Some(match section {
        "apology" => Signal::Apology,
        "promise" => Signal::Promise,
        "offer" => Signal::Offer,
        "blame" => Signal::Blame,
        "ask-details" => Signal::AskDetails,
        "go-private" => Signal::GoPrivate,
        "ask-removal" => Signal::AskRemoval,
        "profanity" => Signal::Profanity,
        _ => return None,
    })
}

/// Adds the company's own phrases; a phrase without a word is a problem.
fn add_own(
    lexicon: &mut Lexicon,
    catalogue: &mut Catalogue,
    settings: &Settings,
    problems: &mut Problems,
) {
    let mut add = |path: String, phrases: &[String], signal: Signal, weight: Option<f32>| {
        for (index, phrase) in phrases.iter().enumerate() {
            let added = match weight {
                Some(weight) => lexicon.add_incoming(signal, weight, phrase),
                None => lexicon.add_reply(signal, 1.0, phrase),
            };
            if !added {
                problems.add(format!("{path}/{index}"), "the phrase has no word; add one");
            }
        }
    };
    for (code, own) in &settings.intents {
        let signal = Signal::Intent(catalogue.intent(code).unwrap_or(SPAM));
        let path = format!("/intents/{}/phrases", settings::escaped(code));
        add(path, &own.phrases, signal, Some(OWN_PHRASE));
    }
    for (code, phrases) in &settings.topics {
        let signal = Signal::Topic(catalogue.topic(code));
        add(
            format!("/topics/{}", settings::escaped(code)),
            phrases,
            signal,
            Some(1.0),
        );
    }
    for (name, phrases, signal, weight) in [
        (
            "urgent-phrases",
            &settings.urgent_phrases,
            Signal::Urgency,
            Some(OWN_URGENCY),
        ),
        (
            "spam-phrases",
            &settings.spam_phrases,
            Signal::Spam,
            Some(OWN_SPAM),
        ),
        (
            "unapproved-promises",
            &settings.unapproved_promises,
            Signal::Promise,
            None,
        ),
        (
            "approved-promises",
            &settings.approved_promises,
            Signal::ApprovedPromise,
            None,
        ),
        (
            "forbidden-phrases",
            &settings.forbidden_phrases,
            Signal::Forbidden,
            None,
        ),
    ] {
        add(format!("/{name}"), phrases, signal, weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_sdk::testing::{json, prepare};

    #[test]
    fn every_list_is_readable_and_names_known_intents_and_signals() {
        let catalogue = Catalogue::new(&Settings::default());
        for list in INTENTS {
            assert_eq!(format::unreadable(list), None);
            for row in format::rows(list) {
                assert!(
                    catalogue.intent(row.section).is_some(),
                    "no intent {}",
                    row.section
                );
            }
        }
        for list in [TOPICS, SPAM_PHRASES, ABUSE, URGENCY, REPLIES] {
            assert_eq!(format::unreadable(list), None);
        }
        for row in format::rows(REPLIES) {
            assert!(
                reply_signal(row.section).is_some(),
                "no signal {}",
                row.section
            );
        }
    }

    #[test]
    fn invalid_settings_are_reported_with_their_paths() {
        let settings = json!({
            "intents": { "Bad Code": { "phrases": ["x"] }, "warranty": { "phrases": ["guarantee claim", "* !"] } },
            "least-confidence": 2.0,
            "skills": { "refund": { "billing": 9 } },
            "severities": { "tone.nothing": "off" },
            "teams": { "pres": "press-office" },
            "approved-domains": ["https://example.com"],
        });
        let problems = match prepare::<SocialCare>(settings) {
            Err(problems) => problems,
            Ok(_) => panic!("accepted"),
        };
        let paths: Vec<&str> = problems
            .iter()
            .map(|problem| problem.path.as_str())
            .collect();
        assert_eq!(
            paths,
            [
                "/intents/Bad Code",
                "/least-confidence",
                "/skills/refund/billing",
                "/severities/tone.nothing",
                "/teams/pres",
                "/approved-domains/0",
                "/intents/warranty/phrases/1",
            ]
        );
    }

    #[test]
    fn an_unknown_setting_is_rejected() {
        assert!(prepare::<SocialCare>(json!({ "brnad": "Northwind" })).is_err());
        assert!(
            prepare::<SocialCare>(json!({ "intents": { "refund": { "phrase": [] } } })).is_err()
        );
    }
}
