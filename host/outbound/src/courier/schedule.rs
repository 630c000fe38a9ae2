//! Which parcels may go now. Knows no clock and sends nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::post::{Busy, Parcel};

/// Failures in a row after which a target is left in peace for a while.
const PATIENCE: u32 = 5;
/// The first while; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest while: a target that is back is found soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long after its pause a target nothing was sent to is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// A target of a company.
type Whose = (String, String);

/// What is on its way, and how the targets fare.
///
/// A target that fails again and again gets nothing for a while, and then one
/// parcel at a time until one arrives: a dead target does not use up the
/// attempts of everything that waits for it.
#[derive(Debug)]
pub(super) struct Schedule {
    concurrency: usize,
    per_target: usize,
    on_their_way: usize,
    /// Parcels and lanes; targets are added when asked for.
    busy: Busy,
    targets: HashMap<Whose, Target>,
}

#[derive(Debug, Default)]
struct Target {
    on_their_way: usize,
    /// In a row.
    failures: u32,
    paused_until: Option<Timestamp>,
}

/// What an attempt told about its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It answers.
    Well,
    /// It does not, or not as it should; it may ask for a while in peace.
    Failing(Option<Duration>),
    /// Nothing: it was not asked.
    Unknown,
}

impl Schedule {
    pub(super) fn new(concurrency: usize, per_target: usize) -> Schedule {
        Schedule {
            concurrency: concurrency.max(1),
            per_target: per_target.max(1),
            on_their_way: 0,
            busy: Busy::default(),
            targets: HashMap::new(),
        }
    }

    /// How many more may go.
    pub(super) fn free(&self) -> usize {
        self.concurrency.saturating_sub(self.on_their_way)
    }

    /// What may not go now.
    pub(super) fn busy(&mut self, now: Timestamp) -> Busy {
        self.targets.retain(|_, target| !target.is_forgotten(now));
        let mut busy = self.busy.clone();
        for ((company, name), target) in &self.targets {
            if target.is_busy(self.per_target, now) {
                busy.add_target(company, name);
            }
        }
        busy
    }

    /// Have a parcel go, if it may.
    pub(super) fn take(&mut self, parcel: &Parcel, now: Timestamp) -> bool {
        let Parcel {
            company,
            key,
            target,
            lane,
            ..
        } = parcel;
        if self.free() == 0 || self.busy.holds(company, key, target, lane.as_deref()) {
            return false;
        }
        let whose = (company.clone(), target.clone());
        let target = self.targets.entry(whose).or_default();
        if target.is_busy(self.per_target, now) {
            return false;
        }
        target.on_their_way += 1;
        self.on_their_way += 1;
        self.busy.add(parcel);
        true
    }

    /// What is known of a parcel's target after an attempt. The parcel is not
    /// given back yet.
    pub(super) fn learn(&mut self, parcel: &Parcel, health: Health, now: Timestamp) {
        let whose = (parcel.company.clone(), parcel.target.clone());
        let Some(target) = self.targets.get_mut(&whose) else {
            return;
        };
        match health {
            Health::Unknown => {}
            Health::Well => {
                target.failures = 0;
                target.paused_until = None;
            }
            Health::Failing(asked) => {
                target.failures = target.failures.saturating_add(1);
                let ours = target
                    .failures
                    .checked_sub(PATIENCE)
                    .map(|doublings| {
                        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                        FIRST_PAUSE.saturating_mul(factor)
                    })
                    .unwrap_or_default();
                let pause = ours.max(asked.unwrap_or_default()).min(LONGEST_PAUSE);
                let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
                target.paused_until = target.paused_until.max(Some(until));
            }
        }
    }

    /// A parcel is dealt with.
    pub(super) fn give_back(&mut self, parcel: &Parcel) {
        self.busy.remove(parcel);
        self.on_their_way = self.on_their_way.saturating_sub(1);
        let whose = (parcel.company.clone(), parcel.target.clone());
        if let Some(target) = self.targets.get_mut(&whose) {
            target.on_their_way = target.on_their_way.saturating_sub(1);
            if target.on_their_way == 0 && target.failures == 0 {
                self.targets.remove(&whose);
            }
        }
    }
}

impl Target {
    fn is_busy(&self, per_target: usize, now: Timestamp) -> bool {
        let most = if self.failures < PATIENCE {
            per_target
        } else {
            1
        };
        self.on_their_way >= most || self.paused_until.is_some_and(|until| now < until)
    }

