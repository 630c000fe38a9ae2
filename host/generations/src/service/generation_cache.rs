//! GenerationService that are kept, read back and built again; and those that are ready at
//! once, with their code compiled.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use lru::LruCache;
use patchbay_engine::component::{ComponentBytes, Digest};
use crate::Generation;
use crate::source::{Source, SourceDocument};
use patchbay_journal::{CompanyId, JournalError};

use super::{Refused, GenerationService};

/// Generations of a company that stay ready beside the one it decides by.
const RECENT: usize = 2;
/// Companies of which some do, those that were changed or looked at last.
const READY: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// Generations by company, newest use first.
type Ready = LruCache<CompanyId, VecDeque<Arc<Generation>>>;

/// What is at hand of the setups that are kept.
pub(super) struct GenerationCache {
    /// Components by digest.
    components: RwLock<HashMap<Digest, ComponentBytes>>,
    /// What companies decided by last, or was looked at last: to go back to it
    /// at once.
    ready: Mutex<Ready>,
}

impl Default for GenerationCache {
    fn default() -> GenerationCache {
        GenerationCache {
            components: RwLock::default(),
            ready: Mutex::new(LruCache::new(READY)),
        }
    }
}

impl GenerationCache {
    fn ready(&self) -> MutexGuard<'_, Ready> {
        // Changed in single steps: a panic elsewhere leaves it whole.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl GenerationService {
    /// Keep what a company decided by, for a while.
    pub(super) fn keep(&self, company: CompanyId, old: Option<Arc<Generation>>) {
        // What was said once of queues that moved must not come back with it.
        if let Some(old) = old.filter(|old| old.moved.is_empty()) {
            let mut kept = self.cache.ready();
            let recent = kept.get_or_insert_mut(company, VecDeque::new);
            recent.retain(|known| known.number != old.number);
            recent.push_front(old);
            recent.truncate(RECENT);
        }
    }

    /// A generation a company tries, or one that was kept ready.
    pub(super) fn kept_ready(&self, company: CompanyId, number: u64) -> Option<Arc<Generation>> {
        let tried = self.desk.as_ref().and_then(|desk| desk.rollout(company));
        if let Some(tried) = tried.filter(|tried| tried.candidate.number == number) {
            return Some(Arc::clone(&tried.candidate));
        }
        let mut kept = self.cache.ready();
        let mut known = kept.get(&company)?.iter();
        known.find(|known| known.number == number).cloned()
    }

    /// What a generation is built from, without its components.
    ///
    /// # Errors
    /// [`Refused::Unbuildable`], or [`JournalError::NoGeneration`].
    pub fn document(&self, company: CompanyId, number: u64) -> Result<SourceDocument, Refused> {
        let kept = self.journal.generation(company, number)?;
        let (_, bytes) = kept.ok_or(JournalError::NoGeneration(number))?;
        SourceDocument::read(&bytes).map_err(|error| Refused::Unbuildable {
            number,
            because: error.to_string(),
        })
    }

    pub(super) fn source(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<(SourceDocument, Source), Refused> {
        let document = self.document(company, number)?;
        let source = document.clone().with(|digest| self.component(digest));
        let source = source.map_err(|error| Refused::Unbuildable {
            number,
            because: error.to_string(),
        })?;
        Ok((document, source))
    }

    /// The bytes of a component that some generation uses; companies share
    /// them.
    pub fn component(&self, digest: &Digest) -> Option<ComponentBytes> {
        let known = self.cache.components.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = known.get(digest) {
            return Some(bytes.clone());
        }
        drop(known);
        let bytes = self.journal.generation_part(digest.bytes()).ok()??;
        let bytes = ComponentBytes::from(bytes);
        self.cache
            .components
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*digest, bytes.clone());
        Some(bytes)
    }

    /// A generation that is kept, built again as it was last activated.
    ///
    /// # Errors
    /// [`Refused`] with everything that is wrong with it by now.
    pub fn built(&self, company: CompanyId, number: u64) -> Result<Generation, Refused> {
        let mut built = self.rebuilt(company, number)?;
        let kept = self.journal.generation(company, number)?;
        built
            .moved
            .extend(kept.map(|(row, _)| row.moved).unwrap_or_default());
        Ok(built)
    }

    /// The same, without what was said when it was last activated.
    fn rebuilt(&self, company: CompanyId, number: u64) -> Result<Generation, Refused> {
        let (document, source) = self.source(company, number)?;
        let built = self.assembler.rebuild(&source, number);
        built.map_err(|problems| Refused::Wrong {
            document: document.document,
            problems,
            obstacles: Vec::new(),
        })
    }

    /// One to look at or to try: where queues moved is said anew when it is
    /// activated. At once where it was asked for not long ago.
    ///
    /// # Errors
    /// As [`built`](GenerationService::built).
    pub fn ready(&self, company: CompanyId, number: u64) -> Result<Arc<Generation>, Refused> {
        if let Some(generation) = self.kept_ready(company, number) {
            return Ok(generation);
        }
        let built = self.rebuilt(company, number).map(Arc::new)?;
        self.keep(company, Some(Arc::clone(&built)));
        Ok(built)
    }
}
