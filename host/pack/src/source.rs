//! Finds and reads packs: a directory with a manifest, or a component built elsewhere.

mod embedded_schema;
mod location;
mod schema_record;
mod versions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_engine::data_layer::DataSet;
use patchbay_model::name_suggestion::nearest;
use thiserror::Error;

use crate::build::{BuildError, BuildOptions, Sources, build};
use crate::cases::Case;
use crate::component_file::read_component;
use crate::data::read_data_file;
use crate::directory_files::{
    FoundFiles, has_extension, read_text, read_text_below, refuse_links_below,
};
use crate::manifest::{FILE_NAME, Manifest};
use crate::manifest_file::parse_manifest;
use crate::pack::Pack;
use crate::pack_file::{EXTENSION, PackFile, PackFileError};
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

/// Why a pack cannot be opened.
#[derive(Debug, Error)]
pub enum PackError {
    /// It cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// It is not a valid pack file.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PackFileError,
    },
    /// It is a directory of sources, and this process does not build sources.
    #[error("{} holds sources, which this host does not build; name a pack file instead (`patchbay pack build` makes one), or set sources = true under [dev] in the server settings", .0.display())]
    Sources(PathBuf),
}

impl Pack {
    /// Opens a pack: reads a pack file, builds a directory, or reads a component file, which
    /// requests no grants and has the settings schema it embeds.
    ///
    /// # Errors
    /// When it cannot be read or built.
    pub fn open(path: &Path, options: &BuildOptions) -> Result<Pack, PackError> {
        if path.is_dir() {
            if options.sources == Sources::Refuse {
                return Err(PackError::Sources(path.to_owned()));
            }
            let built = build(path, options)?;
            let mut pack = Pack::from_parts(path, built.component)?;
            pack.check_built_parts(path, &built.file)?;
            return Ok(pack);
        }
        if has_extension(path, &[EXTENSION]) {
            let file = PackFile::open(path).map_err(|error| PackError::File {
                path: path.to_owned(),
                error,
            })?;
            return Ok(file.into_pack());
        }
        let bytes = read_component(path)?;
        let name = path.file_stem().unwrap_or("component".as_ref());
        let mut pack = Pack::bare(name.to_string_lossy().into_owned(), bytes.into());
        pack.use_embedded_schema(path)?;
        Ok(pack)
    }

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

fn find_cases(directory: &Path) -> Result<FoundFiles, SourceError> {
    // A dangling link is not `Ok` here either: `find` refuses it.
    match std::fs::symlink_metadata(directory) {
        Err(_) => Ok(FoundFiles::default()),
        Ok(_) => Ok(Case::find(directory)?),
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
