//! The digests that references to registries had when they were last pulled.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;

use super::write_whole;
use crate::regular_file::read_bytes;

/// Most bytes of the list.
const MOST_BYTES: u64 = 16 << 20;

fn path(directory: &Path) -> PathBuf {
    directory.join("references.json")
}

/// Digest by reference. A list that does not exist is empty.
pub(super) fn read(directory: &Path) -> io::Result<BTreeMap<String, Digest>> {
    let path = path(directory);
    let bytes = match read_bytes(&path, MOST_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        bytes => bytes?,
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let path = path.display();
        let problem = format!("{path} is damaged ({error}); remove it and pull again");
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

/// Changes the list; the caller holds the lock of the store.
pub(super) fn update(
    directory: &Path,
    change: impl FnOnce(&mut BTreeMap<String, Digest>),
) -> io::Result<()> {
    // Nothing is lost with a damaged list but what can be pulled again.
    let mut all = read(directory).unwrap_or_default();
    let before = all.clone();
    change(&mut all);
    match all == before && path(directory).exists() {
        true => Ok(()),
        false => write_whole(&path(directory), &serde_json::to_vec_pretty(&all)?),
    }
}
