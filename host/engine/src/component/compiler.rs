use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;
use patchbay_config::bound::{Bound, Scope};
use wasmtime::component::Component;

use super::declared_parts::DeclaredParts;
use super::digest::Digest;
use super::load_error::LoadError;
use super::outline::without_schema_code;
use crate::cache::AotCache;
use crate::cancel::CancelSignal;
use crate::compile_worker::{self, CompileFailure, CompileRequest, CompileSlots, compatibility};
use crate::config::CompileSettings;

/// Components whose refusal is remembered.
const REFUSALS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// Digest and size of a snapshot; its cache entry begins with them.
#[derive(Clone, Copy)]
pub(crate) struct SnapshotMeta {
    pub(crate) digest: Digest,
    pub(crate) bytes: usize,
}

impl SnapshotMeta {
    const BYTES: usize = 64 + 8;

    fn write(self) -> Vec<u8> {
        let mut meta = self.digest.hex().into_bytes();
        meta.extend_from_slice(&(self.bytes as u64).to_le_bytes());
        meta
    }

    fn read(meta: &[u8]) -> Option<SnapshotMeta> {
        let (hex, bytes) = meta.split_at_checked(64)?;
        let hex = std::str::from_utf8(hex).ok()?;
        let bytes = u64::from_le_bytes(bytes.try_into().ok()?);
        Some(SnapshotMeta {
            digest: Digest::parse(&format!("sha256:{hex}"))?,
            bytes: usize::try_from(bytes).ok()?,
        })
    }
}

/// Compiles components within limits, and caches the result on disk.
pub(crate) struct Compiler {
    wasm: wasmtime::Engine,
    cache: Option<AotCache>,
    settings: CompileSettings,
    request: CompileRequest,
    slots: CompileSlots,
    /// Components that were refused, by digest: they cost nothing again.
    refusals: Mutex<LruCache<Digest, LoadError>>,
    last_refusal: Mutex<Option<CompileRefusal>>,
}

/// The last component that was refused because compiling it exceeds a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileRefusal {
    /// How many were refused since the start, this one included.
    pub count: u64,
    /// Its digest.
    pub digest: Digest,
    /// Which limit it exceeds.
    pub reason: String,
}

impl Compiler {
    pub(crate) fn new(
        wasm: wasmtime::Engine,
        cache: Option<AotCache>,
        settings: CompileSettings,
        request: CompileRequest,
    ) -> Compiler {
        Compiler {
            wasm,
            cache,
            settings,
            request,
            slots: CompileSlots::default(),
            refusals: Mutex::new(LruCache::new(REFUSALS)),
            last_refusal: Mutex::default(),
        }
    }

    pub(crate) fn cache(&self) -> Option<&AotCache> {
        self.cache.as_ref()
    }

    /// Compilations that run now.
    pub(crate) fn running(&self) -> usize {
        self.slots.running()
    }

    /// The last component that was refused because of a limit.
    pub(crate) fn last_refusal(&self) -> Option<CompileRefusal> {
        self.last_refusal.lock().clone()
    }

    fn refuse(&self, digest: Digest, refusal: &LoadError) {
        self.refusals.lock().put(digest, refusal.clone());
        if matches!(refusal, LoadError::AtLimit { .. }) {
            let mut last = self.last_refusal.lock();
            *last = Some(CompileRefusal {
                count: last.as_ref().map_or(0, |last| last.count) + 1,
                digest,
                reason: refusal.to_string(),
            });
        }
    }

    /// Load a component from the cache, or compile it.
    pub(crate) fn component(
        &self,
        bytes: &[u8],
        digest: Digest,
        cancel: &CancelSignal,
    ) -> Result<Component, LoadError> {
        let entry = self.entry(digest);
        let cache = self.cache.as_ref();
        match cache.and_then(|cache| cache.load(&entry, |code| self.cached(code))) {
            Some(component) => Ok(component),
            None => self.compile(bytes, digest, &entry, &[], cancel),
        }
    }

    /// Load a prepared component from the cache, if it is there.
    pub(crate) fn cached_snapshot(
        &self,
        digest: Digest,
        settings: Digest,
    ) -> Option<(Component, SnapshotMeta)> {
        let entry = self.entry(with_settings(digest, settings));
        self.cache.as_ref()?.load(&entry, |payload| {
            let (meta, code) = payload.split_at_checked(SnapshotMeta::BYTES)?;
            Some((self.cached(code)?, SnapshotMeta::read(meta)?))
        })
    }

    /// Compile the snapshot of a component prepared with these settings.
    pub(crate) fn compile_snapshot(
        &self,
        snapshot: &[u8],
        digest: Digest,
        settings: Digest,
        cancel: &CancelSignal,
    ) -> Result<(Component, SnapshotMeta), LoadError> {
        let meta = SnapshotMeta {
            digest: Digest::of(snapshot),
            bytes: snapshot.len(),
        };
        let entry = self.entry(with_settings(digest, settings));
        let component = self.compile(snapshot, meta.digest, &entry, &meta.write(), cancel)?;
        Ok((component, meta))
    }

