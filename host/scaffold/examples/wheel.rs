//! Writes the wheel of the Python SDK to a directory: `cargo run -p patchbay-scaffold --example
//! wheel -- DIRECTORY`. `patchbay new --language python` writes it into a project.

use std::io::{Error, Result};
use std::path::PathBuf;

use patchbay_scaffold::Wheel;

fn main() -> Result<()> {
    let directory = std::env::args_os().nth(1).map(PathBuf::from);
    let directory = directory.ok_or_else(|| Error::other("name the directory to write to"))?;
    let wheel = Wheel::of_sdk()?;
    std::fs::write(directory.join(wheel.file_name), wheel.bytes)
}
