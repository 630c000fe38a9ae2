//! Loads each component once; companies with the same bytes and settings share it.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use patchbay_model::limits::Limits;
use wasmtime::component::Component;

use crate::cache::AotCache;
use crate::cancel::CancelSignal;
use crate::care::PluginContext;
use crate::component::{
    CompileRefusal, Compiler, ComponentBytes, Description, Digest, LoadError, has_lifecycle,
};
use crate::instance_pool::InstancePool;
use crate::linked::Linked;
use crate::runtime::Runtime;
use crate::snapshot::take_snapshot;

/// A component ready for instances, as its author built it or as a snapshot.
pub(crate) struct LoadedComponent {
    pub(crate) linked: Linked,
    /// Of a snapshot: what its author built, whose code is not loaded.
    pub(crate) origin: Option<Description>,
    /// Fresh instances started ahead, each used for one lease.
    pub(crate) fresh: InstancePool,
    /// Limits under which an instance has started: what is shared is tested once.
    started: Mutex<Option<Limits>>,
}

impl LoadedComponent {
    fn new(
        runtime: &Runtime,
        component: &Component,
        digest: Digest,
        bytes: usize,
    ) -> Result<LoadedComponent, LoadError> {
        let description = Description::read(&runtime.wasm, component, digest, bytes)?;
        Ok(LoadedComponent {
            linked: Linked::new(&runtime.wasm, &runtime.care, component, description)?,
            origin: None,
            fresh: InstancePool::default(),
            started: Mutex::default(),
        })
    }

    /// Whether an instance has started under these limits.
    pub(crate) fn has_started(&self, limits: &Limits) -> bool {
        self.started.lock().as_ref() == Some(limits)
    }

    /// Remember that an instance has started under these limits.
    pub(crate) fn set_started(&self, limits: &Limits) {
        *self.started.lock() = Some(limits.clone());
    }
}

/// A component, and the settings it was prepared with if it was.
type Key = (Digest, Option<Digest>);

/// Snapshots in use at most. Each is code of its own: with more, as where many
/// companies have different settings, instances call `prepare`.
const SNAPSHOTS: usize = 256;
/// Failures to prepare a component that are remembered.
const FAILURES: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
/// Components without a snapshot that are remembered.
const PLAIN: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// How often a thread that waits for a compilation looks whether it is cancelled.
const POLL: Duration = Duration::from_millis(50);

pub(crate) struct Loader {
    compiler: Compiler,
    loaded: Mutex<HashMap<Key, Weak<LoadedComponent>>>,
    /// Components of which no snapshot can be taken.
    plain: Mutex<LruCache<Digest, ()>>,
    /// Components that failed to prepare under these limits, so that the failure
    /// costs each further company nothing.
    failures: Mutex<LruCache<Key, (Limits, LoadError)>>,
    /// One lock per component being compiled: concurrent requests for the same
    /// component wait, those for another do not.
    compiling: Mutex<HashMap<Key, Arc<Mutex<()>>>>,
}

impl Loader {
    pub(crate) fn new(compiler: Compiler) -> Loader {
        Loader {
            compiler,
            loaded: Mutex::default(),
            plain: Mutex::new(LruCache::new(PLAIN)),
            failures: Mutex::new(LruCache::new(FAILURES)),
            compiling: Mutex::default(),
        }
    }

    pub(crate) fn cache(&self) -> Option<&AotCache> {
        self.compiler.cache()
    }

    /// The last component that was refused because of a limit.
    pub(crate) fn last_refusal(&self) -> Option<CompileRefusal> {
        self.compiler.last_refusal()
    }

    /// Compilations that run now.
    pub(crate) fn compiling(&self) -> usize {
        self.compiler.running()
    }

    /// Load a component as its author built it.
    pub(crate) fn load(
        &self,
        runtime: &Runtime,
        bytes: &ComponentBytes,
        cancel: &CancelSignal,
    ) -> Result<Arc<LoadedComponent>, LoadError> {
        bytes.check_header()?;
        let digest = bytes.digest();
        self.once((digest, None), cancel, || {
            let component = self.compiler.component(bytes, digest, cancel)?;
            LoadedComponent::new(runtime, &component, digest, bytes.len())
        })
    }