    /// Name of a cache entry: the component and the compiler's configuration.
    fn entry(&self, compiled: Digest) -> String {
        format!("{}-{:016x}", compiled.hex(), compatibility(&self.wasm))
    }

    fn compile(
        &self,
        bytes: &[u8],
        digest: Digest,
        entry: &str,
        meta: &[u8],
        cancel: &CancelSignal,
    ) -> Result<Component, LoadError> {
        let component = self.compile_uncached(bytes, digest, &self.request, cancel)?;
        if let Some(cache) = &self.cache {
            match component.serialize() {
                Ok(code) => cache.store(entry, &[meta, code.as_slice()]),
                Err(error) => tracing::warn!(%error, "cannot cache a compiled component"),
            }
        }
        Ok(component)
    }

    /// Compile a component that runs once and is not cached, within the limits:
    /// without optimisation.
    pub(crate) fn compile_to_run_once(
        &self,
        bytes: &[u8],
        digest: Digest,
        cancel: &CancelSignal,
    ) -> Result<Component, LoadError> {
        let request = CompileRequest {
            runs_once: true,
            ..self.request.clone()
        };
        self.compile_uncached(bytes, digest, &request, cancel)
    }

    /// Check the parts that a component declares, before anything else reads it.
    ///
    /// # Errors
    /// [`LoadError::TooManyParts`] or [`LoadError::Invalid`].
    pub(crate) fn check_parts(&self, bytes: &[u8]) -> Result<(), LoadError> {
        let request = &self.request;
        DeclaredParts::read(bytes).check(request.memory_per_instance, request.table_elements)
    }

    fn compile_uncached(
        &self,
        bytes: &[u8],
        digest: Digest,
        request: &CompileRequest,
        cancel: &CancelSignal,
    ) -> Result<Component, LoadError> {
        if let Some(refusal) = self.refusals.lock().get(&digest) {
            return Err(refusal.clone());
        }
        self.check_parts(bytes)?;
        let most = self.settings.at_once;
        let _slot = self.slots.enter(most, cancel).ok_or(LoadError::Cancelled)?;
        let time = self.settings.time;
        let code = compile_worker::compile(request, bytes, time, cancel);
        let compiled = match code {
            None => Component::new(&self.wasm, without_schema_code(bytes))
                .map_err(|error| LoadError::invalid(&error)),
            // The process has this configuration: an error is a limit of the pool.
            Some(Ok(code)) => self
                .deserialize(&code)
                .map_err(|error| LoadError::invalid(&error)),
            Some(Err(failure)) => Err(self.load_error(failure)),
        };
        if let Err(refusal @ (LoadError::Invalid(_) | LoadError::AtLimit { .. })) = &compiled {
            self.refuse(digest, refusal);
        }
        compiled
    }

    fn load_error(&self, failure: CompileFailure) -> LoadError {
        let at_limit = |bound: Bound, value, message| match bound.limit(Scope::Item) {
            Some(limit) => LoadError::AtLimit {
                limit,
                value,
                message,
            },
            None => LoadError::Compiler(message),
        };
        match failure {
            CompileFailure::Invalid(why) => LoadError::Invalid(why),
            CompileFailure::Cancelled => LoadError::Cancelled,
            CompileFailure::Process(why) => LoadError::Compiler(why),
            CompileFailure::Time => {
                let time = self.settings.time;
                let message = format!("compiling it takes longer than {} s", time.as_secs_f64());
                at_limit(Bound::CompileTime, time.as_millis() as u64, message)
            }
            CompileFailure::Memory => {
                let memory = self.settings.memory;
                let message = format!(
                    "compiling it needs more than {} MiB of memory, or crashes the compiler",
                    memory >> 20
                );
                at_limit(Bound::CompileMemory, memory, message)
            }
            CompileFailure::Code => {
                let CompileSettings { memory, code, .. } = self.settings;
                let message = format!(
                    "its compiled code is larger than {} MiB, which the memory to compile it allows",
                    code >> 20
                );
                at_limit(Bound::CompileMemory, memory, message)
            }
        }
    }

    /// Load native code: verified bytes of the cache, or what a process of this
    /// program compiled. Bytes from elsewhere must not come here.
    #[allow(unsafe_code)]
    fn deserialize(&self, code: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` runs its input as native code. Bytes of the
        // cache carry a MAC over themselves and the entry's name, under a key
        // that only this user can read, and were verified after they were read
        // into memory: so `Component::serialize` of this user's host wrote them.
        // Bytes of a process come through a pipe that only it can write, from
        // the compiler that this program would have called itself.
        unsafe { Component::deserialize(&self.wasm, code) }
    }

    /// The component of a cache entry.
    fn cached(&self, code: &[u8]) -> Option<Component> {
        self.deserialize(code)
            .inspect_err(|error| {
                tracing::info!(%error, "a cached component is from another build; compiling it again");
            })
            .ok()
    }
}

fn with_settings(digest: Digest, settings: Digest) -> Digest {
    Digest::of(format!("{digest}{settings}").as_bytes())
}
