//! Stages and plugins that an operator bypasses for a limited time.

use std::fmt;

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use serde::{Deserialize, Serialize};

use crate::decision::stage::Stage;
use crate::outcome::{Outcome, OutcomeKind};

/// Default duration: an hour.
pub const DEFAULT_DURATION: Seconds = Seconds(3_600);
/// Shortest duration.
pub const MIN_DURATION: Seconds = Seconds(1);
/// Longest duration: a day. For longer, remove the plugin from the company
/// file.
pub const MAX_DURATION: Seconds = Seconds(86_400);

/// A stage or plugin to bypass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BypassTarget {
    /// Every plugin of a stage.
    Stage(Stage),
    /// A plugin, by its name in the pipelines, at every stage.
    Plugin(String),
}

impl BypassTarget {
    /// Parse an argument: a stage where it is the name of one, else a plugin.
    pub fn named(word: &str) -> BypassTarget {
        match word.parse() {
            Ok(stage) => BypassTarget::Stage(stage),
            Err(_) => BypassTarget::Plugin(word.to_owned()),
        }
    }

    /// Name of the stage or plugin.
    pub fn name(&self) -> &str {
        match self {
            BypassTarget::Stage(stage) => stage.as_str(),
            BypassTarget::Plugin(plugin) => plugin,
        }
    }

    /// Whether this bypasses a plugin at a stage.
    fn covers(&self, at: Stage, name: &str) -> bool {
        match self {
            BypassTarget::Stage(stage) => *stage == at,
            BypassTarget::Plugin(plugin) => plugin == name,
        }
    }
}

impl fmt::Display for BypassTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BypassTarget::Stage(stage) => write!(f, "stage {stage}"),
            BypassTarget::Plugin(plugin) => write!(f, "plugin {plugin}"),
        }
    }
}

/// A bypass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    /// Bypassed stage or plugin.
    #[serde(flatten)]
    pub what: BypassTarget,
    /// Start.
    pub since: Timestamp,
    /// End; the host then calls the policy again.
    pub until: Timestamp,
    /// Operator.
    pub by: String,
    /// Reason, as the operator wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the host decides as if it were not in the pipeline. Otherwise
    /// the stage's `on-failure` rule decides, as for a failure.
    #[serde(default)]
    pub let_through: bool,
}

impl Bypass {
    /// Outcome of a call that is skipped because of this.
    pub fn outcome(&self) -> Outcome {
        let detail = format!("{} is bypassed until {}", self.what, self.until);
        Outcome::with_detail(OutcomeKind::Bypassed, detail)
    }
}

/// Bypasses of a company; each stage and plugin at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bypasses {
    all: Vec<Bypass>,
}

impl Bypasses {
    /// Collect bypasses; a later one replaces an earlier one of the same stage
    /// or plugin.
    pub fn of(bypasses: impl IntoIterator<Item = Bypass>) -> Bypasses {
        let mut all = Bypasses::default();
        for bypass in bypasses {
            all.put(bypass);
        }
        all
    }

    /// Ordered by stage and plugin name.
    pub fn iter(&self) -> impl Iterator<Item = &Bypass> {
        self.all.iter()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Add a bypass, or replace the one of the same stage or plugin.
    pub fn put(&mut self, bypass: Bypass) {
        self.lift(&bypass.what);
        self.all.push(bypass);
        self.all.sort_by(|a, b| a.what.cmp(&b.what));
    }

    /// Remove a bypass and return it.
    pub fn lift(&mut self, what: &BypassTarget) -> Option<Bypass> {
        let place = self.all.iter().position(|known| known.what == *what)?;
        Some(self.all.remove(place))
    }

    /// Bypasses in force at a moment.
    pub fn at(&self, now: Timestamp) -> Bypasses {
        let holding = self.all.iter().filter(|bypass| bypass.until > now);
        Bypasses {
            all: holding.cloned().collect(),
        }
    }

    /// Bypasses that ended by a moment.
    pub fn over(&self, now: Timestamp) -> Vec<Bypass> {
        let over = self.all.iter().filter(|bypass| bypass.until <= now);
        over.cloned().collect()
    }

    /// The earliest end.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.all.iter().map(|bypass| bypass.until).min()
    }

    /// The bypass of a plugin at a stage. Of two, the one that does not let
    /// through.
    pub fn find(&self, stage: Stage, plugin: &str) -> Option<&Bypass> {
        let of_it = self
            .all
            .iter()
            .filter(|bypass| bypass.what.covers(stage, plugin));
        of_it.min_by_key(|bypass| bypass.let_through)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn bypass(word: &str, until: i64, let_through: bool) -> Bypass {
        Bypass {
            what: BypassTarget::named(word),
            since: at(0),
            until: at(until),
            by: "olga".to_owned(),
            reason: None,
            let_through,
        }
    }

    #[test]
    fn a_stage_covers_every_plugin_of_it_and_a_plugin_every_stage() {
        let all = Bypasses::of([bypass("tone", 10, false), bypass("care", 10, false)]);
        assert!(all.find(Stage::Tone, "other").is_some());
        assert!(all.find(Stage::Route, "care").is_some());
        assert!(all.find(Stage::Route, "other").is_none());
    }

    #[test]
    fn a_bypass_ends_when_its_time_is_over() {
        let all = Bypasses::of([bypass("tone", 10, false), bypass("care", 20, false)]);
        assert_eq!(all.at(at(9)).iter().count(), 2);
        assert_eq!(all.at(at(10)).iter().count(), 1);
        assert_eq!(all.over(at(10)).len(), 1);
        assert_eq!(all.next_end(), Some(at(10)));
        assert!(all.at(at(20)).is_empty());
    }

    #[test]
    fn of_two_bypasses_the_stricter_one_counts() {
        let all = Bypasses::of([bypass("tone", 10, true), bypass("care", 10, false)]);
        assert!(
            all.find(Stage::Tone, "care")
                .is_some_and(|found| !found.let_through)
        );
    }

    #[test]
    fn a_second_bypass_of_the_same_plugin_replaces_the_first() {
        let mut all = Bypasses::of([bypass("tone", 10, false), bypass("tone", 30, true)]);
        assert_eq!(all.iter().count(), 1);
        let lifted = all.lift(&BypassTarget::Stage(Stage::Tone)).expect("there");
        assert_eq!(lifted.until, at(30));
        assert!(all.lift(&BypassTarget::Stage(Stage::Tone)).is_none());
    }

    #[test]
    fn a_bypass_round_trips_through_json() {
        for word in ["tone", "care"] {
            let before = bypass(word, 10, true);
            let text = serde_json::to_string(&before).expect("JSON");
            let after: Bypass = serde_json::from_str(&text).expect(&text);
            assert_eq!(after, before);
        }
    }
}
