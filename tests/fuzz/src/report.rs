//! Figures of a run.

use std::fmt;
use std::time::{Duration, Instant};

use crate::Reading;

/// What a run has done so far.
pub(crate) struct Report {
    began: Instant,
    inputs: u64,
    accepted: u64,
    slowest: Duration,
    most_held: usize,
}

impl Report {
    pub(crate) fn start() -> Report {
        Report {
            began: Instant::now(),
            inputs: 0,
            accepted: 0,
            slowest: Duration::ZERO,
            most_held: 0,
        }
    }

    /// Counts a call, with its time and the most bytes it held.
    pub(crate) fn add(&mut self, reading: Reading, time: Duration, held: usize) {
        self.inputs += 1;
        self.accepted += u64::from(reading == Reading::Accepted);
        self.slowest = self.slowest.max(time);
        self.most_held = self.most_held.max(held);
    }

    /// Percent of the inputs that the parser accepted.
    pub(crate) fn accepted_percent(&self) -> u64 {
        self.accepted * 100 / self.inputs.max(1)
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} inputs in {} s, {} % accepted; the slowest took {:?}; a call held up to {} KiB",
            self.inputs,
            self.began.elapsed().as_secs(),
            self.accepted_percent(),
            self.slowest,
            self.most_held >> 10,
        )?;
        match peak_of_process() {
            Some(peak) => write!(f, ", the process up to {peak}"),
            None => Ok(()),
        }
    }
}

/// The most memory the process has had, as Linux writes it.
fn peak_of_process() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.trim_start_matches("VmHWM:").trim().to_owned())
}
