//! The files of the SDK in a project, and what an update makes of each.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Component, Path};

use patchbay_config::file_problem::FileProblem;
use patchbay_pack::manifest::Language;
use patchbay_pack::regular_file::{MOST_BYTES, read_bytes};
use semver::Version;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::project_file::ProjectFile;
use super::{SdkReference, UpdateError};
use crate::json_place;
use crate::sdk_files::{WIT_DIRECTORY, sdk_files, sdk_version};
use crate::sdk_record::{RECORD, SdkRecord, digest, text_of};
use patchbay_contract::{Contract, package_versions};

/// End of the name of a new file beside one that was changed by hand.
const BESIDE: &str = ".new";

/// A file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Path in the project.
    pub path: String,
    /// Its bytes; `None` where it is added.
    pub before: Option<Vec<u8>>,
    /// Its bytes after the update; `None` where it is removed.
    pub after: Option<Vec<u8>>,
}

/// A file that was changed by hand and stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptFile {
    /// Path in the project.
    pub path: String,
    /// Where the new one is; `None` where the SDK has none any more.
    pub new: Option<String>,
}

/// Lines that a change adds and removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LineCount {
    /// Lines that are added.
    pub added: usize,
    /// Lines that are removed.
    pub removed: usize,
}

impl FileChange {
    /// The texts before and after; `None` of an archive.
    fn texts(&self) -> Option<(&str, &str)> {
        let before = self.before.as_deref().unwrap_or_default();
        let after = self.after.as_deref().unwrap_or_default();
        Some((text_of(before)?, text_of(after)?))
    }

    /// How many lines change; `None` of an archive.
    pub fn lines(&self) -> Option<LineCount> {
        let (before, after) = self.texts()?;
        let mut count = LineCount::default();
        for change in TextDiff::from_lines(before, after).iter_all_changes() {
            match change.tag() {
                ChangeTag::Insert => count.added += 1,
                ChangeTag::Delete => count.removed += 1,
                ChangeTag::Equal => {}
            }
        }
        Some(count)
    }

    /// The lines that differ, as `diff -u` shows them; `None` of an archive.
    pub fn diff(&self) -> Option<String> {
        let (before, after) = self.texts()?;
        let diff = TextDiff::from_lines(before, after);
        let diff = diff.unified_diff().context_radius(1).to_string();
        Some(diff.trim_end().to_owned())
    }
}

/// The files of an SDK in a project, before and after.
pub(super) struct VendoredFiles {
    /// Version of the SDK that the record of the project gives.
    pub(super) sdk: Option<Version>,
    /// Version of the contract in the project.
    pub(super) contract: Option<Version>,
    files: BTreeMap<String, VendoredFile>,
}

struct VendoredFile {
    /// As it is in the project; `None`: it is not there.
    now: Option<Vec<u8>>,
    /// Digest of the file that was written there before, where that is known.
    written: Option<String>,
    /// As this version has it; `None`: it has none.
    new: Option<Vec<u8>>,
}

impl VendoredFiles {
    pub(super) fn read(
        directory: &Path,
        language: Language,
        reference: &SdkReference,
    ) -> Result<VendoredFiles, UpdateError> {
        let record_file = ProjectFile::read(directory, RECORD)?;
        let record = record_file.as_ref().map(read_record).transpose()?;
        let packed = sdk_files(language).map_err(|error| UpdateError::Io {
            path: directory.to_owned(),
            error,
        })?;
        let is_vendored = |path: &String| {
            let mut roots = reference.vendored.iter();
            roots.any(|root| Path::new(path).starts_with(root))
        };
        let mut new: BTreeMap<String, Vec<u8>> = packed
            .into_iter()
            .filter(|(path, _)| is_vendored(path))
            .collect();
        let contract = Contract::current().version();
        let new_record = SdkRecord::of(sdk_version(language), &contract, &new);
        let recorded = record.as_ref().map(|(record, ..)| &record.files);
        let mut paths: BTreeSet<String> = new.keys().cloned().collect();
        paths.extend(recorded.into_iter().flat_map(|files| files.keys().cloned()));
        paths.extend(reference.named.keys().cloned());
        let mut files = BTreeMap::new();
        for path in paths {
            let now = read_file(directory, &path)?;
            let written = recorded.and_then(|files| files.get(&path)).cloned();
            let written = written.or_else(|| {
                let now = now.as_ref()?;
                let named = reference.named.get(&path).and_then(Option::as_ref);
                let is_known =
                    named.is_some_and(|digest| digest.matches(now)) || is_released(&path, now);
                is_known.then(|| digest(now))
            });
            let new = new.remove(&path);
            files.insert(path, VendoredFile { now, written, new });
        }
        let found = files.values().filter_map(|file| file.now.as_deref());
        let contract = match &record {
            Some((_, _, contract)) => Some(contract.clone()),
            None => found.filter_map(contract_of).max(),
        };
        if !files.is_empty() {
            let file = VendoredFile {
                written: record_file
                    .as_ref()
                    .map(|file| digest(file.text.as_bytes())),
                now: record_file.map(|file| file.text.into_bytes()),
                new: Some(new_record.text().into_bytes()),
            };
            files.insert(RECORD.to_owned(), file);
        }
        Ok(VendoredFiles {
            sdk: record.map(|(_, sdk, _)| sdk),
            contract,
            files,
        })
    }

