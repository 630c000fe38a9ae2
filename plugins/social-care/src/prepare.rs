//! From the word lists and a company's settings to a policy that decides.

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

/// What a company's own phrase weighs: as much as one beyond doubt.
const OWN_PHRASE: f32 = 4.0;
/// Points a company's own urgent phrase adds.
const OWN_URGENCY: f32 = 35.0;
const OWN_SPAM: f32 = 5.0;

pub(crate) fn prepare(settings: Settings) -> Result<SocialCare, Problems> {
    let mut problems = settings::problems(&settings);
    let mut catalogue = Catalogue::new(&settings);
    let mut lexicon = Lexicon::built_in();
    add_intents(&mut lexicon, &catalogue, &settings);
    add_signals(&mut lexicon);
    for line in format::lines(TOPICS) {
        let topic = catalogue.topic(line.section);
        lexicon.add_incoming(Signal::Topic(topic), line.weight, line.phrase);
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
        for line in format::lines(list) {
            let replaced = settings
                .intents
                .get(line.section)
                .is_some_and(|own| own.only_these_phrases);
            if let Some(number) = catalogue.intent(line.section).filter(|_| !replaced) {
                lexicon.add_incoming(Signal::Intent(number), line.weight, line.phrase);
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
        for line in format::lines(list) {
            lexicon.add_incoming(signal, line.weight, line.phrase);
        }
    }
    for line in format::lines(REPLIES) {
        if let Some(signal) = of_reply(line.section) {
            lexicon.add_reply(signal, line.weight, line.phrase);
        }
    }
}

fn of_reply(section: &str) -> Option<Signal> {
    Some(match section {
        "apology" => Signal::Apology,
        "promise" => Signal::Promise,
        "offer" => Signal::Offer,
        "blame" => Signal::Blame,
        "ask-details" => Signal::AskDetails,
        "go-private" => Signal::GoPrivate,
        "profanity" => Signal::Profanity,
        _ => return None,
    })
}

/// The company's own phrases; one without a word in it is a problem.
fn add_own(
    lexicon: &mut Lexicon,
    catalogue: &mut Catalogue,
    settings: &Settings,
    problems: &mut Problems,
) {
    let mut check = |added: bool, path: String| {
        if !added {
            problems.add(path, "the phrase has no word in it");
        }
    };
    for (code, own) in &settings.intents {
        let number = catalogue.intent(code).unwrap_or(SPAM);
        for (index, phrase) in own.phrases.iter().enumerate() {
            let added = lexicon.add_incoming(Signal::Intent(number), OWN_PHRASE, phrase);
            check(
                added,
                format!("/intents/{}/phrases/{index}", settings::escaped(code)),
            );
        }
    }
    for (code, phrases) in &settings.topics {
        let topic = catalogue.topic(code);
        for (index, phrase) in phrases.iter().enumerate() {
            let added = lexicon.add_incoming(Signal::Topic(topic), 1.0, phrase);
            check(
                added,
                format!("/topics/{}/{index}", settings::escaped(code)),
            );
        }
    }
    for (name, phrases, signal, weight) in [
        (
            "urgent-phrases",
            &settings.urgent_phrases,
            Signal::Urgency,
            OWN_URGENCY,
        ),
        (
            "spam-phrases",
            &settings.spam_phrases,
            Signal::Spam,
            OWN_SPAM,
        ),
    ] {
        for (index, phrase) in phrases.iter().enumerate() {
            check(
                lexicon.add_incoming(signal, weight, phrase),
                format!("/{name}/{index}"),
            );
        }
    }
    for (name, phrases, signal) in [
        (
            "unapproved-promises",
            &settings.unapproved_promises,
            Signal::Promise,
        ),
        (
            "approved-promises",
            &settings.approved_promises,
            Signal::ApprovedPromise,
        ),
        (
            "forbidden-phrases",
            &settings.forbidden_phrases,
            Signal::Forbidden,
        ),
    ] {
        for (index, phrase) in phrases.iter().enumerate() {
            check(
                lexicon.add_reply(signal, 1.0, phrase),
                format!("/{name}/{index}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_sdk::testing::{json, prepare};

    #[test]
    fn every_list_can_be_read_and_names_what_exists() {
        let catalogue = Catalogue::new(&Settings::default());
        for list in INTENTS {
            assert_eq!(format::unreadable(list), None);
            for line in format::lines(list) {
                assert!(
                    catalogue.intent(line.section).is_some(),
                    "no intent {}",
                    line.section
                );
            }
        }
        for list in [TOPICS, SPAM_PHRASES, ABUSE, URGENCY, REPLIES] {
            assert_eq!(format::unreadable(list), None);
        }
        for line in format::lines(REPLIES) {
            assert!(of_reply(line.section).is_some(), "no sign {}", line.section);
        }
    }

    #[test]
    fn the_settings_that_do_not_fit_are_named_where_they_stand() {
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
    fn a_setting_nobody_knows_is_refused() {
        assert!(prepare::<SocialCare>(json!({ "brnad": "Northwind" })).is_err());
        assert!(
            prepare::<SocialCare>(json!({ "intents": { "refund": { "phrase": [] } } })).is_err()
        );
    }
}
