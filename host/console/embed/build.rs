//! Compresses the built console, `dist/`, and writes the table of its files.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("dist");
    let target = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    println!("cargo::rerun-if-changed=dist");
    let mut files = Vec::new();
    list(&source, &mut files)?;
    files.sort();
    let mut table = String::from("pub(crate) const FILES: &[File] = &[\n");
    // Only has to differ between builds of the console.
    let mut build = DefaultHasher::new();
    for (number, file) in files.iter().enumerate() {
        let bytes = fs::read(file)?;
        let name = file.strip_prefix(&source).unwrap_or(file);
        let name = name.to_string_lossy().replace('\\', "/");
        build.write(name.as_bytes());
        build.write(&bytes);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes)?;
        let compressed = target.join(format!("{number}.gz"));
        fs::write(&compressed, encoder.finish()?)?;
        let _ = writeln!(
            table,
            "    File {{ path: {name:?}, gzip: include_bytes!({compressed:?}), size: {} }},",
            bytes.len()
        );
    }
    let _ = writeln!(
        table,
        "];\n/// Changes with the files.\npub const BUILD: &str = \"{:016x}\";",
        build.finish()
    );
    fs::write(target.join("files.rs"), table)
}

fn list(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        match path.is_dir() {
            true => list(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
