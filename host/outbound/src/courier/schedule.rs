//! Which deliveries may start now. Has no clock and sends nothing.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use super::outbox::{Delivery, Exclusions};

/// Consecutive failures after which a target is paused.
const FAILURES: u32 = 5;
/// The first pause; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long after its pause an unused target is remembered.
const RETENTION: Duration = Duration::from_secs(600);

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

#[derive(Debug, Default)]
struct Target {
    in_flight: usize,
    consecutive_failures: u32,
    paused_until: Option<Timestamp>,
}

/// What an attempt showed about its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetHealth {
    Healthy,
    /// With the pause the target requests.
    Failing(Option<Duration>),
    /// The target was not reached.
    Unknown,
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

    /// What must not start now.
    pub(super) fn exclusions(&mut self, now: Timestamp) -> Exclusions {
        self.targets.retain(|_, target| !target.is_expired(now));
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

    /// Updates the target's health after an attempt. The delivery stays
    /// excluded until [`finish`](Schedule::finish).
    pub(super) fn report(&mut self, delivery: &Delivery, health: TargetHealth, now: Timestamp) {
        let Some(target) = self.targets.get_mut(&target_key(delivery)) else {
            return;
        };
        match health {
            TargetHealth::Unknown => {}
            TargetHealth::Healthy => {
                target.consecutive_failures = 0;
                target.paused_until = None;
            }
            TargetHealth::Failing(requested) => {
                target.consecutive_failures = target.consecutive_failures.saturating_add(1);
                let doublings = target.consecutive_failures.checked_sub(FAILURES);
                let ours = doublings.map(|doublings| {
                    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                    FIRST_PAUSE.saturating_mul(factor)
                });
                let pause = ours.max(requested).unwrap_or_default().min(LONGEST_PAUSE);
                let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
                target.paused_until = target.paused_until.max(Some(until));
            }
        }
    }

    /// Releases a delivery whose outcome is recorded.
    pub(super) fn finish(&mut self, delivery: &Delivery) {
        self.exclusions.remove(delivery);
        self.in_flight = self.in_flight.saturating_sub(1);
        let key = target_key(delivery);
        if let Some(target) = self.targets.get_mut(&key) {
            target.in_flight = target.in_flight.saturating_sub(1);
            if target.in_flight == 0 && target.consecutive_failures == 0 {
                self.targets.remove(&key);
            }
        }
    }
}

fn target_key(delivery: &Delivery) -> TargetKey {
    (delivery.company.clone(), delivery.target.clone())
}

impl Target {
    fn accepts(&self, per_target: usize, now: Timestamp) -> bool {
        let limit = match self.consecutive_failures < FAILURES {
            true => per_target,
            false => 1,
        };
        self.in_flight < limit && self.paused_until.is_none_or(|until| now >= until)
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        let oldest = now.saturating_sub(RETENTION).unwrap_or(Timestamp::MIN);
        self.in_flight == 0 && self.paused_until.is_none_or(|until| until < oldest)
    }
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
            schedule.report(&delivery, TargetHealth::Failing(None), at(now));
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
        schedule.report(&delivery("2", "a", None), TargetHealth::Healthy, at(304));
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
            schedule.report(&one, TargetHealth::Failing(requested), at(0));
            schedule.finish(&one);
            assert!(!schedule.start(&one, at(second - 1)));
            assert!(schedule.start(&one, at(second)));
            schedule.report(&one, TargetHealth::Healthy, at(second));
            schedule.finish(&one);
        }
    }

    #[test]
    fn finished_deliveries_and_unused_targets_are_removed() {
        let mut schedule = Schedule::new(16, 4);
        let one = delivery("1", "a", Some("talk"));
        assert!(schedule.start(&one, at(0)));
        schedule.report(&one, TargetHealth::Healthy, at(0));
        schedule.finish(&one);
        assert!(schedule.targets.is_empty());
        assert_eq!(schedule.exclusions(at(0)), Exclusions::default());
        fail(&mut schedule, "gone", 9);
        assert_eq!(schedule.targets.len(), 1);
        schedule.exclusions(at(10_000));
        assert!(schedule.targets.is_empty());
    }
}
