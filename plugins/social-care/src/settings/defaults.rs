//! Defaults of the settings.

use std::collections::BTreeMap;

use super::{Consequence, ServiceLevel, Settings, Span, Verdicts};

impl Default for Settings {
    fn default() -> Self {
        Self {
            brand: String::new(),
            intents: BTreeMap::new(),
            topics: BTreeMap::new(),
            least_confidence: 0.3,
            urgent_phrases: Vec::new(),
            spam_phrases: Vec::new(),
            queues: None,
            default_queue: None,
            skills: skills(),
            match_language: true,
            step_lasts: Span::from_minutes(2),
            prefer_last_agent: true,
            wide_reach: 10_000,
            repeat_contacts: 3,
            close_spam_from: 0.9,
            review_queue: None,
            close_automatic_replies: true,
            close_thanks: true,
            service_levels: vec![
                ServiceLevel {
                    priority: 85,
                    first_response: Some(Span::from_minutes(5)),
                    next_response: Some(Span::from_minutes(10)),
                    resolution: None,
                },
                ServiceLevel {
                    priority: 65,
                    first_response: Some(Span::from_minutes(15)),
                    next_response: Some(Span::from_minutes(30)),
                    resolution: None,
                },
            ],
            public_share: 0.5,
            apology_required_for: APOLOGY.map(str::to_owned).to_vec(),
            apology_at_mood: -0.6,
            approved_domains: Vec::new(),
            public_contacts: Vec::new(),
            unapproved_promises: Vec::new(),
            approved_promises: Vec::new(),
            forbidden_phrases: Vec::new(),
            verdicts: Verdicts::default(),
            severities: BTreeMap::new(),
            teams: BTreeMap::new(),
            escalate_reach: 50_000,
            escalate_contacts: 5,
            surge_factor: 3.0,
            surge_least: 10,
        }
    }
}

impl Default for Verdicts {
    fn default() -> Self {
        Self {
            info: Consequence::Approve,
            low: Consequence::Approve,
            medium: Consequence::Revise,
            high: Consequence::Hold,
            critical: Consequence::Block,
        }
    }
}

/// The queue that a company usually has for an intent.
pub(super) fn queue_for(code: &str) -> Option<&'static str> {
    let mut known = QUEUES.iter();
    known.find_map(|(intent, queue)| (*intent == code).then_some(*queue))
}

const QUEUES: [(&str, &str); 30] = [
    ("card-lost", "fraud"),
    ("card-blocked", "cards"),
    ("card-arrival", "cards"),
    ("fraud", "fraud"),
    ("transfer", "payments"),
    ("fees", "billing"),
    ("cash-machine", "cards"),
    ("billing", "billing"),
    ("payment-failed", "billing"),
    ("refund", "billing"),
    ("return", "returns"),
    ("item-damaged", "returns"),
    ("item-wrong", "returns"),
    ("order-status", "delivery"),
    ("delivery-late", "delivery"),
    ("delivery-missing", "delivery"),
    ("cancellation", "retention"),
    ("account-access", "technical"),
    ("technical-problem", "technical"),
    ("outage", "technical"),
    ("flight-delayed", "flights"),
    ("flight-cancelled", "flights"),
    ("booking-change", "flights"),
    ("baggage-lost", "baggage"),
    ("loyalty", "loyalty"),
    ("complaint", "complaints"),
    ("staff-conduct", "complaints"),
    ("press-inquiry", "press"),
    ("legal-threat", "legal"),
    ("safety", "safety"),
];

const APOLOGY: [&str; 10] = [
    "complaint",
    "delivery-late",
    "delivery-missing",
    "item-damaged",
    "item-wrong",
    "flight-delayed",
    "flight-cancelled",
    "baggage-lost",
    "outage",
    "staff-conduct",
];

const SKILLS: [(&str, &str, u8); 8] = [
    ("card-lost", "fraud", 3),
    ("fraud", "fraud", 3),
    ("complaint", "complaints", 2),
    ("staff-conduct", "complaints", 3),
    ("legal-threat", "complaints", 4),
    ("safety", "complaints", 4),
    ("technical-problem", "technical", 2),
    ("outage", "technical", 2),
];

fn skills() -> BTreeMap<String, BTreeMap<String, u8>> {
    SKILLS
        .iter()
        .map(|(of, skill, least)| {
            (
                (*of).to_owned(),
                BTreeMap::from([((*skill).to_owned(), *least)]),
            )
        })
        .collect()
}
