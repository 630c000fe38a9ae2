//! The settings. Their documentation becomes the descriptions in `settings.schema.json`.

mod check;
mod defaults;

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use patchbay_sdk::references::{QueueRef, TargetRef};
use patchbay_sdk::serde::Serialize;

pub(crate) use check::{escaped, problems};
pub use patchbay_sdk::Duration as Span;

settings! {
    /// Settings of the social-care policy. Every one has a default; a list or
    /// map that is given replaces its default.
    #[derive(Clone, Debug, Serialize)]
    #[serde(default)]
    pub struct Settings {
        /// Name of the brand, put before notifications to teams; empty: none.
        pub brand: String,

        // Classification.
        /// Intents of the company's own, and changes to built-in ones, by
        /// code (kebab-case). Phrases are added to the built-in ones.
        pub intents: BTreeMap<String, IntentSettings>,
        /// Topics of the company's own, by code (kebab-case), with the
        /// phrases that indicate them. `*` stands for up to three words, `#`
        /// for a number.
        pub topics: BTreeMap<String, Vec<String>>,
        /// Least confidence of a reported intent, 0 to 1.
        #[schemars(range(min = 0.0, max = 1.0))]
        pub least_confidence: f64,
        /// Phrases that make a message urgent, besides the built-in ones.
        pub urgent_phrases: Vec<String>,
        /// Phrases that indicate spam, besides the built-in ones.
        pub spam_phrases: Vec<String>,

        // Routing.
        /// Queue by intent or topic. The best intent with an existing queue
        /// wins, then the first such topic. Default: `fraud`, `billing`,
        /// `delivery` and other usual names, where the company has such a queue.
        pub queues: Option<BTreeMap<String, QueueRef>>,
        /// Queue for everything else. Default: the company's default queue.
        pub default_queue: Option<QueueRef>,
        /// Skills an agent needs, with the minimum proficiency (1 to 5), by
        /// intent or topic.
        pub skills: BTreeMap<String, BTreeMap<String, u8>>,
        /// Whether agents who speak the customer's language come first.
        pub match_language: bool,
        /// Time before the next, wider step: `90s`, `2m`.
        pub step_lasts: Span,
        /// Whether to prefer the agent who last answered the contact.
        pub prefer_last_agent: bool,
        /// Followers from which a public message counts as widely seen.
        pub wide_reach: u64,
        /// Messages in seven days from which a contact counts as writing
        /// repeatedly.
        pub repeat_contacts: u32,
        /// Probability from which spam is closed unread, 0 to 1; above 1: never. A complaint, a
        /// reply, or a message of a contact who wrote before is never closed.
        #[schemars(range(min = 0.0, max = 2.0))]
        pub close_spam_from: f64,
        /// Queue for spam that is likely and not certain. Default: as for every other message.
        pub review_queue: Option<QueueRef>,
        /// Whether to close automatic replies, delivery reports and notifications unread.
        pub close_automatic_replies: bool,
        /// Whether to leave a resolved conversation resolved when the customer only thanks.
        pub close_thanks: bool,
        /// SLA targets by priority. Of the levels the priority reaches, the
        /// highest applies; where it reaches none, the queue's targets apply.
        pub service_levels: Vec<ServiceLevel>,
        /// First-response target of a public message, as a share of the target
        /// above, 0.01 to 1.
        #[schemars(range(min = 0.01, max = 1.0))]
        pub public_share: f64,

        // Tone.
        /// Intents after which a reply must apologise.
        pub apology_required_for: Vec<String>,
        /// Mood at or below which a reply must also apologise, −1 to 1.
        #[schemars(range(min = -1.0, max = 1.0))]
        pub apology_at_mood: f64,
        /// Domains a reply may link to, with their subdomains; empty: any.
        pub approved_domains: Vec<String>,
        /// Mail addresses and telephone numbers of the company that a public
        /// reply may show.
        pub public_contacts: Vec<String>,
        /// Promises a reply must not make, besides the built-in ones.
        pub unapproved_promises: Vec<String>,
        /// Promises a reply may make, such as `30 day guarantee`.
        pub approved_promises: Vec<String>,
        /// Phrases a reply must not use.
        pub forbidden_phrases: Vec<String>,
        /// Verdict on a draft by its severest finding.
        pub verdicts: Verdicts,
        /// Another severity for a finding, or `off`, by code.
        pub severities: BTreeMap<String, Weight>,

        // Escalation.
        /// Target to notify by team: `press`, `safety`, `legal`, `fraud`,
        /// `manager`; values are names of targets in the company file. For a
        /// team that is missing only the priority is raised.
        pub teams: BTreeMap<String, TargetRef>,
        /// Followers from which the `press` team is notified of a negative
        /// public message.
        pub escalate_reach: u64,
        /// Messages of one contact in seven days from which the `manager`
        /// is notified.
        pub escalate_contacts: u32,
        /// Factor over the usual number from which a surge is an incident, 1 or
        /// more.
        #[schemars(range(min = 1.0))]
        pub surge_factor: f64,
        /// Least number of interactions of an incident.
        pub surge_least: u64,
    }

    /// An intent of the company's own, or changes to a built-in one.
    #[derive(Clone, Debug, Default, Serialize)]
    #[serde(default)]
    pub struct IntentSettings {
        /// Phrases that indicate it. `*` stands for up to three words, `#` for a
        /// number.
        pub phrases: Vec<String>,
        /// Its topic. Default: as built in, or none.
        pub topic: Option<String>,
        /// Its own urgency, 0 to 100. Default: as built in, or 40.
        #[schemars(range(max = 100))]
        pub urgency: Option<u8>,
        /// Whether it expects a reply. Default: as built in, or true.
        pub reply_expected: Option<bool>,
        /// Whether to drop the built-in phrases of this intent. Default: false.
        pub only_these_phrases: bool,
    }

    /// SLA targets from a priority on.
    #[derive(Clone, Debug, PartialEq, Serialize)]
    pub struct ServiceLevel {
        /// Least priority it applies to, 0 to 100.
        #[schemars(range(max = 100))]
        pub priority: u8,
        /// From the first message to the first reply. Default: the queue's.
        #[serde(default)]
        pub first_response: Option<Span>,
        /// From the oldest unanswered message to the next reply. Default: the
        /// queue's.
        #[serde(default)]
        pub next_response: Option<Span>,
        /// From the first message to resolved. Default: the queue's.
        #[serde(default)]
        pub resolution: Option<Span>,
    }

    /// Verdict on a draft by the severity of its severest finding.
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

    /// Verdict on a draft.
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
        /// The finding is not reported.
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

impl Settings {
    /// The queue for an intent or topic; the company may have none of this name.
    pub(crate) fn queue_for(&self, code: &str) -> Option<&str> {
        match &self.queues {
            Some(queues) => queues.get(code).map(QueueRef::as_str),
            None => defaults::queue_for(code),
        }
    }
}
