//! The engine: compiles components once, keeps what is shared, and knows how
//! many instances there may be.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use patchbay_model::limits::Limits;
use patchbay_model::outcome::Outcome;
use thiserror::Error;
use wasmtime::component::{Component, Linker};

use crate::cache::AotCache;
use crate::care::{self, HostState, Rights};
use crate::component::{
    ComponentBytes, Description, Digest, Linked, LoadError, check_header, describe, invalid, link,
};
use crate::config::{Allocation, EngineSettings, metered_config, serving_config};
use crate::gate::{Gate, Pass};
use crate::prepare::snapshot;
use crate::ticker;

/// What bounds the work of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// CPU time, looked at once a millisecond: for serving and replay.
    Epochs,
    /// Fuel, the same in every run: for tests and benchmarks.
    Fuel,
}

/// Why an engine cannot be made.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The machine does not provide what the settings ask for.
    #[error("the engine cannot start: {0}; try fewer instances, or allocation on demand")]
    Config(String),
    /// No thread for the ticker.
    #[error("the engine's ticker cannot start: {0}")]
    Ticker(std::io::Error),
}

/// A component, and the settings it was prepared with if it was.
type Key = (Digest, Option<Digest>);

/// What a cache entry of a prepared component holds before the code: digest
/// and size of the picture.
#[derive(Clone, Copy)]
struct Picture {
    digest: Digest,
    bytes: usize,
}

impl Picture {
    const BYTES: usize = 64 + 8;

    fn write(self) -> Vec<u8> {
        let mut meta = self.digest.hex().into_bytes();
        meta.extend_from_slice(&(self.bytes as u64).to_le_bytes());
        meta
    }

    fn read(meta: &[u8]) -> Option<Picture> {
        let (hex, bytes) = meta.split_at_checked(64)?;
        let hex = std::str::from_utf8(hex).ok()?;
        let bytes = u64::from_le_bytes(bytes.try_into().ok()?);
        Some(Picture {
            digest: Digest::parse(&format!("sha256:{hex}"))?,
            bytes: usize::try_from(bytes).ok()?,
        })
    }
}

