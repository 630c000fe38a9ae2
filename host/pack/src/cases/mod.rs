//! Cases: inputs and the decisions expected for them, as JSON or TOML files in a pack's `cases/`.

mod case_run;
mod expect;
mod policy_memories;
mod recorded_input;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchbay_engine::HostCall;
use patchbay_model::directory::{Agent, Queue};
use patchbay_model::duration::Seconds;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Interaction;
use patchbay_model::knowledge::Article;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

pub use expect::{Mismatch, compare};
pub use recorded_input::RecordedInput;
pub use run::{CaseReport, CaseRunner, StepReport};

use crate::source::has_extension;

/// One case file. An unknown key is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    #[serde(default)]
    pub note: String,
    /// Settings of the policy; the schema's defaults are filled in.
    #[serde(default)]
    pub settings: Map<String, Value>,
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
    /// Approved answers.
    #[serde(default)]
    pub knowledge: Vec<Article>,
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

/// Why a case cannot be run.
#[derive(Clone, Debug, Error)]
#[error("{}{message}", path.display())]
pub struct CaseError {
    /// The file.
    pub path: PathBuf,
    /// Position in the file, where known, and what is wrong; begins with a colon.
    pub message: String,
}

impl CaseError {
    fn new(path: &Path, message: impl Display) -> CaseError {
        CaseError {
            path: path.to_owned(),
            message: format!(": {message}"),
        }
    }
}

impl Case {
    /// Reads a case file, TOML where its name ends in `.toml`, else JSON.
    ///
    /// # Errors
    /// When it cannot be read or is not a valid case; with file and line.
    pub fn read(path: &Path) -> Result<Case, CaseError> {
        let text = std::fs::read_to_string(path).map_err(|error| CaseError::new(path, error))?;
        Case::parse(path, &text)
    }

    /// Reads a case from the text of a file; see [`Case::read`].
    ///
    /// # Errors
    /// When it is not a valid case; with file and line.
    pub fn parse(path: &Path, text: &str) -> Result<Case, CaseError> {
        let case: Case = match has_extension(path, &["toml"]) {
            true => toml::from_str(text).map_err(|error| CaseError::new(path, error))?,
            false => serde_json::from_str(text).map_err(|error| CaseError {
                path: path.to_owned(),
                message: format!(":{}:{}: {error}", error.line(), error.column()),
            })?,
        };
        match case.steps.iter().position(|step| step.event().is_none()) {
            None => Ok(case),
            Some(index) => {
                let message = "needs exactly one of classify, route, tone, escalate, advance";
                Err(CaseError::new(
                    path,
                    format!("step {} {message}", index + 1),
                ))
            }
        }
    }

    /// Every case file (`.json`, `.toml`) below a directory, sorted by path.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub fn find(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut directories = vec![directory.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory)? {
                let path = entry?.path();
                if path.is_dir() {
                    directories.push(path);
                } else if has_extension(&path, &["json", "toml"]) {
                    files.push(path);
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
