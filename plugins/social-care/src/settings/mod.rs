//! What a company can set. The documentation here is the schema's, and
//! `settings.schema.json` is made from it.

mod check;
mod defaults;
mod span;

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use patchbay_sdk::serde::Serialize;

pub(crate) use check::{escaped, problems};
pub use span::Span;

settings! {
    /// Settings of the social-care policy. Every one has a default; a list or
    /// map that is given replaces its default.
    #[derive(Clone, Debug, Serialize)]
    #[serde(default)]
    pub struct Settings {
        /// Name of the brand, put before what teams are told; empty: nothing is.
        pub brand: String,

        // Classification.
        /// Intents of the company's own, and changes to built-in ones, by
        /// code (kebab-case): phrases are added to the built-in ones.
        pub intents: BTreeMap<String, IntentSettings>,
        /// Topics of the company's own, by code (kebab-case), with the
        /// phrases that tell them. `*` stands for up to three words, `#` for
        /// a number.
        pub topics: BTreeMap<String, Vec<String>>,
        /// Intents below this confidence are not given, 0 to 1.
        #[schemars(range(min = 0.0, max = 1.0))]
        pub least_confidence: f64,
        /// Phrases that make a message urgent, besides the built-in ones.
        pub urgent_phrases: Vec<String>,
        /// Phrases only spam uses, besides the built-in ones.
        pub spam_phrases: Vec<String>,

        // Routing.
        /// Queue by intent or topic; the best intent with a queue that exists
        /// wins, then the first such topic.
        pub queues: BTreeMap<String, String>,
        /// Queue for everything else; absent: the company's default queue.
        pub default_queue: Option<String>,
        /// Skills an agent needs, with the least proficiency (1 to 5), by
        /// intent or topic.
        pub skills: BTreeMap<String, BTreeMap<String, u8>>,
        /// Whether agents who speak the customer's language are tried first.
        pub match_language: bool,
        /// How long each step waits before the next, wider one: `90s`, `2m`.
        pub step_lasts: Span,
        /// Whether the agent who last answered a contact is preferred.
        pub prefer_last_agent: bool,
        /// Followers from which a public message counts as widely seen.
        pub wide_reach: u64,
        /// Messages of one contact in seven days from which the contact
        /// counts as coming back again and again.
        pub repeat_contacts: u32,
        /// Spam at or above this probability is closed unread, 0 to 1; above
        /// 1 nothing is.
        #[schemars(range(min = 0.0, max = 2.0))]
        pub close_spam_from: f64,
        /// Reply targets by priority: of those whose priority is reached, the
        /// highest applies; where none is, the queue's own targets do.
        pub service_levels: Vec<ServiceLevel>,
        /// A public message's first-response target, as a share of the target
        /// above, over 0 to 1.
        #[schemars(range(min = 0.01, max = 1.0))]
        pub public_share: f64,

        // Tone.
        /// Intents after which a reply must apologise.
        pub apology_required_for: Vec<String>,
        /// A reply must also apologise where the customer's mood is at or
        /// below this, −1 to 1.
        #[schemars(range(min = -1.0, max = 1.0))]
        pub apology_at_mood: f64,
        /// Domains a reply may link to, subdomains included; empty: any.
        pub approved_domains: Vec<String>,
        /// Mail addresses and telephone numbers of the company that a public
        /// reply may show.
        pub public_contacts: Vec<String>,
        /// Promises nobody may make, besides the built-in ones.
        pub unapproved_promises: Vec<String>,
        /// Promises everybody may make, such as `30 day guarantee`.
        pub approved_promises: Vec<String>,
        /// Phrases no reply may use.
        pub forbidden_phrases: Vec<String>,
        /// What happens to a draft by the severest finding.
        pub verdicts: Verdicts,
        /// Another severity for a finding, or `off`, by code.
        pub severities: BTreeMap<String, Weight>,

        // Escalation.
        /// Who is notified, by what it is about: `press`, `safety`, `legal`,
        /// `fraud`, `manager`; values are names of the company's targets. For
        /// what is missing here only the priority is raised.
        pub teams: BTreeMap<String, String>,
        /// Followers from which the `press` team is notified of a negative
        /// public message.
        pub escalate_reach: u64,
        /// Messages of one contact in seven days from which the `manager`
        /// is notified.
        pub escalate_contacts: u32,
        /// How many times the usual number a surge must reach to become an
        /// incident, 1 or more.
        #[schemars(range(min = 1.0))]
        pub surge_factor: f64,
        /// The least number of interactions of an incident.
        pub surge_least: u64,
    }

    /// An intent of the company's own, or changes to a built-in one.
    #[derive(Clone, Debug, Default, Serialize)]
    #[serde(default)]
    pub struct IntentSettings {
        /// Phrases that tell it. `*` stands for up to three words, `#` for a
        /// number.
        pub phrases: Vec<String>,
        /// Its topic; absent: as built in, or none.
        pub topic: Option<String>,
        /// How urgent it is by itself, 0 to 100; absent: as built in, or 40.
        #[schemars(range(max = 100))]
        pub urgency: Option<u8>,
        /// Whether it expects a reply; absent: as built in, or yes.
        pub reply_expected: Option<bool>,
        /// Whether the built-in phrases of this intent are left out.
        pub only_these_phrases: bool,
    }

    /// Reply targets from a priority on.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct ServiceLevel {
        /// The least priority it applies to, 0 to 100.
        #[schemars(range(max = 100))]
        pub priority: u8,
        /// From the first message to the first reply; absent: the queue's own.
        #[serde(default)]
        pub first_response: Option<Span>,
        /// From the oldest unanswered message to its reply; absent: the
        /// queue's own.
        #[serde(default)]
        pub next_response: Option<Span>,
        /// From the first message to resolved; absent: the queue's own.
        #[serde(default)]
        pub resolution: Option<Span>,
    }

    /// What happens to a draft whose severest finding is of each severity.
    #[derive(Clone, Copy, Debug, Serialize)]
    #[serde(default)]
    pub struct Verdicts {
        /// For the severity `info`.
        pub info: Consequence,
        /// For the severity `low`.
        pub low: Consequence,
        /// For the severity `medium`.
        pub medium: Consequence,
        /// For the severity `high`.
        pub high: Consequence,
        /// For the severity `critical`.
        pub critical: Consequence,
    }

    /// What happens to a draft.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    pub enum Consequence {
        /// It may go out.
        Approve,
        /// The agent should change it first.
        Revise,
        /// A supervisor must approve it first.
        Hold,
        /// It may not go out.
        Block,
    }

    /// A severity, or `off`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    pub enum Weight {
        /// The finding is left out.
        Off,
        /// Good to know.
        Info,
        /// Could be better.
        Low,
        /// Should be changed.
        Medium,
        /// Must be changed.
        High,
        /// Harmful if it goes out.
        Critical,
    }
}
