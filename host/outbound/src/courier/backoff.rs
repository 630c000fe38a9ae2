//! Waits between attempts.

use std::time::Duration;

/// Exponential back-off with full jitter: a random time between zero and a
/// bound that doubles with each failure. It clears a burst of retries with the
/// fewest requests
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The bound after the first failure. Default: 1 s.
    pub first: Duration,
    /// The highest bound. Default: 10 min.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff {
            first: Duration::from_secs(1),
            max: Duration::from_secs(600),
        }
    }
}

impl Backoff {
    /// The longest wait after this many failures, from 1.
    pub fn bound(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.max)
    }

    /// A share of the bound; `share` is a random number from 0 to 1.
    pub fn wait(&self, failures: u32, share: f64) -> Duration {
        self.bound(failures).mul_f64(share.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_maximum() {
        let backoff = Backoff::default();
        let bounds: Vec<_> = (0..=13).map(|n| backoff.bound(n).as_secs()).collect();
        assert_eq!(
            bounds,
            [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]
        );
        for failures in [31, 32, 33, 64, u32::MAX] {
            assert_eq!(backoff.bound(failures).as_secs(), 600, "{failures}");
        }
    }

    #[test]
    fn the_wait_is_a_share_of_the_bound() {
        let backoff = Backoff::default();
        for (failures, share, millis) in [
            (1, 0.0, 0),
            (1, 0.5, 500),
            (1, 1.0, 1000),
            (4, 0.25, 2000),
            (11, 0.5, 300_000),
            (99, 1.0, 600_000),
            (1, -3.0, 0),
            (1, 7.0, 1000),
        ] {
            let wait = backoff.wait(failures, share);
            assert_eq!(wait, Duration::from_millis(millis), "{failures} {share}");
        }
    }

    #[test]
    fn twelve_attempts_take_less_than_half_an_hour() {
        let backoff = Backoff::default();
        let longest: Duration = (1..12).map(|failures| backoff.bound(failures)).sum();
        assert_eq!(longest.as_secs(), 1023 + 600);
    }
}
