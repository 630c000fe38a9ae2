//! What must not happen, collected while the day is played.

use std::sync::{Arc, Mutex, PoisonError};

/// Most that is kept; the rest is counted.
const KEPT: usize = 50;

/// What went wrong, shared by everybody who may see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trouble(Arc<Mutex<(Vec<String>, u64)>>);

impl Trouble {
    pub(crate) fn report(&self, what: impl Into<String>) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.1 += 1;
        if told.0.len() < KEPT {
            told.0.push(what.into());
        }
    }

    /// What was told, and how much of it there was in all.
    pub(crate) fn told(&self) -> (Vec<String>, u64) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
