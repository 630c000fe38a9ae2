//! Noticing that many write about the same thing: more than usual, or before
//! many readers.
//!
//! Counted in memory: after a restart what is usual is learnt anew.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::desk::SurgeRules;
use patchbay_model::interaction::{Interaction, Visibility};

/// Spans before the present one that say what is usual.
const SPANS: usize = 6;
/// Subjects watched at once.
const SUBJECTS: usize = 256;
/// People whose readers are counted once, for each subject and span.
const AUTHORS: usize = 4_096;

/// What a company's customers write about, counted.
#[derive(Debug, Default)]
pub(crate) struct Surges {
    subjects: Mutex<HashMap<String, Subject>>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Subject {
    /// Number of the present span.
    span: i64,
    count: u64,
    reach: u64,
    /// Whose readers are among them, as hashes.
    authors: HashSet<u64>,
    /// Counts of the spans before, newest first.
    before: VecDeque<u64>,
    /// When it was last said that it surges, in volume and in reach.
    told: [Option<i64>; 2],
}

impl Surges {
    /// An interaction about a subject; what surges with it. The same surge is
    /// told again after as many spans as say what is usual.
    pub(crate) fn heard(
        &self,
        rules: &SurgeRules,
        subject: &str,
        interaction: &Interaction,
        now: Timestamp,
    ) -> Vec<Trigger> {
        let mut subjects = self.subjects.lock().unwrap_or_else(PoisonError::into_inner);
        let present = now.as_second().div_euclid(i64::from(rules.within.0.max(1)));
        if subjects.len() >= SUBJECTS && !subjects.contains_key(subject) {
            subjects.retain(|_, known| present - known.span <= SPANS as i64);
            if subjects.len() >= SUBJECTS {
                return Vec::new();
            }
        }
        let known = subjects.entry(subject.to_owned()).or_default();
        known.pass_to(present);
        known.count += 1;
        if interaction.visibility() == Visibility::Public {
            // Whoever writes often has no more readers for that.
            let author = &interaction.author.address;
            let author = author.as_ref().map(|author| self.hasher.hash_one(author));
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
        if many && known.tell(0) {
            triggers.push(trigger(TriggerCode::VolumeSurge, subject, known.count, usual, rules));
        }
        let far = rules.reach > 0 && known.reach >= rules.reach;
        if far && known.tell(1) {
            triggers.push(trigger(TriggerCode::ReachSurge, subject, known.reach, 0.0, rules));
        }
        triggers
    }
}

impl Subject {
    fn pass_to(&mut self, present: i64) {
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

    /// How many there are in a span, usually.
    fn usual(&self) -> f64 {
        match self.before.len() {
            0 => 0.0,
            spans => self.before.iter().sum::<u64>() as f64 / spans as f64,
        }
    }

    fn tell(&mut self, which: usize) -> bool {
        let Some(told) = self.told.get_mut(which) else {
            return false;
        };
        let again = told.is_none_or(|told| self.span - told > SPANS as i64);
        if again {
            *told = Some(self.span);
        }
        again
    }
}

fn trigger(code: TriggerCode, subject: &str, count: u64, usual: f64, rules: &SurgeRules) -> Trigger {
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

    /// Codes of what surges when so many write in a minute.
    fn write(surges: &Surges, count: usize, minute: i64, reach: u64) -> Vec<TriggerCode> {
        let value = json!({"id": "1", "channel": "x", "text": "Down", "author": {"reach": reach}});
        let interaction = Interaction::from_outside(value).expect("valid");
        let now = Timestamp::from_second(minute * MINUTE).expect("in range");
        (0..count)
            .flat_map(|_| surges.heard(&rules(), "outage", &interaction, now))
            .map(|trigger| trigger.code)
            .collect()
    }

    #[test]
    fn many_more_than_usual_are_told_once() {
        let surges = Surges::default();
        for span in 0..6 {
            assert!(write(&surges, 10, span * 10, 0).is_empty());
        }
        assert!(
            write(&surges, 29, 60, 0).is_empty(),
            "not three times as many"
        );
        assert_eq!(write(&surges, 40, 61, 0), [TriggerCode::VolumeSurge]);
        assert!(write(&surges, 40, 75, 0).is_empty(), "told already");
    }

    #[test]
    fn a_few_are_no_surge_however_unusual() {
        assert!(write(&Surges::default(), 19, 0, 0).is_empty());
    }

    #[test]
    fn a_few_with_many_readers_are_a_surge() {
        let surges = Surges::default();
        assert_eq!(write(&surges, 3, 0, 40_000), [TriggerCode::ReachSurge]);
    }

    #[test]
    fn readers_of_one_person_count_once() {
        let surges = Surges::default();
        let heard = |author: &str| {
            let value = json!({"id": "1", "channel": "x", "text": "Down",
                "author": {"address": author, "reach": 40_000}});
            let interaction = Interaction::from_outside(value).expect("valid");
            let now = Timestamp::from_second(0).expect("in range");
            surges.heard(&rules(), "outage", &interaction, now).len()
        };
        assert_eq!([heard("@jo"), heard("@jo"), heard("@jo")], [0; 3]);
        assert_eq!([heard("@kim"), heard("@lee")], [0, 1]);
    }

    #[test]
    fn it_is_told_again_after_it_was_quiet() {
        let surges = Surges::default();
        assert_eq!(write(&surges, 20, 0, 0), [TriggerCode::VolumeSurge]);
        assert_eq!(write(&surges, 20, 200, 0), [TriggerCode::VolumeSurge]);
    }
}
