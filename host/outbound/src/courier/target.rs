//! The health of one target: its circuit breaker, and whether it is broken.

use std::time::Duration;

use jiff::Timestamp;

/// Consecutive failures after which a target is paused.
const FAILURES: u32 = 5;
/// The first pause; it doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The first pause of a broken target; it doubles with each trial that fails.
const FIRST_HOLD: Duration = Duration::from_secs(60);
/// The longest pause of a broken target.
const LONGEST_HOLD: Duration = Duration::from_secs(15 * 60);
/// How long after its pause an unused target is remembered.
const RETENTION: Duration = Duration::from_secs(600);

/// What an attempt showed about its target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TargetReport {
    Healthy,
    /// With the pause the target requests.
    Failing(Option<Duration>),
    /// With the problem, for the company.
    Broken(String),
    /// The target was not reached, or the attempt does not tell.
    Unknown,
}

/// A change that a report made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetChange {
    Broke,
    Recovered,
}

/// Attempts in flight to a target, and its health.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) in_flight: usize,
    consecutive_failures: u32,
    paused_until: Option<Timestamp>,
    broken: Option<Broken>,
}

/// Since when and why a target is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) since: Timestamp,
    /// The last problem.
    pub(super) problem: String,
    /// Failed trials.
    trials: u32,
}

impl Target {
    /// Whether one more attempt may start.
    pub(super) fn accepts(&self, per_target: usize, now: Timestamp) -> bool {
        let limit = match self.consecutive_failures < FAILURES && self.broken.is_none() {
            true => per_target,
            false => 1,
        };
        self.in_flight < limit && !self.is_paused(now)
    }

    /// Whether nothing about it needs to be remembered.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.consecutive_failures == 0 && self.broken.is_none()
    }

    /// Whether nothing was sent to it for long.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        let oldest = now.saturating_sub(RETENTION).unwrap_or(Timestamp::MIN);
        self.in_flight == 0 && self.paused_until.is_none_or(|until| until < oldest)
    }

    pub(super) fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// How long its deliveries wait if the next attempt finds it broken.
    pub(super) fn hold(&self) -> Duration {
        let trials = self.broken.as_ref().map(|broken| broken.trials + 1);
        doubled(FIRST_HOLD, trials.unwrap_or(0)).min(LONGEST_HOLD)
    }

    /// Takes what an attempt showed.
    pub(super) fn report(&mut self, report: TargetReport, now: Timestamp) -> Option<TargetChange> {
        match self.broken.is_some() {
            true => self.report_trial(report, now),
            false => self.report_attempt(report, now),
        }
    }

    fn report_attempt(&mut self, report: TargetReport, now: Timestamp) -> Option<TargetChange> {
        match report {
            TargetReport::Unknown => None,
            TargetReport::Healthy => {
                self.consecutive_failures = 0;
                self.paused_until = None;
                None
            }
            TargetReport::Failing(requested) => {
                self.consecutive_failures = self.consecutive_failures.saturating_add(1);
                let doublings = self.consecutive_failures.checked_sub(FAILURES);
                let ours = doublings.map(|doublings| doubled(FIRST_PAUSE, doublings));
                let pause = ours.max(requested).unwrap_or_default().min(LONGEST_PAUSE);
                self.pause(pause, now);
                None
            }
            TargetReport::Broken(problem) => {
                self.pause(self.hold(), now);
                self.broken = Some(Broken {
                    since: now,
                    problem,
                    trials: 0,
                });
                Some(TargetChange::Broke)
            }
        }
    }

    fn report_trial(&mut self, report: TargetReport, now: Timestamp) -> Option<TargetChange> {
        // A trial starts after the pause. This attempt started before the target
        // broke: it shows nothing of how the target is now.
        if self.is_paused(now) {
            return None;
        }
        if report == TargetReport::Healthy {
            let in_flight = self.in_flight;
            *self = Target {
                in_flight,
                ..Target::default()
            };
            return Some(TargetChange::Recovered);
        }
        let pause = self.hold();
        let broken = self.broken.as_mut()?;
        match report {
            TargetReport::Broken(problem) => {
                broken.problem = problem;
                broken.trials = broken.trials.saturating_add(1);
            }
            TargetReport::Failing(_) => broken.trials = broken.trials.saturating_add(1),
            TargetReport::Healthy | TargetReport::Unknown => {}
        }
        self.pause(pause, now);
        None
    }

    /// Ends the pause of a broken target: one attempt tries it now, and if that fails,
    /// its pauses begin from the first again. Returns whether it is broken.
    pub(super) fn try_now(&mut self, now: Timestamp) -> bool {
        let Some(broken) = &mut self.broken else {
            return false;
        };
        broken.trials = 0;
        self.paused_until = Some(now);
        true
    }

    fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    fn pause(&mut self, pause: Duration, now: Timestamp) {
        let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        self.paused_until = self.paused_until.max(Some(until));
    }
}

