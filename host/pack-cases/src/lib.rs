//! Cases: inputs and the decisions expected for them, as JSON or TOML files in a pack's `cases/`.

mod advice;
mod case_data;
mod case_run;
mod check;
mod expect;
mod file;
mod policy_memories;
mod recorded_input;
mod report_text;
mod run;
mod strict_json;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use patchbay_engine::HostCall;
use patchbay_model::directory::{Agent, Queue};
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Interaction;
use patchbay_model::knowledge::Article;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use advice::of_texts as sandbox_advice;
pub use expect::{Mismatch, compare};
pub use file::CaseError;
pub use recorded_input::RecordedInput;
pub use run::{CaseReport, CaseRunner, StepReport};

/// One case file. An unknown key is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Schema of this file, for editors; see `patchbay schema case`.
    #[serde(default, rename = "$schema")]
    pub schema: Option<String>,
    /// What it shows, in a sentence.
    #[serde(default)]
    pub note: String,
    /// Settings of the policy; the schema's defaults are filled in.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Data in place of the pack's own, by name: for a table a list of rows or a CSV text, for bytes a
    /// text or `{"base64": …}`.
    #[serde(default)]
    pub data: BTreeMap<String, Value>,
    /// Time of the first step. Default: 2026-03-02T10:00:00Z, a Monday.
    #[serde(default = "monday")]
    pub now: Timestamp,
    /// Seed of the random numbers. Default: 0.
    #[serde(default)]
    pub seed: u64,
    /// The company's agents.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// The company's queues. Default: `general` alone.
    #[serde(default)]
    pub queues: Vec<Queue>,
    /// Channels of the company's own, whose codes the host does not know.
    #[serde(default)]
    pub channels: BTreeSet<String>,
    /// Codes the host does not know and the case uses on purpose, such as a trigger of a newer host.
    #[serde(default)]
    pub codes: BTreeSet<String>,
    /// Approved answers.
    #[serde(default)]
    pub knowledge: Vec<Article>,
    /// What the company's CRM says about people, by the address of the author: attributes by name.
    #[serde(default)]
    pub contacts: BTreeMap<String, BTreeMap<String, String>>,
    /// Business hours by name.
    #[serde(default)]
    pub hours: BTreeMap<String, Hours>,
    /// Targets an escalation may notify, by name.
    #[serde(default)]
    pub targets: BTreeSet<String>,
    /// Steps, in order.
    pub steps: Vec<Step>,
}

fn monday() -> Timestamp {
    // The constant is in range.
    Timestamp::from_second(1_772_445_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// One event, and the decision expected for it. Exactly one of `classify`, `route`, `tone`,
/// `escalate` and `advance` is present.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// What this step shows.
    pub note: Option<String>,
    /// An interaction arrives.
    pub classify: Option<Value>,
    /// The conversation of the last interaction needs a route; these fields of the conversation
    /// are changed first.
    pub route: Option<Map<String, Value>>,
    /// A draft is checked.
    pub tone: Option<Value>,
    /// A trigger fires.
    pub escalate: Option<Value>,
    /// Time passes.
    pub advance: Option<Seconds>,
    /// Input of the recorded decision this step was made from; it replaces what earlier steps left.
    pub given: Option<RecordedInput>,
    /// Every host call of the recorded decision. It answers calls about agents, queues and state;
    /// the case answers what the transcript does not.
    pub transcript: Vec<HostCall>,
    /// The decision expected; fields it does not name are ignored.
    pub expect: Option<Value>,
}

/// The event of a step.
enum Event<'a> {
    Classify(&'a Value),
    Route(&'a Map<String, Value>),
    Tone(&'a Value),
    Escalate(&'a Value),
    Advance(Seconds),
}

impl Event<'_> {
    fn name(&self) -> &'static str {
        match self {
            Event::Classify(_) => "classify",
            Event::Route(_) => "route",
            Event::Tone(_) => "tone",
            Event::Escalate(_) => "escalate",
            Event::Advance(_) => "advance",
        }
    }
}

impl Step {
    /// The event; `None` where the step has none or more than one.
    fn event(&self) -> Option<Event<'_>> {
        let events = [
            self.classify.as_ref().map(Event::Classify),
            self.route.as_ref().map(Event::Route),
            self.tone.as_ref().map(Event::Tone),
            self.escalate.as_ref().map(Event::Escalate),
            self.advance.map(Event::Advance),
        ];
        let mut present = events.into_iter().flatten();
        present.next().filter(|_| present.next().is_none())
    }
}

/// An interaction as a case has it.
fn interaction(document: Value) -> Result<Interaction, String> {
    Interaction::from_own(document).map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}
