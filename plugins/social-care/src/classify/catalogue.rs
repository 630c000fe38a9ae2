//! Every intent and topic of the policy, by number.

use crate::settings::Settings;

/// Intents and topics, numbered.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) intents: Vec<IntentKind>,
    pub(crate) topics: Vec<String>,
}

/// Properties of an intent.
#[derive(Clone, Debug)]
pub(crate) struct IntentKind {
    pub(crate) code: String,
    /// Its topic, by number.
    pub(crate) topic: Option<u16>,
    /// Its own urgency, 0 to 100.
    pub(crate) urgency: u8,
    pub(crate) reply_expected: bool,
}

/// General intents; every other one is definite.
pub(crate) const COMPLAINT: u16 = 0;
pub(crate) const PRAISE: u16 = 1;
pub(crate) const QUESTION: u16 = 2;
pub(crate) const SPAM: u16 = 3;
/// Written by a program: an automatic reply, a delivery report, a notification.
pub(crate) const AUTOMATIC_REPLY: u16 = 4;

/// The customer asks to be called or to talk to a person.
pub(crate) const SPEAK_TO_HUMAN: u16 = 39;

/// Code, topic (empty: none), urgency. The order of the first five is that of
/// the constants above.
const BUILT_IN: [(&str, &str, u8); 42] = [
    ("complaint", "", 45),
    ("praise", "", 10),
    ("question", "", 30),
    ("spam", "", 0),
    ("automatic-reply", "", 0),
    ("order-status", "delivery", 35),
    ("delivery-late", "delivery", 50),
    ("delivery-missing", "delivery", 60),
    ("item-damaged", "product", 50),
    ("item-wrong", "product", 50),
    ("return", "returns", 35),
    ("refund", "payments", 45),
    ("cancellation", "account", 50),
    ("billing", "payments", 50),
    ("payment-failed", "payments", 55),
    ("account-access", "account", 55),
    ("technical-problem", "technical", 45),
    ("outage", "technical", 65),
    ("product-info", "product", 25),
    ("opening-hours", "stores", 25),
    ("card-lost", "cards", 90),
    ("card-blocked", "cards", 65),
    ("card-arrival", "cards", 40),
    ("fraud", "security", 90),
    ("transfer", "payments", 50),
    ("fees", "payments", 35),
    ("cash-machine", "payments", 50),
    ("flight-delayed", "flights", 60),
    ("flight-cancelled", "flights", 70),
    ("baggage-lost", "baggage", 60),
    ("booking-change", "booking", 50),
    ("check-in", "flights", 45),
    ("seat", "flights", 35),
    ("boarding", "flights", 55),
    ("loyalty", "loyalty", 25),
    ("staff-conduct", "staff", 50),
    ("press-inquiry", "press", 70),
    ("legal-threat", "legal", 75),
    ("safety", "safety", 95),
    ("speak-to-human", "", 50),
    ("personal-data-request", "privacy", 50),
    ("unsubscribe", "privacy", 30),
];

/// Built-in intents that expect no reply.
const NO_REPLY: [u16; 3] = [PRAISE, SPAM, AUTOMATIC_REPLY];
/// Urgency of a company's own intent.
const OWN_URGENCY: u8 = 40;

impl Catalogue {
    /// The built-in intents and those of the settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut catalogue = Self {
            intents: Vec::with_capacity(BUILT_IN.len()),
            topics: Vec::new(),
        };
        for (number, (code, topic, urgency)) in BUILT_IN.iter().enumerate() {
            let topic = (!topic.is_empty()).then(|| catalogue.topic(topic));
            let reply_expected = !NO_REPLY.contains(&(number as u16));
            catalogue.intents.push(IntentKind {
                code: (*code).to_owned(),
                topic,
                urgency: *urgency,
                reply_expected,
            });
        }
        for (code, own) in &settings.intents {
            let topic = own.topic.as_ref().map(|topic| catalogue.topic(topic));
            let number = catalogue.intent(code).unwrap_or_else(|| {
                catalogue.intents.push(IntentKind {
                    code: code.clone(),
                    topic: None,
                    urgency: OWN_URGENCY,
                    reply_expected: true,
                });
                catalogue.intents.len() as u16 - 1
            });
            let kind = &mut catalogue.intents[usize::from(number)];
            kind.topic = topic.or(kind.topic);
            kind.urgency = own.urgency.unwrap_or(kind.urgency).min(100);
            kind.reply_expected = own.reply_expected.unwrap_or(kind.reply_expected);
        }
        catalogue
    }

    /// The number of an intent.
    pub(crate) fn intent(&self, code: &str) -> Option<u16> {
        self.intents
            .iter()
            .position(|kind| kind.code == code)
            .map(|at| at as u16)
    }

    /// The number of a topic; a new topic is added.
    pub(crate) fn topic(&mut self, code: &str) -> u16 {
        let at = self
            .topics
            .iter()
            .position(|topic| topic == code)
            .unwrap_or_else(|| {
                self.topics.push(code.to_owned());
                self.topics.len() - 1
            });
        at as u16
    }

    pub(crate) fn kind(&self, number: u16) -> &IntentKind {
        &self.intents[usize::from(number)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_general_intents_match_the_table() {
        let catalogue = Catalogue::new(&Settings::default());
        for (number, code) in [
            (COMPLAINT, "complaint"),
            (PRAISE, "praise"),
            (QUESTION, "question"),
            (SPAM, "spam"),
            (AUTOMATIC_REPLY, "automatic-reply"),
            (SPEAK_TO_HUMAN, "speak-to-human"),
        ] {
            assert_eq!(catalogue.intent(code), Some(number));
        }
    }
}
