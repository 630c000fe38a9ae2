//! Where a project in Rust names the SDK: `Cargo.toml` and `Cargo.lock`.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_config::toml_place::{Part, TomlPlaces};
use patchbay_pack::manifest::Language;
use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::project_file::ProjectFile;
use super::{SdkReference, UpdateError};
use crate::sdk_files::{RUST_DIRECTORY, WIT_DIRECTORY, rust_version, sdk_version};

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";
const SDK: &str = "patchbay-sdk";
const DEPENDENCY: &[&str] = &["dependencies", SDK];
/// Crates of the SDK and their manifests in it.
const CRATES: [(&str, &str); 2] = [(SDK, MANIFEST), ("patchbay-text", "text/Cargo.toml")];

pub(super) fn reference(directory: &Path) -> Result<SdkReference, UpdateError> {
    let mut manifest = ProjectFile::required(directory, MANIFEST)?;
    let table = table(&manifest)?;
    let dependency = table.get("dependencies").and_then(|all| all.get(SDK));
    let dependency = dependency.ok_or_else(|| UpdateError::NoProject {
        path: directory.to_owned(),
        reason: format!("its {MANIFEST} has no dependency {SDK}"),
    })?;
    let (is_vendored, wanted) = match dependency {
        Value::String(version) => (false, Some((version, ""))),
        Value::Table(fields) => {
            let text = |key: &str| fields.get(key).and_then(Value::as_str);
            let version = fields.get("version").and_then(|version| match version {
                Value::String(version) => Some((version, "version")),
                _ => None,
            });
            match text("path") {
                Some(path) if Path::new(path) == Path::new(RUST_DIRECTORY) => (true, version),
                Some(path) => return Err(other(format!("the path {path:?}"))),
                None if version.is_some() && text("git").is_none() => (false, version),
                None => return Err(other("a git repository or the workspace".to_owned())),
            }
        }
        _ => return Err(other("no path and no version".to_owned())),
    };
    let own = sdk_version(Language::Rust);
    let mut version = None;
    if let Some((wanted, below)) = wanted {
        let place = TomlPlaces::read(&manifest.text).find(DEPENDENCY, below, Part::Value);
        let place = place.unwrap_or_default();
        let range = VersionReq::parse(wanted).map_err(|_| {
            let message = format!("{wanted:?} is not a version");
            let problem = FileProblem::at(place.clone(), message);
            manifest.invalid(problem.help(format!("write the version of the SDK, such as {own:?}")))
        })?;
        version = lowest(&range);
        let fits = own.parse().is_ok_and(|own| range.matches(&own));
        if !fits {
            manifest.replace(place, &format!("{own:?}"));
        }
    }
    if is_vendored {
        version = vendored_version(directory)?;
    }
    let mut vendored = vec!["vendor/schemas", WIT_DIRECTORY, RUST_DIRECTORY];
    if !is_vendored {
        vendored.retain(|root| *root != RUST_DIRECTORY && directory.join(root).is_dir());
    }
    let mut edited = vec![manifest];
    let mut notes = Vec::new();
    match ProjectFile::read(directory, LOCK)? {
        None => notes.push(format!("there is no {LOCK}; the next build writes it")),
        Some(lock) if is_vendored => edited.push(locked(lock)?),
        Some(_) => {}
    }
    Ok(SdkReference {
        version,
        edited,
        named: BTreeMap::new(),
        vendored,
        notes,
    })
}

fn other(source_of_sdk: String) -> UpdateError {
    UpdateError::OtherSource {
        file: MANIFEST,
        source_of_sdk,
    }
}

fn table(file: &ProjectFile) -> Result<Table, UpdateError> {
    toml_document::read(&file.text).map_err(|problem| file.invalid(problem))
}

/// The lowest version of a range that names one.
fn lowest(range: &VersionReq) -> Option<Version> {
    let first = range.comparators.first()?;
    let (minor, patch) = (
        first.minor.unwrap_or_default(),
        first.patch.unwrap_or_default(),
    );
    Some(Version::new(first.major, minor, patch))
}

/// Version of the SDK that the project contains.
fn vendored_version(directory: &Path) -> Result<Option<Version>, UpdateError> {
    const VENDORED: &str = "vendor/patchbay-sdk/Cargo.toml";
    let Some(file) = ProjectFile::read(directory, VENDORED)? else {
        return Ok(None);
    };
    let table = table(&file)?;
    let version = table
        .get("package")
        .and_then(|package| package.get("version"));
    let Some(version) = version.and_then(Value::as_str) else {
        return Ok(None);
    };
    let place = TomlPlaces::read(&file.text).find(&["package", "version"], "", Part::Value);
    file.version(version, place).map(Some)
}

/// The lock file with the versions of the crates that the project contains.
fn locked(mut lock: ProjectFile) -> Result<ProjectFile, UpdateError> {
    let table = table(&lock)?;
    let packages = table.get("package").and_then(Value::as_array);
    let mut edits = Vec::new();
    {
        let places = TomlPlaces::read(&lock.text);
        for (index, package) in packages.into_iter().flatten().enumerate() {
            let name = package
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let own = CRATES.iter().find(|(own, _)| *own == name);
            // One with a source is not that of the project.
            let Some((_, manifest)) = own.filter(|_| package.get("source").is_none()) else {
                continue;
            };
            let new = rust_version(manifest);
            let is_new = package.get("version").and_then(Value::as_str) == Some(new);
            let place = places.find(&["package"], &format!("/{index}/version"), Part::Value);
            edits.extend(
                place
                    .filter(|_| !is_new)
                    .map(|place| (place, format!("{new:?}"))),
            );
        }
    }
    // From the end, so that the places before stay right.
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    for (place, new) in edits {
        lock.replace(place, &new);
    }
    Ok(lock)
}
