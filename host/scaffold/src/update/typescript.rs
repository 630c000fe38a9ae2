//! Where a project in TypeScript names the SDK: `package.json` and `package-lock.json`.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_pack::manifest::Language;
use semver::Version;
use serde_json::Value;

use super::project_file::ProjectFile;
use super::{ArchiveDigest, SdkReference, UpdateError};
use crate::javascript_sdk;
use crate::json_place;
use crate::sdk_files::sdk_version;

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
const SDK: &str = "@patchbay/sdk";
/// Fields of the lock file's entry that repeat those of the package's manifest.
const REPEATED: [&str; 3] = ["dependencies", "bin", "engines"];

pub(super) fn reference(directory: &Path) -> Result<SdkReference, UpdateError> {
    let mut manifest = ProjectFile::required(directory, MANIFEST)?;
    let json = manifest.json()?;
    let sections = ["dependencies", "devDependencies"];
    let found = sections
        .into_iter()
        .find_map(|section| Some((section, json.get(section)?.get(SDK)?.as_str()?)));
    let (section, wanted) = found.ok_or_else(|| UpdateError::NoProject {
        path: directory.to_owned(),
        reason: format!("its {MANIFEST} has no dependency {SDK}"),
    })?;
    let place = json_place::find(&manifest.text, &[section, SDK]);
    let archive = wanted
        .strip_prefix("file:")
        .and_then(|path| path.strip_prefix("vendor/"));
    let named = archive.and_then(|name| name.strip_prefix("patchbay-sdk-")?.strip_suffix(".tar"));
    let is_version = wanted.starts_with(|c: char| c.is_ascii_digit() || "^~".contains(c));
    let version = match (named, is_version) {
        (Some(version), _) => version,
        (None, true) => wanted.trim_start_matches(['^', '~']),
        (None, false) => {
            return Err(UpdateError::OtherSource {
                file: MANIFEST,
                source_of_sdk: format!("{wanted:?}"),
            });
        }
    };
    let version: Version = manifest.version(version, place.clone())?;
    let own = sdk_version(Language::Typescript);
    let new = match named {
        Some(_) => format!("file:vendor/{}", javascript_sdk::file_name()),
        // A range that has the version stays.
        None if version.to_string() == own => wanted.to_owned(),
        None => own.to_owned(),
    };
    if let Some(place) = place.filter(|_| new != wanted) {
        manifest.replace(place, &Value::from(new.as_str()).to_string());
    }
    let mut files = BTreeMap::new();
    let mut notes = Vec::new();
    let new_archive = format!("vendor/{}", javascript_sdk::file_name());
    manifest.archive = named.map(|_| new_archive.clone());
    let mut edited = vec![manifest];
    match ProjectFile::read(directory, LOCK)? {
        None => notes.push(format!("there is no {LOCK}; `npm install` writes it")),
        Some(lock) => {
            let json = lock.json()?;
            let entry = &json["packages"][format!("node_modules/{SDK}")];
            if entry.is_null() {
                let note = format!("{LOCK} has no entry of {SDK}; `npm install` writes it");
                notes.push(note);
            }
            if let Some(archive) = archive {
                let digest = entry["integrity"].as_str();
                let digest = digest.map(|digest| ArchiveDigest(digest.to_owned()));
                files.insert(format!("vendor/{archive}"), digest);
            }
            if named.is_some() && !entry.is_null() {
                let mut lock = locked(lock, section, &new)?;
                lock.archive = Some(new_archive);
                edited.push(lock);
            }
        }
    }
    if let Some(archive) = archive {
        files.entry(format!("vendor/{archive}")).or_insert(None);
    }
    let mut vendored = vec!["vendor/schemas"];
    match named {
        Some(_) => vendored.push("vendor"),
        None => vendored.retain(|root| directory.join(root).is_dir()),
    }
    Ok(SdkReference {
        version: Some(version),
        edited,
        named: files,
        vendored,
        notes,
    })
}

/// The lock file with the archive of this version.
fn locked(mut lock: ProjectFile, section: &str, new: &str) -> Result<ProjectFile, UpdateError> {
    let archive = javascript_sdk::archive().map_err(|error| UpdateError::Io {
        path: LOCK.into(),
        error,
    })?;
    let entry = format!("node_modules/{SDK}");
    let own = Value::from(sdk_version(Language::Typescript));
    let integrity = Value::from(javascript_sdk::integrity(&archive));
    let in_entry = |key| vec!["packages", entry.as_str(), key];
    let mut values = vec![
        (vec!["packages", "", section, SDK], Value::from(new)),
        (in_entry("version"), own),
        (in_entry("resolved"), Value::from(new)),
        (in_entry("integrity"), integrity),
    ];
    for key in REPEATED {
        values.extend(javascript_sdk::manifest_value(key).map(|value| (in_entry(key), value)));
    }
    for (path, value) in values {
        let Some(place) = json_place::find(&lock.text, &path) else {
            continue;
        };
        let now: Option<Value> = serde_json::from_str(&lock.text[place.clone()]).ok();
        if now.as_ref() != Some(&value) {
            let text = indented(&value, &lock.text[..place.start]);
            lock.replace(place, &text);
        }
    }
    Ok(lock)
}

/// A value as npm writes it behind this text.
fn indented(value: &Value, before: &str) -> String {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let end = if before.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', &format!("{end}{indent}"))
}
