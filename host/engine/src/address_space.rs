//! How much address space instances need, and how many fit where the process
//! may use only some (`ulimit -v`). Address space is no memory: it costs nothing
//! until it is used.

use rustix::process::{Resource, getrlimit};

use crate::config::{Allocation, EngineSettings, MEMORIES};

/// Address space of a linear memory with its guards, where nothing limits it.
const MEMORY: u64 = 4 << 30;
/// Guard behind a linear memory whose reservation is reduced.
pub(crate) const SMALL_GUARD: u64 = 64 << 10;
/// What the process needs beside instances: code, heap, stacks of threads, the
/// journal's mappings.
const OTHER: u64 = 1_536 << 20;
/// Fewest instances of a pool; below that, instances are created on demand with
/// smaller reservations, so that there are more.
const FEWEST_POOLED: u64 = 16;
/// Fewest instances of a server.
const FEWEST: u64 = 2;

/// The address space of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressSpace {
    /// Most bytes it may have; absent: no limit.
    pub limit: Option<u64>,
    /// Bytes it has.
    pub used: u64,
}

impl AddressSpace {
    /// As the system reports it now.
    pub fn of_process() -> AddressSpace {
        // Its first number is the size in pages.
        let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = sizes.split(' ').next().and_then(|pages| pages.parse().ok());
        AddressSpace {
            limit: getrlimit(Resource::As).current,
            used: pages.unwrap_or(0_u64) * rustix::param::page_size() as u64,
        }
    }

    /// Bytes that instances may take; absent: no limit.
    fn for_instances(&self) -> Option<u64> {
        let limit = self.limit?;
        Some(limit.saturating_sub(self.used).saturating_sub(OTHER))
    }
}

/// Address space that a process needs for a pool of so many instances, in bytes.
pub fn needed(instances: u32) -> u64 {
    u64::from(instances) * u64::from(MEMORIES) * MEMORY + OTHER
}

/// The settings with as many instances as fit into the address space: from a
/// pool, or if that would be too few, on demand with reservations of no more
/// than a memory may grow to. A pool that the settings demand stays as it is.
pub(crate) fn fit(settings: EngineSettings, space: AddressSpace) -> EngineSettings {
    let Some(bytes) = space.for_instances() else {
        return settings;
    };
    let per_instance = |memory: u64| memory * u64::from(MEMORIES);
    let wanted = u64::from(settings.instances);
    let pooled = (bytes / per_instance(MEMORY)).min(wanted);
    let instances = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    match settings.allocation {
        Allocation::Pooling => settings,
        Allocation::Auto if pooled >= FEWEST_POOLED.min(wanted) => EngineSettings {
            instances: instances(pooled),
            ..settings
        },
        Allocation::OnDemand if pooled >= wanted => settings,
        Allocation::Auto | Allocation::OnDemand => {
            let reservation = settings.ceiling.memory.0;
            let count = bytes / per_instance(reservation + 2 * SMALL_GUARD);
            EngineSettings {
                instances: instances(count.min(wanted).max(FEWEST)),
                allocation: Allocation::OnDemand,
                memory_reservation: Some(reservation),
                ..settings
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn fitted(limit: Option<u64>) -> (Allocation, u32, bool) {
        let space = AddressSpace {
            limit,
            used: GIB / 2,
        };
        let fitted = fit(EngineSettings::default(), space);
        let is_reduced = fitted.memory_reservation.is_some();
        (fitted.allocation, fitted.instances, is_reduced)
    }

    #[test]
    fn as_many_instances_as_fit_into_the_address_space() {
        let all = EngineSettings::default().instances;
        assert_eq!(fitted(None), (Allocation::Auto, all, false));
        let enough = needed(all) + GIB / 2;
        assert_eq!(fitted(Some(enough)), (Allocation::Auto, all, false));
        assert_eq!(fitted(Some(enough - 1)), (Allocation::Auto, all - 1, false));
        assert_eq!(fitted(Some(256 * GIB)), (Allocation::Auto, 31, false));
        for (gib, least) in [(8, 12), (4, 3)] {
            let (allocation, instances, is_reduced) = fitted(Some(gib * GIB));
            assert_eq!(
                (allocation, is_reduced),
                (Allocation::OnDemand, true),
                "{gib}"
            );
            assert!((least..all).contains(&instances), "{gib}: {instances}");
        }
        assert_eq!(fitted(Some(0)), (Allocation::OnDemand, 2, true));
    }

    #[test]
    fn a_pool_that_the_settings_demand_is_not_reduced() {
        let pooling = EngineSettings {
            allocation: Allocation::Pooling,
            ..EngineSettings::default()
        };
        let space = AddressSpace {
            limit: Some(GIB),
            used: 0,
        };
        let fitted = fit(pooling.clone(), space);
        assert_eq!(fitted.instances, pooling.instances);
        assert_eq!(fitted.allocation, Allocation::Pooling);
    }
}
