//! The company of all contenders: words, agents and interactions.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::directory::{Agent, Directory, Page, Query, Queue};
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::{Exchange, Situation, Surroundings};
use serde_json::{Value, json};

/// The settings, as written.
pub const SETTINGS: &str = include_str!("../policies/settings.json");

/// The measured interaction: 118 bytes.
pub const TEXT: &str = "My parcel is three days late, the tracking is wrong and nobody answers! I want my money back today, this is terrible.";

/// Interactions that all contenders must answer alike before the measurement.
pub const TEXTS: [&str; 7] = [
    TEXT,
    "Thanks, the delivery was fast and your driver is very friendly!",
    "URGENT: I was charged twice, reimburse me immediately or my lawyer calls. Worst fraud ever, I hate this scam.",
    "I am locked out and cannot log in, the password mail never comes.",
    "Please cancel my plan and close my account right now. Useless, awful, unacceptable.",
    "The app shows error code 17 and is not working since today",
    "Hello there",
];

/// The settings as a document.
pub fn settings() -> Value {
    match serde_json::from_str(SETTINGS) {
        Ok(settings) => settings,
        Err(error) => panic!("policies/settings.json: {error}"),
    }
}

/// The settings with an index of intents by name, for languages in which a
/// policy cannot build one at its start.
pub fn settings_with_index() -> Value {
    let mut settings = settings();
    let rules = settings["intents"].as_array().cloned().unwrap_or_default();
    settings["by_name"] = rules
        .into_iter()
        .map(|rule| (rule["name"].as_str().unwrap_or_default().to_owned(), rule))
        .collect::<serde_json::Map<_, _>>()
        .into();
    settings
}

/// 48 agents of three skills each, and the queues.
///
/// # Panics
/// Never: the directory is valid.
pub fn directory() -> Arc<Directory> {
    const SKILLS: [&str; 6] = [
        "delivery",
        "payments",
        "accounts",
        "retention",
        "technical",
        "social",
    ];
    let agents: Vec<Agent> = (0..48_usize)
        .map(|n| {
            let skill = |k: usize| SKILLS[(n + k * 2) % SKILLS.len()];
            let agent = json!({
                "id": format!("agent-{n:02}"),
                "name": format!("Agent {n}"),
                "skills": {skill(0): 1 + n % 5, skill(1): 1 + (n / 2) % 5, skill(2): 1 + (n / 3) % 5},
                "languages": ["en"],
                "load": (n * 37) % 100,
                "idle": (n * 13) % 600,
            });
            serde_json::from_value(agent).expect("an agent")
        })
        .collect();
    let queues: Vec<Queue> = [
        "general",
        "logistics",
        "payments",
        "accounts",
        "retention",
        "technical",
    ]
    .into_iter()
    .map(|id| {
        serde_json::from_value(json!({"id": id, "default": id == "general"})).expect("a queue")
    })
    .collect();
    Arc::new(Directory::new(agents, queues).expect("a directory"))
}

/// The policy's query of the directory.
pub fn find_agents(directory: &Directory, skill: &str, least: u8, limit: u32) -> Page {
    directory.find(&Query {
        skills: vec![(skill.to_owned(), least)],
        present: true,
        limit,
        ..Query::default()
    })
}

/// A situation with this text.
///
/// # Panics
/// Never: the interaction is valid.
pub fn situation(directory: &Arc<Directory>, text: &str) -> Arc<Situation> {
    let interaction = json!({
        "id": "x-1",
        "channel": "x",
        "text": text,
        "received_at": "2026-01-01T12:00:00Z",
        "author": {"address": "@customer", "name": "A Customer", "reach": 1200},
    });
    let interaction = Interaction::from_own(interaction).expect("an interaction");
    let surroundings = Surroundings {
        directory: Arc::clone(directory),
        ..Surroundings::of(Directory::default())
    };
    Arc::new(Situation::of(
        Arc::new(surroundings),
        Exchange::new(interaction),
        Timestamp::UNIX_EPOCH,
        7,
    ))
}
