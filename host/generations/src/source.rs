//! Everything a generation is built from, in one piece: to be sent, kept,
//! compared, and built again as it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_model::knowledge::Article;
use patchbay_pack::bundle::{Bundle, BundleError};
use patchbay_pack::source::Pack;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Everything a generation is built from; nothing beside it is read.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Text of the company file.
    pub document: String,
    /// Packs by what the file calls them.
    pub packs: BTreeMap<String, Arc<Pack>>,
    /// Articles of the directory the file names; absent where it names none.
    pub articles: Option<Vec<Article>>,
}

/// A source but for the bytes of its components, as it is written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDocument {
    /// Text of the company file.
    pub document: String,
    /// Packs by what the file calls them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packs: BTreeMap<String, Bundle>,
    /// Articles of the directory the file names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub articles: Option<Vec<Article>>,
}

/// Why what was written down is no source.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The bytes do not read.
    #[error("it does not read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A component is not there.
    #[error("the component {digest} of pack {pack:?} is missing")]
    NoComponent {
        /// What the company file calls the pack.
        pack: String,
        /// Digest of the component.
        digest: Digest,
    },
    /// A pack is none.
    #[error("pack {pack:?}: {error}")]
    Pack {
        /// What the company file calls it.
        pack: String,
        /// What is wrong.
        error: BundleError,
    },
}

impl Source {
    /// As it is written down. The same source gives the same document.
    pub fn document(&self) -> SourceDocument {
        let packs = self.packs.iter();
        SourceDocument {
            document: self.document.clone(),
            packs: packs
                .map(|(name, pack)| (name.clone(), pack.bundle()))
                .collect(),
            articles: self.articles.clone(),
        }
    }

    /// Its components, each once.
    pub fn components(&self) -> BTreeMap<Digest, ComponentBytes> {
        let packs = self.packs.values();
        packs
            .map(|pack| (pack.digest(), pack.component.clone()))
            .collect()
    }
}

impl SourceDocument {
    /// Read what [`to_bytes`](SourceDocument::to_bytes) wrote.
    ///
    /// # Errors
    /// [`SourceError::Malformed`].
    pub fn read(bytes: &[u8]) -> Result<SourceDocument, SourceError> {
        Ok(serde_json::from_slice(bytes)?)
    }

    /// As bytes; the same document gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts and maps of texts: that cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What it is known by.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The source, with its components.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn with(
        self,
        mut component: impl FnMut(&Digest) -> Option<ComponentBytes>,
    ) -> Result<Source, SourceError> {
        let mut packs = BTreeMap::new();
        for (name, bundle) in self.packs {
            let Some(bytes) = component(&bundle.component) else {
                return Err(SourceError::NoComponent {
                    pack: name,
                    digest: bundle.component,
                });
            };
            match Pack::from_bundle(bundle, bytes) {
                Ok(pack) => packs.insert(name, Arc::new(pack)),
                Err(error) => return Err(SourceError::Pack { pack: name, error }),
            };
        }
        Ok(Source {
            document: self.document,
            packs,
            articles: self.articles,
        })
    }
}