fn doubled(first: Duration, doublings: u32) -> Duration {
    first.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn broken() -> TargetReport {
        TargetReport::Broken("401".to_owned())
    }

    /// When the next attempt may start, after `now`.
    fn next(target: &Target, now: i64) -> i64 {
        let next = (now..).find(|second| target.accepts(4, at(*second)));
        next.expect("some time")
    }

    #[test]
    fn pauses_of_a_broken_target_double_from_a_minute_to_15() {
        let mut target = Target::default();
        let (mut now, mut waits) = (0, Vec::new());
        for trial in 0..7 {
            let hold = target.hold().as_secs();
            let change = target.report(broken(), at(now));
            assert_eq!(change, (trial == 0).then_some(TargetChange::Broke));
            let start = next(&target, now);
            assert_eq!(start - now, i64::try_from(hold).expect("small"));
            waits.push(start - now);
            now = start;
        }
        assert_eq!(waits, [60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(target.broken().map(|broken| broken.since), Some(at(0)));
        target.in_flight = 1;
        assert!(!target.accepts(4, at(now)), "one trial at a time");
        let change = target.report(TargetReport::Healthy, at(now));
        assert_eq!(change, Some(TargetChange::Recovered));
        assert!(target.accepts(4, at(now)), "at once");
        assert_eq!(target.hold().as_secs(), 60, "the next time");
    }

    #[test]
    fn attempts_from_before_a_target_broke_change_nothing() {
        let mut target = Target::default();
        target.report(broken(), at(0));
        for report in [
            broken(),
            TargetReport::Healthy,
            TargetReport::Failing(Some(Duration::from_secs(50))),
            TargetReport::Unknown,
        ] {
            assert_eq!(target.report(report, at(59)), None);
            assert_eq!(next(&target, 59), 60);
            assert_eq!(target.hold().as_secs(), 120);
        }
    }

    #[test]
    fn a_trial_that_does_not_reach_the_target_is_followed_by_another_pause() {
        let mut target = Target::default();
        target.report(broken(), at(0));
        target.report(TargetReport::Unknown, at(60));
        assert_eq!(next(&target, 60), 180);
        target.report(TargetReport::Failing(None), at(180));
        assert_eq!(next(&target, 180), 300);
        target.report(TargetReport::Unknown, at(300));
        assert_eq!(next(&target, 300), 540);
        assert!(target.broken().is_some());
    }

    #[test]
    fn a_broken_target_can_be_tried_now() {
        let mut target = Target::default();
        assert!(!target.try_now(at(0)), "it is not broken");
        target.report(broken(), at(0));
        target.report(broken(), at(60));
        assert_eq!(next(&target, 61), 180);
        assert!(target.try_now(at(70)));
        assert!(target.accepts(4, at(70)));
        target.in_flight = 1;
        assert!(!target.accepts(4, at(70)), "one trial at a time");
        target.in_flight = 0;
        assert!(!target.is_expired(at(71)), "it is still broken");
        assert_eq!(target.hold().as_secs(), 120);
        assert_eq!(target.report(broken(), at(71)), None);
        assert_eq!(next(&target, 71), 71 + 120);
        assert!(target.try_now(at(80)));
        let change = target.report(TargetReport::Healthy, at(81));
        assert_eq!(change, Some(TargetChange::Recovered));
        assert!(!target.try_now(at(82)));
    }

    #[test]
    fn hold_waits_stay_bounded_for_ever() {
        let mut target = Target::default();
        let mut now = 0;
        for _ in 0..200 {
            target.report(broken(), at(now));
            let start = next(&target, now);
            assert!((60..=900).contains(&(start - now)), "{}", start - now);
            now = start;
        }
    }
}
