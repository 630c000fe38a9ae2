//! The companies of this host, and the generation each decides with now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::RwLock;
use patchbay_generations::Generation;

type ByName = BTreeMap<String, Arc<Generation>>;

/// The active generation of each company. A decision keeps the generation it
/// began with.
#[derive(Debug, Default)]
pub struct Companies {
    by_name: RwLock<ByName>,
    /// Companies whose generation cannot be built, each with the reason.
    unready: RwLock<BTreeMap<String, String>>,
}

impl Companies {
    /// The companies of these generations; of two generations of one company
    /// the later counts.
    pub fn of(generations: impl IntoIterator<Item = Arc<Generation>>) -> Companies {
        let by_name: ByName = generations
            .into_iter()
            .map(|generation| (generation.company.clone(), generation))
            .collect();
        Companies {
            by_name: RwLock::new(by_name),
            unready: RwLock::default(),
        }
    }

    /// Adds companies whose generation cannot be built, each with the reason.
    #[must_use]
    pub fn with_unready(self, unready: impl IntoIterator<Item = (String, String)>) -> Companies {
        Companies {
            unready: RwLock::new(unready.into_iter().collect()),
            ..self
        }
    }

    /// Why a company's generation cannot be built; none if it can.
    pub fn unready_reason(&self, company: &str) -> Option<String> {
        self.unready.read().get(company).cloned()
    }

    /// Companies whose generation cannot be built, each with the reason.
    pub fn unready(&self) -> Vec<(String, String)> {
        let unready = self.unready.read();
        unready
            .iter()
            .map(|(name, reason)| (name.clone(), reason.clone()))
            .collect()
    }

    /// Number of companies whose generation cannot be built.
    pub fn count_unready(&self) -> usize {
        self.unready.read().len()
    }

    /// A company's active generation.
    pub fn get(&self, company: &str) -> Option<Arc<Generation>> {
        self.by_name.read().get(company).cloned()
    }

    /// Make a generation the active one of its company, and return the previous
    /// one; decisions in progress finish with that.
    pub fn put(&self, generation: Arc<Generation>) -> Option<Arc<Generation>> {
        self.unready.write().remove(&generation.company);
        let mut by_name = self.by_name.write();
        by_name.insert(generation.company.clone(), generation)
    }

    /// Names of all companies, sorted, including those that are not ready.
    pub fn names(&self) -> Vec<String> {
        let (unready, ready) = (self.unready.read(), self.by_name.read());
        let names: BTreeSet<&String> = ready.keys().chain(unready.keys()).collect();
        names.into_iter().cloned().collect()
    }

    /// Number of companies that are ready.
    pub fn len(&self) -> usize {
        self.by_name.read().len()
    }

    /// Whether no company is ready.
    pub fn is_empty(&self) -> bool {
        self.by_name.read().is_empty()
    }

    /// Every company's active generation, by name.
    pub fn all(&self) -> Vec<Arc<Generation>> {
        self.by_name.read().values().cloned().collect()
    }
}
