//! What became of watched files, for whoever looks how the host and its
//! companies fare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of a company's file when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct WatchedFile {
    /// Name of the file, without its directory.
    file: String,
    /// `applied`: the company was given what it holds. `unchanged`: it decided
    /// by that already. `refused`: it is wrong, and nothing was changed.
    /// `removed`: the file is gone, and nothing was changed.
    state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The generation that was made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    /// Everything that is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl WatchedFile {
    /// Whether it is not what the company was given last.
    pub(crate) fn is_telling(&self) -> bool {
        matches!(self.state, "refused" | "removed")
    }

    /// What somebody should look at; nothing where it was not refused: one that
    /// is gone may well be meant.
    pub(crate) fn concern(&self) -> Option<String> {
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

/// The files that were noticed.
#[derive(Debug, Default)]
pub(crate) struct Noticed(Mutex<Files>);

#[derive(Debug, Default)]
struct Files {
    by_company: BTreeMap<String, WatchedFile>,
    /// Those that are no company's.
    nobodys: BTreeMap<PathBuf, WatchedFile>,
    /// Of which company something was said last, by file.
    said_of: BTreeMap<PathBuf, String>,
}

impl Noticed {
    /// That of a company, if anything became of it.
    pub(crate) fn of(&self, company: &str) -> Option<WatchedFile> {
        self.files().by_company.get(company).cloned()
    }

    /// Those that were refused and are of none of these companies, by name.
    pub(crate) fn strays(&self, companies: &[String]) -> Vec<WatchedFile> {
        let files = self.files();
        let known = |company: &String| companies.binary_search(company).is_ok();
        let of_others = files.by_company.iter();
        let of_others = of_others
            .filter(|(company, file)| !known(company) && file.state == "refused")
            .map(|(_, file)| file);
        let mut strays: Vec<_> = of_others.chain(files.nobodys.values()).cloned().collect();
        strays.sort_by(|one, other| one.file.cmp(&other.file));
        strays
    }

    /// A file that is no company's is wrong.
    pub(super) fn stray(&self, path: &Path, problems: Vec<String>) {
        let file = noticed(path, "refused", None, problems);
        self.files().nobodys.insert(path.to_owned(), file);
    }

    /// A file that is no company's is gone.
    pub(super) fn gone(&self, path: &Path) {
        let mut files = self.files();
        files.nobodys.remove(path);
        if let Some(company) = files.said_of.remove(path) {
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

    /// Whether this is what is said of a company's file already.
    pub(super) fn says(&self, company: &str, path: &Path, problems: &[String]) -> bool {
        let known = self.of(company);
        known.is_some_and(|known| known.file == name(path) && known.problems == problems)
    }

    /// Nothing is to be said of a company's file any more.
    pub(super) fn forget(&self, company: &str) {
        self.files().by_company.remove(company);
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
        let file = noticed(path, state, generation, problems);
        let mut files = self.files();
        files.nobodys.remove(path);
        let before = files.said_of.insert(path.to_owned(), company.to_owned());
        // What was said of it under another name is over.
        if let Some(before) = before.filter(|before| before != company) {
            files.by_company.remove(&before);
        }
        files.by_company.insert(company.to_owned(), file);
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn noticed(
    path: &Path,
    state: &'static str,
    generation: Option<u64>,
    problems: Vec<String>,
) -> WatchedFile {
    WatchedFile {
        file: name(path),
        state,
        at: Timestamp::now(),
        generation,
        problems,
    }
}

/// A file's name without its directory.
pub(super) fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