    fn is_forgotten(&self, now: Timestamp) -> bool {
        let long_ago = now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.on_their_way == 0 && self.paused_until.is_none_or(|until| until < long_ago)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(key: &str, target: &str, lane: Option<&str>) -> Parcel {
        Parcel {
            company: "northwind".to_owned(),
            key: key.to_owned(),
            target: target.to_owned(),
            lane: lane.map(str::to_owned),
            destination: Err("unused".to_owned()),
            body: Vec::new(),
            attempts: 0,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    /// Have `count` attempts at a target fail, each as soon as it may go, and
    /// tell when the next one may.
    fn failing(schedule: &mut Schedule, target: &str, count: usize) -> Vec<i64> {
        let mut now = 0;
        let mut tried = Vec::new();
        for number in 0..count {
            let parcel = parcel(&format!("{target}-{number}"), target, None);
            while !schedule.take(&parcel, at(now)) {
                now += 1;
            }
            tried.push(now);
            schedule.learn(&parcel, Health::Failing(None), at(now));
            schedule.give_back(&parcel);
        }
        tried
    }

    #[test]
    fn a_parcel_goes_once_at_a_time() {
        let mut schedule = Schedule::new(16, 4);
        let one = parcel("1", "a", None);
        assert!(schedule.take(&one, at(0)));
        assert!(!schedule.take(&one, at(0)));
        assert!(schedule.busy(at(0)).holds("northwind", "1", "b", None));
        assert!(!schedule.busy(at(0)).holds("contoso", "1", "b", None));
        schedule.give_back(&one);
        assert!(schedule.take(&one, at(0)));
    }

    #[test]
    fn a_lane_has_one_on_its_way_whatever_the_target() {
        let mut schedule = Schedule::new(16, 4);
        let one = parcel("1", "a", Some("talk"));
        assert!(schedule.take(&one, at(0)));
        assert!(!schedule.take(&parcel("2", "b", Some("talk")), at(0)));
        assert!(schedule.take(&parcel("3", "a", Some("other")), at(0)));
        assert!(schedule.take(&parcel("4", "a", None), at(0)));
        schedule.give_back(&one);
        assert!(schedule.take(&parcel("2", "b", Some("talk")), at(0)));
    }

    #[test]
    fn a_target_gets_its_share_and_no_more() {
        let mut schedule = Schedule::new(5, 4);
        for key in ["1", "2", "3", "4"] {
            assert!(schedule.take(&parcel(key, "a", None), at(0)), "{key}");
        }
        assert!(!schedule.take(&parcel("5", "a", None), at(0)));
        assert!(schedule.busy(at(0)).holds("northwind", "5", "a", None));
        assert!(schedule.take(&parcel("6", "b", None), at(0)));
        assert_eq!(schedule.free(), 0);
        assert!(
            !schedule.take(&parcel("7", "c", None), at(0)),
            "that is all"
        );
    }

    #[test]
    fn a_target_that_keeps_failing_is_left_in_peace_ever_longer() {
        let mut schedule = Schedule::new(16, 4);
        let tried = failing(&mut schedule, "a", 14);
        assert_eq!(
            tried,
            [0, 0, 0, 0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243],
            "at most a minute between two"
        );
        assert!(
            schedule.take(&parcel("1", "b", None), at(0)),
            "others go on"
        );
        assert!(
            schedule.take(&parcel("2", "a", None), at(303)),
            "one to see"
        );
        assert!(!schedule.take(&parcel("3", "a", None), at(303)), "one only");
        schedule.learn(&parcel("2", "a", None), Health::Well, at(304));
        for key in ["3", "4", "5"] {
            assert!(schedule.take(&parcel(key, "a", None), at(304)), "{key}");
        }
    }

    #[test]
    fn a_target_that_asks_for_peace_has_it_for_a_minute_at_most() {
        let mut schedule = Schedule::new(16, 4);
        for (asked, second) in [(7, 7), (3600, 60)] {
            let one = parcel("1", "a", None);
            assert!(schedule.take(&one, at(0)));
            let asked = Some(Duration::from_secs(asked));
            schedule.learn(&one, Health::Failing(asked), at(0));
            schedule.give_back(&one);
            assert!(!schedule.take(&one, at(second - 1)));
            assert!(schedule.take(&one, at(second)));
            schedule.learn(&one, Health::Well, at(second));
            schedule.give_back(&one);
        }
    }

    #[test]
    fn nothing_is_kept_of_what_is_over() {
        let mut schedule = Schedule::new(16, 4);
        let one = parcel("1", "a", Some("talk"));
        assert!(schedule.take(&one, at(0)));
        schedule.learn(&one, Health::Well, at(0));
        schedule.give_back(&one);
        assert!(schedule.targets.is_empty());
        assert_eq!(schedule.busy(at(0)), Busy::default());
        failing(&mut schedule, "gone", 9);
        assert_eq!(schedule.targets.len(), 1);
        schedule.busy(at(10_000));
        assert!(schedule.targets.is_empty());
    }
}
