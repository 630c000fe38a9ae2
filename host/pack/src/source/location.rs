//! Where the packs are that company files name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;
use semver::{Version, VersionReq};

use crate::directory_files::has_extension;
use crate::manifest::FILE_NAME;
use crate::manifest_file::read_manifest;
use crate::pack_file::{EXTENSION, PackSummary};
use crate::regular_file::{MOST_BYTES, read_bytes};
use crate::source_error::SourceError;
use crate::store::{PackStore, StoreLease};

/// How a company file names a pack in a registry: `oci://HOST/PATH:TAG`, or with `@sha256:…` at the
/// end.
pub const REGISTRY_SCHEME: &str = "oci://";

/// Where packs are found that a company file names.
#[derive(Clone, Debug, Default)]
pub struct PackPlaces {
    /// Directories of pack files, of pack directories and of components.
    pub directories: Vec<PathBuf>,
    /// The store of packs from registries.
    pub store: Option<PackStore>,
}

/// A pack that was found.
#[derive(Debug)]
pub struct LocatedPack {
    /// Its directory or file.
    pub path: PathBuf,
    /// The digest of the pack or component that must be there.
    pub digest: Option<Digest>,
    /// While it exists, a file of the store is not deleted.
    _lease: Option<StoreLease>,
}

impl LocatedPack {
    fn at(path: PathBuf) -> LocatedPack {
        LocatedPack {
            path,
            digest: None,
            _lease: None,
        }
    }
}

/// Finds a pack named in a company file: a path relative to `beside`; a name or `name@version` in the
/// pack directories and the store (the highest version that matches; pack files are found by
/// `NAME.pack` and `NAME-….pack`); the digest of a pack file or a component there; or a reference to
/// a registry, whose pack was pulled into the store before: no connection is made.
///
/// # Errors
/// [`SourceError::Unknown`] with the places searched, or with both places of a version that is there
/// twice.
pub fn locate(
    wanted: &str,
    beside: &Path,
    places: &PackPlaces,
) -> Result<LocatedPack, SourceError> {
    let unknown = |because: String| SourceError::Unknown {
        wanted: wanted.to_owned(),
        because,
    };
    if wanted.starts_with(REGISTRY_SCHEME) {
        return find_pulled(wanted, places.store.as_ref()).map_err(unknown);
    }
    if wanted.contains('/') || [".wasm", ".pack"].iter().any(|end| wanted.ends_with(end)) {
        let path = beside.join(wanted);
        return match path.exists() {
            true => Ok(LocatedPack::at(path)),
            false => Err(unknown(missing_path(wanted, &path))),
        };
    }
    let shown = places.list();
    if wanted.starts_with("sha256:") {
        return find_by_digest(wanted, places).ok_or_else(|| {
            unknown(format!(
                "no pack file and no component with this digest in {shown}"
            ))
        });
    }
    let lease = places.store.as_ref().map(PackStore::lease);
    let (name, version) = wanted.split_once('@').unwrap_or((wanted, "*"));
    let requirement = VersionReq::parse(version)
        .map_err(|error| unknown(format!("{version:?} is not a valid version: {error}")))?;
    let mut found: Option<(Version, Option<Digest>, PathBuf)> = None;
    let mut equal: Option<PathBuf> = None;
    let mut others = Vec::new();
    let mut broken = Vec::new();
    for directory in places.candidates() {
        match name_and_version(&directory, name) {
            None => {}
            // It may be the newest version: an older one must not take its place unnoticed.
            Some(Err(error)) if is_pack_file(&directory) => return Err(unknown(error)),
            Some(Err(error)) => broken.push(error),
            Some(Ok((found, ..))) if found != name => {}
            Some(Ok((_, version, digest))) => {
                let best = found.as_ref().map(|(best, digest, _)| (best, digest));
                if !requirement.matches(&version) {
                    others.push(version.to_string());
                } else if best.is_none_or(|(best, _)| *best < version) {
                    (found, equal) = (Some((version, digest, directory)), None);
                } else if best.is_some_and(|(best, same)| {
                    *best == version && (digest.is_none() || *same != digest)
                }) {
                    equal = equal.or(Some(directory));
                }
            }
        }
    }
    if let (Some((version, _, one)), Some(other)) = (&found, &equal) {
        return Err(unknown(format!(
            "version {version} is in {} and in {}; remove one of them, or name the pack by its path",
            one.display(),
            other.display()
        )));
    }
    let found = found.map(|(_, digest, path)| LocatedPack {
        path,
        digest,
        _lease: lease,
    });
    found.ok_or_else(|| {
        unknown(match (&*others, &*broken) {
            ([], []) => format!("no pack of this name in {shown}"),
            ([], broken) => format!(
                "no pack of this name in {shown}; some manifests there cannot be read: {}",
                broken.join("; ")
            ),
            (others, _) => format!("only version {} is there", others.join(", ")),
        })
    })
}

