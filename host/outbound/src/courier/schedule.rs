//! Which deliveries may start now. Has no clock and sends nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::outbox::{Delivery, Exclusions};
use super::target::{Target, TargetChange, TargetReport};

/// Company and target.
type TargetKey = (String, String);

/// Attempts in flight, and the health of targets.
///
/// Each target has a circuit breaker: after repeated failures it is paused, then
/// gets one delivery at a time until one succeeds. So an outage does not use up
/// the attempts of all pending deliveries.
#[derive(Debug)]
pub(super) struct Schedule {
    concurrency: usize,
    per_target: usize,
    in_flight: usize,
    /// Keys and lanes in flight.
    exclusions: Exclusions,
    targets: HashMap<TargetKey, Target>,
}

/// A target that takes no delivery until a person repairs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenTarget {
    /// The company it belongs to.
    pub company: String,
    /// Its name.
    pub target: String,
    /// When an attempt showed it first.
    pub since: Timestamp,
    /// The last problem, for the company: one line, at most 1 KiB.
    pub problem: String,
}

impl Schedule {
    pub(super) fn new(concurrency: usize, per_target: usize) -> Schedule {
        Schedule {
            concurrency: concurrency.max(1),
            per_target: per_target.max(1),
            in_flight: 0,
            exclusions: Exclusions::default(),
            targets: HashMap::new(),
        }
    }

    /// How many more attempts may start.
    pub(super) fn free(&self) -> usize {
        self.concurrency.saturating_sub(self.in_flight)
    }

    /// Forgets targets to which nothing was sent for long. Returns the broken
    /// ones among them.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<BrokenTarget> {
        let expired = self.targets.extract_if(|_, target| target.is_expired(now));
        expired
            .filter_map(|(key, target)| broken_target(&key, &target))
            .collect()
    }

    /// The broken targets, by company and name.
    pub(super) fn broken(&self) -> Vec<BrokenTarget> {
        let broken = self.targets.iter();
        let mut broken: Vec<_> = broken
            .filter_map(|(key, target)| broken_target(key, target))
            .collect();
        broken.sort_by(|one, other| {
            (&one.company, &one.target).cmp(&(&other.company, &other.target))
        });
        broken
    }

    /// What must not start now.
    pub(super) fn exclusions(&self, now: Timestamp) -> Exclusions {
        let mut exclusions = self.exclusions.clone();
        for ((company, name), target) in &self.targets {
            if !target.accepts(self.per_target, now) {
                exclusions.add_target(company, name);
            }
        }
        exclusions
    }

    /// Registers an attempt, if the delivery may start.
    pub(super) fn start(&mut self, delivery: &Delivery, now: Timestamp) -> bool {
        let Delivery {
            company,
            key,
            target,
            lane,
            ..
        } = delivery;
        let excluded = (self.exclusions).contains(company, key, target, lane.as_deref());
        if self.free() == 0 || excluded {
            return false;
        }
        let target = self.targets.entry(target_key(delivery)).or_default();
        if !target.accepts(self.per_target, now) {
            return false;
        }
        target.in_flight += 1;
        self.in_flight += 1;
        self.exclusions.add(delivery);
        true
    }

    /// Lets an attempt try a broken target now.
    pub(super) fn try_now(&mut self, (company, name): (&str, &str), now: Timestamp) {
        let key = (company.to_owned(), name.to_owned());
        if let Some(target) = self.targets.get_mut(&key) {
            target.try_now(now);
        }
    }

    /// How long a delivery waits if its attempt finds the target broken.
    pub(super) fn hold(&self, delivery: &Delivery) -> Duration {
        let target = self.targets.get(&target_key(delivery));
        target.map_or_else(|| Target::default().hold(), Target::hold)
    }

    /// Updates the target's health after an attempt. The delivery stays
    /// excluded until [`finish`](Schedule::finish).
    pub(super) fn report(
        &mut self,
        delivery: &Delivery,
        report: TargetReport,
        now: Timestamp,
    ) -> Option<TargetChange> {
        let target = self.targets.get_mut(&target_key(delivery))?;
        target.report(report, now)
    }

    /// Releases a delivery whose outcome is recorded.
    pub(super) fn finish(&mut self, delivery: &Delivery) {
        self.exclusions.remove(delivery);
        self.in_flight = self.in_flight.saturating_sub(1);
        let key = target_key(delivery);
        if let Some(target) = self.targets.get_mut(&key) {
            target.in_flight = target.in_flight.saturating_sub(1);
            if target.is_idle() {
                self.targets.remove(&key);
            }
        }
    }
}

