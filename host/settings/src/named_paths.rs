//! The paths that a settings file names: those that a server cannot start with, at their
//! places in the file.

use std::path::Path;

use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_generations::assemble::InvalidFile;
use serde::Deserialize;
use toml::Spanned;

/// The lists of paths; everything else of the file is read elsewhere.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedPaths {
    companies: Vec<Spanned<String>>,
    packs: Vec<Spanned<String>>,
}

/// Checks the paths of a settings file that [`ServerSettings::read`] reads: each of
/// `companies` exists, and each of `packs` that exists is a directory.
///
/// [`ServerSettings::read`]: super::ServerSettings::read
///
/// # Errors
/// Every path that is wrong, with its place.
pub fn check_named_paths(settings: &Path) -> Result<(), InvalidFile> {
    let text = InvalidFile::read(settings)?;
    let beside = settings.parent().unwrap_or(Path::new("."));
    let problems = problems(&text, beside);
    match problems.is_empty() {
        true => Ok(()),
        false => Err(InvalidFile::new(settings, text, problems.into())),
    }
}

fn problems(text: &str, beside: &Path) -> Vec<FileProblem> {
    let Ok(named) = toml_document::read::<NamedPaths>(text) else {
        return Vec::new();
    };
    let missing = named.companies.iter().filter_map(|path| {
        let name = path.get_ref();
        (!beside.join(name).exists()).then(|| {
            let message = format!("`companies` names {name:?}, which does not exist");
            FileProblem::at(path.span(), message).help(
                "create it: a company file, or a directory for company files; a relative path starts at the directory of this file",
            )
        })
    });
    let files = named.packs.iter().filter_map(|path| {
        let name = path.get_ref();
        beside.join(name).is_file().then(|| {
            let message = format!("`packs` names {name:?}, which is a file");
            FileProblem::at(path.span(), message).help(
                "name a directory in which packs are; a company file stands under `companies`",
            )
        })
    });
    missing.chain(files).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_a_server_cannot_use_is_a_problem_at_its_place() {
        let place = tempfile::tempdir().expect("a place");
        std::fs::write(place.path().join("nw.toml"), "").expect("written");
        std::fs::create_dir(place.path().join("companies")).expect("made");
        let text = "companies = [\"nw.toml\", \"companies\",\n  \"other.toml\"]\npacks = [\"later\", \"companies\", \"nw.toml\"]\n";
        let found: Vec<_> = problems(text, place.path())
            .into_iter()
            .map(|problem| (problem.line_column(text), problem.message))
            .collect();
        let expected = [
            (
                Some((2, 3)),
                "`companies` names \"other.toml\", which does not exist".to_owned(),
            ),
            (
                Some((3, 32)),
                "`packs` names \"nw.toml\", which is a file".to_owned(),
            ),
        ];
        assert_eq!(found, expected);
        assert_eq!(problems("companies = 1", place.path()), []);
    }
}
