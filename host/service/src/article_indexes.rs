//! The articles of companies as agents search them.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use lru::LruCache;
use parking_lot::Mutex;
use patchbay_generations::Generation;
use patchbay_generations::article_index::ArticleIndex;

/// Companies whose index is kept: those whose agents searched last.
const COMPANIES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// Number of the generation, and the index of its articles once it is made.
type Indexed = (u64, Arc<OnceLock<ArticleIndex>>);

/// Indexes of the articles of active generations. The first search after an activation
/// makes the company's; its other searches wait for that one, those of other companies do
/// not.
#[derive(Debug)]
pub struct ArticleIndexes(Mutex<LruCache<String, Indexed>>);

impl Default for ArticleIndexes {
    fn default() -> ArticleIndexes {
        ArticleIndexes(Mutex::new(LruCache::new(COMPANIES)))
    }
}

impl ArticleIndexes {
    /// Use the index of a generation. Blocks while it is made.
    pub fn with<T>(&self, generation: &Generation, work: impl FnOnce(&ArticleIndex) -> T) -> T {
        let index = self.index_of(generation);
        let knowledge = &generation.surroundings.knowledge;
        work(index.get_or_init(|| ArticleIndex::new(knowledge)))
    }

    fn index_of(&self, generation: &Generation) -> Arc<OnceLock<ArticleIndex>> {
        let mut indexes = self.0.lock();
        match indexes.get(&generation.company) {
            Some((number, index)) if *number == generation.number => Arc::clone(index),
            _ => {
                let index = Arc::default();
                let new = (generation.number, Arc::clone(&index));
                indexes.put(generation.company.clone(), new);
                index
            }
        }
    }
}
