//! What a company wants of a decision at its help desk: the settings that all of them have.

use std::collections::BTreeMap;

use patchbay_adapter::{ConfigError, DecisionReport, Setting};

use crate::help_desk::number;
use crate::label::{self, LabelSource};
use crate::note;
use crate::priority::{self, Priorities};

/// The settings as the company file has them.
pub(crate) struct DecisionSettings {
    pub(crate) queues: BTreeMap<String, String>,
    pub(crate) agents: BTreeMap<String, String>,
    pub(crate) labels: Option<Vec<LabelSource>>,
    pub(crate) label_prefix: String,
    /// Without one, that of the help desk.
    pub(crate) priorities: Option<BTreeMap<String, u8>>,
    pub(crate) notes: bool,
}

/// What is written of a decision.
pub(crate) struct DecisionRules {
    queues: BTreeMap<String, u64>,
    agents: BTreeMap<String, u64>,
    labels: Vec<LabelSource>,
    label_prefix: String,
    priorities: Priorities,
    has_notes: bool,
}

impl DecisionRules {
    /// Rules by their settings. `is_priority` tells the names of the help desk's priorities,
    /// which `expected` lists for people.
    pub(crate) fn new(
        settings: DecisionSettings,
        default_priorities: &[(&str, u8)],
        is_priority: fn(&str) -> bool,
        expected: &str,
    ) -> Result<DecisionRules, ConfigError> {
        let priorities = match settings.priorities {
            Some(given) => Priorities::new(given, is_priority, expected)?,
            None => {
                let pairs = default_priorities.iter();
                let pairs = pairs.map(|(name, least)| ((*name).to_owned(), *least));
                Priorities::new(pairs.collect(), is_priority, expected)?
            }
        };
        label::check_prefix(&settings.label_prefix)?;
        Ok(DecisionRules {
            queues: numbers("queues", settings.queues)?,
            agents: numbers("agents", settings.agents)?,
            labels: settings.labels.unwrap_or(label::USUAL.to_vec()),
            label_prefix: settings.label_prefix,
            priorities,
            has_notes: settings.notes,
        })
    }

    /// Number of the team or group of the decision's queue.
    pub(crate) fn queue(&self, report: &DecisionReport<'_>) -> Option<u64> {
        self.queues.get(report.queue?).copied()
    }

    /// Number of the user who is the decision's agent.
    pub(crate) fn agent(&self, report: &DecisionReport<'_>) -> Option<u64> {
        self.agents.get(report.agent?).copied()
    }

    /// The labels of the decision, each once.
    pub(crate) fn labels(&self, report: &DecisionReport<'_>) -> Vec<String> {
        label::of(report, &self.labels, &self.label_prefix)
    }

    /// The help desk's priority; `None`: it stays.
    pub(crate) fn priority(&self, report: &DecisionReport<'_>) -> Option<&str> {
        self.priorities.of(report.priority?)
    }

    /// The text of a note; `None` without a reason, or where no notes are wanted.
    pub(crate) fn note(&self, report: &DecisionReport<'_>) -> Option<String> {
        self.has_notes.then(|| note::of(report))?
    }
}

fn numbers(
    setting: &str,
    given: BTreeMap<String, String>,
) -> Result<BTreeMap<String, u64>, ConfigError> {
    let numbers = given.into_iter().map(|(name, text)| {
        let found = number(&text).ok_or_else(|| {
            ConfigError::settings(format!(
                "`{setting}`: `{name}` must be a number of the help desk in quotes, such as \"3\""
            ))
        })?;
        Ok((name, found))
    });
    numbers.collect()
}

/// The setting `labels`.
pub(crate) const LABELS: Setting = Setting::optional(
    "labels",
    "[\"intents\", \"topics\", \"tags\", \"language\"]",
    "which codes of a decision become labels: of `intents`, `topics`, `tags` and `language`; default: all but the language, and none with `[]`",
);
/// The setting `label-prefix`.
pub(crate) const LABEL_PREFIX: Setting = Setting::optional(
    "label-prefix",
    "\"pb-\"",
    "begins each label: at most 20 of `a-z`, `0-9`, `-` and `_`; default: none",
);
/// The setting `notes`.
pub(crate) const NOTES: Setting = Setting::optional(
    "notes",
    "true",
    "whether an internal note tells the reasons of a decision; default: no",
);

/// The setting `priorities`, which maps names to the least priority of the host.
pub(crate) const fn priorities(example: &'static str, meaning: &'static str) -> Setting {
    Setting::optional(priority::SETTING, example, meaning)
}
