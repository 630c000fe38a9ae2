//! The deadline of a call: CPU time of the thread, since wall time misfires
//! where cores are shared, and ten times as much wall-clock time.

use std::time::{Duration, Instant};

use crate::cpu::thread_time;
use crate::stop::Stop;
use patchbay_model::outcome::OutcomeKind;

/// How much longer than its CPU deadline a call may take on the wall clock.
const WALL_FACTOR: u32 = 10;

/// When the running call must be over. Checked at every tick of the epoch, and
/// from there only: a call that ends within a tick never reads a clock.
#[derive(Debug)]
pub(crate) struct Deadline {
    allowed: Duration,
    started: Instant,
    /// CPU time of the thread at the first tick seen, less one tick: a call
    /// cannot have used more by then than went by on the wall clock.
    cpu_base: Option<Duration>,
}

impl Default for Deadline {
    fn default() -> Deadline {
        Deadline {
            allowed: Duration::ZERO,
            started: Instant::now(),
            cpu_base: None,
        }
    }
}

impl Deadline {
    pub(crate) fn start(&mut self, allowed: Duration, now: Instant) {
        self.allowed = allowed;
        self.started = now;
        self.cpu_base = None;
    }

    /// Called at each tick.
    pub(crate) fn check(&mut self) -> Result<(), Stop> {
        let cpu = thread_time();
        let wall = self.started.elapsed();
        let base = *self
            .cpu_base
            .get_or_insert_with(|| cpu.saturating_sub(wall.min(crate::ticker::TICK)));
        if cpu.saturating_sub(base) >= self.allowed {
            return Err(self.exceeded("cpu", self.allowed));
        }
        let wall_allowed = self.allowed * WALL_FACTOR;
        if wall >= wall_allowed {
            return Err(self.exceeded("wall", wall_allowed));
        }
        Ok(())
    }

    fn exceeded(&self, limit: &'static str, value: Duration) -> Stop {
        Stop::Limit {
            kind: OutcomeKind::Timeout,
            limit,
            value: value.as_millis() as u64,
            unit: "ms",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_runs_out_of_cpu_time() {
        let mut deadline = Deadline::default();
        deadline.start(Duration::from_millis(2), Instant::now());
        let stop = loop {
            if let Err(stop) = deadline.check() {
                break stop;
            }
        };
        assert!(
            matches!(
                stop,
                Stop::Limit {
                    limit: "cpu",
                    value: 2,
                    ..
                }
            ),
            "{stop:?}"
        );
    }

    #[test]
    fn a_thread_that_sleeps_runs_out_of_wall_time() {
        let mut deadline = Deadline::default();
        deadline.start(Duration::from_millis(3), Instant::now());
        let stop = loop {
            if let Err(stop) = deadline.check() {
                break stop;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(
            matches!(
                stop,
                Stop::Limit {
                    limit: "wall",
                    value: 30,
                    ..
                }
            ),
            "{stop:?}"
        );
    }
}
