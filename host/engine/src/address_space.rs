//! How much address space instances need, and how many fit where the process
//! may use only some (`ulimit -v`). Address space is no memory: it costs nothing
//! until it is used.

use rustix::process::{Resource, getrlimit};

use crate::config::{Allocation, EngineSettings, MEMORIES, SMALL_GUARD, TABLES};

/// Address space of a linear memory, where nothing limits it: what wasmtime reserves
/// by default, and a guard.
const MEMORY: u64 = (4 << 30) + GUARD;
/// Guard behind a linear memory, as wasmtime has it by default; a pool has one more.
const GUARD: u64 = 32 << 20;
/// Bytes of a table's element in a pool.
const TABLE_ELEMENT: u64 = 8;
/// What a process needs beside instances and [`ARENA`]s: the gibibyte that the command
/// line's allocator takes when it starts, code, stacks of threads, an instance that runs
/// cases.
const PROCESS: u64 = 1_536 << 20;
/// What a process that holds more than [`PROCESS`] already may need in addition.
const GROWTH: u64 = 256 << 20;
/// Address space of an arena of the system's allocator, which C code uses.
const ARENA: u64 = 64 << 20;
/// Arenas for each core: the system's allocator makes one for each thread up to that.
const ARENAS_PER_CORE: u64 = 8;
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
    /// Most arenas that the system's allocator makes.
    pub arenas: u64,
}

impl AddressSpace {
    /// As the system reports it now. `MALLOC_ARENA_MAX` limits the arenas.
    pub fn of_process() -> AddressSpace {
        // Its first number is the size in pages.
        let sizes = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let pages = sizes.split(' ').next().and_then(|pages| pages.parse().ok());
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        let arenas = std::env::var("MALLOC_ARENA_MAX").ok();
        let arenas = arenas.and_then(|most| most.parse().ok());
        AddressSpace {
            limit: getrlimit(Resource::As).current,
            used: pages.unwrap_or(0_u64) * rustix::param::page_size() as u64,
            arenas: arenas
                .filter(|most| *most > 0)
                .unwrap_or(u64::MAX)
                .min(cores * ARENAS_PER_CORE),
        }
    }

    /// Bytes that are not for instances: an estimate of what the process will need,
    /// which holds most of what it has already.
    fn other(&self) -> u64 {
        (PROCESS + self.arenas * ARENA).max(self.used + GROWTH)
    }

    /// Bytes that instances may take; absent: no limit.
    fn for_instances(&self) -> Option<u64> {
        Some(self.limit?.saturating_sub(self.other()))
    }
}

/// What a server needs of its address space, in bytes; found before its engine starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressNeed {
    /// Most that it may have; absent: no limit.
    pub limit: Option<u64>,
    /// Least with which it can decide, slowly.
    pub least: u64,
    /// Enough for a pool of all instances that its settings ask for.
    pub pool: u64,
}

impl AddressNeed {
    pub(crate) fn of(settings: &EngineSettings, space: AddressSpace) -> AddressNeed {
        AddressNeed {
            limit: space.limit,
            least: space.other() + FEWEST * on_demand(settings),
            pool: space.other() + GUARD + u64::from(settings.instances) * pooled(settings),
        }
    }

    /// Whether the server can decide.
    pub fn is_met(&self) -> bool {
        self.limit.is_none_or(|limit| limit >= self.least)
    }
}

/// Address space of an instance in a pool.
fn pooled(settings: &EngineSettings) -> u64 {
    let elements = u64::from(settings.ceiling.table_elements);
    let table = (elements * TABLE_ELEMENT).next_multiple_of(rustix::param::page_size() as u64);
    u64::from(MEMORIES) * MEMORY + u64::from(TABLES) * table
}

/// Address space of an instance that is created on demand, with a reservation of no more
/// than a memory may grow to.
fn on_demand(settings: &EngineSettings) -> u64 {
    u64::from(MEMORIES) * (settings.ceiling.memory.0 + 2 * SMALL_GUARD)
}

/// The settings with as many instances as fit into the address space: from a
/// pool, or if that would be too few, on demand with reservations of no more
/// than a memory may grow to. A pool that the settings demand stays as it is.
pub(crate) fn fit(settings: EngineSettings, space: AddressSpace) -> EngineSettings {
    let Some(bytes) = space.for_instances() else {
        return settings;
    };
    let wanted = u64::from(settings.instances);
    let pooled = (bytes.saturating_sub(GUARD) / pooled(&settings)).min(wanted);
    let instances = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    match settings.allocation {
        Allocation::Pooling => settings,
        Allocation::Auto if pooled >= FEWEST_POOLED.min(wanted) => EngineSettings {
            instances: instances(pooled),
            ..settings
        },
        Allocation::OnDemand if pooled >= wanted => settings,
        Allocation::Auto | Allocation::OnDemand => {
            let count = bytes / on_demand(&settings);
            EngineSettings {
                instances: instances(count.min(wanted).max(FEWEST)),
                allocation: Allocation::OnDemand,
                memory_reservation: Some(settings.ceiling.memory.0),
                ..settings
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn space(limit: Option<u64>) -> AddressSpace {
        AddressSpace {
            limit,
            used: GIB,
            arenas: 16,
        }
    }

    fn fitted(limit: Option<u64>) -> (Allocation, u32, bool) {
        let fitted = fit(EngineSettings::default(), space(limit));
        let is_reduced = fitted.memory_reservation.is_some();
        (fitted.allocation, fitted.instances, is_reduced)
    }

    #[test]
    fn as_many_instances_as_fit_into_the_address_space() {
        let all = EngineSettings::default().instances;
        assert_eq!(fitted(None), (Allocation::Auto, all, false));
        let need = AddressNeed::of(&EngineSettings::default(), space(None));
        let enough = need.pool;
        assert_eq!(fitted(Some(enough)), (Allocation::Auto, all, false));
        assert_eq!(fitted(Some(enough - 1)), (Allocation::Auto, all - 1, false));
        assert_eq!(fitted(Some(256 * GIB)), (Allocation::Auto, 31, false));
        // Of the rest, 2.5 GiB are for others; an instance takes a quarter of one.
        for (gib, expected) in [(8, 21), (4, 5)] {
            let reduced = (Allocation::OnDemand, expected, true);
            assert_eq!(fitted(Some(gib * GIB)), reduced, "{gib}");
        }
        assert_eq!(fitted(Some(need.least)), (Allocation::OnDemand, 2, true));
    }

    #[test]
    fn too_little_address_space_is_known_before_the_first_decision() {
        let need = |limit| AddressNeed::of(&EngineSettings::default(), space(limit));
        assert!(need(None).is_met());
        assert!(!need(Some(2 * GIB)).is_met(), "arenas take what is left");
        let least = need(None).least;
        assert!(need(Some(least)).is_met());
        assert!(!need(Some(least - 1)).is_met());
        // What the process has already is not counted a second time.
        let used = AddressSpace {
            used: 2 * GIB,
            ..space(None)
        };
        assert_eq!(
            AddressNeed::of(&EngineSettings::default(), used).least,
            least
        );
    }

    #[test]
    fn a_pool_that_the_settings_demand_is_not_reduced() {
        let pooling = EngineSettings {
            allocation: Allocation::Pooling,
            ..EngineSettings::default()
        };
        let fitted = fit(pooling.clone(), space(Some(GIB)));
        assert_eq!(fitted.instances, pooling.instances);
        assert_eq!(fitted.allocation, Allocation::Pooling);
    }
}