    /// The files that change, and those that were changed by hand and stay.
    pub(super) fn changes(self, replaces: bool) -> (Vec<FileChange>, Vec<KeptFile>) {
        let (mut changes, mut kept) = (Vec::new(), Vec::new());
        for (path, file) in self.files {
            let VendoredFile { now, written, new } = file;
            let new_digest = new.as_deref().map(digest);
            let now_digest = now.as_deref().map(digest);
            if now_digest == new_digest || now.is_some() && written == new_digest && !replaces {
                // It is new already, or nothing is new since it was written and perhaps changed.
                continue;
            }
            let new = new.map(|bytes| with_line_ends_of(now.as_deref(), bytes));
            if now.is_some() && now_digest != written && !replaces {
                let beside = format!("{path}{BESIDE}");
                kept.push(KeptFile {
                    path,
                    new: new.is_some().then(|| beside.clone()),
                });
                changes.extend(new.map(|bytes| FileChange {
                    path: beside,
                    before: None,
                    after: Some(bytes),
                }));
                continue;
            }
            changes.push(FileChange {
                path,
                before: now,
                after: new,
            });
        }
        (changes, kept)
    }
}

/// The record of a project with its versions.
fn read_record(file: &ProjectFile) -> Result<(SdkRecord, Version, Version), UpdateError> {
    file.json()?;
    let record: SdkRecord = serde_json::from_str(&file.text)
        .map_err(|error| file.invalid(FileProblem::whole(error.to_string())))?;
    if let Some(path) = record.files.keys().find(|path| !is_vendored_path(path)) {
        let message = format!("{path:?} is not a file of the SDK in vendor/");
        return Err(file.invalid(FileProblem::whole(message)));
    }
    let place = |key| json_place::find(&file.text, &[key]);
    let sdk = file.version(&record.sdk, place("sdk"))?;
    let contract = file.version(&record.contract, place("contract"))?;
    Ok((record, sdk, contract))
}

/// Whether a path leads to a file in `vendor/`: only such files are removed.
fn is_vendored_path(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.next() == Some(Component::Normal("vendor".as_ref()))
        && parts.clone().next().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Reads a file of the project; `None` where there is none.
fn read_file(directory: &Path, path: &str) -> Result<Option<Vec<u8>>, UpdateError> {
    let full = directory.join(path);
    match read_bytes(&full, MOST_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(UpdateError::Io { path: full, error }),
    }
}

/// Whether a file is that of a released contract.
fn is_released(path: &str, bytes: &[u8]) -> bool {
    let Ok(path) = Path::new(path).strip_prefix(WIT_DIRECTORY) else {
        return false;
    };
    let digest_now = digest(bytes);
    let released = Contract::versions().into_iter();
    let contracts = released.filter_map(|version| Contract::released(&version));
    contracts.chain([Contract::current()]).any(|contract| {
        let files = contract.files();
        let text = path.to_str().and_then(|path| files.get(path));
        text.is_some_and(|text| digest(text.as_bytes()) == digest_now)
    })
}

/// The contract in a file of WIT, or an archive of them that is not compressed.
fn contract_of(bytes: &[u8]) -> Option<Version> {
    package_versions(&String::from_utf8_lossy(bytes)).max()
}

/// A text with the ends of lines of another.
fn with_line_ends_of(other: Option<&[u8]>, bytes: Vec<u8>) -> Vec<u8> {
    let has_crlf = other
        .and_then(text_of)
        .is_some_and(|text| text.contains("\r\n"));
    match text_of(&bytes) {
        Some(text) if has_crlf => text.replace('\n', "\r\n").into_bytes(),
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_of_an_archive_is_found() {
        let current = Contract::current().version().parse().ok();
        for language in Language::ALL {
            let files = sdk_files(language).expect("packed");
            let found = files.values().filter_map(|bytes| contract_of(bytes));
            assert_eq!(found.max(), current, "{language}");
        }
    }
}
