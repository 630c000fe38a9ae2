//! Counts as people read them.

use patchbay_journal::Counts;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Clock;

use crate::measure::{
    BOUNDS, ClockMeasure, DurationMeasure, FALLBACKS, Measure, outcome_number, percentile,
};

/// Durations that ended in a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Durations {
    /// How many.
    pub count: u64,
    /// Their mean, in seconds; `None`: there are none.
    pub mean: Option<f64>,
    /// Seconds that half of them do not exceed, from the histogram.
    pub p50: Option<u64>,
    /// Seconds that nine of ten do not exceed, from the histogram.
    pub p90: Option<u64>,
}

impl Durations {
    fn of(counts: &Counts, measure: DurationMeasure) -> Durations {
        let (sum, ranges) = measure.read(counts);
        let ranges: [u64; BOUNDS.len() + 1] = ranges;
        let count: u64 = ranges.iter().sum();
        Durations {
            count,
            mean: (count > 0).then(|| sum as f64 / count as f64 / 1_000.0),
            p50: percentile(&ranges, 0.5),
            p90: percentile(&ranges, 0.9),
        }
    }
}

/// Results of the runs of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockFigures {
    /// Runs that were stopped within the target.
    pub met: u64,
    /// Runs that were stopped after it.
    pub late: u64,
    /// At-risk shares that were used up.
    pub at_risk: u64,
    /// Targets that were used up.
    pub missed: u64,
}

impl ClockFigures {
    fn of(counts: &Counts, clock: Clock) -> ClockFigures {
        let of = |measure: ClockMeasure| counts.get(measure.number(clock));
        ClockFigures {
            met: of(ClockMeasure::Met),
            late: of(ClockMeasure::Late),
            at_risk: of(ClockMeasure::AtRisk),
            missed: of(ClockMeasure::Missed),
        }
    }

    /// Share of the stopped runs that were within the target, 0 to 1; `None` without one.
    pub fn share_met(&self) -> Option<f64> {
        let stopped = self.met + self.late;
        (stopped > 0).then(|| self.met as f64 / stopped as f64)
    }
}

/// Figures of a company, a queue, an agent or a channel.
#[derive(Clone, Debug)]
pub struct Figures<'a>(pub &'a Counts);

impl Figures<'_> {
    /// The count of a measure.
    pub fn count(&self, measure: Measure) -> u64 {
        self.0.get(measure.number())
    }

    /// Results of a clock.
    pub fn clock(&self, clock: Clock) -> ClockFigures {
        ClockFigures::of(self.0, clock)
    }

    /// Durations of a kind.
    pub fn durations(&self, measure: DurationMeasure) -> Durations {
        Durations::of(self.0, measure)
    }
}

/// Figures of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFigures {
    /// Calls of its plugins by outcome, without outcomes that did not happen.
    pub outcomes: Vec<(OutcomeKind, u64)>,
    /// Rules that answered in place of a policy.
    pub fallbacks: u64,
}

impl StageFigures {
    /// The figures of these counts.
    pub fn of(counts: &Counts) -> StageFigures {
        let all = OutcomeKind::ALL.into_iter();
        let outcomes = all.map(|outcome| (outcome, counts.get(outcome_number(outcome))));
        StageFigures {
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            fallbacks: counts.get(FALLBACKS),
        }
    }
}