pub(super) fn is_pack_file(path: &Path) -> bool {
    has_extension(path, &[EXTENSION]) && path.is_file()
}

/// Name and version of the pack at a path, and the digest of a pack file; `None` where there is no pack, or a pack file whose name
/// does not begin with `wanted`: only some files of a directory are read.
pub(super) fn name_and_version(path: &Path, wanted: &str) -> Option<Result<NamedVersion, String>> {
    if is_pack_file(path) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(wanted)?;
        if !rest.is_empty() && !rest.starts_with('-') {
            return None;
        }
        // A thousand files are not read whole: the one that is taken is checked then.
        return Some(match PackSummary::read(path) {
            Ok(summary) => Ok((summary.name, summary.version, Some(summary.digest))),
            Err(error) => Err(format!("{}: {error}", path.display())),
        });
    }
    let manifest = path.join(FILE_NAME);
    manifest.is_file().then(|| match read_manifest(&manifest) {
        Ok(manifest) => Ok((manifest.name().to_owned(), manifest.pack.version, None)),
        Err(error) => Err(error.to_string()),
    })
}

/// Name, version, and the digest of a pack file.
pub(super) type NamedVersion = (String, Version, Option<Digest>);

/// What to do about a path that does not exist.
fn missing_path(wanted: &str, path: &Path) -> String {
    let missing = format!("{} does not exist", path.display());
    let host = wanted.split('/').next().unwrap_or_default();
    // As references to registries begin elsewhere.
    match host.contains('.') && !host.starts_with('.') || host.contains(':') {
        true => format!("{missing}; for a pack in a registry write {REGISTRY_SCHEME}{wanted}"),
        false => missing,
    }
}

/// The pack that a reference had when it was last pulled.
fn find_pulled(wanted: &str, store: Option<&PackStore>) -> Result<LocatedPack, String> {
    let Some(store) = store else {
        return Err("there is no store of packs from registries: set `store` in patchbay.toml, or HOME in the environment".to_owned());
    };
    let pinned = wanted.split_once("@sha256:").map(|(_, hex)| hex);
    let digest = match pinned {
        Some(hex) => Digest::parse(&format!("sha256:{hex}"))
            .ok_or_else(|| format!("{hex:?} is not a SHA-256 of 64 hexadecimal digits"))?
            .into(),
        None => store.resolve(wanted).map_err(|error| error.to_string())?,
    };
    let found = digest.and_then(|digest| Some((digest, store.find(digest)?)));
    let Some((digest, (path, lease))) = found else {
        return Err(format!(
            "it is not in the store {}; `patchbay pack pull {wanted}` gets it from the registry, and so does `patchbay apply` without --offline",
            store.directory().display()
        ));
    };
    Ok(LocatedPack {
        path,
        digest: Some(digest),
        _lease: Some(lease),
    })
}

impl PackPlaces {
    fn list(&self) -> String {
        let directories = self.directories.iter().map(PathBuf::as_path);
        let store = self.store.iter().map(PackStore::directory);
        let texts: Vec<_> = directories
            .chain(store.filter(|store| store.exists()))
            .map(|path| path.display().to_string())
            .collect();
        match texts.is_empty() {
            true => "the pack directories (none is set; add `packs` to patchbay.toml)".to_owned(),
            false => texts.join(", "),
        }
    }

    /// The pack directories and their direct entries, then the files of the store; each once.
    pub(super) fn candidates(&self) -> impl Iterator<Item = PathBuf> {
        let mut known = BTreeSet::new();
        let all = self.directories.iter().flat_map(|root| {
            let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
            std::iter::once(root.clone()).chain(entries.map(|entry| entry.path()))
        });
        let stored = self.store.iter().flat_map(PackStore::files);
        all.chain(stored)
            .filter(move |path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
    }
}

fn find_by_digest(wanted: &str, places: &PackPlaces) -> Option<LocatedPack> {
    let wanted = Digest::parse(wanted)?;
    if let Some((path, lease)) = places.store.as_ref().and_then(|store| store.find(wanted)) {
        return Some(LocatedPack {
            path,
            digest: Some(wanted),
            _lease: Some(lease),
        });
    }
    let lease = places.store.as_ref().map(PackStore::lease);
    let path = places.candidates().find(|path| match path {
        path if has_extension(path, &["wasm"]) => {
            read_bytes(path, MOST_BYTES).is_ok_and(|bytes| Digest::of(&bytes) == wanted)
        }
        path if has_extension(path, &[EXTENSION]) => {
            PackSummary::read(path).is_ok_and(|file| file.digest == wanted)
        }
        _ => false,
    })?;
    Some(LocatedPack {
        path,
        digest: Some(wanted),
        _lease: lease,
    })
}

#[cfg(test)]
mod tests;
