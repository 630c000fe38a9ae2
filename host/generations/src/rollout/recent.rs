//! Counts of the last decisions: a long good history must not hide a new
//! failure.

use hdrhistogram::Histogram;

/// Decisions in each half of the window.
const HALF: u64 = 1_000;
/// Longest time measured, in microseconds: ten minutes.
const LONGEST: u64 = 600_000_000;

/// The last 1,000 to 2,000 decisions.
#[derive(Debug, Default)]
pub(super) struct RecentDecisions {
    now: Half,
    before: Half,
}

#[derive(Debug, Default)]
struct Half {
    decisions: u64,
    bad: u64,
    micros: Option<Histogram<u64>>,
}

impl RecentDecisions {
    /// Add a decision; `micros` where its time is known.
    pub(super) fn add(&mut self, is_bad: bool, micros: Option<u64>) {
        if self.now.decisions >= HALF {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.decisions += 1;
        self.now.bad += u64::from(is_bad);
        if let Some(micros) = micros {
            record(&mut self.now.micros, micros);
        }
    }

    pub(super) fn decisions(&self) -> u64 {
        self.now.decisions + self.before.decisions
    }

    /// The share of bad decisions; 0 where there are none.
    pub(super) fn rate(&self) -> f64 {
        (self.now.bad + self.before.bad) as f64 / self.decisions().max(1) as f64
    }

    /// The p99 in microseconds; 0 where no time is known.
    pub(super) fn p99(&self) -> u64 {
        let mut all = match (&self.now.micros, &self.before.micros) {
            (Some(one), None) | (None, Some(one)) => return one.value_at_quantile(0.99),
            (None, None) => return 0,
            (Some(now), Some(_)) => now.clone(),
        };
        if let Some(before) = &self.before.micros {
            // Both have the same bounds: cannot fail.
            let _ = all.add(before);
        }
        all.value_at_quantile(0.99)
    }

    /// Whether there are `wanted` decisions, or half a window where that is
    /// less.
    pub(super) fn is_enough(&self, wanted: u64) -> bool {
        self.decisions() >= wanted.min(HALF)
    }
}

/// Add a time to a histogram, which is created at the first one.
pub(super) fn record(all: &mut Option<Histogram<u64>>, micros: u64) {
    if all.is_none() {
        // The bounds are valid: cannot fail.
        *all = Histogram::new_with_max(LONGEST, 2).ok();
    }
    if let Some(all) = all {
        all.saturating_record(micros);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_good_history_does_not_hide_a_new_failure() {
        let mut recent = RecentDecisions::default();
        for _ in 0..1_000_000 {
            recent.add(false, Some(100));
        }
        for _ in 0..HALF {
            recent.add(true, Some(50_000));
        }
        assert!(recent.rate() >= 0.5, "{}", recent.rate());
        assert!(recent.p99() >= 49_000, "{}", recent.p99());
        assert!(recent.decisions() <= 2 * HALF);
    }
}
