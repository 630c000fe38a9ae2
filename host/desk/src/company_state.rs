//! What the desk holds in memory of one company.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use parking_lot::{Mutex, RwLock};
use patchbay_generations::Generation;
use patchbay_generations::activation::LiveReferences;
use patchbay_generations::rollout::Rollout;

use crate::floor_state::CompanyFloor;
use crate::operations::directives::Directives;
use crate::surge::SurgeDetector;

/// The generation that decides for a company, and the rollout beside it.
#[derive(Clone, Debug)]
pub(crate) struct ActiveGeneration {
    pub(crate) generation: Arc<Generation>,
    pub(crate) rollout: Option<Arc<Rollout>>,
}

/// A company that the desk serves.
#[derive(Debug)]
pub(crate) struct CompanyState {
    active: RwLock<ActiveGeneration>,
    pub(crate) floor: CompanyFloor,
    pub(crate) surges: SurgeDetector,
    /// Held while the roster changes, on the floor and in the journal.
    pub(crate) roster: Mutex<()>,
    pub(crate) directives: Directives,
    /// Queues and targets that open work may refer to; `None` until the first
    /// activation since the start.
    live_references: Mutex<Option<LiveReferences>>,
    /// Decisions since the start whose transcript was wanted and not stored.
    pub(crate) unrecorded: AtomicU64,
}

impl CompanyState {
    pub(crate) fn new(
        generation: Arc<Generation>,
        floor: CompanyFloor,
        directives: Directives,
    ) -> CompanyState {
        CompanyState {
            active: RwLock::new(ActiveGeneration {
                generation,
                rollout: None,
            }),
            floor,
            surges: SurgeDetector::default(),
            roster: Mutex::new(()),
            directives,
            live_references: Mutex::new(None),
            unrecorded: AtomicU64::new(0),
        }
    }

    pub(crate) fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.active.read().generation)
    }

    pub(crate) fn rollout(&self) -> Option<Arc<Rollout>> {
        self.active.read().rollout.clone()
    }

    pub(crate) fn active(&self) -> ActiveGeneration {
        self.active.read().clone()
    }

    pub(crate) fn set_active(&self, active: ActiveGeneration) {
        *self.active.write() = active;
    }

    pub(crate) fn live_references(&self) -> Option<LiveReferences> {
        self.live_references.lock().clone()
    }

    pub(crate) fn set_live_references(&self, references: LiveReferences) {
        *self.live_references.lock() = Some(references);
    }
}
