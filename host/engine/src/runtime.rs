//! What every instance shares: the wasmtime engine, the linker of the contract,
//! the settings, and the bounds on how many instances there are.

use std::sync::atomic::{AtomicU32, Ordering};

use thiserror::Error;
use wasmtime::component::Linker;

use crate::address_space::{self, AddressNeed, AddressSpace};
use crate::care::{self, HostState};
use crate::config::{Allocation, EngineSettings, Meter, metered_config, serving_config};
use crate::gate::Gate;
use crate::limits::ticker;

/// Why an engine does not start.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The machine lacks what the settings require.
    #[error("the engine cannot start: {0}; try fewer instances, or allocation on demand")]
    Config(String),
    /// The ticker thread does not start.
    #[error("the engine's ticker thread cannot start: {0}")]
    Ticker(std::io::Error),
}

pub(crate) struct Runtime {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) care: Linker<HostState>,
    pub(crate) meter: Meter,
    pub(crate) settings: EngineSettings,
    pub(crate) gate: Gate,
    pub(crate) is_pooled: bool,
    /// Instances that its creator asked for.
    pub(crate) wanted: u32,
    pub(crate) address_need: AddressNeed,
    idle: AtomicU32,
}

impl Runtime {
    pub(crate) fn serving(settings: EngineSettings) -> Result<Runtime, EngineError> {
        let wanted = settings.instances;
        let space = AddressSpace::of_process();
        let address_need = AddressNeed::of(&settings, space);
        let settings = address_space::fit(settings, space);
        if settings.instances < wanted {
            tracing::warn!(
                instances = settings.instances,
                wanted,
                "the address space (`ulimit -v`) does not fit all instances; `patchbay doctor` says how much is needed"
            );
        }
        let mut is_pooled = settings.allocation != Allocation::OnDemand;
        let wasm = match wasmtime::Engine::new(&serving_config(&settings)) {
            Err(error) if settings.allocation == Allocation::Auto => {
                tracing::warn!(%error, "this machine cannot pool instances; using allocation on demand, which is slower");
                is_pooled = false;
                let on_demand = EngineSettings {
                    allocation: Allocation::OnDemand,
                    ..settings.clone()
                };
                wasmtime::Engine::new(&serving_config(&on_demand))
            }
            other => other,
        };
        let wasm = wasm.map_err(config)?;
        ticker::start(&wasm).map_err(EngineError::Ticker)?;
        let runtime = Runtime::new(wasm, Meter::Epochs, settings, is_pooled, address_need)?;
        Ok(Runtime { wanted, ..runtime })
    }

    pub(crate) fn metered(settings: EngineSettings) -> Result<Runtime, EngineError> {
        Runtime::metered_within(settings, AddressSpace::of_process())
    }

    fn metered_within(
        settings: EngineSettings,
        space: AddressSpace,
    ) -> Result<Runtime, EngineError> {
        let on_demand = EngineSettings {
            allocation: Allocation::OnDemand,
            ..settings
        };
        let address_need = AddressNeed::of(&on_demand, space);
        let settings = address_space::fit(on_demand, space);
        let wasm = wasmtime::Engine::new(&metered_config(&settings)).map_err(config)?;
        Runtime::new(wasm, Meter::Fuel, settings, false, address_need)
    }

    fn new(
        wasm: wasmtime::Engine,
        meter: Meter,
        settings: EngineSettings,
        is_pooled: bool,
        address_need: AddressNeed,
    ) -> Result<Runtime, EngineError> {
        let mut care = Linker::new(&wasm);
        care::link(&mut care).map_err(config)?;
        Ok(Runtime {
            wasm,
            care,
            meter,
            wanted: settings.instances,
            address_need,
            gate: Gate::new(settings.running() as usize, settings.queue_length),
            settings,
            is_pooled,
            idle: AtomicU32::new(0),
        })
    }

    /// Idle instances now.
    pub(crate) fn idle(&self) -> u32 {
        self.idle.load(Ordering::Relaxed)
    }

    /// Count one more idle instance. False: the limit is reached.
    pub(crate) fn claim_idle(&self) -> bool {
        let limit = self.settings.idle();
        self.idle
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |idle| {
                (idle < limit).then_some(idle + 1)
            })
            .is_ok()
    }

    /// Count one idle instance less.
    pub(crate) fn release_idle(&self) {
        self.idle.fetch_sub(1, Ordering::Relaxed);
    }
}

fn config(error: wasmtime::Error) -> EngineError {
    EngineError::Config(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile_worker::compatibility;

    #[test]
    fn a_metered_engine_reserves_less_where_the_address_space_is_limited() {
        let engine = |limit| {
            let space = AddressSpace {
                limit,
                used: 0,
                arenas: 16,
            };
            Runtime::metered_within(EngineSettings::default(), space).expect("an engine")
        };
        let [free, limited] = [None, Some(4 << 30)].map(engine);
        assert_eq!(free.settings.memory_reservation, None);
        let reserved = limited.settings.memory_reservation.expect("reduced");
        assert_eq!(reserved, limited.settings.ceiling.memory.0);
        // The configuration, and so the code, depends on the reservation.
        assert_ne!(compatibility(&free.wasm), compatibility(&limited.wasm));
    }
}
