//! Histograms that many threads update; an update costs two atomic additions.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds for times in microseconds: 1 µs to 10 s.
pub const MICROS: &[u64] = &[
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
    200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000,
];
/// Upper bounds for sizes in bytes: 64 KiB to 128 MiB.
pub const BYTES: &[u64] = &[
    1 << 16,
    1 << 17,
    1 << 18,
    1 << 19,
    1 << 20,
    1 << 21,
    1 << 22,
    1 << 23,
    1 << 24,
    1 << 25,
    1 << 26,
    1 << 27,
];
/// Upper bounds of batch sizes: 1 to 4096.
pub const COUNTS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/// A histogram.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// Counts per bound, and one for values above all bounds.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// State of a histogram at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// Upper bounds of the ranges.
    pub bounds: &'static [u64],
    /// Count per range; the last counts values above all bounds.
    pub counts: Vec<u64>,
    /// Sum of all values.
    pub sum: u64,
}

impl Histogram {
    /// An empty histogram with ascending upper bounds.
    pub fn new(bounds: &'static [u64]) -> Histogram {
        Histogram {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Count a value.
    pub fn record(&self, value: u64) {
        let index = self.bounds.partition_point(|bound| *bound < value);
        self.buckets[index].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Current state.
    pub fn read(&self) -> HistogramSnapshot {
        let counts = self.buckets.iter();
        HistogramSnapshot {
            bounds: self.bounds,
            counts: counts.map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

impl HistogramSnapshot {
    /// Number of values.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Estimated quantile, `share` from 0 to 1; none without values. Values
    /// above all bounds count as the highest bound.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        quantile(self.bounds.iter().copied(), &self.counts, share)
    }
}

/// Quantile of ranges read elsewhere. Assumes that values are evenly
/// distributed within a range.
pub fn quantile(bounds: impl IntoIterator<Item = u64>, counts: &[u64], share: f64) -> Option<u64> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let wanted = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0);
    let (mut below, mut lower) = (0.0, 0);
    for (bound, count) in bounds.into_iter().zip(counts) {
        let count = *count as f64;
        if count > 0.0 && below + count >= wanted {
            let part = (wanted - below) / count;
            return Some(lower + ((bound - lower) as f64 * part).round() as u64);
        }
        below += count;
        lower = bound;
    }
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_the_range_whose_bound_it_does_not_pass() {
        let histogram = Histogram::new(COUNTS);
        for value in [0, 1, 2, 3, 4, 4096, 4097] {
            histogram.record(value);
        }
        let read = histogram.read();
        assert_eq!(read.counts[..3], [2, 1, 2]);
        assert_eq!(read.counts[COUNTS.len() - 1..], [1, 1]);
        assert_eq!((read.total(), read.sum), (7, 8203));
    }

    #[test]
    fn a_quantile_lies_in_the_range_of_the_value_it_stands_for() {
        let histogram = Histogram::new(MICROS);
        assert_eq!(histogram.read().quantile(0.5), None);
        for value in 1..=100 {
            histogram.record(value * 10);
        }
        let read = histogram.read();
        let median = read.quantile(0.5).expect("values");
        assert!((200..=500).contains(&median), "{median}");
        assert_eq!(read.quantile(1.0), Some(1_000));
        histogram.record(u64::from(u32::MAX));
        assert_eq!(histogram.read().quantile(1.0), Some(10_000_000));
    }
}
