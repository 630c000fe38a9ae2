//! The load of the host, and what it omits under load.

use std::time::Duration;

use serde::Serialize;

/// The load of the host. As it rises the host omits, in this order: decisions
/// without a waiting caller, checks that repeat an earlier one, and last, by the
/// bounds of the journal and the queues, new work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// The host omits nothing.
    #[default]
    Calm,
    /// The host omits decisions without a waiting caller: shadow runs and other
    /// comparisons.
    Busy,
    /// The host also omits checks that repeat an earlier one: drafts while they
    /// are typed, edited messages.
    Full,
}

impl Load {
    /// Whether decisions without a waiting caller run.
    pub fn allows_extras(self) -> bool {
        self < Load::Busy
    }

    /// Whether checks that repeat an earlier one run.
    pub fn allows_repeats(self) -> bool {
        self < Load::Full
    }
}

/// Where the load is busy, and where it is full: by number or by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBounds {
    /// Waiting work for [`Load::Busy`]. Default 1,000.
    pub busy: usize,
    /// Waiting work for [`Load::Full`]. Default 20,000.
    pub full: usize,
    /// Age of the first work for [`Load::Busy`]. Default 1 s.
    pub busy_after: Duration,
    /// Age of the first work for [`Load::Full`]. Default 10 s.
    pub full_after: Duration,
}

impl Default for LoadBounds {
    fn default() -> LoadBounds {
        LoadBounds {
            busy: 1_000,
            full: 20_000,
            busy_after: Duration::from_secs(1),
            full_after: Duration::from_secs(10),
        }
    }
}

impl LoadBounds {
    /// The load of `waiting` pieces of work, the first of which has waited for
    /// `waited`.
    pub fn load(&self, waiting: usize, waited: Duration) -> Load {
        match waiting {
            0 => Load::Calm,
            _ if waiting >= self.full || waited >= self.full_after => Load::Full,
            _ if waiting >= self.busy || waited >= self.busy_after => Load::Busy,
            _ => Load::Calm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_and_age_raise_the_load_and_an_empty_queue_is_calm() {
        let bounds = LoadBounds::default();
        let second = Duration::from_secs(1);
        for (waiting, waited, expected) in [
            (0, second * 60, Load::Calm),
            (999, Duration::ZERO, Load::Calm),
            (1_000, Duration::ZERO, Load::Busy),
            (1, second, Load::Busy),
            (20_000, Duration::ZERO, Load::Full),
            (1, second * 10, Load::Full),
        ] {
            assert_eq!(
                bounds.load(waiting, waited),
                expected,
                "{waiting} {waited:?}"
            );
        }
    }

    #[test]
    fn decisions_without_a_waiting_caller_are_omitted_first() {
        assert!(Load::Calm.allows_extras() && Load::Calm.allows_repeats());
        assert!(!Load::Busy.allows_extras() && Load::Busy.allows_repeats());
        assert!(!Load::Full.allows_extras() && !Load::Full.allows_repeats());
    }
}
