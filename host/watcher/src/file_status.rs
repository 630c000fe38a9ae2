//! The state of each watched company file, for the status and the list of
//! generations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_generations::assemble::InvalidFile;
use serde::Serialize;
use utoipa::ToSchema;

use super::rejection::{file_name, lines};

/// The state of a watched company file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WatchedFile {
    /// Name of the file, without its directory.
    file: String,
    /// `applied`: a generation was built from the file and activated.
    /// `unchanged`: the active generation has the same content. `refused`: the
    /// file is invalid, and the active generation stays. `removed`: the file was
    /// removed, and the active generation stays.
    state: &'static str,
    /// Since when.
    at: Timestamp,
    /// Number of the generation that was built from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    /// Every problem of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl WatchedFile {
    fn new(
        path: &Path,
        state: &'static str,
        generation: Option<u64>,
        problems: Vec<String>,
    ) -> WatchedFile {
        WatchedFile {
            file: file_name(path),
            state,
            at: Timestamp::now(),
            generation,
            problems,
        }
    }

    /// Name of the file, without its directory.
    pub fn name(&self) -> &str {
        &self.file
    }

    /// Since when it has its state.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether the file is refused or removed.
    pub fn differs(&self) -> bool {
        matches!(self.state, "refused" | "removed")
    }

    /// A sentence for the operator if the file was refused. A removed file may
    /// be intended.
    pub fn concern(&self) -> Option<String> {
        let (file, at) = (&self.file, self.at);
        let first = self.problems.first()?;
        Some(match self.problems.len() {
            1 => format!("the company file {file} is not applied since {at}: {first}"),
            reasons => format!(
                "the company file {file} is not applied since {at}, for {reasons} reasons; the first: {first}"
            ),
        })
    }
}

/// The state of every watched file.
#[derive(Debug, Default)]
pub struct WatchedFiles(Mutex<Files>);

#[derive(Debug, Default)]
struct Files {
    by_company: BTreeMap<String, WatchedFile>,
    /// Files of no known company, by path.
    of_no_company: BTreeMap<PathBuf, WatchedFile>,
    /// Company that a file defined last, by path.
    companies: BTreeMap<PathBuf, String>,
    /// Company files that are used.
    used: usize,
    /// The first of those beyond the bound.
    ignored: Option<PathBuf>,
    /// Files whose names are nearly those of company files.
    unused: Vec<PathBuf>,
}

impl WatchedFiles {
    /// Sets how many company files are used, and why others are not.
    pub fn set_listing(&self, used: usize, ignored: Option<&InvalidFile>) {
        let mut files = self.0.lock();
        files.used = used;
        let path = ignored.map(|file| file.path.clone());
        if files.ignored != path {
            if let Some(before) = files.ignored.take() {
                files.of_no_company.remove(&before);
            }
            files.ignored = path;
        }
        if let Some(file) = ignored {
            let known = files.of_no_company.get(&file.path);
            let problems = lines(file);
            if known.is_none_or(|known| known.problems != problems) {
                let refused = WatchedFile::new(&file.path, "refused", None, problems);
                files.of_no_company.insert(file.path.clone(), refused);
            }
        }
    }

