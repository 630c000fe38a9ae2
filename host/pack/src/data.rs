//! Shared data of a pack: what its manifest declares, read from files, and as a part
//! of the image.

mod csv_table;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patchbay_engine::component::Digest;
use patchbay_engine::data_layer::{DataError, DataKind, DataLayer, DataSet};
use patchbay_model::data_table::DATA_BYTES;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::manifest::DataSection;
use crate::regular_file::read_bytes;

pub use csv_table::{CsvError, table_of_csv};

/// Why a file is no data of a pack.
#[derive(Debug, Error)]
pub enum DataFileError {
    /// It cannot be read, or has more than 64 MiB.
    #[error("cannot read it: {0}")]
    Io(#[from] std::io::Error),
    /// It is no table.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// It is no layer.
    #[error(transparent)]
    Data(#[from] DataError),
    /// It is of another kind than the pack's own.
    #[error("it is {0}, but the pack's own is {1}")]
    Kind(&'static str, &'static str),
    /// Its keys are in another column.
    #[error("its keys are in the column {1:?}, those of the pack's own table in {0:?}")]
    Key(String, String),
    /// It lacks columns that the policy reads.
    #[error("it lacks the columns {}, which the pack's own table has", .0.join(", "))]
    Columns(Vec<String>),
}

/// One layer in a bundle: its bytes are elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPart {
    /// What the bytes are.
    pub kind: DataKind,
    /// Their digest.
    pub digest: Digest,
}

impl DataPart {
    /// Names a layer.
    pub fn of(layer: &DataLayer) -> DataPart {
        DataPart {
            kind: layer.kind(),
            digest: layer.digest(),
        }
    }
}

/// The parts that name the layers of a set.
pub fn parts_of(data: &DataSet) -> BTreeMap<String, DataPart> {
    let layers = data.iter();
    layers
        .map(|(name, layer)| (name.clone(), DataPart::of(layer)))
        .collect()
}

/// Checks that `has` allows each part. Called before [`load_parts`] for parts that a company
/// names, because the memory of the host has data of all companies.
///
/// # Errors
/// As a sentence: that of [`load_parts`] for missing bytes.
pub fn check_parts(
    parts: &BTreeMap<String, DataPart>,
    mut has: impl FnMut(&Digest) -> bool,
) -> Result<(), String> {
    match parts.iter().find(|(_, part)| !has(&part.digest)) {
        Some((name, part)) => Err(missing(name, &part.digest)),
        None => Ok(()),
    }
}

fn missing(name: &str, digest: &Digest) -> String {
    format!("its data `{name}`, {digest}, is missing")
}

/// Finds the layers that parts name: in memory, whichever company they are of, or their bytes
/// by digest.
///
/// # Errors
/// As a sentence, where bytes are missing, have another digest, or are no layer of
/// the kind.
pub fn load_parts(
    parts: &BTreeMap<String, DataPart>,
    mut bytes: impl FnMut(&Digest) -> Option<Vec<u8>>,
) -> Result<DataSet, String> {
    let mut data = DataSet::new();
    for (name, DataPart { kind, digest }) in parts {
        let layer = match DataLayer::find(*digest, *kind) {
            Some(layer) => layer,
            None => {
                let bytes = bytes(digest);
                let bytes = bytes.ok_or_else(|| missing(name, digest))?;
                let layer = DataLayer::of(*kind, bytes);
                layer.map_err(|error| format!("its data `{name}`: {error}"))?
            }
        };
        if layer.digest() != *digest {
            let found = layer.digest();
            return Err(format!(
                "its data `{name}` has the digest {found}, but {digest} is named"
            ));
        }
        data.insert(name.clone(), layer);
    }
    Ok(data)
}

/// Reads a file as the data that a section declares: bytes as they are, a table from
/// CSV.
///
/// # Errors
/// [`DataFileError`].
pub fn read_data_file(path: &Path, section: &DataSection) -> Result<Arc<DataLayer>, DataFileError> {
    let bytes = read_bytes(path, DATA_BYTES as u64)?;
    let bytes = match section.kind {
        DataKind::Bytes => bytes,
        DataKind::Table => table_of_csv(&bytes, section.key.as_deref())?.build(),
    };
    Ok(DataLayer::of(section.kind, bytes)?)
}

/// Checks that data can take the place of a pack's own: it has the same kind, and a table has
/// the key and all columns of the pack's own.
///
/// # Errors
/// [`DataFileError`].
pub fn check_replacement(own: &DataLayer, new: &DataLayer) -> Result<(), DataFileError> {
    if own.kind() != new.kind() {
        return Err(DataFileError::Kind(
            new.kind().as_str(),
            own.kind().as_str(),
        ));
    }
    let (Some(own), Some(new)) = (own.table(), new.table()) else {
        return Ok(());
    };
    if own.key() != new.key() {
        return Err(DataFileError::Key(
            own.key().to_owned(),
            new.key().to_owned(),
        ));
    }
    let missing = own
        .columns()
        .iter()
        .filter(|name| !new.columns().contains(name));
    let missing: Vec<String> = missing.cloned().collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(DataFileError::Columns(missing)),
    }
}

#[cfg(test)]
mod tests;
