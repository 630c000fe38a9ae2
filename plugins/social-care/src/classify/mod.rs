//! Classifies an interaction.

mod abuse;
mod automatic;
pub(crate) mod catalogue;
mod intents;
pub(crate) mod language;
mod reason;
mod sentiment;
mod spam;
mod urgency;

use patchbay_sdk::prelude::*;

use crate::SocialCare;
use crate::personal_data;
use crate::text::{Reading, Text, language_tag};
use catalogue::{AUTOMATIC_REPLY, PRAISE, QUESTION, SPAM};
use reason::Reason;

/// Classifies an interaction.
pub(crate) fn classify(policy: &SocialCare, interaction: &Interaction) -> Classification {
    let SocialCare {
        lexicon,
        catalogue,
        settings,
    } = policy;
    let reading = Reading::incoming(interaction.text(), &interaction.channel(), lexicon);
    let text = Text::read(reading.text(), &lexicon.vocabulary);
    let hits = lexicon.incoming.find(&text.tokens);
    let channel_language = interaction.language();
    let channel_language = channel_language.as_deref().and_then(language_tag);
    let language = language::detect(&text, lexicon, channel_language.as_deref());
    let mood = sentiment::mood(&text, lexicon, &hits, language.words);
    let spam = spam::probability(&text, &hits, mood);
    let abuse = abuse::probability(&text, lexicon, &hits);
    let signs = intents::Signs {
        mood,
        spam,
        negations: language.words.negations(),
        automatic: automatic::is_automatic(interaction, reading.text()),
    };
    let intents = intents::find(policy, &text, &hits, signs);
    let topics = intents::topics(&intents, &hits, catalogue);
    let author = interaction.author();
    let signs = urgency::Signs {
        mood,
        spam,
        widely_seen: author.reach().unwrap_or(0) >= settings.wide_reach && interaction.is_public(),
        comes_again: author.recent_interactions() >= settings.repeat_contacts,
    };
    let urgency = urgency::of(&text, &intents, &hits, catalogue, signs);
    // Personal data is reported wherever it stands, also in what was not written now.
    let personal_data = match reading.is_changed() {
        true => {
            let original = Text::read(interaction.text(), &lexicon.vocabulary);
            personal_data::find(&original, lexicon)
        }
        false => personal_data::find(&text, lexicon),
    };

    let reason = Reason {
        policy,
        intents: &intents,
        mood,
        spam,
        abuse,
        personal_data: &personal_data,
    };
    let mut answer = Classification::because(reason.to_string())
        .sentiment(mood)
        .urgency(urgency)
        .spam(spam)
        .abuse(abuse)
        .reply_expected(reply_expected(policy, &text, &intents, spam));
    if let Some(tag) = language.tag {
        answer = answer.language(tag);
    }
    for intent in &intents {
        answer = answer.intent(&catalogue.kind(intent.number).code, intent.confidence);
    }
    for topic in topics {
        answer = answer.topic(&catalogue.topics[usize::from(topic)]);
    }
    for span in personal_data {
        answer = answer.personal_data(span.kind, span.start as usize..span.end as usize);
    }
    answer
}

/// Whether the customer expects a reply: thanks, an advertisement or a bare link expects none.
fn reply_expected(
    policy: &SocialCare,
    text: &Text<'_>,
    intents: &[intents::Intent],
    spam: f64,
) -> bool {
    if spam >= 0.8 || text.tokens.is_empty() {
        return false;
    }
    let asks = intents
        .iter()
        .any(|intent| intent.number == QUESTION && intent.confidence >= 0.5);
    let Some(best) = intents.first() else {
        // Without an intent, words may expect a reply; a bare link does not.
        return asks || text.marks.links == 0 && text.marks.words > 2;
    };
    match best.number {
        SPAM | AUTOMATIC_REPLY => false,
        PRAISE => {
            asks || intents
                .iter()
                .skip(1)
                .any(|other| other.number > SPAM && other.confidence >= 0.5)
        }
        number => policy.catalogue.kind(number).reply_expected,
    }
}

#[cfg(test)]
pub(crate) mod tests;
