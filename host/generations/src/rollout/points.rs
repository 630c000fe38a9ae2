//! Figures of a running rollout over time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Tally;
use super::recent::RecentDecisions;

/// Most points of a rollout.
const MOST: usize = 120;
/// Least time between two points at first, in seconds: doubled whenever there are too many.
const FIRST_SPACING: u32 = 10;

/// Figures of a rollout at a moment. Those of an arm are about its last 1,000 to 2,000
/// decisions, by which bounds are judged; absent: it had none since the host started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutPoint {
    /// The moment.
    pub at: Timestamp,
    /// Decisions of the candidate so far.
    pub decisions: u64,
    /// Share of the candidate's decisions in which a policy failed, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_failures: Option<f64>,
    /// The same of the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_failures: Option<f64>,
    /// Time of the slowest of a hundred of the candidate's decisions, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_p99: Option<u64>,
    /// The same of the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_p99: Option<u64>,
    /// Share of the compared decisions in which both generations differ, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disagreement: Option<f64>,
}

impl RolloutPoint {
    fn of(tally: &Tally, at: Timestamp) -> RolloutPoint {
        let any = |recent: &RecentDecisions| recent.decisions() > 0;
        let rate = |recent: &RecentDecisions| any(recent).then(|| rounded(recent.rate()));
        let p99 = |recent: &RecentDecisions| Some(recent.p99()).filter(|p99| *p99 > 0);
        RolloutPoint {
            at,
            decisions: tally.candidate.decisions(),
            candidate_failures: rate(&tally.candidate.recent),
            control_failures: rate(&tally.control.recent),
            candidate_p99: p99(&tally.candidate.recent),
            control_p99: p99(&tally.control.recent),
            disagreement: rate(&tally.agreement),
        }
    }
}

/// To a hundredth of a percent.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// The points of a rollout, oldest first: at most 120, the further apart the longer it runs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RolloutPoints {
    /// Least seconds between two points.
    spacing: u32,
    points: Vec<RolloutPoint>,
}

impl Default for RolloutPoints {
    fn default() -> RolloutPoints {
        RolloutPoints {
            spacing: FIRST_SPACING,
            points: Vec::new(),
        }
    }
}

impl RolloutPoints {
    pub(super) fn all(&self) -> &[RolloutPoint] {
        &self.points
    }

    fn is_due(&self, at: Timestamp) -> bool {
        let spacing = SignedDuration::from_secs(self.spacing.into());
        let last = self.points.last();
        last.is_none_or(|last| at.duration_since(last.at) >= spacing)
    }

    fn add(&mut self, point: RolloutPoint) {
        self.points.push(point);
        if self.points.len() > MOST {
            // Keeps the first point and the newest.
            let mut number = 0;
            self.points.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.spacing = self.spacing.saturating_mul(2);
        }
    }
}

impl Tally {
    /// Add a point, if the last one is old enough.
    pub fn add_point(&mut self, at: Timestamp) {
        if self.points.is_due(at) {
            let point = RolloutPoint::of(self, at);
            self.points.add(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_engine::decision::Decision;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn a_long_rollout_has_few_points_and_all_of_its_time() {
        let mut tally = Tally::default();
        for second in 0..100_000 {
            tally.add_point(at(second));
        }
        let points = tally.points.all();
        assert!(
            (MOST / 2..=MOST).contains(&points.len()),
            "{}",
            points.len()
        );
        assert_eq!(points[0].at, at(0));
        let last = points.last().expect("points").at.as_second();
        assert!(100_000 - last <= i64::from(tally.points.spacing), "{last}");
        let gaps = points
            .windows(2)
            .map(|pair| pair[1].at.as_second() - pair[0].at.as_second());
        let gaps: std::collections::BTreeSet<i64> = gaps.collect();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
    }

    #[test]
    fn a_point_has_what_the_bounds_are_judged_by() {
        let mut tally = Tally::default();
        tally.add_point(at(0));
        let mut decision = Decision::of(1, None);
        decision.micros.call = 500;
        tally.candidate.count(&decision);
        tally.candidate.count_overload();
        tally.compare(Vec::new());
        tally.add_point(at(9));
        tally.add_point(at(10));
        let points = tally.points.all().to_vec();
        assert_eq!(points.len(), 2);
        assert_eq!(
            (points[0].candidate_failures, points[0].candidate_p99),
            (None, None)
        );
        let last = &points[1];
        assert_eq!(
            (last.decisions, last.candidate_failures, last.disagreement),
            (1, Some(0.5), Some(0.0))
        );
        assert!(
            last.candidate_p99
                .is_some_and(|p99| (490..=510).contains(&p99))
        );
        assert_eq!(last.control_failures, None);
        // They survive a restart.
        let again: Tally = serde_json::from_str(&tally.to_json()).expect("reads back");
        assert_eq!(again.points.all(), points);
    }
}
