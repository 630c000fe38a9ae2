//! Stages and plugins an operator has taken out of a company's decisions for a
//! while.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decision::stage::Stage;
use crate::duration::Seconds;
use crate::outcome::{Outcome, OutcomeKind};

/// How long a bypass lasts unless said: an hour.
pub const USUAL: Seconds = Seconds(3_600);
/// Shortest a bypass lasts.
pub const LEAST: Seconds = Seconds(1);
/// Longest a bypass lasts: a day. What is to stay out goes out of the setup.
pub const MOST: Seconds = Seconds(86_400);

/// What is taken out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bypassed {
    /// Every plugin of a stage.
    Stage(Stage),
    /// A plugin, by its name in the pipelines, at every stage.
    Plugin(String),
}

impl Bypassed {
    /// What a word means: a stage where it is the name of one, else a plugin.
    pub fn named(word: &str) -> Bypassed {
        match word.parse() {
            Ok(stage) => Bypassed::Stage(stage),
            Err(_) => Bypassed::Plugin(word.to_owned()),
        }
    }

    /// Its name without whether it is a stage or a plugin.
    pub fn name(&self) -> &str {
        match self {
            Bypassed::Stage(stage) => stage.as_str(),
            Bypassed::Plugin(plugin) => plugin,
        }
    }

    /// Whether that is the plugin at the stage.
    fn covers(&self, at: Stage, name: &str) -> bool {
        match self {
            Bypassed::Stage(stage) => *stage == at,
            Bypassed::Plugin(plugin) => plugin == name,
        }
    }
}

impl fmt::Display for Bypassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bypassed::Stage(stage) => write!(f, "stage {stage}"),
            Bypassed::Plugin(plugin) => write!(f, "plugin {plugin}"),
        }
    }
}

/// Something taken out, until when, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bypass {
    /// What.
    #[serde(flatten)]
    pub what: Bypassed,
    /// Since when.
    pub since: Timestamp,
    /// Until when: then it is asked again, by itself.
    pub until: Timestamp,
    /// Who took it out.
    pub by: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it is decided as if it were not in the pipeline. Otherwise the
    /// stage's `on-failure` rule decides, as for a plugin that fails.
    #[serde(default)]
    pub let_through: bool,
}

impl Bypass {
    /// How a call that is not made ends because of it.
    pub fn outcome(&self) -> Outcome {
        let detail = format!("{} is bypassed until {}", self.what, self.until);
        Outcome::with_detail(OutcomeKind::Bypassed, detail)
    }
}

/// Everything a company has bypassed; each stage and plugin once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bypasses {
    all: Vec<Bypass>,
}

impl Bypasses {
    /// These; of two of one stage or plugin the later one counts.
    pub fn of(bypasses: impl IntoIterator<Item = Bypass>) -> Bypasses {
        let mut all = Bypasses::default();
        for bypass in bypasses {
            all.put(bypass);
        }
        all
    }

    /// By stage and name.
    pub fn iter(&self) -> impl Iterator<Item = &Bypass> {
        self.all.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Take something out, or say anew until when it is.
    pub fn put(&mut self, bypass: Bypass) {
        self.lift(&bypass.what);
        self.all.push(bypass);
        self.all.sort_by(|a, b| a.what.cmp(&b.what));
    }

    /// Ask something again; what was known of its bypass.
    pub fn lift(&mut self, what: &Bypassed) -> Option<Bypass> {
        let place = self.all.iter().position(|known| known.what == *what)?;
        Some(self.all.remove(place))
    }

    /// Those that hold at a moment.
    pub fn at(&self, now: Timestamp) -> Bypasses {
        let holding = self.all.iter().filter(|bypass| bypass.until > now);
        Bypasses {
            all: holding.cloned().collect(),
        }
    }

    /// Those that are over by a moment.
    pub fn over(&self, now: Timestamp) -> Vec<Bypass> {
        let over = self.all.iter().filter(|bypass| bypass.until <= now);
        over.cloned().collect()
    }

    /// When the next one is over.
    pub fn next_end(&self) -> Option<Timestamp> {
        self.all.iter().map(|bypass| bypass.until).min()
    }

    /// Why a plugin is not asked at a stage. Of two reasons the one that lets
    /// nothing through.
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
            what: Bypassed::named(word),
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
    fn it_ends_by_itself() {
        let all = Bypasses::of([bypass("tone", 10, false), bypass("care", 20, false)]);
        assert_eq!(all.at(at(9)).iter().count(), 2);
        assert_eq!(all.at(at(10)).iter().count(), 1);
        assert_eq!(all.over(at(10)).len(), 1);
        assert_eq!(all.next_end(), Some(at(10)));
        assert!(all.at(at(20)).is_empty());
    }

    #[test]
    fn of_two_reasons_the_stricter_one_counts() {
        let all = Bypasses::of([bypass("tone", 10, true), bypass("care", 10, false)]);
        assert!(
            all.find(Stage::Tone, "care")
                .is_some_and(|found| !found.let_through)
        );
    }

    #[test]
    fn the_same_again_replaces_it() {
        let mut all = Bypasses::of([bypass("tone", 10, false), bypass("tone", 30, true)]);
        assert_eq!(all.iter().count(), 1);
        let lifted = all.lift(&Bypassed::Stage(Stage::Tone)).expect("there");
        assert_eq!(lifted.until, at(30));
        assert!(all.lift(&Bypassed::Stage(Stage::Tone)).is_none());
    }

    #[test]
    fn it_is_kept_as_it_was() {
        for word in ["tone", "care"] {
            let before = bypass(word, 10, true);
            let text = serde_json::to_string(&before).expect("JSON");
            let after: Bypass = serde_json::from_str(&text).expect(&text);
            assert_eq!(after, before);
        }
    }
}