    /// Sets the files whose names are nearly those of company files, and returns those
    /// that were not there before.
    pub fn set_unused<'a>(&self, unused: &'a [PathBuf]) -> Vec<&'a PathBuf> {
        let mut files = self.0.lock();
        if files.unused == unused {
            return Vec::new();
        }
        let before = std::mem::replace(&mut files.unused, unused.to_vec());
        let known: BTreeSet<_> = before.iter().collect();
        unused.iter().filter(|path| !known.contains(path)).collect()
    }

    /// Company files that are used.
    pub fn listed(&self) -> usize {
        self.0.lock().used
    }

    /// Files that were invalid at the start and belong to no known company.
    pub fn of_refused<'a>(files: impl IntoIterator<Item = &'a InvalidFile>) -> WatchedFiles {
        let watched = WatchedFiles::default();
        for file in files {
            watched.refused_of_no_company(&file.path, lines(file));
        }
        watched
    }

    /// The state of a company's file.
    pub fn of(&self, company: &str) -> Option<WatchedFile> {
        self.0.lock().by_company.get(company).cloned()
    }

    /// Refused files of none of these companies (sorted by name), by file name.
    pub fn refused_of_others(&self, companies: &[String]) -> Vec<WatchedFile> {
        let files = self.0.lock();
        let known = |company: &String| companies.binary_search(company).is_ok();
        let of_others = files.by_company.iter();
        let of_others = of_others
            .filter(|(company, file)| !known(company) && file.state == "refused")
            .map(|(_, file)| file);
        let mut strays: Vec<_> = of_others
            .chain(files.of_no_company.values())
            .cloned()
            .collect();
        strays.sort_by(|one, other| one.file.cmp(&other.file));
        strays
    }

    /// A file of no known company is invalid.
    pub(super) fn refused_of_no_company(&self, path: &Path, problems: Vec<String>) {
        let file = WatchedFile::new(path, "refused", None, problems);
        self.0.lock().of_no_company.insert(path.to_owned(), file);
    }

    /// A file of no known company was removed.
    pub(super) fn removed_of_no_company(&self, path: &Path) {
        let mut files = self.0.lock();
        files.of_no_company.remove(path);
        if let Some(company) = files.companies.remove(path) {
            files.by_company.remove(&company);
        }
    }

    pub(super) fn applied(&self, company: &str, path: &Path, generation: u64) {
        self.put(company, path, "applied", Some(generation), Vec::new());
    }

    pub(super) fn unchanged(&self, company: &str, path: &Path) {
        self.put(company, path, "unchanged", None, Vec::new());
    }

    pub(super) fn refused(&self, company: &str, path: &Path, problems: Vec<String>) {
        self.put(company, path, "refused", None, problems);
    }

    /// Whether a company's file is already refused for these problems.
    pub(super) fn is_refused_for(&self, company: &str, path: &Path, problems: &[String]) -> bool {
        let known = self.of(company);
        known.is_some_and(|known| known.file == file_name(path) && known.problems == problems)
    }

    /// Drop the state of a company's file.
    pub(super) fn forget(&self, company: &str) {
        self.0.lock().by_company.remove(company);
    }

    pub(super) fn removed(&self, company: &str, path: &Path) {
        self.put(company, path, "removed", None, Vec::new());
    }

    fn put(
        &self,
        company: &str,
        path: &Path,
        state: &'static str,
        generation: Option<u64>,
        problems: Vec<String>,
    ) {
        let file = WatchedFile::new(path, state, generation, problems);
        let mut files = self.0.lock();
        files.of_no_company.remove(path);
        let before = files.companies.insert(path.to_owned(), company.to_owned());
        // The file defined another company before.
        if let Some(before) = before.filter(|before| before != company) {
            files.by_company.remove(&before);
        }
        files.by_company.insert(company.to_owned(), file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_files_are_one_refused_file_until_all_are_used() {
        let watched = WatchedFiles::default();
        let ignored = |name: &str, count: usize| {
            let message = format!("{count} files are not used");
            let problem = patchbay_config::file_problem::FileProblem::whole(message);
            InvalidFile::of_problem(name, String::new(), problem)
        };
        let refused = || {
            let files = watched.refused_of_others(&[]);
            let names = files.iter().map(|file| file.name().to_owned());
            names.collect::<Vec<_>>()
        };
        watched.set_listing(2, Some(&ignored("/etc/c.toml", 1)));
        let since = watched.refused_of_others(&[])[0].at();
        watched.set_listing(2, Some(&ignored("/etc/c.toml", 1)));
        assert_eq!(watched.refused_of_others(&[])[0].at(), since);
        watched.set_listing(2, Some(&ignored("/etc/b.toml", 7)));
        assert_eq!(
            (refused(), watched.listed()),
            (vec!["b.toml".to_owned()], 2)
        );
        watched.set_listing(3, None);
        assert_eq!(refused(), [""; 0]);
    }
}
