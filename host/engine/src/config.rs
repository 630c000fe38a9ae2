//! How wasmtime is configured, and why. The two configurations are public, so
//! that a conformance suite from elsewhere can be run under exactly them.

use patchbay_model::limits::{Limits, LimitsFile};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Core instances one component may have.
pub(crate) const CORE_INSTANCES: u32 = 64;
/// Tables one component may have.
pub(crate) const TABLES: u32 = 32;
/// Linear memories one component may have.
pub(crate) const MEMORIES: u32 = 2;

/// How memory for instances is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool where the machine has the address space, else on demand.
    #[default]
    Auto,
    /// From a pool; starting fails where that is not possible.
    Pooling,
    /// On demand: slower, and needs no address space ahead.
    OnDemand,
}

/// What the operator decides about the engine.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// How many instances may exist at once, those made ahead included.
    /// Default 128; each reserves 8 GiB of address space, none of memory.
    pub instances: u32,
    /// Most that a plugin's limits may be set to.
    pub ceiling: Limits,
    /// Where instances come from.
    pub allocation: Allocation,
    /// Bytes of stack a guest may use. Default 512 KiB. Threads that decide
    /// need that much beside their own.
    pub stack: usize,
    /// How long a caller waits for a free instance before it is told
    /// `overloaded`. Default 1 s.
    pub queue_deadline: std::time::Duration,
    /// How many callers may wait at once; further ones are told `overloaded`
    /// right away. Default 4096.
    pub queue_length: usize,
    /// Fresh instances kept ready for each prepared component. Default 2; 0
    /// makes each when it is asked for.
    pub made_ahead: u32,
}

impl Default for EngineSettings {
    fn default() -> EngineSettings {
        EngineSettings {
            instances: 128,
            ceiling: Limits::ceiling(&LimitsFile::default()),
            allocation: Allocation::Auto,
            stack: 512 << 10,
            queue_deadline: std::time::Duration::from_secs(1),
            queue_length: 4096,
            made_ahead: 2,
        }
    }
}

impl EngineSettings {
    /// How many instances may be made ahead or kept for reuse altogether: half
    /// of all, so that the other half is always there for decisions.
    pub(crate) fn parked(&self) -> u32 {
        self.instances / 2
    }

    /// How many instances may be deciding at once.
    pub fn running(&self) -> u32 {
        (self.instances - self.parked()).max(1)
    }
}

/// What both engines share: answers must not depend on which one ran.
fn common(settings: &EngineSettings) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Policies are synchronous; component-model async is state and risk
        // for nothing.
        .concurrency_support(false)
        // A decision must be the same bytes on every machine.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        // For other people's unwinders; backtraces here go by frame pointers,
        // and it is loaded with every component.
        .native_unwind_info(false)
        .max_wasm_stack(settings.stack)
        .memory_init_cow(true);
    config
}

/// The configuration decisions are served and replayed on: epochs, and
/// instances from a pool.
pub fn serving_config(settings: &EngineSettings) -> Config {
    let mut config = common(settings);
    config.epoch_interruption(true);
    if settings.allocation != Allocation::OnDemand {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    }
    config
}

/// The configuration for tests and benchmarks: fuel, a budget that is the same
/// on every machine and in every run. Not for replay: the different code moves
/// where the stack overflows.
pub fn metered_config(settings: &EngineSettings) -> Config {
    let mut config = common(settings);
    config.consume_fuel(true);
    config
}

fn pool(settings: &EngineSettings) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let instances = settings.instances;
    // As much for every instance as one component may have: whoever got past
    // the gate finds what it needs. A component is several core instances: the
    // program, and the shims that tie it to its imports; interpreters link
    // libraries of their own.
    pool.total_component_instances(instances)
        .total_core_instances(instances * CORE_INSTANCES)
        .total_memories(instances * MEMORIES)
        .total_tables(instances * TABLES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_tables_per_component(TABLES)
        .max_memories_per_component(MEMORIES)
        // The library's own limit is one of each, which on-demand instances
        // know nothing of.
        .max_tables_per_module(TABLES)
        .max_memories_per_module(MEMORIES)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .max_memory_size(settings.ceiling.memory.0 as usize)
        .table_elements(settings.ceiling.table_elements as usize)
        // The largest single lever: the kernel says which pages a decision
        // touched, and only those are reset (Linux 6.7 and later).
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(64 << 10);
    pool
}
