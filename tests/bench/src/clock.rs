//! Clocks.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of all threads.
pub fn process_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Converts to microseconds.
pub fn us(time: Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}
