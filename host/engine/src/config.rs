//! How wasmtime is configured, and why. Both configurations are public, so that
//! an external conformance suite can run under them.

use std::time::Duration;

use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_model::limits::{Limits, LimitsFile};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// Core instances one component may have.
pub(crate) const CORE_INSTANCES: u32 = 64;
/// Tables one component may have.
pub(crate) const TABLES: u32 = 32;
/// Linear memories one component may have.
pub(crate) const MEMORIES: u32 = 2;
/// Guard behind a linear memory whose reservation is reduced, in bytes.
pub(crate) const SMALL_GUARD: u64 = 64 << 10;

/// Largest image of a memory's first contents that is written out although most of
/// it is zero, in bytes. A component of 100 bytes can have an image of this size.
const SPARSE_IMAGE: u64 = 1 << 20;

/// Where the memory of instances comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allocation {
    /// A pool where the machine has the address space, else on demand.
    #[default]
    Auto,
    /// A pool; the engine does not start where that is not possible.
    Pooling,
    /// On demand: slower, and reserves no address space.
    OnDemand,
}

/// What bounds the work of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// CPU time, checked once a millisecond: for serving and replay.
    Epochs,
    /// Fuel, the same in every run: for tests and benchmarks.
    Fuel,
}

/// Limits of compilations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileSettings {
    /// Compilations at once; further ones wait. Default 2.
    pub at_once: usize,
    /// Longest time of one. Default 60 s.
    pub time: Duration,
    /// Memory of one, in bytes. Default 1 GiB.
    pub memory: u64,
    /// Largest code of one, in bytes: the host holds it several times while it loads
    /// it. Default a quarter of the memory.
    pub code: u64,
}

impl CompileSettings {
    /// The limits of these settings.
    pub fn of(bounds: &BoundSettings) -> CompileSettings {
        let memory = bounds.get(Bound::CompileMemory, Scope::Item);
        CompileSettings {
            at_once: bounds.count(Bound::Compiles, Scope::Host),
            time: Duration::from_millis(bounds.get(Bound::CompileTime, Scope::Item)),
            memory,
            code: memory / 4,
        }
    }
}

impl Default for CompileSettings {
    fn default() -> CompileSettings {
        CompileSettings::of(&BoundSettings::default())
    }
}

/// The operator's settings of the engine.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Most instances at once, idle ones included. Default 128; each reserves
    /// 8 GiB of address space, no memory.
    pub instances: u32,
    /// Upper bounds of every plugin's limits.
    pub ceiling: Limits,
    /// Where the memory of instances comes from. Default [`Allocation::Auto`].
    pub allocation: Allocation,
    /// Address space reserved for a linear memory that is created on demand, in
    /// bytes. Default none: 4 GiB and guards, which makes code faster.
    pub memory_reservation: Option<u64>,
    /// Bytes of stack of a guest. Default 512 KiB. Threads that call policies
    /// need that much in addition to their own.
    pub stack: usize,
    /// Longest wait for a free instance, then `overloaded`. Default 1 s.
    pub queue_deadline: Duration,
    /// Most callers waiting; further ones get `overloaded`. Default 4096.
    pub queue_length: usize,
    /// Fresh instances kept ready for each component; 0: none. Default 2.
    pub made_ahead: u32,
    /// Limits of compilations.
    pub compile: CompileSettings,
    /// Whether instances start from a snapshot of a prepared one; without, each
    /// instance calls `prepare`. A snapshot costs two compilations for each
    /// different settings. Default true.
    pub snapshots: bool,
}

impl Default for EngineSettings {
    fn default() -> EngineSettings {
        EngineSettings {
            instances: 128,
            ceiling: Limits::ceiling(&LimitsFile::default()),
            allocation: Allocation::Auto,
            memory_reservation: None,
            stack: 512 << 10,
            queue_deadline: Duration::from_secs(1),
            queue_length: 4096,
            made_ahead: 2,
            compile: CompileSettings::default(),
            snapshots: true,
        }
    }
}

impl EngineSettings {
    /// Most idle instances: half of all; the other half is for decisions.
    pub(crate) fn idle(&self) -> u32 {
        self.instances / 2
    }

    /// Most instances that may decide at once.
    pub fn running(&self) -> u32 {
        (self.instances - self.idle()).max(1)
    }
}

/// What both engines share: answers must not depend on the engine.
fn common(settings: &EngineSettings) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Policies are synchronous; async would add state and risk.
        .concurrency_support(false)
        // A decision must be the same bytes on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // Backtraces use frame pointers; unwind tables would be loaded with
        // every component for no use.
        .native_unwind_info(false)
        .max_wasm_stack(settings.stack)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(SPARSE_IMAGE);
    config
}

/// Compile without optimisation: for code that runs a few times. The single-pass register
/// allocator would compile faster still, but wasmtime advises against it where security
/// matters (`wasmtime::RegallocAlgorithm::SinglePass`).
pub(crate) fn compile_quickly(config: &mut Config) {
    config.cranelift_opt_level(OptLevel::None);
}

/// The configuration for serving and replay: epochs, and instances from a pool.
pub fn serving_config(settings: &EngineSettings) -> Config {
    let mut config = common(settings);
    config.epoch_interruption(true);
    if settings.allocation != Allocation::OnDemand {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    } else {
        reserve_memory(&mut config, settings);
    }
    config
}

/// Address space of the memories of instances that are created on demand.
fn reserve_memory(config: &mut Config, settings: &EngineSettings) {
    if let Some(reservation) = settings.memory_reservation {
        config
            .memory_reservation(reservation)
            .memory_reservation_for_growth(0)
            .memory_guard_size(SMALL_GUARD);
    }
}

/// The configuration for test cases and for counting fuel: the same budget on every
/// machine and in every run. Its code is not optimised: fuel counts the instructions of
/// the component, and to optimise code costs more than a pack's cases do. Not for replay:
/// its code overflows the stack elsewhere, and earlier.
pub fn metered_config(settings: &EngineSettings) -> Config {
    let mut config = common(settings);
    config.consume_fuel(true);
    compile_quickly(&mut config);
    reserve_memory(&mut config, settings);
    config
}

fn pool(settings: &EngineSettings) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let instances = settings.instances;
    // Each instance gets as much as one component may have, so an admitted
    // decision never finds the pool empty. A component is several core
    // instances: the program, the shims for its imports, and an interpreter's
    // libraries.
    pool.total_component_instances(instances)
        .total_core_instances(instances * CORE_INSTANCES)
        .total_memories(instances * MEMORIES)
        .total_tables(instances * TABLES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_tables_per_component(TABLES)
        .max_memories_per_component(MEMORIES)
        // wasmtime's default of one does not hold for on-demand instances.
        .max_tables_per_module(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memory_size(settings.ceiling.memory.0 as usize)
        .table_elements(settings.ceiling.table_elements as usize)
        // The largest single gain: the kernel reports the pages a decision
        // touched, and only those are reset (Linux 6.7 and later).
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10);
    pool
}
