use std::hash::{DefaultHasher, Hash, Hasher};

use wasmtime::component::Component;

use super::digest::Digest;
use super::load_error::LoadError;
use crate::cache::AotCache;

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

/// Compiles components, and caches the result on disk.
pub(crate) struct Compiler {
    wasm: wasmtime::Engine,
    cache: Option<AotCache>,
}

impl Compiler {
    pub(crate) fn new(wasm: wasmtime::Engine, cache: Option<AotCache>) -> Compiler {
        Compiler { wasm, cache }
    }

    /// Load a component from the cache, or compile it.
    pub(crate) fn component(&self, bytes: &[u8], digest: Digest) -> Result<Component, LoadError> {
        let entry = self.entry(digest);
        let cache = self.cache.as_ref();
        match cache.and_then(|cache| cache.load(&entry, |code| self.deserialize(code))) {
            Some(component) => Ok(component),
            None => self.compile(bytes, &entry, &[]),
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
            Some((self.deserialize(code)?, SnapshotMeta::read(meta)?))
        })
    }

    /// Compile the snapshot of a component prepared with these settings.
    pub(crate) fn compile_snapshot(
        &self,
        snapshot: &[u8],
        digest: Digest,
        settings: Digest,
    ) -> Result<(Component, SnapshotMeta), LoadError> {
        let meta = SnapshotMeta {
            digest: Digest::of(snapshot),
            bytes: snapshot.len(),
        };
        let entry = self.entry(with_settings(digest, settings));
        let component = self.compile(snapshot, &entry, &meta.write())?;
        Ok((component, meta))
    }

    /// Name of a cache entry: the component and the compiler's configuration.
    fn entry(&self, compiled: Digest) -> String {
        let mut hasher = DefaultHasher::new();
        self.wasm.precompile_compatibility_hash().hash(&mut hasher);
        format!("{}-{:016x}", compiled.hex(), hasher.finish())
    }

    fn compile(&self, bytes: &[u8], entry: &str, meta: &[u8]) -> Result<Component, LoadError> {
        let component =
            Component::new(&self.wasm, bytes).map_err(|error| LoadError::invalid(&error))?;
        if let Some(cache) = &self.cache {
            match component.serialize() {
                Ok(code) => cache.store(entry, &[meta, code.as_slice()].concat()),
                Err(error) => tracing::warn!(%error, "cannot cache a compiled component"),
            }
        }
        Ok(component)
    }

    /// Load native code from the verified bytes of the cache. Bytes from
    /// elsewhere must not come here.
    #[allow(unsafe_code)]
    fn deserialize(&self, code: &[u8]) -> Option<Component> {
        // SAFETY: `deserialize` runs its input as native code. These bytes
        // carry a MAC over themselves and the entry's name, under a key that
        // only this user can read, and were verified after they were read into
        // memory: so `Component::serialize` of this user's host wrote them.
        let component = unsafe { Component::deserialize(&self.wasm, code) };
        component
            .inspect_err(|error| {
                tracing::info!(%error, "a cached component is from another build; compiling it again");
            })
            .ok()
    }
}

fn with_settings(digest: Digest, settings: Digest) -> Digest {
    Digest::of(format!("{digest}{settings}").as_bytes())
}
