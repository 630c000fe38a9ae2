//! The Python SDK as a wheel, which `pip` installs from the project's `vendor/`: the modules of the
//! SDK with the contract. The tools that it needs come from the registry, as the project's
//! `requirements.txt` pins them.

use std::collections::BTreeMap;
use std::io;

use base64::Engine as _;
use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};

use crate::zip_archive::ZipArchive;
use patchbay_contract::Contract;

static SOURCES: Dir<'static> =
    include_dir!("$CARGO_MANIFEST_DIR/../../sdk/python/src/patchbay_sdk");
const PROJECT: &str = include_str!("../../../sdk/python/pyproject.toml");
const README: &str = include_str!("../../../sdk/python/README.md");
const MODULE: &str = "patchbay_sdk";

/// A wheel.
#[derive(Debug)]
pub struct Wheel {
    /// Name of its file, which pip requires.
    pub file_name: String,
    /// Its bytes: the same from every build of the same sources.
    pub bytes: Vec<u8>,
}

impl Wheel {
    /// The wheel of the SDK.
    ///
    /// # Errors
    /// When it is too large for an archive.
    pub fn of_sdk() -> io::Result<Wheel> {
        let version = project_value("version");
        let information = format!("{MODULE}-{version}.dist-info");
        let mut files = BTreeMap::new();
        collect(&SOURCES, &mut files);
        for (path, text) in Contract::current().files() {
            files.insert(format!("{MODULE}/wit/{path}"), text.as_bytes().to_vec());
        }
        files.insert(format!("{information}/METADATA"), metadata().into_bytes());
        files.insert(format!("{information}/WHEEL"), WHEEL.into());
        let record = format!("{information}/RECORD");
        files.insert(record.clone(), record_of(&files, &record).into_bytes());
        let mut archive = ZipArchive::default();
        for (path, bytes) in files {
            archive.add(&path, &bytes)?;
        }
        Ok(Wheel {
            file_name: format!("{MODULE}-{version}-py3-none-any.whl"),
            bytes: archive.finish()?,
        })
    }

    /// Version of the SDK.
    pub(crate) fn version() -> &'static str {
        project_value("version")
    }

    /// The digest of its bytes, as `requirements.txt` has it.
    pub fn sha256(&self) -> String {
        let digest = Sha256::digest(&self.bytes);
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

const WHEEL: &str =
    "Wheel-Version: 1.0\nGenerator: patchbay\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// Modules and the mark of typed packages; not what running them leaves behind.
fn collect(directory: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in directory.files() {
        let path = file.path().display().to_string();
        if path.ends_with(".py") || path.ends_with("py.typed") {
            files.insert(format!("{MODULE}/{path}"), file.contents().to_vec());
        }
    }
    for inner in directory.dirs() {
        collect(inner, files);
    }
}

fn metadata() -> String {
    format!(
        "Metadata-Version: 2.4\nName: {}\nVersion: {}\nSummary: {}\nLicense-Expression: {}\n\
         Requires-Python: {}\nDescription-Content-Type: text/markdown\n\n{README}",
        project_value("name"),
        project_value("version"),
        project_value("description"),
        project_value("license"),
        project_value("requires-python"),
    )
}

/// A text of the table `[project]`.
fn project_value(key: &str) -> &'static str {
    let mut lines = PROJECT.lines();
    let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
    value.unwrap_or_default().trim_end_matches('"')
}

/// Path, digest and length of every file of the wheel.
fn record_of(files: &BTreeMap<String, Vec<u8>>, record: &str) -> String {
    let mut lines = String::new();
    for (path, bytes) in files {
        let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
        lines.push_str(&format!("{path},sha256={digest},{}\n", bytes.len()));
    }
    lines.push_str(&format!("{record},,\n"));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_has_the_modules_the_contract_and_their_digests() {
        let wheel = Wheel::of_sdk().expect("a wheel");
        assert_eq!(wheel.file_name, "patchbay_sdk-0.1.0-py3-none-any.whl");
        assert_eq!(wheel.bytes, Wheel::of_sdk().expect("a wheel").bytes);
        let text = String::from_utf8_lossy(&wheel.bytes);
        for name in [
            "patchbay_sdk/__init__.py",
            "patchbay_sdk/py.typed",
            "patchbay_sdk/build/__main__.py",
            "patchbay_sdk/wit/care/types.wit",
            "patchbay_sdk-0.1.0.dist-info/WHEEL",
        ] {
            let record = format!("{name},sha256=");
            assert!(text.contains(&record), "{name}");
        }
        assert!(!text.contains("__pycache__"));
        assert!(
            text.contains("Name: patchbay-sdk\nVersion: 0.1.0\n")
                && text.contains("Requires-Python: >=3.11\n"),
            "{}",
            metadata()
        );
    }
}
