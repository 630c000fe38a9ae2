//! Finds packs, and reads the directory of one whose component is built.

mod embedded_schema;
mod location;
mod schema_record;
mod versions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_config::name_suggestion::nearest;
use patchbay_engine::data_layer::DataSet;

use crate::data::read_data_file;
use crate::directory_files::{
    DirectoryFileError, FoundFiles, find_files, read_text, read_text_below, refuse_links_below,
};
use crate::manifest::{FILE_NAME, Manifest};
use crate::manifest_file::parse_manifest;
use crate::pack::Pack;
use crate::settings::SettingsSchema;
use crate::source_error::SourceError;

pub use location::{LocatedPack, PackPlaces, REGISTRY_SCHEME, locate};
pub use versions::{AvailablePack, AvailablePacks};

/// Directory of the cases in a pack.
const CASES: &str = "cases";
/// File of the settings schema, unless the manifest names another.
const SCHEMA: &str = "settings.schema.json";
/// Entries of a pack's directory that are looked at for misspelt names.
const MOST_NAMES: usize = 1_000;

impl Pack {
    /// Reads a pack's directory; its component is already built.
    ///
    /// # Errors
    /// When a file cannot be read or is not valid.
    pub fn from_parts(directory: &Path, component: Vec<u8>) -> Result<Pack, SourceError> {
        let path = directory.join(FILE_NAME);
        let text = read_text(&path)?;
        let manifest = parse_manifest(&path, text.clone())?;
        let schema = manifest.settings.schema.as_ref().map(|file| {
            let path = directory.join(file);
            let text = match path.exists() {
                true => read_text_below(directory, file)?,
                false => {
                    let pack = directory.to_owned();
                    return Err(SourceError::NoSchema { pack, path });
                }
            };
            SettingsSchema::parse(&text)
                .map(Arc::new)
                .map_err(|error| SourceError::Schema { path, error })
        });
        let schema = schema.transpose()?;
        let data = read_data(directory, &manifest)?;
        let mut pack = Pack::described(manifest, text, schema, component.into());
        pack.data = data;
        let has_schema = pack.schema.is_some();
        let cases = find_cases(&directory.join(CASES))?;
        pack.cases = read_cases(&directory.join(CASES), cases.used)?;
        pack.unused = unused_files(directory, cases.unused, has_schema);
        Ok(pack)
    }
}

/// Reads the data that a manifest declares.
fn read_data(directory: &Path, manifest: &Manifest) -> Result<DataSet, SourceError> {
    let mut data = DataSet::new();
    for (name, section) in &manifest.data {
        let section = section.get_ref();
        refuse_links_below(directory, &section.file)?;
        let path = directory.join(&section.file);
        let layer = read_data_file(&path, section).map_err(|error| SourceError::Data {
            name: name.clone(),
            path,
            error: Box::new(error),
        })?;
        data.insert(name.clone(), layer);
    }
    Ok(data)
}

/// Every case file (`.json`, `.toml`) below a directory, and files that are none. Symbolic links
/// are not followed.
///
/// # Errors
/// When a directory cannot be read, contains a symbolic link, or has too many files.
pub fn case_files(directory: &Path) -> Result<FoundFiles, DirectoryFileError> {
    find_files(directory, &["json", "toml"])
}

fn find_cases(directory: &Path) -> Result<FoundFiles, SourceError> {
    // A dangling link is not `Ok` here either: `find` refuses it.
    match std::fs::symlink_metadata(directory) {
        Err(_) => Ok(FoundFiles::default()),
        Ok(_) => Ok(case_files(directory)?),
    }
}

fn read_cases(
    directory: &Path,
    paths: Vec<PathBuf>,
) -> Result<BTreeMap<String, String>, SourceError> {
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(directory).unwrap_or(&path);
            Ok((name.to_string_lossy().into_owned(), read_text(&path)?))
        })
        .collect()
}

/// A sentence for each file of a pack's directory that is not used.
fn unused_files(directory: &Path, cases: Vec<PathBuf>, has_schema: bool) -> Vec<String> {
    let cases = cases.into_iter().map(|path| {
        let path = path.display();
        format!(
            "{path} is not a test case and is not run: the names of cases end in .json or .toml"
        )
    });
    let mut unused: Vec<String> = cases.collect();
    let path = directory.join(SCHEMA);
    if !has_schema && path.is_file() {
        unused.push(format!(
            "{} is not used: name it in pack.toml, as schema = \"{SCHEMA}\" under [settings]",
            path.display()
        ));
    }
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.take(MOST_NAMES).collect();
    names.sort();
    let is_near = |name: &String| nearest(&name.to_lowercase(), [CASES]).is_some();
    for name in names.iter().filter(|name| *name != CASES && is_near(name)) {
        let path = directory.join(name);
        unused.push(format!(
            "{} is not used: cases stand in {CASES}/",
            path.display()
        ));
    }
    unused
}
