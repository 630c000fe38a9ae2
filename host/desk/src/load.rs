//! How much is asked of the host, compared with what it can do; and in which
//! order it leaves things out.

use std::time::Duration;

use serde::Serialize;

/// How much is asked of the host. The more there is, the more is left out, in
/// this order: decisions nobody waits for, checks that come again anyway, and
/// last, by the bounds of the journal and the queues, new work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// Everything is done.
    #[default]
    Calm,
    /// No decision is made that nobody waits for.
    Busy,
    /// Nor is anything checked again that was decided before: drafts while
    /// they are typed, messages that were reworded.
    Full,
}

impl Load {
    /// Whether there is time for decisions nobody waits for.
    pub fn allows_extras(self) -> bool {
        self < Load::Busy
    }

    /// Whether there is time for what was decided before.
    pub fn allows_repeats(self) -> bool {
        self < Load::Full
    }
}

/// From where on the host is busy, and full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadBounds {
    /// So many that wait make it busy.
    pub busy: usize,
    /// So many make it full.
    pub full: usize,
    /// Having waited so long makes it busy.
    pub busy_after: Duration,
    /// Having waited so long makes it full.
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
    /// The load where so many wait, the first of them for so long.
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
    fn number_and_age_raise_it_and_an_empty_line_is_calm() {
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
    fn what_nobody_waits_for_is_left_out_first() {
        assert!(Load::Calm.allows_extras() && Load::Calm.allows_repeats());
        assert!(!Load::Busy.allows_extras() && Load::Busy.allows_repeats());
        assert!(!Load::Full.allows_extras() && !Load::Full.allows_repeats());
    }
}
