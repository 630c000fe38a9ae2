//! Everything that went wrong while the day was played.

use std::sync::Arc;

use parking_lot::Mutex;

/// Problems stored as text; later ones are only counted.
const STORED: usize = 50;

/// Problems of the day. Clones share one log.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProblemLog(Arc<Mutex<(Vec<String>, u64)>>);

impl ProblemLog {
    pub(crate) fn report(&self, problem: impl Into<String>) {
        let mut log = self.0.lock();
        log.1 += 1;
        if log.0.len() < STORED {
            log.0.push(problem.into());
        }
    }

    /// The first 50 problems, and the number of all.
    pub(crate) fn problems(&self) -> (Vec<String>, u64) {
        self.0.lock().clone()
    }
}
