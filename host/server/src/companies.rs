//! The companies of this host, and the generation each decides with now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use patchbay_generation::Generation;

type ByName = BTreeMap<String, Arc<Generation>>;

/// The generation of each company. Readers never wait for a change: they go on
/// with the generation they found.
#[derive(Debug, Default)]
pub struct Companies {
    by_name: RwLock<Arc<ByName>>,
    /// Companies nothing can decide for, each with why.
    unready: RwLock<BTreeMap<String, String>>,
}

impl Companies {
    /// These companies; of two generations of one company the later counts.
    pub fn of(generations: impl IntoIterator<Item = Arc<Generation>>) -> Companies {
        let by_name: ByName = generations
            .into_iter()
            .map(|generation| (generation.company.clone(), generation))
            .collect();
        Companies {
            by_name: RwLock::new(Arc::new(by_name)),
            unready: RwLock::default(),
        }
    }

    /// The same, and these are known although nothing can decide for them, each
    /// with why.
    #[must_use]
    pub fn without(self, unready: impl IntoIterator<Item = (String, String)>) -> Companies {
        Companies {
            unready: RwLock::new(unready.into_iter().collect()),
            ..self
        }
    }

    /// Why nothing decides for a company that is known.
    pub fn unready(&self, company: &str) -> Option<String> {
        let unready = self.unready.read();
        let unready = unready.unwrap_or_else(PoisonError::into_inner);
        unready.get(company).cloned()
    }

    /// How many companies nothing decides for.
    pub fn count_unready(&self) -> usize {
        let unready = self.unready.read();
        unready.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The generation a company decides with now.
    pub fn get(&self, company: &str) -> Option<Arc<Generation>> {
        self.now().get(company).cloned()
    }

    /// Decide with this generation from now on; the one before, if there was
    /// one, finishes what it began.
    pub fn put(&self, generation: Arc<Generation>) -> Option<Arc<Generation>> {
        self.unready
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&generation.company);
        let mut current = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = ByName::clone(&current);
        let before = next.insert(generation.company.clone(), generation);
        *current = Arc::new(next);
        before
    }

    /// What they are called, also those nothing decides for.
    pub fn names(&self) -> Vec<String> {
        let unready = self.unready.read();
        let unready = unready.unwrap_or_else(PoisonError::into_inner);
        let names: BTreeSet<String> = self.now().keys().chain(unready.keys()).cloned().collect();
        names.into_iter().collect()
    }

    /// How many companies there are.
    pub fn len(&self) -> usize {
        self.now().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.now().is_empty()
    }

    /// Every company's generation, by name.
    pub fn all(&self) -> Vec<Arc<Generation>> {
        self.now().values().cloned().collect()
    }

    fn now(&self) -> Arc<ByName> {
        // The map is replaced in one step: a panic cannot leave it half changed.
        Arc::clone(&self.by_name.read().unwrap_or_else(PoisonError::into_inner))
    }
}
