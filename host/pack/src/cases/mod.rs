//! Cases: what a pack should decide, as data. An integrator adds one without
//! touching a program.

mod expect;
mod memories;
mod recorded;
mod run;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use patchbay_engine::HostCall;
use patchbay_model::conversation::{Contact, Conversation};
use patchbay_model::decision::classification::Classification;
use patchbay_model::directory::{Agent, Queue};
use patchbay_model::duration::Seconds;
use patchbay_model::hours::Hours;
use patchbay_model::knowledge::Article;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

pub use expect::{Mismatch, compare};
pub use run::{CaseReport, CaseRunner, StepReport};

/// A case as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    #[serde(default)]
    pub note: String,
    /// Settings of the policy; the schema's defaults are filled in.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// When it begins; 2026-03-02T10:00:00Z, a Monday, unless said.
    #[serde(default = "monday")]
    pub now: Timestamp,
    /// Seed of the random numbers.
    #[serde(default)]
    pub seed: u64,
    /// The agents there are.
    #[serde(default)]
    pub agents: Vec<Agent>,
    /// The queues there are; `general` alone unless said.
    #[serde(default)]
    pub queues: Vec<Queue>,
    /// Approved answers.
    #[serde(default)]
    pub knowledge: Vec<Article>,
    /// Business hours by name.
    #[serde(default)]
    pub hours: std::collections::BTreeMap<String, Hours>,
    /// Names an escalation may notify.
    #[serde(default)]
    pub targets: std::collections::BTreeSet<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// What a recorded decision was made on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// The interaction it is about, where the step does not give it.
    pub interaction: Option<Value>,
    /// The conversation as it was.
    pub conversation: Option<Conversation>,
    /// What was known of the author.
    pub contact: Contact,
    /// Earlier interactions of the conversation, newest first.
    pub earlier: Vec<Value>,
    /// Those in the contact's other conversations, newest first.
    pub elsewhere: Vec<Value>,
    /// What the classifiers had said.
    pub assessment: Option<Classification>,
}

fn monday() -> Timestamp {
    // A constant that is in range.
    Timestamp::from_second(1_772_445_600).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// One thing that happens, and what should come of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// What this step shows.
    pub note: Option<String>,
    /// An interaction arrives.
    pub classify: Option<Value>,
    /// The conversation of the last interaction needs a route; fields of the
    /// conversation may be given.
    pub route: Option<Map<String, Value>>,
    /// A draft is to be checked.
    pub tone: Option<Value>,
    /// A trigger fires.
    pub escalate: Option<Value>,
    /// Time passes.
    pub advance: Option<Seconds>,
    /// What else there was, where the case is a recorded decision: then what
    /// was said before in the case does not count.
    pub given: Option<Given>,
    /// Every host call of the recorded decision. Questions about things that
    /// change by themselves (agents, queues, state) are answered from it; what
    /// it does not answer, the case does.
    pub transcript: Vec<HostCall>,
    /// What should come of it; everything that is not named is ignored.
    pub expect: Option<Value>,
}

/// Why a case cannot be run.
#[derive(Clone, Debug, Error)]
#[error("{}{message}", path.display())]
pub struct CaseError {
    /// The file.
    pub path: PathBuf,
    /// Where in the file, and what is wrong.
    pub message: String,
}

impl CaseError {
    fn new(path: &Path, message: impl std::fmt::Display) -> CaseError {
        CaseError {
            path: path.to_owned(),
            message: format!(": {message}"),
        }
    }
}

impl Case {
    /// Read a case file, JSON or TOML by its ending.
    ///
    /// # Errors
    /// What is wrong, with file and line.
    pub fn read(path: &Path) -> Result<Case, CaseError> {
        let text = std::fs::read_to_string(path).map_err(|error| CaseError::new(path, error))?;
        Case::parse(path, &text)
    }

    /// Read a case from the text of a file, JSON or TOML by its ending.
    ///
    /// # Errors
    /// What is wrong, with file and line.
    pub fn parse(path: &Path, text: &str) -> Result<Case, CaseError> {
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        let case: Case = match is_toml {
            true => toml::from_str(text).map_err(|error| CaseError::new(path, error))?,
            false => serde_json::from_str(text).map_err(|error| CaseError {
                path: path.to_owned(),
                message: format!(":{}:{}: {error}", error.line(), error.column()),
            })?,
        };
        for (index, step) in case.steps.iter().enumerate() {
            let kinds = [
                step.classify.is_some(),
                step.route.is_some(),
                step.tone.is_some(),
                step.escalate.is_some(),
                step.advance.is_some(),
            ];
            if kinds.iter().filter(|kind| **kind).count() != 1 {
                return Err(CaseError::new(
                    path,
                    format!(
                        "step {} needs exactly one of classify, route, tone, escalate, advance",
                        index + 1
                    ),
                ));
            }
        }
        Ok(case)
    }

    /// Every case below a directory, sorted by path.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub fn find(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut left = vec![directory.to_owned()];
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(&directory)? {
                let path = entry?.path();
                if path.is_dir() {
                    left.push(path);
                } else if path
                    .extension()
                    .is_some_and(|ending| ending == "json" || ending == "toml")
                {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}
