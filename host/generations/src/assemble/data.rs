//! Data of a company's own in place of its packs': files, or data that it has already, by digest.

use std::path::Path;
use std::sync::Arc;

use patchbay_company::{CompanyFile, PluginEntry};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion::suggest;
use patchbay_engine::component::Digest;
use patchbay_engine::data_layer::{DataKind, DataLayer, DataSet};
use patchbay_pack::Pack;
use patchbay_pack::data::{check_replacement, read_data_file};
use patchbay_pack::manifest::{DataSection, Manifest};
use toml::Spanned;

use super::source::Source;

/// How a company file begins to name data by its digest.
const DIGEST: &str = "sha256:";

/// How a company file names data.
pub(super) enum NamedData<'a> {
    /// A file.
    File(&'a str),
    /// Data that the pack has under any name, or that a stored generation of the company has.
    Digest(Digest),
}

impl NamedData<'_> {
    /// # Errors
    /// As a sentence, for a digest that is none.
    pub(super) fn read(text: &str) -> Result<NamedData<'_>, String> {
        if !text.starts_with(DIGEST) {
            return Ok(NamedData::File(text));
        }
        match Digest::parse(text) {
            Some(digest) => Ok(NamedData::Digest(digest)),
            None => Err(format!(
                "{text:?} is no digest: write sha256: with 64 digits 0-9 a-f, or a path that begins with ./"
            )),
        }
    }
}

/// Reads the files that a plugin's entry names; returns what cannot be read. Names that the
/// pack does not have are left to [`combine`], and data that the pack does not have to
/// [`complete`].
pub(super) fn read(
    name: &str,
    entry: &PluginEntry,
    pack: &Pack,
    directory: &Path,
) -> (DataSet, Vec<FileProblem>) {
    let (mut data, mut problems) = (DataSet::new(), Vec::new());
    for (key, section, named) in declared(entry, pack) {
        let layer = match NamedData::read(named.get_ref()) {
            Ok(NamedData::File(file)) => {
                let path = directory.join(file);
                let layer = read_data_file(&path, &section);
                let layer = layer.map_err(|error| format!("{}: {error}", path.display()));
                layer.map(Some)
            }
            Ok(NamedData::Digest(digest)) => Ok(in_pack(pack, digest, section.kind)),
            Err(problem) => Err(problem),
        };
        match layer {
            Ok(layer) => data.extend(layer.map(|layer| (key.clone(), layer))),
            Err(problem) => {
                let message = format!("plugin {name:?}: data {key:?}: {problem}");
                problems.push(FileProblem::at(named.span(), message));
            }
        }
    }
    (data, problems)
}

/// Data that a company file names by digest.
pub(crate) struct FoundData {
    /// The plugin.
    pub(crate) plugin: String,
    /// Its name in the pack.
    pub(crate) name: String,
    pub(crate) layer: Arc<DataLayer>,
}

/// Finds the data that a company file names by digest and that no pack has, with `stored`, which finds
/// the bytes of those that the company has in its stored generations and of no others. Data that it
/// does not find is left to [`combine`].
pub(crate) fn complete(
    file: &CompanyFile,
    source: &Source,
    mut stored: impl FnMut(&Digest) -> Option<Vec<u8>>,
) -> Result<Vec<FoundData>, Vec<FileProblem>> {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, entry) in &file.plugin {
        let Some(pack) = source.packs.get(entry.pack.get_ref()) else {
            continue;
        };
        let own = source.data.get(name);
        for (key, section, named) in declared(entry, pack) {
            let Ok(NamedData::Digest(digest)) = NamedData::read(named.get_ref()) else {
                continue;
            };
            if own.is_some_and(|own| own.contains_key(&key)) {
                continue;
            }
            let layer = match in_pack(pack, digest, section.kind) {
                Some(layer) => Ok(Some(layer)),
                None => stored(&digest)
                    .map(|bytes| DataLayer::of(section.kind, bytes))
                    .transpose(),
            };
            match layer {
                Ok(layer) => found.extend(layer.map(|layer| FoundData {
                    plugin: name.clone(),
                    name: key,
                    layer,
                })),
                Err(error) => {
                    let message = format!("plugin {name:?}: data {key:?}: {digest}: {error}");
                    problems.push(FileProblem::at(named.span(), message));
                }
            }
        }
    }
    match problems.is_empty() {
        true => Ok(found),
        false => Err(problems),
    }
}

/// The data of an entry that the pack declares, with what the pack says of it.
fn declared<'a>(
    entry: &'a PluginEntry,
    pack: &Pack,
) -> impl Iterator<Item = (String, DataSection, &'a Spanned<String>)> + use<'a> {
    // It was valid when the pack was read.
    let manifest = pack.manifest.as_deref().filter(|_| !entry.data.is_empty());
    let manifest = manifest.and_then(|text| Manifest::parse(text).ok());
    entry.data.iter().filter_map(move |(key, named)| {
        let section = manifest.as_ref()?.data.get(key)?;
        Some((key.clone(), section.get_ref().clone(), named))
    })
}

fn in_pack(pack: &Pack, digest: Digest, kind: DataKind) -> Option<Arc<DataLayer>> {
    let mut layers = pack.data.values();
    let found = layers.find(|layer| layer.digest() == digest && layer.kind() == kind);
    found.map(Arc::clone)
}

/// The data of a plugin: its pack's, with the company's `own` in place. Where files could not be
/// read (`is_gathered` is false), a problem says so already.
pub(super) fn combine(
    (name, entry): (&str, &PluginEntry),
    pack: &Pack,
    own: Option<&DataSet>,
    is_gathered: bool,
) -> Result<DataSet, Vec<FileProblem>> {
    let (mut data, mut problems) = (pack.data.clone(), Vec::new());
    for (key, file) in &entry.data {
        let problem = |message: String| {
            FileProblem::at(
                file.span(),
                format!("plugin {name:?}: data {key:?}: {message}"),
            )
        };
        let Some(replaced) = pack.data.get(key) else {
            let names: Vec<String> = pack.data.keys().cloned().collect();
            let message = format!("the pack {} has no such data", pack.name);
            problems.push(problem(message).help(suggest(key, "data of the pack", &names)));
            continue;
        };
        let Some(layer) = own.and_then(|own| own.get(key)) else {
            if is_gathered {
                let is_digest = file.get_ref().starts_with(DIGEST);
                problems.push(problem(match is_digest {
                    true => format!(
                        "{} is not in the pack {}; otherwise `apply` finds data only in stored generations of the same company",
                        file.get_ref(),
                        pack.name
                    ),
                    false => "its bytes are missing".to_owned(),
                }));
            }
            continue;
        };
        match check_replacement(replaced, layer) {
            Ok(()) => {
                data.insert(key.clone(), layer.clone());
            }
            Err(error) => problems.push(problem(error.to_string())),
        }
    }
    match problems.is_empty() {
        true => Ok(data),
        false => Err(problems),
    }
}
