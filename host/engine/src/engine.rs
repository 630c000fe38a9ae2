//! The engine: compiles components once and bounds running instances.

use std::sync::Arc;

use crate::address_space::AddressNeed;
use crate::cache::AotCache;
use crate::cancel::CancelSignal;
use crate::compile_worker::CompileRequest;
use crate::component::{CompileRefusal, Compiler, ComponentBytes, Description, LoadError};
use crate::config::EngineSettings;
use crate::config::Meter;
use crate::loader::Loader;
pub use crate::runtime::EngineError;
use crate::runtime::Runtime;

/// Compiles and runs components. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) loader: Arc<Loader>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("meter", &self.runtime.meter)
            .field("settings", &self.runtime.settings)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Start an engine for serving and replay. With [`Allocation::Auto`] a
    /// machine without the address space for a pool gets allocation on demand
    /// and a warning.
    ///
    /// [`Allocation::Auto`]: crate::config::Allocation::Auto
    ///
    /// # Errors
    /// [`EngineError`] when the machine lacks what the settings require.
    pub fn serving(
        settings: EngineSettings,
        cache: Option<AotCache>,
    ) -> Result<Engine, EngineError> {
        Ok(Engine::new(Runtime::serving(settings)?, cache))
    }

    /// Start an engine for tests and benchmarks. Calls are bounded by fuel, the
    /// same on every machine; instances are allocated on demand.
    ///
    /// # Errors
    /// [`EngineError`] when the machine lacks what the settings require.
    pub fn metered(settings: EngineSettings) -> Result<Engine, EngineError> {
        Engine::metered_with_cache(settings, None)
    }

    /// [`metered`](Engine::metered) with compiled components on disk.
    ///
    /// # Errors
    /// As of [`metered`](Engine::metered).
    pub fn metered_with_cache(
        settings: EngineSettings,
        cache: Option<AotCache>,
    ) -> Result<Engine, EngineError> {
        Ok(Engine::new(Runtime::metered(settings)?, cache))
    }

    fn new(runtime: Runtime, cache: Option<AotCache>) -> Engine {
        let settings = &runtime.settings;
        let request = CompileRequest::of(settings, runtime.meter, runtime.is_pooled);
        let compile = settings.compile.clone();
        let compiler = Compiler::new(runtime.wasm.clone(), cache, compile, request);
        Engine {
            runtime: Arc::new(runtime),
            loader: Arc::new(Loader::new(compiler)),
        }
    }

    /// The compiled components on disk.
    pub fn cache(&self) -> Option<&AotCache> {
        self.loader.cache()
    }

    /// What bounds the work of a call.
    pub fn meter(&self) -> Meter {
        self.runtime.meter
    }

    /// The settings it was started with.
    pub fn settings(&self) -> &EngineSettings {
        &self.runtime.settings
    }

    /// Instances that the settings asked for; [`settings`](Engine::settings) has
    /// fewer if no more fit into the address space.
    pub fn wanted_instances(&self) -> u32 {
        self.runtime.wanted
    }

    /// What it needs of the process's address space, as found when it started.
    pub fn address_need(&self) -> AddressNeed {
        self.runtime.address_need
    }

    /// Whether instances come from a pool.
    pub fn is_pooled(&self) -> bool {
        self.runtime.is_pooled
    }

    /// Instances that are deciding now.
    pub fn running(&self) -> usize {
        self.runtime.gate.running()
    }

    /// Idle instances now: started ahead, or kept for reuse.
    pub fn idle(&self) -> u32 {
        self.runtime.idle()
    }

    /// Compilations that run now.
    pub fn compiling(&self) -> usize {
        self.loader.compiling()
    }

    /// The last component that was refused because compiling it exceeds a limit;
    /// `None` while there was none.
    pub fn last_refusal(&self) -> Option<CompileRefusal> {
        self.loader.last_refusal()
    }

    /// Compile a component to read what it is. Takes as long as activating it.
    ///
    /// # Errors
    /// [`LoadError`] for anything but a component that fits the contract.
    pub fn describe(&self, component: &ComponentBytes) -> Result<Description, LoadError> {
        self.describe_until(component, &CancelSignal::default())
    }

    /// [`describe`](Engine::describe) that gives up when it is cancelled.
    ///
    /// # Errors
    /// As of [`describe`](Engine::describe), and [`LoadError::Cancelled`].
    pub fn describe_until(
        &self,
        component: &ComponentBytes,
        cancel: &CancelSignal,
    ) -> Result<Description, LoadError> {
        let loaded = self.loader.load(&self.runtime, component, cancel)?;
        Ok(loaded.linked.description.clone())
    }
}
