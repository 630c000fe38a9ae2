//! Where a project in Python names the SDK: `requirements.txt`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use super::project_file::ProjectFile;
use super::{ArchiveDigest, SdkReference, UpdateError};
use crate::python_sdk::Wheel;

const REQUIREMENTS: &str = "requirements.txt";
const TEMPLATE: &str = include_str!("../../template/python/requirements.txt");
const HASH: &str = "--hash=sha256:";

pub(super) fn reference(directory: &Path) -> Result<SdkReference, UpdateError> {
    let mut file = ProjectFile::required(directory, REQUIREMENTS)?;
    let wheel = Wheel::of_sdk().map_err(|error| UpdateError::Io {
        path: directory.to_owned(),
        error,
    })?;
    let entry = entries(&file.text).find_map(|place| Entry::read(&file.text, place));
    let entry = entry.ok_or_else(|| UpdateError::NoProject {
        path: directory.to_owned(),
        reason: format!(
            "its {REQUIREMENTS} does not name the SDK, as ./vendor/{}",
            wheel.file_name
        ),
    })?;
    let version = file.version(
        &file.text[entry.version.clone()],
        Some(entry.version.clone()),
    )?;
    let name = &file.text[entry.name.clone()];
    let is_wheel = entry.is_wheel;
    let path = format!("vendor/{}", name.rsplit('/').next().unwrap_or_default());
    let digest = entry
        .hash
        .as_ref()
        .map(|place| file.text[place.clone()].to_owned());
    let new_path = format!("vendor/{}", wheel.file_name);
    // From the end, so that the places before stay right.
    if let Some(place) = entry.hash {
        file.replace(place, &wheel.sha256());
    }
    match is_wheel {
        true if path != new_path => file.replace(entry.name, &format!("./{new_path}")),
        false => file.replace(entry.version, Wheel::version()),
        true => {}
    }
    let mut named = BTreeMap::new();
    let mut vendored = vec!["vendor/schemas"];
    match is_wheel {
        true => {
            named.insert(path, digest.map(ArchiveDigest));
            vendored.push("vendor");
            file.archive = Some(new_path);
        }
        false => vendored.retain(|root| directory.join(root).is_dir()),
    }
    let notes = other_tools(&file.text);
    Ok(SdkReference {
        version: Some(version),
        edited: vec![file],
        named,
        vendored,
        notes,
    })
}

/// The entry of the SDK.
struct Entry {
    /// The requirement up to its options.
    name: Range<usize>,
    version: Range<usize>,
    /// The first digest, without its name.
    hash: Option<Range<usize>>,
    is_wheel: bool,
}

impl Entry {
    fn read(text: &str, place: Range<usize>) -> Option<Entry> {
        let entry = &text[place.clone()];
        let name = entry.split_whitespace().next()?;
        let start = place.start + (entry.len() - entry.trim_start().len());
        let (version, is_wheel) = match name.strip_prefix("./vendor/patchbay_sdk-") {
            Some(rest) => (rest.split('-').next()?, true),
            None => {
                let rest = name
                    .strip_prefix("patchbay-sdk")
                    .or(name.strip_prefix("patchbay_sdk"));
                (rest?.strip_prefix("==")?.split(';').next()?, false)
            }
        };
        let at = start + name.find(version)?;
        let hash = entry.find(HASH).map(|at| place.start + at + HASH.len());
        let hash = hash.map(|at| {
            let hex = text[at..].find(|c: char| !c.is_ascii_hexdigit());
            at..hex.map_or(text.len(), |length| at + length)
        });
        Some(Entry {
            name: start..start + name.len(),
            version: at..at + version.len(),
            hash,
            is_wheel,
        })
    }
}

/// The places of the entries: each is a line, with the lines that continue it.
fn entries(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let from = start;
        loop {
            let line = text[start..].split_inclusive('\n').next()?;
            start += line.len();
            if !line.trim_end().ends_with('\\') || start == text.len() {
                return Some(from..start);
            }
        }
    })
}

/// Names and versions that a text pins.
fn pins(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().map(str::trim_start);
    let pins = lines.filter_map(|line| line.split_whitespace().next()?.split_once("=="));
    pins.filter(|(name, _)| !name.starts_with('#')).collect()
}

/// The tools that new projects have in another version.
fn other_tools(text: &str) -> Vec<String> {
    let own = pins(text);
    let new = pins(TEMPLATE);
    let tools = ["componentize-py", "mypy", "pytest"].into_iter();
    let differing = tools.filter_map(|tool| {
        let (now, new) = (own.get(tool)?, new.get(tool)?);
        (now != new).then(|| {
            format!("{REQUIREMENTS} pins {tool} {now}; new projects have {new}, with other digests: see that of `patchbay new`")
        })
    });
    differing.collect()
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    fn version_of(text: &str) -> Option<Version> {
        let entry = entries(text).find_map(|place| Entry::read(text, place))?;
        text[entry.version].parse().ok()
    }

    #[test]
    fn the_entry_of_the_sdk_is_found() {
        for (text, version) in [
            (
                TEMPLATE
                    .replace("{{wheel}}", "patchbay_sdk-0.1.0-py3-none-any.whl")
                    .as_str(),
                Some("0.1.0"),
            ),
            (
                "pytest==8\r\n  ./vendor/patchbay_sdk-1.2.3-py3-none-any.whl \\\r\n --hash=sha256:ab\r\n",
                Some("1.2.3"),
            ),
            ("patchbay-sdk==0.2.0 # pinned", Some("0.2.0")),
            ("patchbay-sdk==0.2.0;python_version>'3'", Some("0.2.0")),
            ("patchbay-sdk>=0.2.0", None),
            ("# ./vendor/patchbay_sdk-1.2.3-py3-none-any.whl", None),
            ("a \\", None),
            ("", None),
        ] {
            let found = version_of(text).map(|version| version.to_string());
            assert_eq!(found.as_deref(), version, "{text}");
        }
    }
}
