//! Instances that wait for their use: made ahead, or kept to be used again.
//! Each has one of the engine's places for waiting instances, and gives it back
//! when it is taken or thrown away.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Engine;
use crate::instance::Instance;

/// A place for one instance that waits.
pub(crate) struct Place(Engine);

impl Place {
    /// Claim a place; none if all are taken.
    pub(crate) fn claim(engine: &Engine) -> Option<Place> {
        engine.park().then(|| Place(engine.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.unpark();
    }
}

/// Instances that wait.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Vec<(Instance, Place)>>);

impl Shelf {
    /// Let an instance wait in its place.
    pub(crate) fn put(&self, instance: Instance, place: Place) {
        self.waiting().push((instance, place));
    }

    /// The instance that waits the shortest: its memory is the warmest.
    pub(crate) fn take(&self) -> Option<Instance> {
        let taken = self.waiting().pop();
        taken.map(|(instance, _)| instance)
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Instance, Place)>> {
        // Pushed and popped in single steps: a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