/// Compiles and runs components. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    wasm: wasmtime::Engine,
    care: Linker<HostState>,
    meter: Meter,
    settings: EngineSettings,
    cache: Option<AotCache>,
    gate: Gate,
    parked: AtomicU32,
    pooled: bool,
    linked: Mutex<HashMap<Key, Weak<Linked>>>,
    /// One compilation of a component at a time: whoever waited for it finds it
    /// done, and nobody waits for another's.
    compiling: Mutex<HashMap<Key, Arc<Mutex<()>>>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("meter", &self.0.meter)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine for serving and replay. Without the address space for a pool
    /// it falls back to allocation on demand and says so, unless the settings
    /// insist.
    ///
    /// # Errors
    /// [`EngineError`] when the machine does not provide what is asked for.
    pub fn serving(
        settings: EngineSettings,
        cache: Option<AotCache>,
    ) -> Result<Engine, EngineError> {
        let (wasm, pooled) = match wasmtime::Engine::new(&serving_config(&settings)) {
            Ok(wasm) => (wasm, settings.allocation != Allocation::OnDemand),
            Err(error) if settings.allocation == Allocation::Auto => {
                tracing::warn!(%error, "no pool of instances on this machine; falling back to allocation on demand, which is slower");
                let on_demand = EngineSettings {
                    allocation: Allocation::OnDemand,
                    ..settings.clone()
                };
                let wasm = wasmtime::Engine::new(&serving_config(&on_demand));
                (
                    wasm.map_err(|error| EngineError::Config(error.to_string()))?,
                    false,
                )
            }
            Err(error) => return Err(EngineError::Config(error.to_string())),
        };
        ticker::start(&wasm).map_err(EngineError::Ticker)?;
        Engine::new(wasm, Meter::Epochs, settings, cache, pooled)
    }

    /// An engine for tests and benchmarks, with budgets that do not depend on
    /// the machine.
    ///
    /// # Errors
    /// [`EngineError`] when the machine does not provide what is asked for.
    pub fn metered(settings: EngineSettings) -> Result<Engine, EngineError> {
        let wasm = wasmtime::Engine::new(&metered_config(&settings))
            .map_err(|error| EngineError::Config(error.to_string()))?;
        Engine::new(wasm, Meter::Fuel, settings, None, false)
    }

    fn new(
        wasm: wasmtime::Engine,
        meter: Meter,
        settings: EngineSettings,
        cache: Option<AotCache>,
        pooled: bool,
    ) -> Result<Engine, EngineError> {
        let mut linker = Linker::new(&wasm);
        care::link(&mut linker).map_err(|error| EngineError::Config(error.to_string()))?;
        let gate = Gate::new(settings.running() as usize, settings.queue_length);
        Ok(Engine(Arc::new(Inner {
            wasm,
            care: linker,
            meter,
            settings,
            cache,
            gate,
            parked: AtomicU32::new(0),
            pooled,
            linked: Mutex::default(),
            compiling: Mutex::default(),
        })))
    }

    /// What bounds the work of a call.
    pub fn meter(&self) -> Meter {
        self.0.meter
    }

    /// The operator's decisions.
    pub fn settings(&self) -> &EngineSettings {
        &self.0.settings
    }

    /// Whether instances come from a pool.
    pub fn is_pooled(&self) -> bool {
        self.0.pooled
    }

    /// Decisions running now.
    pub fn running(&self) -> usize {
        self.0.gate.inside()
    }

    /// Instances made ahead or kept for reuse now.
    pub fn parked(&self) -> u32 {
        self.0.parked.load(Ordering::Relaxed)
    }

    pub(crate) fn wasm(&self) -> &wasmtime::Engine {
        &self.0.wasm
    }

    pub(crate) fn care(&self) -> &Linker<HostState> {
        &self.0.care
    }

    /// Wait for a place among the running decisions.
    pub(crate) fn enter(&self, patience: Duration) -> Result<Pass<'_>, Outcome> {
        self.0.gate.enter(patience)
    }

    /// Wait for several places at once.
    pub(crate) fn enter_with(
        &self,
        patience: Duration,
        places: usize,
    ) -> Result<Pass<'_>, Outcome> {
        self.0.gate.enter_with(patience, places)
    }

    /// Several places at once, if that leaves one for somebody else.
    pub(crate) fn slip_in(&self, places: usize) -> Result<Pass<'_>, Outcome> {
        self.0.gate.slip_in(places)
    }

    /// Claim a place for an instance that waits for its use.
    pub(crate) fn park(&self) -> bool {
        let limit = self.0.settings.parked();
        self.0
            .parked
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |parked| {
                (parked < limit).then_some(parked + 1)
            })
            .is_ok()
    }

    /// Give such a place back.
    pub(crate) fn unpark(&self) {
        self.0.parked.fetch_sub(1, Ordering::Relaxed);
    }

    /// Learn what a component is, without keeping it.
    ///
    /// # Errors
    /// [`LoadError`] for what is no component of ours.
    pub fn describe(&self, component: &ComponentBytes) -> Result<Description, LoadError> {
        Ok(self.load(component)?.description.clone())
    }

    /// A component compiled and tied to the host, as its author built it.
    pub(crate) fn load(&self, bytes: &ComponentBytes) -> Result<Arc<Linked>, LoadError> {
        check_header(bytes)?;
        let digest = bytes.digest();
        self.once((digest, None), || {
            let entry = self.entry(&digest, None);
            let component = match self.cached(&entry) {
                Some(component) => component,
                None => self.compile(bytes, &entry, &[])?,
            };
            let description = describe(self.wasm(), &component, digest, bytes.len())?;
            link(self.wasm(), self.care(), &component, description)
        })
    }

    /// A component prepared with its settings earlier, by this process or
    /// another: then what its author built need not be loaded at all.
    pub(crate) fn prepared(
        &self,
        bytes: &ComponentBytes,
        settings: Digest,
    ) -> Result<Option<Arc<Linked>>, LoadError> {
        let digest = bytes.digest();
        let found = self.once((digest, Some(settings)), || {
            let entry = self.entry(&digest, Some(&settings));
            let (component, picture) = self.cached_picture(&entry).ok_or(None)?;
            self.link_picture(&component, picture, (digest, bytes.len()))
                .map_err(Some)
        });
        unless_absent(found)
    }

    /// Prepare a component with its settings, and keep the picture of its
    /// memory. None where no picture can be taken.
    pub(crate) fn prepare(
        &self,
        bytes: &ComponentBytes,
        rights: &Rights,
        settings: Digest,
        limits: &Limits,
    ) -> Result<Option<Arc<Linked>>, LoadError> {
        let digest = bytes.digest();
        let made = self.once((digest, Some(settings)), || {
            let taken = snapshot(self, bytes, rights, limits)?.ok_or(None)?;
            let picture = Picture {
                digest: Digest::of(&taken),
                bytes: taken.len(),
            };
            let entry = self.entry(&digest, Some(&settings));
            let component = self.compile(&taken, &entry, &picture.write())?;
            self.link_picture(&component, picture, (digest, bytes.len()))
                .map_err(Some)
        });
        unless_absent(made)
    }

    /// Tie a picture to the host. It exports and imports what the component it
    /// was taken of does.
    fn link_picture(
        &self,
        component: &Component,
        picture: Picture,
        (digest, bytes): (Digest, usize),
    ) -> Result<Linked, LoadError> {
        let description = describe(self.wasm(), component, picture.digest, picture.bytes)?;
        let origin = Description {
            digest,
            bytes,
            ..description.clone()
        };
        Ok(Linked {
            origin: Some(origin),
            ..link(self.wasm(), self.care(), component, description)?
        })
    }

    /// What is in use under this key, else what `make` comes to, which is kept
    /// as long as somebody uses it.
    fn once<E>(
        &self,
        key: Key,
        make: impl FnOnce() -> Result<Linked, E>,
    ) -> Result<Arc<Linked>, E> {
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let turn = Arc::clone(locked(&self.0.compiling).entry(key).or_default());
        let made = {
            let _one_at_a_time = locked(&turn);
            match self.known(&key) {
                Some(known) => Ok(known),
                None => make().map(|made| self.keep(key, made)),
            }
        };
        drop(turn);
        locked(&self.0.compiling).retain(|_, turn| Arc::strong_count(turn) > 1);
        made
    }

    fn known(&self, key: &Key) -> Option<Arc<Linked>> {
        locked(&self.0.linked).get(key).and_then(Weak::upgrade)
    }

    fn keep(&self, key: Key, made: Linked) -> Arc<Linked> {
        let made = Arc::new(made);
        let mut linked = locked(&self.0.linked);
        linked.retain(|_, known| known.strong_count() > 0);
        linked.insert(key, Arc::downgrade(&made));
        made
    }

    /// Name of a cache entry: what was compiled, prepared with what, by a
    /// compiler configured how.
    fn entry(&self, digest: &Digest, settings: Option<&Digest>) -> String {
        let mut hasher = DefaultHasher::new();
        self.0
            .wasm
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        let compiler = hasher.finish();
        match settings {
            None => format!("{}-{compiler:016x}", digest.hex()),
            Some(settings) => {
                let both = Digest::of(format!("{digest}{settings}").as_bytes());
                format!("{}-{compiler:016x}", both.hex())
            }
        }
    }

    fn compile(&self, bytes: &[u8], entry: &str, meta: &[u8]) -> Result<Component, LoadError> {
        let component = Component::new(&self.0.wasm, bytes).map_err(|error| invalid(&error))?;
        if let Some(cache) = &self.0.cache {
            match component.serialize() {
                Ok(code) => {
                    let mut payload = meta.to_vec();
                    payload.extend_from_slice(&code);
                    cache.store(entry, &payload);
                }
                Err(error) => tracing::warn!(%error, "a compiled component could not be cached"),
            }
        }
        Ok(component)
    }

    /// A component from the cache, as its author built it.
    fn cached(&self, entry: &str) -> Option<Component> {
        let cache = self.0.cache.as_ref()?;
        cache.load(entry, |code| self.deserialize(code))
    }

    /// A prepared component from the cache.
    fn cached_picture(&self, entry: &str) -> Option<(Component, Picture)> {
        self.0.cache.as_ref()?.load(entry, |payload| {
            let (meta, code) = payload.split_at_checked(Picture::BYTES)?;
            Some((self.deserialize(code)?, Picture::read(meta)?))
        })
    }

    /// Native code out of the cache's verified bytes; from anywhere else it
    /// must not come.
    #[allow(unsafe_code)]
    fn deserialize(&self, code: &[u8]) -> Option<Component> {
        // SAFETY: `deserialize` runs what it is given as native code. These
        // bytes carry a MAC under a key only this user can read, over this very
        // entry's name, and were verified after they were read into memory: so
        // they are what `Component::serialize` gave this user's host earlier.
        let component = unsafe { Component::deserialize(&self.0.wasm, code) };
        component
            .inspect_err(|error| {
                tracing::info!(%error, "a cached component is of another build; compiling again");
            })
            .ok()
    }
}

/// A reason of none is no failure: what was looked for is not there.
fn unless_absent<T>(found: Result<T, Option<LoadError>>) -> Result<Option<T>, LoadError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(None) => Ok(None),
        Err(Some(error)) => Err(error),
    }
}

/// Each lock guards a map that is changed in single steps: a panic elsewhere
/// leaves it whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
