//! The deadline of a call: CPU time of the thread, because wall-clock time
//! misfires on shared cores, and ten times as much wall-clock time.

use std::time::{Duration, Instant};

use patchbay_model::outcome::OutcomeKind;

use super::cpu::thread_time;
use super::stop::{LimitReached, Stop};
use super::ticker::TICK;

/// Wall-clock time a call may take, as a multiple of its CPU deadline.
const WALL_FACTOR: u32 = 10;

/// When the running call must end. Checked at each epoch tick only: a call
/// that ends within a tick never reads a clock.
#[derive(Debug)]
pub(crate) struct Deadline {
    allowed: Duration,
    started: Instant,
    /// CPU time of the thread at the first tick, less one tick: until then the
    /// call cannot have used more CPU time than wall-clock time passed.
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

    /// Called at each epoch tick.
    pub(crate) fn check(&mut self) -> Result<(), Stop> {
        let cpu = thread_time();
        let wall = self.started.elapsed();
        let base = *self
            .cpu_base
            .get_or_insert_with(|| cpu.saturating_sub(wall.min(TICK)));
        if cpu.saturating_sub(base) >= self.allowed {
            return Err(exceeded("cpu", self.allowed));
        }
        let wall_allowed = self.allowed * WALL_FACTOR;
        if wall >= wall_allowed {
            return Err(exceeded("wall", wall_allowed));
        }
        Ok(())
    }
}

fn exceeded(limit: &'static str, value: Duration) -> Stop {
    Stop::Limit(LimitReached {
        kind: OutcomeKind::Timeout,
        limit,
        value: value.as_millis() as u64,
        unit: "ms",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limit and value at which a call stops that pauses so long between ticks.
    fn stopped_at(allowed: u64, pause: Duration) -> (&'static str, u64) {
        let mut deadline = Deadline::default();
        deadline.start(Duration::from_millis(allowed), Instant::now());
        loop {
            match deadline.check() {
                Ok(()) => std::thread::sleep(pause),
                Err(Stop::Limit(reached)) => return (reached.limit, reached.value),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_busy_thread_runs_out_of_cpu_time() {
        assert_eq!(stopped_at(2, Duration::ZERO), ("cpu", 2));
    }

    #[test]
    fn a_sleeping_thread_runs_out_of_wall_time() {
        assert_eq!(stopped_at(3, Duration::from_millis(10)), ("wall", 30));
    }
}
