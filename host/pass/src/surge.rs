//! Surges: unusually many interactions about one subject, or few that reach
//! many people. Counted in memory; a restart starts the counts again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_journal::Ordinal;
use patchbay_model::channel::Visibility;
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::desk::SurgeRules;
use patchbay_model::interaction::Interaction;

/// Earlier windows that make up the usual count.
const SPANS: usize = 6;
/// Most subjects counted at once.
const SUBJECTS: usize = 256;
/// Most authors whose reach is counted once, per subject and window.
const AUTHORS: usize = 4_096;

/// Counts of a company's interactions by subject.
#[derive(Debug, Default)]
pub struct SurgeDetector {
    subjects: Mutex<HashMap<String, Subject>>,
    /// Surges that interactions triggered whose pass is not durable yet: it may
    /// run again. As many as passes run at once.
    uncommitted: Mutex<HashMap<Ordinal, Vec<Trigger>>>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Subject {
    /// Number of the current window.
    span: i64,
    count: u64,
    reach: u64,
    /// Hashes of the authors whose reach is counted.
    authors: HashSet<u64>,
    /// Counts of the earlier windows, newest first.
    before: VecDeque<u64>,
    /// Windows of the last volume trigger and the last reach trigger.
    triggered: [Option<i64>; 2],
}

impl SurgeDetector {
    /// Count an interaction about a subject, once until [`forget`](Self::forget):
    /// a pass that runs again gets the same answer. Returns the surges it
    /// triggers; the same surge again after six windows at the earliest.
    pub fn count(
        &self,
        rules: &SurgeRules,
        subject: &str,
        (ordinal, interaction): (Ordinal, &Interaction),
        now: Timestamp,
    ) -> Vec<Trigger> {
        if let Some(known) = self.uncommitted.lock().get(&ordinal) {
            return known.clone();
        }
        let triggers = self.count_new(rules, subject, interaction, now);
        self.uncommitted.lock().insert(ordinal, triggers.clone());
        triggers
    }

    /// The interaction is recorded: it does not come again.
    pub fn forget(&self, ordinal: Ordinal) {
        self.uncommitted.lock().remove(&ordinal);
    }

    fn count_new(
        &self,
        rules: &SurgeRules,
        subject: &str,
        interaction: &Interaction,
        now: Timestamp,
    ) -> Vec<Trigger> {
        let mut subjects = self.subjects.lock();
        let present = now.as_second().div_euclid(i64::from(rules.within.0.max(1)));
        if subjects.len() >= SUBJECTS && !subjects.contains_key(subject) {
            subjects.retain(|_, known| present - known.span <= SPANS as i64);
            if subjects.len() >= SUBJECTS {
                return Vec::new();
            }
        }
        let known = subjects.entry(subject.to_owned()).or_default();
        known.advance_to(present);
        known.count += 1;
        if interaction.visibility() == Visibility::Public {
            // An author reaches the same people however often they write.
            let author = interaction.canonical_author();
            let author = author.map(|author| self.hasher.hash_one(author));
            let counts = author
                .is_none_or(|author| known.authors.len() < AUTHORS && known.authors.insert(author));
            if counts {
                let reach = interaction.author.reach.unwrap_or(0);
                known.reach = known.reach.saturating_add(reach);
            }
        }
        let usual = known.usual();
        let mut triggers = Vec::new();
        let many = rules.least > 0
            && known.count >= u64::from(rules.least)
            && known.count as f64 >= usual * rules.times;
        if many && known.may_trigger(0) {
            triggers.push(trigger(
                TriggerCode::VolumeSurge,
                subject,
                known.count,
                usual,
                rules,
            ));
        }
        let far = rules.reach > 0 && known.reach >= rules.reach;
        if far && known.may_trigger(1) {
            triggers.push(trigger(
                TriggerCode::ReachSurge,
                subject,
                known.reach,
                0.0,
                rules,
            ));
        }
        triggers
    }
}

impl Subject {
    fn advance_to(&mut self, present: i64) {
        if self.span == present {
            return;
        }
        let is_new = self.count == 0 && self.before.is_empty();
        let passed = (present - self.span).clamp(0, SPANS as i64 + 1);
        if !is_new {
            self.before.push_front(self.count);
            for _ in 1..passed {
                self.before.push_front(0);
            }
            self.before.truncate(SPANS);
        }
        self.span = present;
        self.count = 0;
        self.reach = 0;
        self.authors = HashSet::new();
    }