    /// Load the snapshot of a component prepared with these settings, from the
    /// cache or by preparing it now. Without one, load the component as its
    /// author built it.
    pub(crate) fn load_prepared(
        &self,
        runtime: &Runtime,
        bytes: &ComponentBytes,
        plugin: &PluginContext,
        settings: Digest,
        limits: &Limits,
        cancel: &CancelSignal,
    ) -> Result<Arc<LoadedComponent>, LoadError> {
        let digest = bytes.digest();
        let key = (digest, Some(settings));
        if !runtime.settings.snapshots
            || self.plain.lock().contains(&digest)
            || (self.find(&key).is_none() && self.snapshots() >= SNAPSHOTS)
        {
            return self.load(runtime, bytes, cancel);
        }
        // The error `None` says that there is no snapshot, which is not a failure.
        let load = || -> Result<LoadedComponent, Option<LoadError>> {
            let (component, meta) = match self.compiler.cached_snapshot(digest, settings) {
                Some(cached) => cached,
                None if has_lifecycle(bytes) => {
                    self.check_failure(&key, limits)?;
                    let snapshot =
                        take_snapshot(runtime, &self.compiler, bytes, plugin, limits, cancel)
                            .inspect_err(|error| self.remember_failure(key, limits, error))?
                            .ok_or(None)?;
                    self.compiler
                        .compile_snapshot(&snapshot, digest, settings, cancel)?
                }
                None => return Err(None),
            };
            let mut loaded = LoadedComponent::new(runtime, &component, meta.digest, meta.bytes)?;
            // A snapshot exports and imports what the component does.
            loaded.origin = Some(Description {
                digest,
                bytes: bytes.len(),
                ..loaded.linked.description.clone()
            });
            Ok(loaded)
        };
        match self.once(key, cancel, load) {
            Ok(snapshot) => Ok(snapshot),
            Err(None) => {
                self.plain.lock().put(digest, ());
                self.load(runtime, bytes, cancel)
            }
            Err(Some(error)) => Err(error),
        }
    }

    /// The error with which preparing failed under these limits, if it is known.
    fn check_failure(&self, key: &Key, limits: &Limits) -> Result<(), LoadError> {
        match self.failures.lock().get(key) {
            Some((of, error)) if of == limits => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Remember why preparing failed, if it would fail so again.
    fn remember_failure(&self, key: Key, limits: &Limits, error: &LoadError) {
        if error.is_lasting() {
            let failure = (limits.clone(), error.clone());
            self.failures.lock().put(key, failure);
        }
    }

    /// The component under this key if it is in use, else what `load` returns,
    /// which is shared for as long as it is in use.
    fn once<E: From<LoadError>>(
        &self,
        key: Key,
        cancel: &CancelSignal,
        load: impl FnOnce() -> Result<LoadedComponent, E>,
    ) -> Result<Arc<LoadedComponent>, E> {
        if let Some(loaded) = self.find(&key) {
            return Ok(loaded);
        }
        let lock = Arc::clone(self.compiling.lock().entry(key).or_default());
        let loaded = {
            let one_at_a_time = loop {
                match lock.try_lock_for(POLL) {
                    Some(guard) => break Ok(guard),
                    None if cancel.is_cancelled() => break Err(LoadError::Cancelled),
                    None => {}
                }
            };
            match (one_at_a_time, self.find(&key)) {
                (Err(cancelled), _) => Err(cancelled.into()),
                (Ok(_), Some(loaded)) => Ok(loaded),
                (Ok(_guard), None) => load().map(|loaded| self.insert(key, loaded)),
            }
        };
        drop(lock);
        self.compiling
            .lock()
            .retain(|_, lock| Arc::strong_count(lock) > 1);
        loaded
    }

    /// Snapshots in use.
    fn snapshots(&self) -> usize {
        let loaded = self.loaded.lock();
        let snapshots = loaded
            .iter()
            .filter(|((_, settings), loaded)| settings.is_some() && loaded.strong_count() > 0);
        snapshots.count()
    }

    fn find(&self, key: &Key) -> Option<Arc<LoadedComponent>> {
        self.loaded.lock().get(key).and_then(Weak::upgrade)
    }

    fn insert(&self, key: Key, component: LoadedComponent) -> Arc<LoadedComponent> {
        let component = Arc::new(component);
        let mut loaded = self.loaded.lock();
        loaded.retain(|_, other| other.strong_count() > 0);
        loaded.insert(key, Arc::downgrade(&component));
        component
    }
}
