//! What the binary carries with it: the SDK, the contract, and the beginnings
//! of a policy. A policy can be written, built and tested with nothing else of
//! ours at hand.

use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

/// The SDK for Rust, as a crate that stands alone.
pub static SDK: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../sdk/rust");
/// The contract.
pub static CONTRACT: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../wit");
pub(crate) static TEMPLATE: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/template");

/// Write an embedded directory out, passing each text through `change`.
///
/// # Errors
/// What the system says.
pub fn unpack(embedded: &Dir<'_>, to: &Path, change: &dyn Fn(&str) -> String) -> io::Result<()> {
    for file in embedded.files() {
        let relative = file
            .path()
            .strip_prefix(embedded.path())
            .unwrap_or(file.path());
        // A Cargo.toml in a template would be a package of its own there.
        let name = relative.to_string_lossy();
        let path = to.join(name.strip_suffix(".template").unwrap_or(&name));
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match file.contents_utf8() {
            Some(text) => std::fs::write(path, change(text))?,
            None => std::fs::write(path, file.contents())?,
        }
    }
    for directory in embedded.dirs() {
        let name = directory
            .path()
            .file_name()
            .unwrap_or(directory.path().as_os_str());
        unpack(directory, &to.join(name), change)?;
    }
    Ok(())
}