    /// Mean count of the earlier windows.
    fn usual(&self) -> f64 {
        match self.before.len() {
            0 => 0.0,
            spans => self.before.iter().sum::<u64>() as f64 / spans as f64,
        }
    }

    fn may_trigger(&mut self, which: usize) -> bool {
        let Some(last) = self.triggered.get_mut(which) else {
            return false;
        };
        let again = last.is_none_or(|last| self.span - last > SPANS as i64);
        if again {
            *last = Some(self.span);
        }
        again
    }
}

fn trigger(
    code: TriggerCode,
    subject: &str,
    count: u64,
    usual: f64,
    rules: &SurgeRules,
) -> Trigger {
    Trigger {
        subject: Some(subject.to_owned()),
        count: Some(count),
        usual: Some(usual),
        window: Some(rules.within),
        ..Trigger::of(code)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINUTE: i64 = 60;

    fn rules() -> SurgeRules {
        SurgeRules::default()
    }

    /// Codes of the triggers when `count` customers write in a minute.
    fn write(surges: &SurgeDetector, count: usize, minute: i64, reach: u64) -> Vec<TriggerCode> {
        let value = json!({"id": "1", "channel": "x", "text": "Down", "author": {"reach": reach}});
        let interaction = Interaction::from_outside(value).expect("valid");
        let now = Timestamp::from_second(minute * MINUTE).expect("in range");
        (0..count)
            .flat_map(|_| surges.count_new(&rules(), "outage", &interaction, now))
            .map(|trigger| trigger.code)
            .collect()
    }

    #[test]
    fn three_times_the_usual_count_triggers_once() {
        let surges = SurgeDetector::default();
        for span in 0..6 {
            assert!(write(&surges, 10, span * 10, 0).is_empty());
        }
        assert!(
            write(&surges, 29, 60, 0).is_empty(),
            "not three times as many"
        );
        assert_eq!(write(&surges, 40, 61, 0), [TriggerCode::VolumeSurge]);
        assert!(write(&surges, 40, 75, 0).is_empty(), "triggered already");
    }

    #[test]
    fn a_few_interactions_are_no_surge() {
        assert!(write(&SurgeDetector::default(), 19, 0, 0).is_empty());
    }

    #[test]
    fn a_few_interactions_with_a_large_reach_are_a_surge() {
        let surges = SurgeDetector::default();
        assert_eq!(write(&surges, 3, 0, 40_000), [TriggerCode::ReachSurge]);
    }

    #[test]
    fn the_reach_of_an_author_counts_once() {
        let surges = SurgeDetector::default();
        let heard = |author: &str| {
            let value = json!({"id": "1", "channel": "x", "text": "Down",
                "author": {"address": author, "reach": 40_000}});
            let interaction = Interaction::from_outside(value).expect("valid");
            let now = Timestamp::from_second(0).expect("in range");
            let triggers = surges.count_new(&rules(), "outage", &interaction, now);
            triggers.len()
        };
        assert_eq!([heard("@jo"), heard("@jo"), heard("@jo")], [0; 3]);
        assert_eq!([heard("@kim"), heard("@lee")], [0, 1]);
    }

    #[test]
    fn a_pass_that_runs_again_is_told_the_same_and_counts_once() {
        let surges = SurgeDetector::default();
        let value = json!({"id": "1", "channel": "x", "text": "Down"});
        let interaction = Interaction::from_outside(value).expect("valid");
        let now = Timestamp::from_second(0).expect("in range");
        let count = |ordinal| {
            let message = (Ordinal(ordinal), &interaction);
            let triggers = surges.count(&rules(), "outage", message, now);
            triggers.iter().map(|it| it.count).collect::<Vec<_>>()
        };
        for _ in 0..30 {
            assert!(count(1).is_empty(), "one interaction is no surge");
        }
        for ordinal in 2..20 {
            assert!(count(ordinal).is_empty());
            surges.forget(Ordinal(ordinal));
        }
        for _ in 0..3 {
            assert_eq!(count(20), [Some(20)], "until it is recorded");
        }
        surges.forget(Ordinal(20));
        assert!(count(21).is_empty(), "triggered already");
    }

    #[test]
    fn a_surge_triggers_again_after_a_pause() {
        let surges = SurgeDetector::default();
        assert_eq!(write(&surges, 20, 0, 0), [TriggerCode::VolumeSurge]);
        assert_eq!(write(&surges, 20, 200, 0), [TriggerCode::VolumeSurge]);
    }
}
