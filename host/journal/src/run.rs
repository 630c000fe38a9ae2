//! Runs of the host, and its time across them.

use jiff::Timestamp;

use crate::Result;

/// A run of the host, from its start to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number, from 1; each run has another.
    pub number: u64,
    /// The newest time that an earlier run saw; `None` at the first.
    pub newest_time: Option<Timestamp>,
}

/// Host-wide: numbers the runs of the host, and remembers its time.
pub trait Runs {
    /// Begin a run.
    fn begin_run(&self) -> Result<Run>;

    /// Remember the time of this run: at its start, at its end, and at least
    /// every ten minutes. Inputs and entries since the last call count too.
    fn note_time(&self, at: Timestamp) -> Result<()>;
}
