//! Stored generations: read from the journal, rebuilt, and cached.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_journal::{CompanyId, Journal, JournalError};

use super::ChangeError;
use crate::Generation;
use crate::assemble::Assembler;
use crate::assemble::source::{Source, SourceDocument};

/// Generations cached for each company, beside the active one.
const PER_COMPANY: usize = 2;
/// Components whose bytes are cached.
const COMPONENTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// Companies with cached generations: the most recently used.
const COMPANIES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// The generations a journal stores.
pub struct GenerationStore {
    pub(super) assembler: Assembler,
    pub(super) journal: Arc<dyn Journal>,
    /// Component bytes by digest, of the last few.
    components: Mutex<LruCache<Digest, ComponentBytes>>,
    /// Compiled generations by company, newest use first: a rollback to one of
    /// them does not compile.
    cache: Mutex<LruCache<CompanyId, VecDeque<Arc<Generation>>>>,
}

impl GenerationStore {
    pub(super) fn new(assembler: Assembler, journal: Arc<dyn Journal>) -> GenerationStore {
        GenerationStore {
            assembler,
            journal,
            components: Mutex::new(LruCache::new(COMPONENTS)),
            cache: Mutex::new(LruCache::new(COMPANIES)),
        }
    }

    /// Cache a generation, unless it has queue moves: those hold for one
    /// activation only.
    pub(super) fn cache(&self, company: CompanyId, generation: Arc<Generation>) {
        if generation.moved.is_empty() {
            let mut cache = self.cache.lock();
            let recent = cache.get_or_insert_mut(company, VecDeque::new);
            recent.retain(|other| other.number != generation.number);
            recent.push_front(generation);
            recent.truncate(PER_COMPANY);
        }
    }

    /// Drop a deleted generation from the cache, and all component bytes, which
    /// may be deleted too.
    pub(super) fn forget(&self, company: CompanyId, number: u64) {
        if let Some(recent) = self.cache.lock().get_mut(&company) {
            recent.retain(|generation| generation.number != number);
        }
        self.components.lock().clear();
    }

    pub(super) fn cached(&self, company: CompanyId, number: u64) -> Option<Arc<Generation>> {
        let mut cache = self.cache.lock();
        let mut recent = cache.get(&company)?.iter();
        recent
            .find(|generation| generation.number == number)
            .cloned()
    }

    /// The source of a generation, without its components.
    ///
    /// # Errors
    /// [`ChangeError::Unbuildable`], or [`JournalError::NoGeneration`].
    pub fn document(&self, company: CompanyId, number: u64) -> Result<SourceDocument, ChangeError> {
        let stored = self.journal.generation(company, number)?;
        let (_, bytes) = stored.ok_or(JournalError::NoGeneration(number))?;
        let document = SourceDocument::read(&bytes);
        document.map_err(|error| ChangeError::Unbuildable(number, error.to_string()))
    }

    pub(super) fn source(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<(SourceDocument, Source), ChangeError> {
        let document = self.document(company, number)?;
        let source = document
            .clone()
            .with_parts(|digest| self.component(digest), |digest| self.part(digest));
        let source = source.map_err(|error| ChangeError::Unbuildable(number, error.to_string()))?;
        Ok((document, source))
    }

    /// Whether a stored generation of the company has this part. False also where the
    /// journal cannot be read.
    pub(super) fn has_part_of(&self, company: CompanyId, digest: &Digest) -> bool {
        let has = self.journal.has_generation_part(company, digest.bytes());
        has.unwrap_or(false)
    }

    /// The bytes of a component of any stored generation; companies share
    /// components. Give a company only those that it has itself.
    pub fn component(&self, digest: &Digest) -> Option<ComponentBytes> {
        if let Some(bytes) = self.components.lock().get(digest) {
            return Some(bytes.clone());
        }
        let bytes = self.journal.generation_part(digest.bytes()).ok()??;
        let bytes = ComponentBytes::from(bytes);
        self.components.lock().put(*digest, bytes.clone());
        Some(bytes)
    }

    /// The bytes of a part of any stored generation, not cached. Give a company only those
    /// that it has itself.
    pub fn part(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.journal.generation_part(digest.bytes()).ok()?
    }

    /// Build a generation as it was last activated, with that activation's
    /// queue moves.
    ///
    /// # Errors
    /// [`ChangeError`] with everything that is wrong with it now.
    pub fn load_activated(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Generation, ChangeError> {
        let mut generation = self.rebuild(company, number)?;
        if let Some((row, _)) = self.journal.generation(company, number)? {
            generation.moved.extend(row.moved);
        }
        Ok(generation)
    }

    fn rebuild(&self, company: CompanyId, number: u64) -> Result<Generation, ChangeError> {
        let (document, source) = self.source(company, number)?;
        let generation = self.assembler.rebuild(&source, number);
        generation.map_err(|findings| ChangeError::invalid(&document.document, findings))
    }

    /// A generation without the queue moves of its last activation, from the
    /// cache or built.
    pub fn load(&self, company: CompanyId, number: u64) -> Result<Arc<Generation>, ChangeError> {
        if let Some(generation) = self.cached(company, number) {
            return Ok(generation);
        }
        let generation = Arc::new(self.rebuild(company, number)?);
        self.cache(company, Arc::clone(&generation));
        Ok(generation)
    }
}
