//! The SDK as a project contains it, in `vendor/`, with what it needs to build and the schemas of
//! documents for editors.

use std::collections::BTreeMap;
use std::io;

use include_dir::{Dir, include_dir};
use patchbay_document_schema::DocumentKind;
use patchbay_pack::manifest::Language;

use crate::javascript_sdk;
use crate::python_sdk::Wheel;
use patchbay_contract::Contract;

static RUST_SDK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sdk/rust");
/// Directory of the SDK for Rust in a project.
pub(crate) const RUST_DIRECTORY: &str = "vendor/patchbay-sdk";
/// Directory of the contract in a project in Rust.
pub(crate) const WIT_DIRECTORY: &str = "vendor/wit";

/// The files of the SDK of a language, by their paths in a project.
///
/// # Errors
/// When the SDK cannot be packed.
pub(crate) fn sdk_files(language: Language) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for kind in [DocumentKind::Pack, DocumentKind::Case] {
        let path = format!("vendor/schemas/{}", kind.file_name());
        files.insert(path, format!("{:#}\n", kind.schema()).into_bytes());
    }
    match language {
        Language::Rust => {
            collect(&RUST_SDK, &mut files);
            for (path, text) in Contract::current().files() {
                files.insert(format!("{WIT_DIRECTORY}/{path}"), text.into());
            }
        }
        Language::Typescript => {
            let path = format!("vendor/{}", javascript_sdk::file_name());
            files.insert(path, javascript_sdk::archive()?);
        }
        Language::Python => {
            let wheel = Wheel::of_sdk()?;
            files.insert(format!("vendor/{}", wheel.file_name), wheel.bytes);
        }
    }
    Ok(files)
}

/// Version of the SDK of a language.
pub(crate) fn sdk_version(language: Language) -> &'static str {
    match language {
        Language::Rust => rust_version("Cargo.toml"),
        Language::Typescript => javascript_sdk::version(),
        Language::Python => Wheel::version(),
    }
}

/// Version of a crate of the SDK for Rust, by its manifest.
pub(crate) fn rust_version(manifest: &str) -> &'static str {
    let text = RUST_SDK
        .get_file(manifest)
        .and_then(|file| file.contents_utf8());
    let mut lines = text.unwrap_or_default().lines();
    let value = lines.find_map(|line| line.strip_prefix("version = \""));
    value.unwrap_or_default().trim_end_matches('"')
}

fn collect(directory: &Dir<'_>, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in directory.files() {
        let path = format!("{RUST_DIRECTORY}/{}", file.path().display());
        files.insert(path, file.contents().to_vec());
    }
    for inner in directory.dirs() {
        collect(inner, files);
    }
}
