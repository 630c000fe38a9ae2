//! Where the packs are that company files name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use patchbay_engine::component::Digest;
use semver::{Version, VersionReq};

use crate::directory_files::has_extension;
use crate::manifest::FILE_NAME;
use crate::manifest_file::read_manifest;
use crate::pack_file::{EXTENSION, PackFile};
use crate::regular_file::{MOST_BYTES, read_bytes};
use crate::source_error::SourceError;

/// Finds the directory or file of a pack named in a company file: a path relative to `beside`, a
/// name or `name@version` in the pack directories (the highest version that matches; pack files are
/// found by `NAME.pack` and `NAME-….pack`), or the digest of a pack file or a component there.
///
/// # Errors
/// [`SourceError::Unknown`] with the places searched, or with both places of a version that is there
/// twice.
pub fn locate(
    wanted: &str,
    beside: &Path,
    pack_directories: &[PathBuf],
) -> Result<PathBuf, SourceError> {
    let unknown = |because: String| SourceError::Unknown {
        wanted: wanted.to_owned(),
        because,
    };
    if wanted.contains('/') || [".wasm", ".pack"].iter().any(|end| wanted.ends_with(end)) {
        let path = beside.join(wanted);
        return match path.exists() {
            true => Ok(path),
            false => Err(unknown(format!("{} does not exist", path.display()))),
        };
    }
    let shown = list(pack_directories);
    if wanted.starts_with("sha256:") {
        return find_by_digest(wanted, pack_directories).ok_or_else(|| {
            unknown(format!(
                "no pack file and no component with this digest in {shown}"
            ))
        });
    }
    let (name, version) = wanted.split_once('@').unwrap_or((wanted, "*"));
    let requirement = VersionReq::parse(version)
        .map_err(|error| unknown(format!("{version:?} is not a valid version: {error}")))?;
    let mut found: Option<(Version, PathBuf)> = None;
    let mut equal: Option<PathBuf> = None;
    let mut others = Vec::new();
    let mut broken = Vec::new();
    for directory in candidates(pack_directories) {
        match name_and_version(&directory, name) {
            None => {}
            // It may be the newest version: an older one must not take its place unnoticed.
            Some(Err(error)) if is_pack_file(&directory) => return Err(unknown(error)),
            Some(Err(error)) => broken.push(error),
            Some(Ok((found, _))) if found != name => {}
            Some(Ok((_, version))) => {
                let best = found.as_ref().map(|(best, _)| best);
                if !requirement.matches(&version) {
                    others.push(version.to_string());
                } else if best.is_none_or(|best| *best < version) {
                    (found, equal) = (Some((version, directory)), None);
                } else if best == Some(&version) {
                    equal = equal.or(Some(directory));
                }
            }
        }
    }
    if let (Some((version, one)), Some(other)) = (&found, &equal) {
        return Err(unknown(format!(
            "version {version} is in {} and in {}; remove one of them, or name the pack by its path",
            one.display(),
            other.display()
        )));
    }
    found.map(|(_, directory)| directory).ok_or_else(|| {
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

fn is_pack_file(path: &Path) -> bool {
    has_extension(path, &[EXTENSION]) && path.is_file()
}

/// Name and version of the pack at a path; `None` where there is no pack, or a pack file whose name
/// does not begin with `wanted`: only some files of a directory are read.
fn name_and_version(path: &Path, wanted: &str) -> Option<Result<(String, Version), String>> {
    if is_pack_file(path) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(wanted)?;
        if !rest.is_empty() && !rest.starts_with('-') {
            return None;
        }
        return Some(match PackFile::open(path) {
            Ok(file) => Ok((file.pack().name.clone(), file.pack().version.clone())),
            Err(error) => Err(format!("{}: {error}", path.display())),
        });
    }
    let manifest = path.join(FILE_NAME);
    manifest.is_file().then(|| match read_manifest(&manifest) {
        Ok(manifest) => Ok((manifest.name().to_owned(), manifest.pack.version)),
        Err(error) => Err(error.to_string()),
    })
}

fn list(directories: &[PathBuf]) -> String {
    if directories.is_empty() {
        return "the pack directories (none is set; add `packs` to patchbay.toml)".to_owned();
    }
    let texts: Vec<_> = directories
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    texts.join(", ")
}

/// The pack directories and their direct entries, each once.
fn candidates(pack_directories: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    let mut known = BTreeSet::new();
    let all = pack_directories.iter().flat_map(|root| {
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        std::iter::once(root.clone()).chain(entries.map(|entry| entry.path()))
    });
    all.filter(move |path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())))
}

fn find_by_digest(wanted: &str, pack_directories: &[PathBuf]) -> Option<PathBuf> {
    let wanted = Digest::parse(wanted)?;
    candidates(pack_directories).find(|path| match path {
        path if has_extension(path, &["wasm"]) => {
            read_bytes(path, MOST_BYTES).is_ok_and(|bytes| Digest::of(&bytes) == wanted)
        }
        path if has_extension(path, &[EXTENSION]) => {
            PackFile::open(path).is_ok_and(|file| file.digest() == wanted)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(place: &Path, directory: &str, version: &str) {
        let path = place.join(directory);
        std::fs::create_dir_all(&path).expect("a directory");
        let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\n");
        std::fs::write(path.join(FILE_NAME), text).expect("a manifest");
    }

    #[test]
    fn the_highest_version_is_found_once_also_through_two_directories() {
        let place = tempfile::tempdir().expect("a directory");
        pack(place.path(), "a", "1.0.0");
        pack(place.path(), "b", "1.2.0");
        pack(place.path(), "c", "1.1.0");
        let roots = [place.path().to_owned(), place.path().join("b")];
        let found = locate("care@1", place.path(), &roots).expect("found");
        assert!(found.ends_with("b"), "{}", found.display());
    }

    #[test]
    fn a_pipe_among_the_components_is_passed_over() {
        let place = tempfile::tempdir().expect("a directory");
        let pipe = place.path().join("a.wasm");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo").success());
        let component = place.path().join("b.wasm");
        std::fs::write(&component, "code").expect("a file");
        let digest = Digest::of(b"code").to_string();
        let found = locate(&digest, place.path(), &[place.path().to_owned()]);
        assert_eq!(found.expect("found"), component);
    }

    #[test]
    fn a_version_that_is_there_twice_is_an_error_with_both_places() {
        let place = tempfile::tempdir().expect("a directory");
        pack(place.path(), "a", "1.0.0");
        pack(place.path(), "b", "1.0.0");
        let roots = [place.path().to_owned()];
        let error = locate("care", place.path(), &roots).expect_err("twice");
        let text = error.to_string();
        let names = ["a", "b"].map(|name| place.path().join(name).display().to_string());
        assert!(names.iter().all(|name| text.contains(name)), "{text}");
        // Only the highest version counts.
        pack(place.path(), "c", "1.1.0");
        assert!(
            locate("care", place.path(), &roots)
                .expect("found")
                .ends_with("c")
        );
        assert!(locate("care@=1.0.0", place.path(), &roots).is_err());
    }
}
