//! Everything a generation is built from: to send, store, compare, and rebuild.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use patchbay_engine::component::{ComponentBytes, Digest};
use patchbay_engine::data_layer::{DataLayer, DataSet};
use patchbay_journal::NewGeneration;
use patchbay_model::knowledge::Article;
use patchbay_pack::Pack;
use patchbay_pack::bundle::{Bundle, BundleError};
use patchbay_pack::data::{DataPart, check_parts, load_parts, parts_of};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Everything a generation is built from; the build reads no other file.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Text of the company file.
    pub document: String,
    /// Packs by their name in the company file.
    pub packs: BTreeMap<String, Arc<Pack>>,
    /// Data of the company's own in place of its packs', by plugin.
    pub data: BTreeMap<String, DataSet>,
    /// Articles of the directory the file names; `None` where it names none.
    pub articles: Option<Vec<Article>>,
    /// Files that are not used although their author may believe so: one sentence
    /// each. Not stored.
    pub unused: Vec<String>,
}

/// A source without the bytes of its components and data, as JSON stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDocument {
    /// Text of the company file.
    pub document: String,
    /// Packs by their name in the company file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packs: BTreeMap<String, Bundle>,
    /// Data of the company's own in place of its packs', by plugin and name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, BTreeMap<String, DataPart>>,
    /// Articles of the directory the file names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articles: Option<Vec<Article>>,
}

/// Why a [`SourceDocument`] cannot be read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The bytes are not a source document.
    #[error("not a source document: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A pack's name in the company file, and the digest of its component.
    #[error("the component {1} of pack {0:?} is missing")]
    NoComponent(String, Digest),
    /// A pack's name in the company file, and the problem.
    #[error("pack {0:?}: {1}")]
    Pack(String, BundleError),
    /// A plugin, and what is wrong with its data.
    #[error("plugin {0:?}: {1}")]
    Data(String, String),
}

impl Source {
    /// The source without component bytes and without cases, which may hold what
    /// customers wrote. Equal sources give equal documents.
    pub fn document(&self) -> SourceDocument {
        let packs = self.packs.iter();
        SourceDocument {
            document: self.document.clone(),
            packs: packs
                .map(|(name, pack)| (name.clone(), pack.stored_bundle().clone()))
                .collect(),
            data: self
                .data
                .iter()
                .map(|(plugin, data)| (plugin.clone(), parts_of(data)))
                .collect(),
            articles: self.articles.clone(),
        }
    }

    /// Its tables and bytes, each once.
    pub fn layers(&self) -> BTreeMap<Digest, Arc<DataLayer>> {
        let of_packs = self.packs.values().map(|pack| &pack.data);
        let layers = of_packs.chain(self.data.values()).flat_map(DataSet::values);
        layers
            .map(|layer| (layer.digest(), Arc::clone(layer)))
            .collect()
    }

    /// Its components, each once.
    pub fn components(&self) -> BTreeMap<Digest, ComponentBytes> {
        let packs = self.packs.values();
        packs
            .map(|pack| (pack.digest(), pack.component.clone()))
            .collect()
    }

    /// The row the journal stores of a generation built from this source, whose
    /// packs passed their cases.
    pub fn to_new_generation(&self, number: u64, by: &str, at: Timestamp) -> NewGeneration {
        self.row(&self.document(), number, by, at)
    }

    /// The row of a generation whose packs' cases were not run: a later change runs
    /// them.
    pub fn to_untested_generation(&self, number: u64, by: &str, at: Timestamp) -> NewGeneration {
        let mut document = self.document();
        for bundle in document.packs.values_mut() {
            bundle.tested = None;
        }
        self.row(&document, number, by, at)
    }

    fn row(
        &self,
        document: &SourceDocument,
        number: u64,
        by: &str,
        at: Timestamp,
    ) -> NewGeneration {
        let components = self.components().into_iter();
        let components = components.map(|(digest, bytes)| (digest.bytes(), bytes.to_vec()));
        let layers = self.layers().into_iter();
        let layers = layers.map(|(digest, layer)| (digest.bytes(), layer.bytes().to_vec()));
        NewGeneration {
            number,
            source: document.to_bytes(),
            digest: document.digest().bytes(),
            parts: components.chain(layers).collect(),
            by: by.to_owned(),
            at,
        }
    }
}

impl SourceDocument {
    /// Reads the bytes of [`to_bytes`](SourceDocument::to_bytes) that the journal stored: its
    /// packs have no cases.
    pub fn read(bytes: &[u8]) -> Result<SourceDocument, SourceError> {
        let mut document: SourceDocument = serde_json::from_slice(bytes)?;
        for bundle in document.packs.values_mut() {
            bundle.is_stored = true;
        }
        Ok(document)
    }

