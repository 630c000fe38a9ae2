use std::ops::Range;

/// Business hours as spans of time, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hours(Vec<Range<u64>>);

impl Hours {
    /// Always open, or always closed.
    pub(crate) fn always(open: bool) -> Self {
        let mut hours = Self::default();
        if open {
            hours.add(0..u64::MAX);
        }
        hours
    }

    /// Opens them in a span.
    pub(crate) fn add(&mut self, span: Range<u64>) {
        self.0.push(span);
        self.0.sort_by_key(|span| span.start);
    }

    pub(crate) fn is_open(&self, at: u64) -> bool {
        self.0.iter().any(|span| span.contains(&at))
    }

    pub(crate) fn opens_at(&self, at: u64) -> Option<u64> {
        let mut starts = self.0.iter().map(|span| span.start);
        starts.find(|start| *start > at && !self.is_open(at))
    }

    pub(crate) fn closes_at(&self, at: u64) -> Option<u64> {
        let span = self.0.iter().find(|span| span.contains(&at))?;
        Some(span.end).filter(|end| *end < u64::MAX)
    }

    pub(crate) fn after_working_time(&self, at: u64, seconds: u32) -> Option<u64> {
        let mut left = u64::from(seconds) * 1_000;
        if left == 0 {
            return Some(at);
        }
        for span in &self.0 {
            let start = span.start.max(at);
            let open = span.end.saturating_sub(start);
            if left <= open {
                return Some(start + left);
            }
            left -= open;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    #[test]
    fn working_time_counts_open_spans_only() {
        let world = World::new()
            .open_between("desk", 20_000, 30_000)
            .open_between("desk", 0, 10_000);
        world.enter(|| {
            assert_eq!(clock::is_open("desk", 10_000), Some(false));
            assert_eq!(clock::opens_at("desk", 10_000), Some(20_000));
            assert_eq!(clock::opens_at("desk", 5_000), None);
            assert_eq!(clock::closes_at("desk", 5_000), Some(10_000));
            assert_eq!(clock::after_working_time("desk", 5_000, 7), Some(22_000));
            assert_eq!(clock::after_working_time("desk", 5_000, 16), None);
            assert_eq!(clock::opens_at("none", 5_000), None);
        });
    }

    #[test]
    fn hours_that_are_always_open_never_close() {
        World::new().hours("desk", true).enter(|| {
            assert_eq!(clock::closes_at("desk", 5), None);
            assert_eq!(clock::after_working_time("desk", 5, 1), Some(1_005));
        });
    }
}
