//! Shared data of packs: tables and bytes. Each stands in memory once, however many
//! companies and generations use it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, LazyLock, Weak};

use parking_lot::Mutex;
use patchbay_model::data_table::{DATA_BYTES, DataTable, DataTableError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::component::Digest;

/// What the bytes of a layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataKind {
    /// A sorted table, in the format of `patchbay_model::data_table`.
    Table,
    /// Bytes in a format of the policy's own.
    Bytes,
}

impl DataKind {
    /// The code, as in `pack.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            DataKind::Table => "table",
            DataKind::Bytes => "bytes",
        }
    }
}

/// Why bytes are no layer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DataError {
    /// They are too many.
    #[error("it has {0} bytes; the limit is {DATA_BYTES}")]
    TooLong(usize),
    /// They are no valid table.
    #[error(transparent)]
    Table(#[from] DataTableError),
}

/// A layer of data. Its bytes have its digest.
pub struct DataLayer {
    digest: Digest,
    content: Content,
}

enum Content {
    Table(DataTable),
    Bytes(Arc<[u8]>),
}

/// Layers by digest and kind.
type Layers = HashMap<(Digest, DataKind), Weak<DataLayer>>;

/// The layers in memory. Entries without a layer are removed when another one is
/// added.
static LAYERS: LazyLock<Mutex<Layers>> = LazyLock::new(Mutex::default);

impl DataLayer {
    /// The layer of these bytes: one that is in memory already, or a new one, which
    /// takes time in proportion to their number.
    ///
    /// # Errors
    /// [`DataError`] for bytes that are no layer of this kind.
    pub fn of(kind: DataKind, bytes: Vec<u8>) -> Result<Arc<DataLayer>, DataError> {
        let digest = Digest::of(&bytes);
        if let Some(layer) = DataLayer::find(digest, kind) {
            return Ok(layer);
        }
        if bytes.len() > DATA_BYTES {
            return Err(DataError::TooLong(bytes.len()));
        }
        let content = match kind {
            DataKind::Table => Content::Table(DataTable::read(bytes.into())?),
            DataKind::Bytes => Content::Bytes(bytes.into()),
        };
        let layer = Arc::new(DataLayer { digest, content });
        let mut layers = LAYERS.lock();
        layers.retain(|_, layer| layer.strong_count() > 0);
        layers.insert((digest, kind), Arc::downgrade(&layer));
        Ok(layer)
    }

    /// The layer with this digest, if it is in memory.
    pub fn find(digest: Digest, kind: DataKind) -> Option<Arc<DataLayer>> {
        LAYERS.lock().get(&(digest, kind))?.upgrade()
    }

    /// What it is.
    pub fn kind(&self) -> DataKind {
        match self.content {
            Content::Table(_) => DataKind::Table,
            Content::Bytes(_) => DataKind::Bytes,
        }
    }

    /// Digest of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its bytes.
    pub fn bytes(&self) -> &Arc<[u8]> {
        match &self.content {
            Content::Table(table) => table.bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// The table, where it is one.
    pub fn table(&self) -> Option<&DataTable> {
        match &self.content {
            Content::Table(table) => Some(table),
            Content::Bytes(_) => None,
        }
    }
}

impl fmt::Debug for DataLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind().as_str(), self.digest)
    }
}

/// The data of a plugin, by name.
pub type DataSet = BTreeMap<String, Arc<DataLayer>>;

/// Digest of the names, kinds and digests of a plugin's data; `None` without data.
pub(crate) fn digest_of(data: &DataSet) -> Option<Digest> {
    let entries = data
        .iter()
        .map(|(name, layer)| format!("{name} {layer:?}\n"));
    (!data.is_empty()).then(|| Digest::of(entries.collect::<String>().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_bytes_stand_in_memory_once_and_are_forgotten_with_their_last_use() {
        let layer = |bytes: &[u8]| DataLayer::of(DataKind::Bytes, bytes.to_vec()).expect("a layer");
        let (one, again, other) = (layer(b"once"), layer(b"once"), layer(b"other"));
        assert!(Arc::ptr_eq(&one, &again) && !Arc::ptr_eq(&one, &other));
        let digest = one.digest();
        drop((one, again));
        assert!(DataLayer::find(digest, DataKind::Bytes).is_none());
    }

    #[test]
    fn bytes_that_are_no_table_are_refused_also_where_they_are_known_as_bytes() {
        let bytes = b"no table".to_vec();
        let _known = DataLayer::of(DataKind::Bytes, bytes.clone()).expect("bytes");
        let error = DataLayer::of(DataKind::Table, bytes).expect_err("no table");
        assert_eq!(error, DataError::Table(DataTableError::Magic));
    }

    #[test]
    fn a_layer_of_more_than_64_mib_is_refused() {
        let error = DataLayer::of(DataKind::Bytes, vec![0; DATA_BYTES + 1]);
        let error = error.expect_err("too long").to_string();
        assert_eq!(error, "it has 67108865 bytes; the limit is 67108864");
    }

    #[test]
    fn the_digest_of_a_plugins_data_depends_on_names_and_bytes() {
        let set = |name: &str, bytes: &[u8]| {
            let layer = DataLayer::of(DataKind::Bytes, bytes.to_vec()).expect("a layer");
            digest_of(&DataSet::from([(name.to_owned(), layer)]))
        };
        assert_eq!(digest_of(&DataSet::new()), None);
        assert_eq!(set("a", b"1"), set("a", b"1"));
        assert_ne!(set("a", b"1"), set("b", b"1"));
        assert_ne!(set("a", b"1"), set("a", b"2"));
    }
}
