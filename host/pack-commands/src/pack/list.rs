//! `patchbay pack list`.

use std::path::PathBuf;

use patchbay_command::args::PackListArgs;
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_command::registry::store_of;
use patchbay_engine::component::Digest;
use patchbay_pack::directory_files::has_extension;
use patchbay_pack::pack_file::{EXTENSION, PackFile};
use patchbay_pack::store::PackStore;
use semver::Version;
use serde::Serialize;
use serde_json::json;

pub(super) fn run(args: &PackListArgs, as_json: bool) -> Outcome {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut directories = args.dirs.clone();
    let mut store = None;
    if directories.is_empty() {
        directories.push(PathBuf::from("."));
        store = store_of(&args.host)?;
    }
    for directory in &directories {
        for entry in std::fs::read_dir(directory).map_err(io(directory))? {
            let path = entry.map_err(io(directory))?.path();
            paths.extend(has_extension(&path, &[EXTENSION]).then_some(path));
        }
    }
    paths.sort();
    let _lease = store.as_ref().map(PackStore::lease);
    paths.extend(store.iter().flat_map(PackStore::files));
    let (mut packs, mut broken) = (Vec::new(), Vec::new());
    for path in paths {
        match PackFile::open(&path) {
            Ok(file) => packs.push(Listed::new(path, &file)),
            Err(error) => broken.push(format!("{}: {error}", path.display())),
        }
    }
    packs.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
    let document = json!({"packs": packs, "broken": broken});
    output::result(as_json, &document, || {
        let rows: Vec<_> = packs
            .iter()
            .map(|pack| {
                vec![
                    pack.name.clone(),
                    pack.version.to_string(),
                    pack.digest.to_string(),
                    pack.signatures.to_string(),
                    pack.file.display().to_string(),
                ]
            })
            .collect();
        let headings = ["PACK", "VERSION", "DIGEST", "SIGNATURES", "FILE"];
        output::table(&headings, &rows, "no pack files")
    })?;
    match broken.is_empty() {
        true => Ok(Exit::Success),
        false => Err(Failure::new(Exit::Pack, broken.join("; "))),
    }
}

/// What is listed of a pack file: not its bytes.
#[derive(Serialize)]
struct Listed {
    name: String,
    version: Version,
    digest: Digest,
    signatures: usize,
    file: PathBuf,
}

impl Listed {
    fn new(path: PathBuf, file: &PackFile) -> Listed {
        let pack = file.pack();
        Listed {
            name: pack.name.clone(),
            version: pack.version.clone(),
            digest: file.digest(),
            signatures: file.signatures().len(),
            file: path,
        }
    }
}
