//! The npm package of the JavaScript SDK, packed as `npm pack` does: a tar with all files below
//! `package/`. npm installs it from the project's `vendor/`, and needs the registry for the tools
//! that it depends on alone.

use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha512};

use patchbay_contract::Contract;

static SOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sdk/javascript/src");
static BUILD: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sdk/javascript/build");
const MANIFEST: &str = include_str!("../../../sdk/javascript/package.json");
const README: &str = include_str!("../../../sdk/javascript/README.md");

/// Version of the package.
pub(crate) fn version() -> &'static str {
    let (_, rest) = MANIFEST.split_once("\"version\": \"").unwrap_or_default();
    rest.split('"').next().unwrap_or_default()
}

/// Name of the package's file in a project.
pub(crate) fn file_name() -> String {
    format!("patchbay-sdk-{}.tar", version())
}

/// A value of the package's manifest.
pub(crate) fn manifest_value(key: &str) -> Option<serde_json::Value> {
    let manifest: serde_json::Value = serde_json::from_str(MANIFEST).ok()?;
    manifest.get(key).cloned()
}

/// The package: the same bytes from every build of the same sources.
///
/// # Errors
/// None in memory; those of a tar that cannot be written.
pub(crate) fn archive() -> io::Result<Vec<u8>> {
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("package.json".to_owned(), MANIFEST.into()),
        ("README.md".to_owned(), README.into()),
    ];
    collect("src", &SOURCES, &mut files);
    collect("build", &BUILD, &mut files);
    let contract = Contract::current().files();
    let contract = contract.into_iter();
    files.extend(contract.map(|(path, text)| (format!("wit/{path}"), text.into())));
    files.sort();
    let mut archive = tar::Builder::new(Vec::new());
    archive.mode(tar::HeaderMode::Deterministic);
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let path = Path::new("package").join(path);
        archive.append_data(&mut header, path, &*content)?;
    }
    archive.into_inner()
}

fn collect(below: &str, directory: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in directory.files() {
        let path = format!("{below}/{}", file.path().display());
        files.push((path, file.contents().to_vec()));
    }
    for inner in directory.dirs() {
        collect(below, inner, files);
    }
}

/// The digest of an archive as a lock file of npm has it.
pub(crate) fn integrity(archive: &[u8]) -> String {
    use base64::Engine as _;
    let digest = Sha512::digest(archive);
    let text = base64::engine::general_purpose::STANDARD.encode(digest);
    format!("sha512-{text}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_archive_has_what_a_published_package_would_have() {
        let bytes = archive().expect("packed");
        let mut archive = tar::Archive::new(&*bytes);
        let entries = archive.entries().expect("entries");
        let paths: Vec<String> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .path()
                    .expect("a path")
                    .display()
                    .to_string()
            })
            .collect();
        for path in [
            "package/package.json",
            "package/README.md",
            "package/src/index.d.ts",
            "package/src/testing/world.js",
            "package/build/main.js",
            "package/wit/care/types.wit",
        ] {
            assert!(paths.iter().any(|one| one == path), "{path}: {paths:?}");
        }
        let manifest: Value = serde_json::from_str(MANIFEST).expect("JSON");
        let published = manifest["files"].as_array().expect("a list");
        for path in &paths {
            let name = path.split('/').nth(1).expect("a name");
            let is_published = published.iter().any(|one| one == name) || name == "package.json";
            assert!(is_published, "{path} is not in `files` of package.json");
        }
    }

    #[test]
    fn the_lock_file_of_new_projects_names_the_tools_of_the_package() {
        let lock = include_str!("../template/typescript/package-lock.json");
        let lock: Value = serde_json::from_str(lock).expect("JSON");
        let manifest: Value = serde_json::from_str(MANIFEST).expect("JSON");
        let packages = &lock["packages"];
        let own = &packages["node_modules/@patchbay/sdk"];
        for key in ["dependencies", "bin"] {
            assert_eq!(
                own[key], manifest[key],
                "{key}: run `npm install` in a new project"
            );
        }
        for (name, version) in manifest["dependencies"].as_object().expect("an object") {
            let locked = &packages[format!("node_modules/{name}")]["version"];
            assert_eq!(locked, version, "{name}");
        }
    }
}
