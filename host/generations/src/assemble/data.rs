//! Data of a company's own in place of its packs'.

use std::path::Path;

use patchbay_company::PluginEntry;
use patchbay_engine::data_layer::DataSet;
use patchbay_model::file_problem::FileProblem;
use patchbay_model::name_suggestion::suggest;
use patchbay_pack::Pack;
use patchbay_pack::data::{check_replacement, read_data_file};
use patchbay_pack::manifest::Manifest;

/// Reads the files that a plugin's entry names; returns what cannot be read. Names that the
/// pack does not have are left to [`combine`].
pub(super) fn read(
    name: &str,
    entry: &PluginEntry,
    pack: &Pack,
    directory: &Path,
) -> (DataSet, Vec<FileProblem>) {
    let (mut data, mut problems) = (DataSet::new(), Vec::new());
    if entry.data.is_empty() {
        return (data, problems);
    }
    // It was valid when the pack was read.
    let manifest = pack.manifest.as_deref();
    let manifest = manifest.and_then(|text| Manifest::parse(text).ok());
    for (key, file) in &entry.data {
        let manifest = manifest.as_ref();
        let Some(section) = manifest.and_then(|manifest| manifest.data.get(key)) else {
            continue;
        };
        let path = directory.join(file.get_ref());
        match read_data_file(&path, section.get_ref()) {
            Ok(layer) => {
                data.insert(key.clone(), layer);
            }
            Err(error) => {
                let path = path.display();
                let message = format!("plugin {name:?}: data {key:?}: {path}: {error}");
                problems.push(FileProblem::at(file.span(), message));
            }
        }
    }
    (data, problems)
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
                problems.push(problem("its bytes are missing".to_owned()));
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