fn target_key(delivery: &Delivery) -> TargetKey {
    (delivery.company.clone(), delivery.target.clone())
}

fn broken_target((company, name): &TargetKey, target: &Target) -> Option<BrokenTarget> {
    target.broken().map(|broken| BrokenTarget {
        company: company.clone(),
        target: name.clone(),
        since: broken.since,
        problem: broken.problem.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(key: &str, target: &str, lane: Option<&str>) -> Delivery {
        Delivery {
            company: "northwind".to_owned(),
            key: key.to_owned(),
            target: target.to_owned(),
            lane: lane.map(str::to_owned),
            destination: Err("unused".to_owned()),
            body: Vec::new(),
            attempts: 0,
            can_take_back: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    /// Fails `count` attempts at a target, each as soon as it may start, and
    /// returns their times.
    fn fail(schedule: &mut Schedule, target: &str, count: usize) -> Vec<i64> {
        let mut now = 0;
        let mut times = Vec::new();
        for number in 0..count {
            let delivery = delivery(&format!("{target}-{number}"), target, None);
            while !schedule.start(&delivery, at(now)) {
                now += 1;
            }
            times.push(now);
            schedule.report(&delivery, TargetReport::Failing(None), at(now));
            schedule.finish(&delivery);
        }
        times
    }

    #[test]
    fn a_delivery_is_in_flight_once() {
        let mut schedule = Schedule::new(16, 4);
        let one = delivery("1", "a", None);
        assert!(schedule.start(&one, at(0)));
        assert!(!schedule.start(&one, at(0)));
        assert!(
            schedule
                .exclusions(at(0))
                .contains("northwind", "1", "b", None)
        );
        assert!(
            !schedule
                .exclusions(at(0))
                .contains("contoso", "1", "b", None)
        );
        schedule.finish(&one);
        assert!(schedule.start(&one, at(0)));
    }

    #[test]
    fn a_lane_has_one_delivery_in_flight() {
        let mut schedule = Schedule::new(16, 4);
        let one = delivery("1", "a", Some("talk"));
        assert!(schedule.start(&one, at(0)));
        assert!(!schedule.start(&delivery("2", "b", Some("talk")), at(0)));
        assert!(schedule.start(&delivery("3", "a", Some("other")), at(0)));
        assert!(schedule.start(&delivery("4", "a", None), at(0)));
        schedule.finish(&one);
        assert!(schedule.start(&delivery("2", "b", Some("talk")), at(0)));
    }

    #[test]
    fn a_target_is_limited_to_its_share() {
        let mut schedule = Schedule::new(5, 4);
        for key in ["1", "2", "3", "4"] {
            assert!(schedule.start(&delivery(key, "a", None), at(0)), "{key}");
        }
        assert!(!schedule.start(&delivery("5", "a", None), at(0)));
        assert!(
            schedule
                .exclusions(at(0))
                .contains("northwind", "5", "a", None)
        );
        assert!(schedule.start(&delivery("6", "b", None), at(0)));
        assert_eq!(schedule.free(), 0);
        assert!(
            !schedule.start(&delivery("7", "c", None), at(0)),
            "the total limit"
        );
    }

    #[test]
    fn pauses_of_a_failing_target_double_up_to_a_minute() {
        let mut schedule = Schedule::new(16, 4);
        let times = fail(&mut schedule, "a", 14);
        assert_eq!(
            times,
            [0, 0, 0, 0, 0, 1, 3, 7, 15, 31, 63, 123, 183, 243],
            "at most a minute apart"
        );
        assert!(
            schedule.start(&delivery("1", "b", None), at(0)),
            "others are not affected"
        );
        assert!(
            schedule.start(&delivery("2", "a", None), at(303)),
            "one trial"
        );
        assert!(
            !schedule.start(&delivery("3", "a", None), at(303)),
            "only one"
        );
        schedule.report(&delivery("2", "a", None), TargetReport::Healthy, at(304));
        for key in ["3", "4", "5"] {
            assert!(schedule.start(&delivery(key, "a", None), at(304)), "{key}");
        }
    }

    #[test]
    fn a_pause_that_a_target_requests_is_at_most_a_minute() {
        let mut schedule = Schedule::new(16, 4);
        for (requested, second) in [(7, 7), (3600, 60)] {
            let one = delivery("1", "a", None);
            assert!(schedule.start(&one, at(0)));
            let requested = Some(Duration::from_secs(requested));
            schedule.report(&one, TargetReport::Failing(requested), at(0));
            schedule.finish(&one);
            assert!(!schedule.start(&one, at(second - 1)));
            assert!(schedule.start(&one, at(second)));
            schedule.report(&one, TargetReport::Healthy, at(second));
            schedule.finish(&one);
        }
    }

    #[test]
    fn finished_deliveries_and_unused_targets_are_removed() {
        let mut schedule = Schedule::new(16, 4);
        let one = delivery("1", "a", Some("talk"));
        assert!(schedule.start(&one, at(0)));
        schedule.report(&one, TargetReport::Healthy, at(0));
        schedule.finish(&one);
        assert!(schedule.targets.is_empty());
        assert_eq!(schedule.exclusions(at(0)), Exclusions::default());
        fail(&mut schedule, "gone", 9);
        assert_eq!(schedule.targets.len(), 1);
        assert_eq!(schedule.expire(at(10_000)), []);
        assert!(schedule.targets.is_empty());
    }

    #[test]
    fn a_broken_target_is_listed_until_it_recovers_or_nothing_is_sent_to_it() {
        let mut schedule = Schedule::new(16, 4);
        let broken = || TargetReport::Broken("401".to_owned());
        for (target, second) in [("b", 5), ("a", 7)] {
            let one = delivery("1", target, None);
            assert!(schedule.start(&one, at(second)));
            let change = schedule.report(&one, broken(), at(second));
            assert_eq!(change, Some(TargetChange::Broke));
            schedule.finish(&one);
        }
        let listed = |target: &str, second| BrokenTarget {
            company: "northwind".to_owned(),
            target: target.to_owned(),
            since: at(second),
            problem: "401".to_owned(),
        };
        assert_eq!(schedule.broken(), [listed("a", 7), listed("b", 5)]);
        let excluded = schedule.exclusions(at(64));
        assert!(excluded.contains("northwind", "2", "b", None), "the target");
        assert_eq!(schedule.hold(&delivery("2", "b", None)).as_secs(), 120);
        let trial = delivery("2", "b", None);
        assert!(!schedule.start(&trial, at(64)));
        assert!(schedule.start(&trial, at(65)));
        assert!(!schedule.start(&delivery("3", "b", None), at(65)));
        let change = schedule.report(&trial, TargetReport::Healthy, at(66));
        assert_eq!(change, Some(TargetChange::Recovered));
        schedule.finish(&trial);
        assert_eq!(schedule.broken(), [listed("a", 7)]);
        assert_eq!(schedule.expire(at(667)), [], "its pause ended at 67");
        assert_eq!(schedule.expire(at(668)), [listed("a", 7)]);
        assert_eq!(schedule.broken(), []);
    }
}
