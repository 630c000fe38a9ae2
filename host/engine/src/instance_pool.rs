//! Idle instances: started ahead of their use, or kept for reuse.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::instance::Instance;
use crate::runtime::Runtime;

/// One of the engine's permits for idle instances; released when dropped.
pub(crate) struct PoolPermit(Arc<Runtime>);

impl PoolPermit {
    /// `None` while the engine has as many idle instances as it may.
    pub(crate) fn claim(runtime: &Arc<Runtime>) -> Option<PoolPermit> {
        runtime
            .claim_idle()
            .then(|| PoolPermit(Arc::clone(runtime)))
    }
}

impl Drop for PoolPermit {
    fn drop(&mut self) {
        self.0.release_idle();
    }
}

/// Idle instances of one component.
#[derive(Default)]
pub(crate) struct InstancePool(Mutex<Vec<(Instance, PoolPermit)>>);

impl InstancePool {
    pub(crate) fn put(&self, instance: Instance, permit: PoolPermit) {
        self.0.lock().push((instance, permit));
    }

    /// The instance that was put in last: its memory is the warmest.
    pub(crate) fn take(&self) -> Option<Instance> {
        let taken = self.0.lock().pop();
        taken.map(|(instance, _)| instance)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }
}