    /// As JSON. Equal documents give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and maps with string keys: cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Digest of the configuration. Cases and what was tested do not count; of
    /// signatures, their keys do.
    pub fn digest(&self) -> Digest {
        let mut configuration = self.clone();
        let provenance = self.packs.values().flat_map(|bundle| &bundle.provenance);
        let signers: Vec<String> = provenance.flat_map(|one| one.signers()).collect();
        for bundle in configuration.packs.values_mut() {
            bundle.cases.clear();
            bundle.tested = None;
            bundle.provenance = None;
        }
        let mut bytes = configuration.to_bytes();
        bytes.extend(signers.concat().into_bytes());
        Digest::of(&bytes)
    }

    /// Digests of the packs that were tested before this was stored.
    pub fn tested(&self) -> impl Iterator<Item = Digest> {
        self.packs.values().filter_map(|bundle| bundle.tested)
    }

    /// Checks that `has` allows all data that this names. Called before
    /// [`with_parts`](SourceDocument::with_parts) for a document that a company sent: that also
    /// finds data of other companies in memory.
    ///
    /// # Errors
    /// That of `with_parts` for the first data that is missing.
    pub fn check_data(&self, mut has: impl FnMut(&Digest) -> bool) -> Result<(), SourceError> {
        for (pack, bundle) in &self.packs {
            check_parts(&bundle.data, &mut has)
                .map_err(|problem| SourceError::Pack(pack.clone(), BundleError::Data(problem)))?;
        }
        for (plugin, parts) in &self.data {
            check_parts(parts, &mut has)
                .map_err(|problem| SourceError::Data(plugin.clone(), problem))?;
        }
        Ok(())
    }

    /// Add the component bytes, which `component` finds by digest, and data that is not in
    /// memory, which `data` finds.
    pub fn with_parts(
        self,
        mut component: impl FnMut(&Digest) -> Option<ComponentBytes>,
        mut data: impl FnMut(&Digest) -> Option<Vec<u8>>,
    ) -> Result<Source, SourceError> {
        let mut packs = BTreeMap::new();
        for (pack, bundle) in self.packs {
            let digest = bundle.component;
            let Some(bytes) = component(&digest) else {
                return Err(SourceError::NoComponent(pack, digest));
            };
            match Pack::from_bundle(bundle, bytes, &mut data) {
                Ok(read) => packs.insert(pack, Arc::new(read)),
                Err(error) => return Err(SourceError::Pack(pack, error)),
            };
        }
        let mut own = BTreeMap::new();
        for (plugin, parts) in self.data {
            match load_parts(&parts, &mut data) {
                Ok(loaded) => own.insert(plugin, loaded),
                Err(problem) => return Err(SourceError::Data(plugin, problem)),
            };
        }
        Ok(Source {
            document: self.document,
            packs,
            data: own,
            articles: self.articles,
            unused: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "my order 4111 1111 1111 1111";

    fn source(cases: &[(&str, &str)]) -> Source {
        let bundle = Bundle {
            name: "care".to_owned(),
            manifest: None,
            schema: None,
            component: Digest::of(b"code"),
            cases: cases
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
            tested: None,
            is_stored: false,
            data: BTreeMap::new(),
            provenance: None,
        };
        let pack = Pack::from_bundle(bundle, b"code".to_vec().into(), |_| None).expect("a pack");
        Source {
            packs: BTreeMap::from([("care".to_owned(), Arc::new(pack))]),
            ..Source::default()
        }
    }

    #[test]
    fn what_is_stored_holds_no_text_of_a_case() {
        let row = source(&[("a.json", TEXT)]).to_new_generation(1, "ana", Timestamp::UNIX_EPOCH);
        let stored = String::from_utf8(row.source.clone()).expect("JSON");
        assert!(
            !stored.contains("4111") && !stored.contains("a.json"),
            "{stored}"
        );
        let document = SourceDocument::read(&row.source).expect("readable");
        assert_eq!(document.tested().count(), 1);
    }

    #[test]
    fn a_case_added_is_the_same_configuration() {
        let (before, after) = (source(&[]), source(&[("a.json", TEXT)]));
        assert_eq!(before.document().digest(), after.document().digest());
        let differences = super::super::difference::differences;
        assert_eq!(differences(&before.document(), &after.document()), []);
    }

    #[test]
    fn a_generation_stored_with_its_cases_still_opens() {
        let old = r#"{"document":"","packs":{"care":{"name":"care","component":"DIGEST","cases":{"a.json":"{}"}}}}"#;
        let old = old.replace("DIGEST", &Digest::of(b"code").to_string());
        let document = SourceDocument::read(old.as_bytes()).expect("readable");
        let component = |_: &Digest| Some(b"code".to_vec().into());
        let source = document.with_parts(component, |_| None).expect("a source");
        assert_eq!(source.packs["care"].cases.len(), 1);
    }
}
