//! The settings: the rules of each stage. Their documentation becomes the descriptions in
//! `settings.schema.json`.

use std::collections::BTreeMap;

use patchbay_sdk::Duration;
use patchbay_sdk::prelude::*;
use patchbay_sdk::references::{AgentRef, HoursRef, QueueRef, SkillRef, TargetRef, TeamRef};

settings! {
    /// Rules of one line each. A condition (`when`) is an expression of the Common Expression
    /// Language; `apply` checks its names and types.
    #[derive(Clone, Debug, Default)]
    #[serde(default)]
    pub struct Settings {
        /// Rules that classify an interaction. All that apply count: intents and topics add up, and
        /// of other values the first one does.
        pub classify: Vec<ClassifyRule>,
        /// Rules that route a conversation. The first that applies decides.
        pub route: Vec<RouteRule>,
        /// Rules that check a draft. All that apply count: the strictest verdict decides.
        pub tone: Vec<ToneRule>,
        /// Rules that escalate. All that apply count.
        pub escalate: Vec<EscalateRule>,
        /// Business hours that conditions name in `is_open('…')`.
        pub hours: Vec<HoursRef>,
        /// What happens when a condition cannot be evaluated, for example because a key is missing.
        pub on_error: OnError,
    }

    /// What happens when a condition cannot be evaluated.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum OnError {
        /// The decision fails, and the company's `on-failure` applies.
        #[default]
        Fail,
        /// The rule does not apply; a log line of the decision says why.
        Skip,
    }

    /// A rule that classifies.
    #[derive(Clone, Debug)]
    pub struct ClassifyRule {
        /// The condition, over `interaction` and `contact`.
        pub when: String,
        /// The answer.
        pub then: Classify,
    }

    /// A classification.
    #[derive(Clone, Debug)]
    pub struct Classify {
        /// Intents with their confidence, 0 to 1, by code: `{ refund = 0.9 }`.
        #[serde(default)]
        pub intents: BTreeMap<String, f64>,
        /// Topics, codes in kebab-case.
        #[serde(default)]
        pub topics: Vec<String>,
        /// Mood, −1 to 1.
        #[serde(default)]
        #[schemars(range(min = -1.0, max = 1.0))]
        pub sentiment: Option<f64>,
        /// Urgency, 0 to 100.
        #[serde(default)]
        #[schemars(range(max = 100))]
        pub urgency: Option<u8>,
        /// Language (BCP 47).
        #[serde(default)]
        pub language: Option<String>,
        /// Probability of spam, 0 to 1.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        pub spam: Option<f64>,
        /// Probability of abuse, 0 to 1.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        pub abuse: Option<f64>,
        /// Whether the customer expects a reply.
        #[serde(default)]
        pub reply_expected: Option<bool>,
    }

    /// A rule that routes.
    #[derive(Clone, Debug)]
    pub struct RouteRule {
        /// The condition, over `conversation`, its newest `interaction`, `classification` and
        /// `contact`.
        pub when: String,
        /// The answer.
        pub then: Route,
    }

    /// A route: to a queue, an agent, on hold, or closed.
    #[derive(Clone, Debug)]
    pub struct Route {
        /// Queue; for an agent or a hold, the queue that counts meanwhile and afterwards.
        #[serde(default)]
        pub queue: Option<QueueRef>,
        /// Agent who alone is offered it.
        #[serde(default)]
        pub agent: Option<AgentRef>,
        /// How long an agent is waited for while busy.
        #[serde(default)]
        pub wait: Option<Duration>,
        /// How long no agent is offered it; then routing is called again.
        #[serde(default)]
        pub hold: Option<Duration>,
        /// Whether it is resolved.
        #[serde(default)]
        pub close: bool,
        /// Least proficiency, 1 to 5, by skill.
        #[serde(default)]
        pub skills: BTreeMap<SkillRef, u8>,
        /// How long only agents with these skills qualify; absent: for ever.
        #[serde(default)]
        pub skills_for: Option<Duration>,
        /// Whether the agent who replied last is preferred.
        #[serde(default)]
        pub prefer_last_agent: bool,
        /// Priority, 0 to 100.
        #[serde(default)]
        #[schemars(range(max = 100))]
        pub priority: Option<u8>,
        /// Target of the first response.
        #[serde(default)]
        pub first_response: Option<Duration>,
        /// Target of every further response.
        #[serde(default)]
        pub next_response: Option<Duration>,
        /// Target of the resolution.
        #[serde(default)]
        pub resolution: Option<Duration>,
        /// Tags to add, codes in kebab-case.
        #[serde(default)]
        pub tags: Vec<String>,
    }

    /// A rule that checks a draft.
    #[derive(Clone, Debug)]
    pub struct ToneRule {
        /// The condition, over `draft`, the `interaction` it answers, `conversation`,
        /// `classification` and `contact`.
        pub when: String,
        /// The answer.
        pub then: Tone,
    }

    /// A finding and its verdict.
    #[derive(Clone, Debug)]
    pub struct Tone {
        /// What happens to the draft.
        pub verdict: Judgement,
        /// Code of the finding, kebab-case and dotted.
        pub code: String,
        /// What is wrong, in one sentence for the agent.
        pub message: String,
        /// What to write instead.
        #[serde(default)]
        pub suggestion: Option<String>,
        /// For `hold`: the teams of which a member must approve it, in this order.
        #[serde(default)]
        pub approvers: Vec<TeamRef>,
    }

    /// What happens to a draft.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Judgement {
        /// It may go out; the agent sees the finding.
        Approve,
        /// The agent changes it first.
        Revise,
        /// It waits for an approval.
        Hold,
        /// It does not go out.
        Block,
    }

    /// A rule that escalates.
    #[derive(Clone, Debug)]
    pub struct EscalateRule {
        /// The condition, over `trigger`, `conversation`, its newest `interaction`,
        /// `classification` and `contact`. It should say for which `trigger.code` it is.
        pub when: String,
        /// The answer.
        pub then: Escalate,
    }

    /// Actions of an escalation.
    #[derive(Clone, Debug)]
    pub struct Escalate {
        /// Least priority from now on, 0 to 100.
        #[serde(default)]
        #[schemars(range(max = 100))]
        pub raise_priority: Option<u8>,
        /// Target to notify.
        #[serde(default)]
        pub notify: Option<TargetRef>,
        /// What the notification or the incident says.
        #[serde(default)]
        pub message: Option<String>,
        /// Queue to move the conversation to.
        #[serde(default)]
        pub re_route: Option<QueueRef>,
        /// Whether every reply needs a supervisor's approval from now on.
        #[serde(default)]
        pub require_approval: bool,
        /// Team of which a member must approve every reply from now on.
        #[serde(default)]
        pub require_approval_of: Option<TeamRef>,
        /// Subject of the incident that the conversation joins.
        #[serde(default)]
        pub open_incident: Option<String>,
        /// When the escalation rules are called again, with `trigger.code == 'wake-up'`.
        #[serde(default)]
        pub wake_up_after: Option<Duration>,
        /// Code of that call, its `trigger.subject`.
        #[serde(default)]
        pub wake_up_for: Option<String>,
    }
}
