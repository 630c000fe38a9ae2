//! The last decisions, by which is judged: what went well for long must not
//! hide what goes wrong now.

use hdrhistogram::Histogram;

/// Decisions of one half of them.
const HALF: u64 = 1_000;
/// Longest time that is told from longer ones, in microseconds: ten minutes.
pub const LONGEST: u64 = 600_000_000;

/// At least the last thousand, at most the last two thousand.
#[derive(Debug, Default)]
pub struct Recent {
    now: Half,
    before: Half,
}

#[derive(Debug, Default)]
struct Half {
    decisions: u64,
    bad: u64,
    micros: Option<Histogram<u64>>,
}

impl Recent {
    /// One more; whether it is bad, and how long it took where that is known.
    pub fn add(&mut self, is_bad: bool, micros: Option<u64>) {
        if self.now.decisions >= HALF {
            self.before = std::mem::take(&mut self.now);
        }
        self.now.decisions += 1;
        self.now.bad += u64::from(is_bad);
        if let Some(micros) = micros {
            record(&mut self.now.micros, micros);
        }
    }

    /// How many.
    pub fn decisions(&self) -> u64 {
        self.now.decisions + self.before.decisions
    }

    /// The share that is bad; none of nothing.
    pub fn rate(&self) -> f64 {
        (self.now.bad + self.before.bad) as f64 / self.decisions().max(1) as f64
    }

    /// Their p99 in microseconds.
    pub fn p99(&self) -> u64 {
        let mut all = match (&self.now.micros, &self.before.micros) {
            (Some(one), None) | (None, Some(one)) => return one.value_at_quantile(0.99),
            (None, None) => return 0,
            (Some(now), Some(_)) => now.clone(),
        };
        if let Some(before) = &self.before.micros {
            // Of the same bounds: that cannot fail.
            let _ = all.add(before);
        }
        all.value_at_quantile(0.99)
    }

    /// Whether there are enough to judge by, of so many that are wanted.
    pub fn is_enough(&self, wanted: u64) -> bool {
        self.decisions() >= wanted.min(HALF)
    }
}

/// Count a time.
pub fn record(all: &mut Option<Histogram<u64>>, micros: u64) {
    if all.is_none() {
        // Bounds that are valid: that cannot fail.
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
    fn what_went_well_for_long_does_not_hide_what_goes_wrong_now() {
        let mut recent = Recent::default();
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
